"""The answers of the API as models: what its document promises. The answers themselves are made elsewhere, and held to it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from jobherald.api.question import StateName
from jobherald.api.refusals import Code

When = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class Progress(BaseModel):
    """How far a job is, in the service's own counters."""

    percent: Annotated[float | None, Field(description="0 to 100; null where the service gives no total.")]
    counters: dict[str, int]


class Remembered(BaseModel):
    """A job as it is remembered. What is not known is null."""

    job: Annotated[str, Field(description="Its key, as messages have it.")]
    source: Annotated[str, Field(description="The kind of job, as in the catalogue.")]
    account: str
    region: str
    parent: Annotated[str | None, Field(description="What it lies in, where its service has such a thing.")]
    service_id: Annotated[str, Field(description="The service's own id, such as an ARN.")]
    name: str | None
    state: StateName
    service_status: Annotated[str, Field(description="The service's own word for the state.")]
    run: Annotated[int, Field(description="Grows where a service lets one job run again.")]
    created_at: When | None
    modified_at: When | None
    ended_at: When | None
    seen_at: Annotated[When, Field(description="The date of the service's answer that says all this.")]
    progress: Progress | None
    version: Annotated[int, Field(description="Grows with each of the job's writes.")]
    console_url: str | None


class Job(Remembered):
    """A job in a list."""

    id: Annotated[str, Field(description="Its key again: what the path of its story takes, percent-encoded.")]


class Jobs(BaseModel):
    """One page of jobs."""

    jobs: list[Job]
    next_token: Annotated[
        str | None,
        Field(description="Send it as `token` with the same query for the next page; null on the last one."),
    ]
    truncated: Annotated[
        bool, Field(description="Whether there are older jobs that were not sorted by name or status.")
    ]


class Change(BaseModel):
    """A change of the job, as messages tell it (jobherald.change.v1.json)."""

    id: str
    state: StateName
    previous_state: StateName | None
    service_status: str
    changed_at: When
    severity: Literal["info", "warning", "error"]
    reason: str | None


class Delivery(BaseModel):
    """That a change was told on a channel."""

    channel: str
    change: str
    told_at: When
    reference: Annotated[str | None, Field(description="The channel's own id of it.")]


class Story(BaseModel):
    """One job with everything that is remembered of it."""

    id: str
    created_at: When | None
    job: Remembered
    details: Annotated[
        dict[str, Any],
        Field(
            description="Every member of the service's answers; `members_left_out` names what was too long."
        ),
    ]
    changes: list[Change]
    deliveries: list[Delivery]
    owed: Annotated[list[str], Field(description="The ids of the changes that are not told yet.")]


class Finding(BaseModel):
    """One thing that is wrong, or worth a warning."""

    rule: Annotated[str, Field(description="The name of the rule that found it.")]
    severity: Literal["error", "warning"]
    path: Annotated[
        str, Field(description="Where: `HumanTaskConfig.TaskTitle`, `query.limit`; empty for the whole.")
    ]
    message: str
    remedy: str
    source: Annotated[str, Field(description="Where it is documented: addresses, with blanks between.")]


class Checked(BaseModel):
    """A request that may be sent: no error was found."""

    name: str
    source: str
    region: str
    findings: Annotated[list[Finding], Field(description="Warnings only.")]
    notes: Annotated[list[str], Field(description="Sentences for a person.")]


class Started(Checked):
    """A job that was started."""

    id: Annotated[str, Field(description="Its id in GET /jobs/{id}, once it was looked at.")]
    created_at: When
    service_id: Annotated[str, Field(description="Its ARN.")]
    registered: Annotated[
        bool, Field(description="Whether it is looked at now; else the next poll finds it.")
    ]


class Error(BaseModel):
    """Why a request was refused."""

    code: Code
    message: Annotated[str, Field(description="Sentences for a person.")]
    details: Annotated[list[Finding], Field(description="All that was found, at once; it may be empty.")]


class Refused(BaseModel):
    """An answer to a request that was refused."""

    success: Literal[False]
    error: Error


class Gateway(BaseModel):
    """What API Gateway itself answers, before any of this is asked."""

    message: str
