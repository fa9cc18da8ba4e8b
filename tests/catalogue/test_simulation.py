"""The proof is worth what its simulation is: nothing in it is fiction, and it finds the faults that it is there for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore import xform_name
from botocore.client import BaseClient
from botocore.model import ListShape, StructureShape

from jobherald.catalog import load
from jobherald.catalog.source import Source
from jobherald.model import Place, State
from jobherald.providers import aws
from jobherald.providers.aws import AwsLister
from tests.catalogue import numbers, tables, wire
from tests.catalogue.examining import faults
from tests.catalogue.filling import shape_at
from tests.catalogue.filtering import filter_faults
from tests.catalogue.mutants import mutants
from tests.catalogue.reading import moment, number, read, text
from tests.catalogue.scene import FictionError, Scene, parent_id
from tests.catalogue.service import Recording, Simulation, differences
from tests.catalogue.tables import Look, Progress, Table

MEDIA = Table(
    source="rekognition.media_analysis",
    client="rekognition",
    list="ListMediaAnalysisJobs",
    rows="MediaAnalysisJobs",
    id="JobId",
    name="JobName",
    status="Status",
    states={
        "CREATED": "queued",
        "QUEUED": "queued",
        "IN_PROGRESS": "running",
        "SUCCEEDED": "succeeded",
        "FAILED": "failed",
    },
    created="CreationTimestamp",
    ended="CompletionTimestamp",
    reason="FailureDetails.Message",
    reason_code="FailureDetails.Code",
    output="s3://{Results.S3Object.Bucket}/{Results.S3Object.Name}",
    look=Look("GetMediaAnalysisJob", asks={"JobId": "id"}),
)

PLACE = Place("sagemaker.labeling", "111122223333", "us-east-1")

PROTOCOLS = [
    ("json", "sagemaker", "ListTrainingJobs", "TrainingJobSummaries", "TrainingJobStatus"),
    ("rest-json", "mediaconvert", "ListJobs", "Jobs", "Status"),
    ("rest-xml", "s3control", "ListJobs", "Jobs", "Status"),
    ("query", "rds", "DescribeExportTasks", "ExportTasks", "Status"),
    ("ec2", "ec2", "DescribeImportImageTasks", "ImportImageTasks", "Status"),
]


@pytest.mark.parametrize(("protocol", "client", "operation", "rows", "status"), PROTOCOLS)
def test_botocore_reads_what_was_meant_in_every_protocol(
    protocol: str, client: str, operation: str, rows: str, status: str, simulation: Simulation
) -> None:
    """With every member of every row filled, over real HTTP."""
    listed = shape_at(wire.operation_model(client, operation).output_shape, rows)
    assert isinstance(listed, ListShape)
    assert isinstance(listed.member, StructureShape)
    row = listed.member
    words = getattr(row.members[status], "enum", []) or ["active"]
    first = next(name for name, shape in row.members.items() if shape.type_name == "string")
    scene = Scene(Table(
        source="made.up", client=client, list=operation, rows=rows, id=first, status=status,
        states=dict.fromkeys(words, "running"),
    ))  # fmt: skip
    simulation.play(scene)
    asked = {"AccountId": "111122223333"} if client == "s3control" else {}

    answer = getattr(simulation.client(client), xform_name(operation))(**asked)

    assert simulation.troubles == []
    assert simulation.protocols == {protocol}
    expected = scene.rows(())[0].value
    assert answer[rows][0][status] == expected[status] == words[0]
    assert set(answer[rows][0]) == set(row.members)


def test_an_answer_that_is_read_otherwise_is_noticed() -> None:
    """A member that is lost, one that is added, and one that became another on its way."""
    meant = {"Jobs": [{"Id": "a", "At": datetime(2026, 1, 1, tzinfo=UTC)}], "None": None}

    assert list(differences(meant, meant, "List")) == []
    assert list(differences(meant, {"Jobs": [{"Id": "b", "At": meant["Jobs"][0]["At"]}]}, "List")) == [  # type: ignore[index]
        "List.Jobs[0].Id was 'a' and is read as 'b'"
    ]
    assert list(differences(meant, {"Jobs": []}, "List"))
    assert list(differences({}, {"Jobs": [1]}, "List")) == ["List.Jobs was None and is read as [1]"]


MIXED_UP: list[tuple[str, Callable[[Source], Source], str]] = [
    ("id", lambda source: replace(source, id_path="JobName"), "id: read"),
    ("name", lambda source: replace(source, name_path="JobId"), "name: read 'JobId-"),
    ("ended", lambda source: replace(source, ended_path="CreationTimestamp"), "ended: read"),
    ("modified", lambda source: replace(source, modified_path="CompletionTimestamp"), "modified: read"),
    ("reason", lambda source: replace(source, reason_path=""), "reason: read nothing, expected 'FailureDetails"),
    ("state", lambda source: replace(source, states={**source.states, "FAILED": State.STOPPED}), "state: read 'stopped'"),
    ("unknown", lambda source: replace(source, states={**source.states, "never-heard-of": State.FAILED}), "state: read 'failed', expected 'unknown'"),
    ("born", lambda source: replace(source, reusable_ids=True), "born: read"),
    ("fading", lambda source: replace(source, fading=frozenset({"FAILED"})), "fading: read True"),
    ("parts", lambda source: replace(source, output_path="OutputConfig.S3Bucket"), "output: read 'OutputConfig"),
    ("token", lambda source: replace(source, token_output=""), "pages: read 1, expected 4"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"), [case[1:] for case in MIXED_UP], ids=[case[0] for case in MIXED_UP]
)
def test_a_wrong_entry_is_found(
    change: Callable[[Source], Source], said: str, simulation: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The member is named, with what was read and what was expected."""
    source = change(load(MEDIA.source))
    monkeypatch.setattr(aws, "load", lambda _: source)
    scene = Scene(MEDIA)
    simulation.play(scene)

    found = list(faults(scene, AwsLister(lambda name, _: simulation.client(name))))

    assert any(fault.startswith(said) for fault in found), found


