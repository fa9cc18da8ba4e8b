from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from jobherald.local.clock import ManualClock
from jobherald.local.services import JobServices, transcription_job
from jobherald.local.services.transcription import REASON
from jobherald.model import State

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=30)

ClientOf = Callable[..., Any]


def names(answer: dict[str, Any]) -> list[str]:
    return [row["TranscriptionJobName"] for row in answer["TranscriptionJobSummaries"]]


def test_a_job_moves_through_its_states(
    services: JobServices, clock: ManualClock, client_of: ClientOf
) -> None:
    """It is known by its name, and fails for a reason; a look has all of the list but where the output lies."""
    services.add(transcription_job("call", created_at=NOON, starts_after=2, lasts=2, ends="FAILED"))
    client = client_of("transcribe")
    statuses = []
    for _ in range(5):
        (row,) = client.list_transcription_jobs()["TranscriptionJobSummaries"]
        statuses.append(row["TranscriptionJobStatus"])
        clock.advance(1)
    assert statuses == ["QUEUED", "QUEUED", "IN_PROGRESS", "IN_PROGRESS", "FAILED"]
    assert (row["FailureReason"], row["CompletionTime"]) == (REASON, NOON + timedelta(seconds=4))
    look = client.get_transcription_job(TranscriptionJobName="call")["TranscriptionJob"]
    assert {name: look.get(name) for name in row} == {**row, "OutputLocationType": None}


def test_jobs_come_newest_first_five_a_page(services: JobServices, client_of: ClientOf) -> None:
    """Unless more are asked for."""
    services.add(*(transcription_job(f"j{n}", created_at=LONG_AGO + timedelta(minutes=n)) for n in range(8)))
    client = client_of("transcribe")
    first = client.list_transcription_jobs()
    assert names(first) == ["j7", "j6", "j5", "j4", "j3"]
    assert names(client.list_transcription_jobs(NextToken=first["NextToken"])) == ["j2", "j1", "j0"]
    assert len(names(client.list_transcription_jobs(MaxResults=100))) == 8


def test_filters_select_rows(services: JobServices, client_of: ClientOf) -> None:
    """By status and by a part of the name."""
    services.add(
        transcription_job("call-1", created_at=LONG_AGO),
        transcription_job("call-2", created_at=LONG_AGO, ends=""),
    )
    client = client_of("transcribe")
    assert names(client.list_transcription_jobs(Status="IN_PROGRESS")) == ["call-2"]
    assert names(client.list_transcription_jobs(JobNameContains="L-1")) == ["call-1"]


def test_a_name_can_be_used_again(services: JobServices, clock: ManualClock, client_of: ClientOf) -> None:
    """Two jobs of one name, one after the other, are two in the ledger as well."""
    first = transcription_job("call", created_at=LONG_AGO, gone_from=NOON + timedelta(seconds=5))
    second = transcription_job("call", created_at=NOON + timedelta(seconds=10), ends="FAILED", lasts=1)
    services.add(first, second)
    client = client_of("transcribe")
    client.list_transcription_jobs()
    clock.advance(7)
    with pytest.raises(ClientError, match=r"\(BadRequestException\).*couldn't be found"):
        client.get_transcription_job(TranscriptionJobName="call")
    clock.advance(7)
    look = client.get_transcription_job(TranscriptionJobName="call")["TranscriptionJob"]
    assert look["TranscriptionJobStatus"] == "FAILED"
    assert first.key != second.key
    assert services.ledger.states_of(first.key.text) == [State.SUCCEEDED, State.GONE]
    assert services.ledger.states_of(second.key.text) == [State.FAILED]
