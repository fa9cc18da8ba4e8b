from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.catalog import all_sources, load
from jobherald.catalog.events import CALL, event_patterns, match
from jobherald.catalog.source import Event, Source
from jobherald.errors import EventError
from jobherald.model import Place
from jobherald.watch import Look

ARN = "arn:aws:sagemaker:us-east-1:111122223333:labeling-job/test-labeling-job"

# https://docs.aws.amazon.com/sagemaker/latest/dg/sms-monitor-cloud-watch.html
STATE_CHANGE: dict[str, Any] = {
    "version": "0",
    "id": "111e1111-11d1-111f-b111-1111b11dcb11",
    "detail-type": "SageMaker Ground Truth Labeling Job State Change",
    "source": "aws.sagemaker",
    "account": "111122223333",
    "time": "2018-10-06T12:26:13Z",
    "region": "us-east-1",
    "resources": [ARN],
    "detail": {"LabelingJobStatus": "Completed"},
}


def call(service: str, name: str, request: Any, response: Any, **detail: Any) -> dict[str, Any]:
    """An API call as CloudTrail hands it to EventBridge."""
    return {
        "version": "0",
        "detail-type": "AWS API Call via CloudTrail",
        "source": f"aws.{service}",
        "account": "111122223333",
        "time": "2026-11-22T11:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "requestParameters": request,
            "responseElements": response,
            **detail,
        },
    }


CREATE = call(
    "sagemaker", "CreateLabelingJob", {"labelingJobName": "test-labeling-job"}, {"labelingJobArn": ARN}
)
STOP = call("sagemaker", "StopLabelingJob", {"labelingJobName": "test-labeling-job"}, None)
START = call("rekognition", "StartMediaAnalysisJob", {"jobName": "n"}, {"jobId": "6a7e8feb"})

LABELING = Place("sagemaker.labeling", "111122223333", "us-east-1")
MEDIA = Place("rekognition.media_analysis", "111122223333", "us-east-1")


@pytest.mark.parametrize(
    ("event", "look"),
    [
        (STATE_CHANGE, Look(LABELING, id=ARN)),
        (CREATE, Look(LABELING, id=ARN, name="test-labeling-job")),
        (STOP, Look(LABELING, name="test-labeling-job")),
        (START, Look(MEDIA, id="6a7e8feb")),
    ],
    ids=["state change", "create", "stop", "start"],
)
def test_an_event_becomes_a_look_at_its_job(event: dict[str, Any], look: Look) -> None:
    """By the id, the name, or both, whichever the event carries."""
    assert match(event, all_sources()) == look


def altered(event: dict[str, Any], **members: Any) -> dict[str, Any]:
    changed = copy.deepcopy(event)
    detail = members.pop("detail", {})
    changed.update({name.replace("_", "-"): value for name, value in members.items()})
    changed["detail"].update(detail)
    return changed


@pytest.mark.parametrize(
    "event",
    [
        altered(STATE_CHANGE, detail_type="SageMaker Labeling Job State Change"),
        altered(STATE_CHANGE, source="my.sagemaker"),
        altered(STATE_CHANGE, detail={"LabelingJobStatus": "InProgress"}),
        altered(CREATE, detail={"eventName": "DescribeLabelingJob"}),
        altered(START, detail={"eventSource": "sagemaker.amazonaws.com"}),
        altered(START, source="aws.sagemaker"),
        None,
        "text",
        [],
        {},
        {"detail": None},
        {"detail": []},
    ],
)
def test_what_no_entry_asks_for_is_nothing(event: Any) -> None:
    """A near miss, and what is no event at all."""
    assert match(event, all_sources()) is None


def test_a_refused_call_is_nothing() -> None:
    """CloudTrail reports a denied CreateLabelingJob too, and there is no job to look at."""
    assert (
        match(altered(CREATE, detail={"errorCode": "AccessDenied", "responseElements": None}), all_sources())
        is None
    )


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)


NEWS = [(source, entry) for source in all_sources() for entry in source.events if entry.detail_type != CALL]


@given(
    st.sampled_from(NEWS),
    st.dictionaries(st.sampled_from(["errorCode", "errorMessage", "responseElements", "x"]), anything),
)
def test_what_else_a_service_says_of_its_job_takes_no_event_away(
    told: tuple[Source, Event], more: dict[str, Any]
) -> None:
    """MediaConvert's own event of a failure has an ``errorCode`` too: only a call that has one was refused."""
    source, entry = told
    detail = {member: values[0] for member, values in entry.match.items()}
    event = {"detail-type": entry.detail_type, "source": entry.event_source, "account": "1", "region": "r"}
    named = " ".join([*entry.match, entry.id, entry.name, entry.parent])
    more = {member: value for member, value in more.items() if member not in named}
    plain, said = (outcome(event | {"detail": each}, source) for each in (detail, more | detail))
    assert said == plain
    assert plain is not None


def outcome(event: Any, source: Source) -> Look | str | None:
    """The look that an event leads to, or why it was meant for this source and cannot be used."""
    try:
        return match(event, [source])
    except EventError as error:
        return str(error)


def test_only_the_sources_asked_for_match() -> None:
    """An event of a source that was not deployed is none of our business."""
    assert match(STATE_CHANGE, [load("rekognition.media_analysis")]) is None


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (altered(STATE_CHANGE, resources=[]), r"names no job at resources\[0\]"),
        (altered(STATE_CHANGE, resources=None), r"names no job at resources\[0\]"),
        (altered(STATE_CHANGE, resources=[{"an": "object"}]), r"names no job at resources\[0\]"),
        (
            altered(START, detail={"responseElements": None}),
            r"names no job at detail\.responseElements\.jobId",
        ),
        (altered(STATE_CHANGE, account=None), "names no account and region"),
        (altered(STATE_CHANGE, region=""), "names no account and region"),
    ],
)
def test_an_event_that_names_no_job_is_a_sentence(event: dict[str, Any], said: str) -> None:
    """It was meant for us and cannot be used: what is missing, of which source."""
    with pytest.raises(EventError, match=said):
        match(event, all_sources())


@given(
    event=st.sampled_from([STATE_CHANGE, CREATE, STOP, START]),
    member=st.sampled_from(["account", "region", "resources", "detail", "source", "detail-type"]),
    value=anything,
)
def test_no_event_is_so_odd_that_it_does_harm(event: dict[str, Any], member: str, value: Any) -> None:
    """A look, nothing, or a sentence."""
    try:
        look = match({**event, member: value}, all_sources())
    except EventError as error:
        assert str(error).startswith("An event ")  # noqa: PT017
    else:
        assert look is None or look.id or look.name


def test_an_event_that_matches_whatever_it_holds_has_no_detail() -> None:
    """EventBridge refuses an empty one."""
    assert event_patterns(load("codebuild.build")) == [
        {"source": ["aws.codebuild"], "detail-type": ["CodeBuild Build State Change"]}
    ]


def test_patterns_are_what_eventbridge_takes() -> None:
    """Scripts read them from `jobherald sources --json`."""
    assert event_patterns(load("sagemaker.labeling")) == [
        {
            "source": ["aws.sagemaker"],
            "detail-type": ["SageMaker Ground Truth Labeling Job State Change"],
            "detail": {"LabelingJobStatus": ["Completed", "Failed", "Stopped"]},
        },
        {
            "source": ["aws.sagemaker"],
            "detail-type": ["AWS API Call via CloudTrail"],
            "detail": {
                "eventSource": ["sagemaker.amazonaws.com"],
                "eventName": ["CreateLabelingJob", "StopLabelingJob"],
            },
        },
    ]