def test_a_request_that_no_service_would_get_is_noticed(
    simulation: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look for a job by another job's name, and a token that no page had."""
    source = load(MEDIA.source)
    scene = Scene(MEDIA)
    simulation.play(scene)

    with pytest.raises(FictionError, match=r"it has to ask {'JobId': 'id'}"):
        scene.answer("rekognition", "GetMediaAnalysisJob", {"JobId": "another"})
    with pytest.raises(FictionError, match="'x' is no token of any page"):
        scene.answer("rekognition", source.operation, {"NextToken": "x"})
    with pytest.raises(simulation.client("rekognition").exceptions.ClientError):
        getattr(simulation.client("rekognition"), xform_name(source.operation))(NextToken="x")
    assert "no token of any page" in simulation.troubles[0]


FILTERS = [
    ({"created_after": "LastModifiedTimeAfter"}, "created_after: is asked for in LastModifiedTimeAfter, which is about modified"),
    ({"created_after": "CreationTimeBefore"}, "created_after: is asked for in CreationTimeBefore, which is about before"),
    ({"modified_after": "CreationTimeAfter"}, "modified_after: is asked for in CreationTimeAfter, which is about creation"),
    ({"name_contains": "StatusEquals"}, "name_contains: is asked for in StatusEquals, which is about status"),
    ({"status": "NameContains"}, "status: is asked for in NameContains, which is about contains"),
    ({}, "created_before: is asked for in nothing, expected CreationTimeBefore"),
]  # fmt: skip


@pytest.mark.parametrize(("filters", "said"), FILTERS, ids=[case[1][:24] for case in FILTERS])
def test_a_filter_that_means_something_else_is_found(
    filters: dict[str, str], said: str, simulation: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the words of the request itself, or by a table where those mislead."""
    source = replace(load("sagemaker.labeling"), filters=filters)
    monkeypatch.setattr(aws, "load", lambda _: source)
    table = tables.tables()[source.id]
    if not filters:
        table = replace(table, filters={"created_before": "CreationTimeBefore"})
    simulation.play(Scene(table))
    calls: list[Mapping[str, Any]] = []
    lister = listing(simulation, calls)

    assert list(filter_faults(table, lister, PLACE, calls)) == [said]


def listing(simulation: Simulation, calls: list[Mapping[str, Any]]) -> AwsLister:
    """The shipped lister, whose requests are added to ``calls``."""

    def client(name: str, region: str) -> BaseClient:
        return Recording(simulation.client(name), {}, calls)  # type: ignore[return-value]

    return AwsLister(client)


def test_filters_that_mean_what_they_say_are_right(simulation: Simulation) -> None:
    """All six of a list that takes every one, plain and in a form."""
    for source, words in (("sagemaker.labeling", 6), ("batch.job", 1)):
        table = tables.tables()[source]
        scene = Scene(table)
        simulation.play(scene)
        calls: list[Mapping[str, Any]] = []
        lister = listing(simulation, calls)
        place = Place(source, "111122223333", "us-east-1", parent_id(scene.lines()[0]))

        assert list(filter_faults(table, lister, place, calls)) == []
        assert len(load(source).filters) == words


def test_every_pair_of_paths_is_tried() -> None:
    """But no pair that finds the same, since to swap those changes nothing."""
    source = load(MEDIA.source)
    rows = [row.value for row in Scene(MEDIA).rows(())]

    tried = [mutant.fault for mutant in mutants(source, rows)]
    same = [mutant.fault for mutant in mutants(replace(source, name_path="JobId"), rows)]

    paths = sum("job." in fault for fault in tried)
    assert paths == 8 * 7 / 2
    assert "job.id and job.name are swapped" in tried
    assert "job.id and job.name are swapped" not in same
    assert sum("states of" in fault for fault in tried) == len(source.states)


TABLES = [
    ({"lits": "X"}, "lits is not known; valid are: source, client, list"),
    ({"list": "ListJobs"}, "rows, id, status, states is missing"),
    ({"look": {"op": "X"}}, "look: op is not known; valid are: operation"),
    ({"progress": {"don": "X"}}, "progress: don is not known"),
]


@pytest.mark.parametrize(("members", "said"), TABLES, ids=[case[1][:20] for case in TABLES])
def test_a_table_that_cannot_be_read_is_refused(members: dict[str, Any], said: str) -> None:
    """With its file and source."""
    with pytest.raises(ValueError, match=said):
        tables.table("expected/x.toml: x.y", "x.y", dict(members))


WRONG_TABLES = [
    ({"name": "JobNmae"}, "name: a row .* has no JobNmae"),
    ({"states": {"CREATED": "queued"}}, "states: QUEUED, IN_PROGRESS, SUCCEEDED, FAILED of Status are missing"),
    ({"states": {**MEDIA.states, "DONE": "failed"}}, "states: DONE are none of Status"),
    ({"rows": "Jobs"}, "ListMediaAnalysisJobs has no list 'Jobs' in its answer"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), WRONG_TABLES, ids=[case[1][:20] for case in WRONG_TABLES])
def test_a_table_that_does_not_fit_the_model_is_refused(change: dict[str, Any], said: str) -> None:
    """Else it would only be held against itself."""
    with pytest.raises(FictionError, match=said):
        Scene(replace(MEDIA, **change))


def test_a_table_in_the_wrong_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody would find it there."""
    (tmp_path / "x.toml").write_text('["y.z"]\nlist = "L"\n', encoding="utf-8")
    monkeypatch.setattr(tables, "FOLDER", tmp_path)

    with pytest.raises(ValueError, match=r"expected/x.toml: y.z: belongs into y.toml"):
        tables.tables.__wrapped__()


def test_plain_paths() -> None:
    """Names, indices, the value itself, joined lists and texts with paths in them."""
    value = {
        "a": {"b": ["x", "y"]},
        "n": 3,
        "at": datetime(2026, 1, 2, tzinfo=UTC),
        "l": [{"c": 2}, {"c": 5}],
    }

    assert [read(path, value) for path in ("a.b[0]", "a.b[-1]", "a.c", "l[1].c", "n.m")] == [
        "x",
        "y",
        None,
        5,
        None,
    ]
    assert read("@", "whole") == "whole"
    assert text("{a.b[0]}/{n}", value) == "x/3"
    assert text("{a.b[0]}/{gone}", value) == ""
    assert text(["a.b[0]", "at"], value) == "x/2026-01-02T00:00:00Z"
    assert [number(spec, value) for spec in (["n", "l[1].c"], "#l", ["n", "gone"], "")] == [8, 2, None, None]
    steps = {"l": [{"s": "DONE"}, {"s": "LOST"}, {"s": "DONE"}, {}]}
    assert [number(spec, steps) for spec in ("#l[].s=DONE", "#l[].s=LOST", "#gone[].s=DONE")] == [2, 1, None]


def test_counted_elements() -> None:
    """All of a list, or those whose member is one word; a list that is not there has no number."""
    value = {"jobs": [{"s": "A"}, {"s": "B"}, {"s": "A"}]}

    specs = ("#jobs", "#jobs[].s=A", ["#jobs[].s=A", "#jobs[].s=B"], "#jobs[].s=D", "#gone[].s=A")
    assert [number(spec, value) for spec in specs] == [3, 2, 3, 0, None]


def test_times_in_any_form() -> None:
    """As the model's own kind, as seconds, as milliseconds and as text."""
    at = datetime(2026, 1, 2, tzinfo=UTC)
    given = {"t": at, "s": at.timestamp(), "ms": at.timestamp() * 1000, "text": "2026-01-02T00:00:00Z"}

    assert [moment(path, given) for path in given] == [at] * 4
    assert moment("gone", given) is None


def test_counted_values_and_what_they_make_of_a_success() -> None:
    """A success that left something behind is partial, and one that did not is none: both are in the scene."""
    labeling = tables.tables()["sagemaker.labeling"]
    scene = Scene(labeling)
    done = [row for row in scene.rows(()) if row.status == "Completed"]

    assert [row.spared for row in done] == [False, True]
    left = [row.value["LabelCounters"] for row in done]
    assert [one["FailedNonRetryableError"] > 0 for one in left] == [True, False]
    assert isinstance(labeling.progress, Progress)


def test_the_line_of_figures() -> None:
    """Summed over the reports of whichever processes; nothing where no proof of the catalogue ran."""
    told = [
        {"runs": 1, "rows": 1200, "looks": 7, "protocols": ["json"]},
        {"runs": 1, "rows": 3, "looks": 0, "protocols": ["json", "ec2"]},
        {"mutants": 20, "caught": 19},
        {"sources": 170, "proofs": 163},
    ]
    reports: Any = [SimpleNamespace(user_properties=[("other", 1), (numbers.KEY, one)]) for one in told]

    assert numbers.line(reports) == (
        "catalogue: 170 sources, 163 model proofs, 2 runs (1,203 rows and 7 looks in 2 protocols), 20 mutants, 1 not caught"
    )
    assert numbers.line([]) == ""
