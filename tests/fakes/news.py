"""News to tell: a few pieces that read like life, and hypothesis strategies that know no mercy."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from jobherald.model import (
    Alert,
    AlertKind,
    Change,
    Delivery,
    Job,
    JobKey,
    Place,
    Progress,
    Severity,
    State,
    Story,
)

START = datetime(2026, 11, 22, 8, 46, tzinfo=UTC)
LABELING = Place("sagemaker.labeling", "111122223333", "us-east-1")
MEDIA = Place("rekognition.media_analysis", "111122223333", "eu-west-1")
PROJECT = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
DATASET = Place("modelarts.auto_labeling", PROJECT, "cn-north-4", "g6IO9qSu6hoxwCAirfm")
ATTACK = "<!channel> <@U0123> <#C0123> <https://evil.example|the console> *bold* _it_ ~gone~ `code` ```\nfence``` &amp; :skull: \u202etxt"
"""Everything that Slack would obey, if it were let."""


def labeling_key(name: str) -> JobKey:
    return JobKey(LABELING, f"arn:aws:sagemaker:us-east-1:111122223333:labeling-job/{name}")


RUNNING = Change(
    key=labeling_key("cats-batch-7"),
    version=1,
    state=State.RUNNING,
    previous=None,
    status="InProgress",
    at=START + timedelta(minutes=3),
    seen_at=START + timedelta(minutes=4),
    name="cats-batch-7",
    created_at=START,
    progress=Progress(4.0, {"done": 16, "failed": 0, "remaining": 384, "total": 400, "human": 16}),
)
SUCCEEDED = replace(
    RUNNING,
    version=5,
    state=State.SUCCEEDED,
    previous=State.RUNNING,
    status="Completed",
    at=START + timedelta(hours=2, minutes=14),
    progress=Progress(
        100.0, {"done": 400, "failed": 0, "remaining": 0, "total": 400, "human": 320, "machine": 80}
    ),
)
PARTIAL = replace(
    SUCCEEDED,
    state=State.PARTIAL,
    progress=Progress(100.0, {"done": 380, "failed": 20, "remaining": 0, "total": 400}),
)
FAILED = Change(
    key=JobKey(MEDIA, "3f6c5b1e0d3f4d0b9d2a5c8e7f6a1b2c"),
    version=3,
    state=State.FAILED,
    previous=State.RUNNING,
    status="FAILED",
    at=START + timedelta(minutes=41),
    seen_at=START + timedelta(minutes=42),
    name="moderation-nightly",
    created_at=START,
    ended_at=START + timedelta(minutes=41),
    reason="Line 17 of the manifest is not a JSON object.",
    reason_code="INVALID_MANIFEST",
)
TASK_RUNNING = Change(
    key=JobKey(DATASET, "xUCRVTxBgIj2Rpp3qpG"),
    version=2,
    state=State.RUNNING,
    previous=State.QUEUED,
    status="1",
    at=START + timedelta(minutes=4),
    seen_at=START + timedelta(minutes=4),
    name="auto-label-signs",
    created_at=START,
    progress=Progress(10.0, {"done": 30, "total": 49, "to_confirm": 12}),
)
TASK_FAILED = replace(
    TASK_RUNNING,
    version=4,
    state=State.FAILED,
    previous=State.RUNNING,
    status="2",
    at=START + timedelta(minutes=45),
    seen_at=START + timedelta(minutes=45),
    reason="Failed to execute the training job.\nFailed step: train \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
    " evaluate (ModelArts.4909): accuracy too low",
    reason_code="ModelArts.4909",
    progress=Progress(60.0, {"done": 30, "total": 49, "to_confirm": 12}),
)
TASK_SUCCEEDED = replace(
    TASK_FAILED,
    state=State.SUCCEEDED,
    status="3",
    reason="",
    reason_code="",
    output="/signs/work_1608083108676/signs-g6IO9qSu6hoxwCAirfm/annotation/manifest/",
    progress=Progress(100.0, {"done": 30, "total": 49, "to_confirm": 19}),
)
TASK_STOPPED = replace(
    TASK_FAILED,
    state=State.STOPPED,
    status="5",
    reason="",
    reason_code="",
    progress=Progress(40.0, {"done": 30, "total": 49, "to_confirm": 12}),
)
"""A ModelArts task in each state that people are told of. Its service gives times in no zone, and no end."""

WATCHING = Alert(
    subject=LABELING.key,
    version=1,
    kind=AlertKind.WATCHING,
    at=START,
    severity=Severity.INFO,
    text="Watching 312 Ground Truth labeling jobs in us-east-1, 20 running.",
    place=LABELING,
)
BLIND = Alert(
    subject=MEDIA.key,
    version=2,
    kind=AlertKind.BLIND,
    at=START,
    severity=Severity.WARNING,
    text="No look at Rekognition media analysis jobs in eu-west-1 since 08:41 UTC: AccessDeniedException.",
    next_step="Let the poll function call rekognition:ListMediaAnalysisJobs in eu-west-1.",
    place=MEDIA,
)
BEHIND = Alert(
    subject=LABELING.key,
    version=4,
    kind=AlertKind.BEHIND,
    at=START,
    severity=Severity.WARNING,
    text="Cannot keep up with 100,000 Ground Truth labeling jobs in us-east-1: the look that began 31 min ago is not"
    " complete yet, and one is wanted every 60 s. New outcomes may be told that late.",
    next_step="Watch less of the place, or ask for a higher rate of the API's calls.",
    place=LABELING,
)
CANARY = Alert(
    subject="config",
    version=7,
    kind=AlertKind.CANARY,
    at=START,
    severity=Severity.INFO,
    text="jobherald is well: watching 3 places, 41 jobs open.",
)
LATE = replace(FAILED, unseen_since=START + timedelta(minutes=16))
"""Its place could not be seen from then on until the answer that showed the change."""
UNKNOWN = Alert(
    subject=MEDIA.key,
    version=3,
    kind=AlertKind.UNKNOWN_STATUS,
    at=START,
    severity=Severity.WARNING,
    text="The status PAUSED is new.",
    place=MEDIA,
)
REFUSED = Alert(
    subject="credential/huaweicloud",
    version=1,
    kind=AlertKind.CREDENTIAL_REFUSED,
    at=START,
    severity=Severity.ERROR,
    text="Huawei Cloud refused the access key (APIGW.0301). Nothing is called with it for five minutes at a time. Blind"
    f" are modelarts.auto_labeling/{PROJECT}/cn-north-4, modelarts.training/{PROJECT}/cn-north-4.",
    next_step="Put a good credential into its secret with `jobherald secret set`; it is used within five minutes.",
)
TAKEN = replace(
    REFUSED,
    version=2,
    kind=AlertKind.CREDENTIAL_TAKEN,
    at=START + timedelta(minutes=20),
    severity=Severity.INFO,
    text="The credential is taken again. It was refused since 2026-11-22 08:46 UTC; what changed is told now.",
    next_step="",
)
DETAILS = {
    "LabelingJobOutput": {"OutputDatasetS3Uri": "s3://labels/cats-batch-7/manifests/output/output.manifest"},
    "OutputConfig": {"S3Bucket": "media", "S3KeyPrefix": "results/nightly"},
}


def story_of(change: Change, *told: Change, now: State | None = None) -> Story:
    """The job of a change, which may have moved on since; ``told`` are the changes before it."""
    job = Job(
        key=change.key,
        state=now or change.state,
        status=change.status,
        seen_at=change.seen_at,
        version=change.version + bool(now),
        name=change.name,
        created_at=change.created_at,
        progress=change.progress,
    )
    return Story(job, DETAILS, (), [Delivery("sns", one, one.seen_at) for one in told])


def many(count: int) -> list[Change]:
    """Different jobs that failed, each with all that a change can say."""
    return [
        replace(FAILED, key=JobKey(MEDIA, f"{number:064d}"), name=f"nightly-{number}", reason="x" * 1024)
        for number in range(count)
    ]


texts = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="<>&`*_~:!@#|\n\r \u202e\u200b\ud800\x00🦊ab", max_size=60),
    st.sampled_from([ATTACK, "`", "```", "<", "&lt;", "\ud83d"]),
    st.builds(lambda unit, count: unit * count, st.sampled_from("a<🦊`\x01"), st.integers(1000, 5000)),
)
whens = st.datetimes(datetime(2001, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
# A key of DynamoDB has at most 2,048 bytes, so a job's id and parent are never long.
shorts = texts.map(lambda text: text[:100])
places = st.builds(
    Place,
    source=st.sampled_from(
        ["sagemaker.labeling", "rekognition.media_analysis", "modelarts.auto_labeling", "glue.job_run"]
    ),
    account=st.sampled_from(["111122223333", "444455556666", PROJECT]),
    region=st.sampled_from(["us-east-1", "cn-north-1", "us-gov-west-1"]),
    parent=shorts.filter(str.isprintable),  # a lone surrogate can be in no key
)
progresses = st.builds(
    Progress,
    percent=st.none() | st.floats(0, 100),
    counters=st.dictionaries(
        st.sampled_from(["done", "total", "failed", "human", "to_confirm"]), st.integers(0, 10**9)
    ),
)
changes = st.builds(
    Change,
    key=st.builds(JobKey, place=places, id=shorts.filter(bool), born=st.integers(0, 4 * 10**9) | st.just(0)),
    version=st.integers(1, 10**6),
    state=st.sampled_from(State),
    previous=st.none() | st.sampled_from(State),
    status=texts,
    at=whens,
    seen_at=whens,
    name=texts,
    created_at=st.none() | whens,
    ended_at=st.none() | whens,
    reason=texts,
    reason_code=texts,
    output=texts | texts.map(lambda text: f"s3://{text}"),
    progress=st.none() | progresses,
    unseen_since=st.none() | whens,
)
alerts = st.builds(
    lambda about, version, kind, at, severity, text, step: Alert(
        about.key if isinstance(about, Place) else about,
        version,
        kind,
        at,
        severity,
        text,
        step,
        about if isinstance(about, Place) else None,
    ),
    st.sampled_from(["config", "credential/huaweicloud"]) | places,
    st.integers(1, 10**6),
    st.sampled_from(AlertKind),
    whens,
    st.sampled_from(Severity),
    texts,
    texts,
)
news = st.one_of(changes, alerts)


def stories(change: Change) -> st.SearchStrategy[Story | None]:
    return st.none() | st.builds(
        lambda state, progress, uri: Story(
            replace(story_of(change, now=state).job, progress=progress),
            {"LabelingJobOutput": {"OutputDatasetS3Uri": uri}, "OutputConfig": {"S3Bucket": uri}},
            (),
            (),
        ),
        st.sampled_from(State),
        st.none() | progresses,
        texts | texts.map(lambda text: f"s3://{text}"),
    )
