"""A list that AWS has to be asked below something: what there is comes from its own list, by the same words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from jobherald.catalog.load import parse
from jobherald.catalog.source import Source
from jobherald.errors import ConfigError, ListingError
from jobherald.model import Place, State
from jobherald.ports import Parent, ParentPage, Query
from jobherald.providers import aws
from jobherald.providers.aws import AwsLister
from tests.providers.jobservice import MEDIA, Answer, Service, error

ENTRY = """
[[source]]
id = "glue.job_run"
title = "Glue job run"
client = "glue"
operation = "GetJobRuns"
items = "JobRuns"
token = { input = "NextToken", output = "NextToken" }
page_size = { parameter = "MaxResults", value = 200 }
parameters = { JobName = "{parent}" }
[source.job]
id = "Id"
name = "JobName"
status = "JobRunState"
created = "StartedOn"
[source.states]
running = ["RUNNING"]
[source.parent]
title = "Glue job"
operation = "GetJobs"
items = "Jobs"
id = "Name"
differs = "LastModifiedOn"
not_found = ["EntityNotFoundException"]
token = { input = "NextToken", output = "NextToken" }
page_size = { parameter = "MaxResults", value = 100 }
"""

HEAD = Place("glue.job_run", "111122223333", "us-east-1")
PLACE = replace(HEAD, parent="nightly load")
DATE = datetime(2026, 11, 22, 11, tzinfo=UTC)


@pytest.fixture(autouse=True)
def source(monkeypatch: pytest.MonkeyPatch) -> Source:
    (entry,) = parse(ENTRY, "catalog/aws/glue.toml", "aws")
    monkeypatch.setattr(aws, "load", lambda source_id: entry)
    return entry


def test_abilities_say_what_a_list_is_asked_below(lister: AwsLister) -> None:
    """By the word that people use for it; AWS has no credential of ours."""
    assert lister.abilities(HEAD.source).parents == "Glue job"
    assert lister.abilities(HEAD.source).credential == ""


def test_parents_follow_the_token(lister: AwsLister, service: Service) -> None:
    """Each page is one call; a row without a name is left out."""
    changed = datetime(2026, 11, 1, tzinfo=UTC)
    service.on(
        "GetJobs",
        lambda body: Answer(
            {"Jobs": [{"Name": "monthly"}, {"Role": "nameless"}]}
            if body.get("NextToken")
            else {"Jobs": [{"Name": "nightly load", "LastModifiedOn": changed}], "NextToken": "on"}
        ),
    )

    first = lister.parents(HEAD, "")
    second = lister.parents(HEAD, first.token)

    (nightly,) = first.parents
    assert (nightly.id, nightly.name, nightly.running, len(nightly.mark)) == ("nightly load", "", None, 16)
    assert second == ParentPage((Parent("monthly"),), DATE)
    assert service.asked == [
        ("GetJobs", {"MaxResults": 100}),
        ("GetJobs", {"MaxResults": 100, "NextToken": "on"}),
    ]


def test_a_parent_can_be_a_text(
    source: Source, lister: AwsLister, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some operations list names alone: each is its own id."""
    assert source.parent is not None
    named = source.parent._replace(operation="ListJobs", items="JobNames", id_path="@", differs="")
    monkeypatch.setattr(aws, "load", lambda source_id: replace(source, parent=named))
    service.on("ListJobs", {"JobNames": ["nightly load", "", "monthly"]})

    assert lister.parents(HEAD, "").parents == (Parent("nightly load"), Parent("monthly"))


def test_a_list_is_asked_below_its_places_parent(lister: AwsLister, service: Service) -> None:
    """Where the entry says that a parameter is the parent."""
    service.on("GetJobRuns", {"JobRuns": [{"Id": "jr_1", "JobRunState": "RUNNING"}]})

    page = lister.page(PLACE, Query(), "")

    assert service.asked == [("GetJobRuns", {"JobName": "nightly load", "MaxResults": 200})]
    assert [(row.key.place, row.state) for row in page.rows] == [(PLACE, State.RUNNING)]


def test_a_parent_that_is_gone_is_absent(lister: AwsLister, service: Service) -> None:
    """By the codes that the entry takes for it; the sentence says which one and what to do."""
    service.on("GetJobRuns", error("EntityNotFoundException"))

    with pytest.raises(
        ListingError, match=r"The Glue job nightly load is not there .* Take it out"
    ) as caught:
        lister.page(PLACE, Query(), "")

    assert (caught.value.kind, caught.value.code) == ("absent", "EntityNotFoundException")


@pytest.mark.parametrize(
    ("code", "kind"), [("AccessDeniedException", "denied"), ("ThrottlingException", "throttled")]
)
def test_every_other_refusal_is_what_it_is(code: str, kind: str, lister: AwsLister, service: Service) -> None:
    """Of the list and of that of its parents."""
    service.on("GetJobRuns", error(code))
    service.on("GetJobs", error(code))

    for call in (lambda: lister.page(PLACE, Query(), ""), lambda: lister.parents(HEAD, "")):
        with pytest.raises(ListingError) as caught:
            call()
        assert caught.value.kind == kind


def test_what_is_asked_below_nothing_has_no_parents(
    lister: AwsLister, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asking is a fault of ours, and is said as one."""
    monkeypatch.undo()

    with pytest.raises(ConfigError, match=r"rekognition\.media_analysis: parent: "):
        lister.parents(MEDIA, "")

    assert not service.asked
