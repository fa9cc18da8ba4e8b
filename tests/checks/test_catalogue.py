from __future__ import annotations

from importlib.resources import files

import pytest

from jobherald.catalog import all_sources, load
from jobherald.catalog.source import Event, Source
from jobherald.checks import catalogue
from jobherald.checks.catalogue import document_problems, problems
from jobherald.checks.listing import row_shape
from jobherald.checks.looking import overlapping
from jobherald.providers.requests import member_at


def text_of(service: str) -> str:
    return (files("jobherald.catalog") / "aws" / f"{service}.toml").read_text(encoding="utf-8")


def test_the_catalogue_is_proved() -> None:
    """Every operation, path, filter, status, code and event of every entry is as botocore's models say."""
    assert problems() == []


LABELING = [
    ('id = "sagemaker.labeling"', 'id = "sage.labeling"', "id: must begin with 'sagemaker', the name of its file"),
    ('client = "sagemaker"', 'client = "sagemakr"', "client: 'sagemakr' is no client of botocore; near to it are: sagemaker"),
    ('"ListLabelingJobs"', '"ListLabellingJobs"', "operation: 'ListLabellingJobs' is no operation of sagemaker; near"),
    ('items = "LabelingJobSummaryList"', 'items = "Jobs"', "items: 'Jobs' is no list of structures in the answer; lists are"),
    ('id = "LabelingJobArn"', 'id = "Arn"', "job.id: LabelingJobSummary has no member Arn; it has: LabelingJobName"),
    ('modified = "LastModifiedTime"', 'modified = "LabelingJobArn"', "job.modified: LabelingJobArn finds str; it must find a time"),
    ('created = "CreationTime"', 'created = "CreationTime["', "job.created: is not JMESPath"),
    ('name = "LabelingJobName"', 'name = "LabelCounters"', "job.name: LabelCounters finds dict; it must find a text"),
    ('running = ["InProgress"]', 'running = ["Running"]', "states: InProgress is mapped to no state; add it to one of"),
    ('running = ["InProgress"]', 'running = ["InProgress", "Walking"]', "states: Walking is no status of the service"),
    ('running = ["InProgress"]', 'running = ["InProgress", "Stopped"]', "has Stopped, which running has already"),
    ('running = ["InProgress"]', 'walking = ["InProgress"]', "states.walking: Input should be 'queued', 'running'"),
    ('status = "StatusEquals"', 'status = "Status"', "filters.status: Status is no member of the request; it has: CreationTimeAfter"),
    ('status = "StatusEquals"', 'status = "SortBy"', "filters.status: SortBy does not take Initializing; it takes: Name"),
    ('created_after = "CreationTimeAfter"', 'created_after = "NameContains"', "filters.created_after: NameContains is a string"),
    ('modified = "LastModifiedTime"\n', "", "filters.modified_after: needs job.modified, which this entry does not have"),
    ("created_after =", "begun_after =", "filters.begun_after: Input should be 'created_after', 'created_before'"),
    ('SortBy = "CreationTime"', 'SortBy = "ModificationTime"', "parameters.SortBy: is 'ModificationTime'; valid are: Name"),
    ('SortBy = "CreationTime"', "SortBy = 1", "the entry: makes a request that ListLabelingJobs refuses"),
    ('SortOrder = "Descending"', 'SortOrder = "Ascending"', "parameters.SortOrder: is 'Ascending'; newest_first needs"),
    ('input = "NextToken"', 'input = "Token"', "token.input: Token is no member of the request"),
    ('output = "NextToken"', 'output = "LabelingJobSummaryList"', "token.output: LabelingJobSummaryList finds list"),
    ('input = "NextToken"', 'input = "NameContains"', "token.input: is 'NameContains'; botocore's own paginator"),
    ("value = 100", "value = 1000", "page_size.value: is 1000; MaxResults takes 1 to 100"),
    ("value = 100", "value = 0", "page_size.value: Input should be greater than 0"),
    ('done = "LabelCounters.TotalLabeled"', 'done = "LabelCounters.Total"', "progress.done: LabelCounters has no member Total"),
    ('done = "LabelCounters.TotalLabeled"', 'done = "CreationTime"', "progress.done: CreationTime finds datetime"),
    ('operation = "DescribeLabelingJob"', 'operation = "Describe"', "look.operation: 'Describe' is no operation"),
    ('{ LabelingJobName = "name" }', '{ JobName = "name" }', "look.parameters.JobName: is no member of the request"),
    ('{ LabelingJobName = "name" }', '{ LabelingJobName = "arn" }', "look.parameters.LabelingJobName: Input should be 'id' or"),
    ("'labeling-job/(.+)$'", "'labeling-job/.+$'", "look.name_from_id: has 0 groups; it must have one"),
    ("'labeling-job/(.+)$'", "'labeling-job/('", "look.name_from_id: is no regular expression"),
    ("name_from_id = 'labeling-job/(.+)$'", "", "look.name_from_id: is missing; the operation takes a name"),
    ('["ResourceNotFound"]', '["NotFound"]', "look.not_found: NotFound is no error of DescribeLabelingJob; it has: ResourceNotFound"),
    ('WorkteamArn = "HumanTaskConfig.WorkteamArn", ', "", "look.members: WorkteamArn is missing; a row has it"),
    ('"HumanTaskConfig.WorkteamArn"', '"HumanTaskConfig.Team"', "look.members.WorkteamArn: HumanTaskConfig has no member Team"),
    ('"HumanTaskConfig.WorkteamArn"', '"HumanTaskConfig.UiConfig"', "look.members.WorkteamArn: HumanTaskConfig.UiConfig is a structure"),
    ("members = { WorkteamArn", "members = { Workteam", "look.members.Workteam: is no member of a row; it has"),
    ('["Completed", "Failed", "Stopped"]', '["Done"]', "events[0].match.LabelingJobStatus: Done is no status; valid are"),
    ('id = "resources[0]"', 'id = "sources[0]"', "events[0]: sources[0] finds nothing; an event has: version"),
    ('id = "resources[0]"', "", "events[0]: names the job by nothing; it must have id or name"),
    ('"CreateLabelingJob", "Stop', '"MakeLabelingJob", "Stop', "events[1].match.eventName: 'MakeLabelingJob' is no operation"),
    ('["sagemaker.amazonaws.com"]', '["api.sagemaker.amazonaws.com"]', "events[1].match: must be eventSource = [sagemaker."),
    ("responseElements.labelingJobArn", "responseElements.LabelingJobArn", "events[1]: detail.responseElements.LabelingJobArn finds nothing"),
    ('name = "detail.requestParameters.labelingJobName"', "", "events[1]: finds no job in a call of StopLabelingJob; it has"),
    ("{name}", "{nmae}", "console.path: is 'sagemaker/groundtruth?region={region}#/labeling-jobs/details/{nmae}'; valid"),
    ("partial =", "running =", "advice.partial: is missing; say in a sentence"),
    ("gone =", "lost =", "advice.lost"),
    ('overlap = "5m"', 'overlap = "soon"', "overlap: String should match pattern"),
    ('title = "Ground', 'colour = "red"\ntitle = "Ground', "the entry: colour is not known here; valid are: id, title"),
    ("[source.job]", "[source.jobs]", "the entry: jobs is not known here; valid are: id, title"),
    ("[[source]]", "[[sauce]]", "sauce, source is at the top; valid is [[source]] alone"),
    ("newest_first = true", "newest_first =", "this is not TOML"),
]  # fmt: skip

MEDIA = [
    ("THROTTLED =", "THROTTLING =", "advice_by_code.THROTTLED: is missing"),
    ("THROTTLED =", "THROTTLING =", "advice_by_code.THROTTLING: is no code of the service; it has: INTERNAL_ERROR"),
    ('reason_code = "FailureDetails.Code"\n', "", "advice_by_code: is for a job.reason_code whose values"),
    ("OutputConfig.S3KeyPrefix", "OutputConfig.Prefix", "job.output: MediaAnalysisOutputConfig has no member Prefix"),
    ('created = "CreationTimestamp"\n', "", "job.created: is missing; newest_first and reusable_ids need it"),
    ('event_source = "aws.rekognition"', 'event_source = "aws.recognition"', "events[0].event_source: is 'aws.recognition'"),
    ('id = "detail.responseElements.jobId"', 'id = "detail.responseElements.id"', "events[0]: finds no job in a call of"),
]  # fmt: skip

BROKEN = [("sagemaker", *case) for case in LABELING] + [("rekognition", *case) for case in MEDIA]


@pytest.mark.parametrize(("service", "was", "becomes", "said"), BROKEN, ids=[case[3][:50] for case in BROKEN])
def test_a_broken_entry_is_found(service: str, was: str, becomes: str, said: str) -> None:
    """File, entry and member, and what would have been valid."""
    text = text_of(service)
    assert was in text, "the case still breaks something"

    found = document_problems(text.replace(was, becomes, 1), f"catalog/aws/{service}.toml", "aws")

    assert any(said in problem for problem in found), found
    assert all(problem.startswith(f"catalog/aws/{service}.toml: ") for problem in found)


def test_a_whole_entry_has_no_problem() -> None:
    """The cases above break something that was whole."""
    assert document_problems(text_of("sagemaker"), "catalog/aws/sagemaker.toml", "aws") == []
    assert document_problems(text_of("rekognition"), "catalog/aws/rekognition.toml", "aws") == []


def test_entries_that_one_event_would_match_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two looks for one event, of which only one is right."""
    source = load("sagemaker.labeling")
    text = text_of("sagemaker")
    second = text.replace('id = "sagemaker.labeling"', 'id = "sagemaker.second"')
    monkeypatch.setattr(catalogue, "entry_files", lambda: [("aws", _File(text + second))])

    found = problems()

    assert f"{source.id} and sagemaker.second: an event" in found[0]
    assert len(found) == len(source.events)


def test_an_id_that_stands_twice_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second would never be read."""
    text = text_of("rekognition")
    monkeypatch.setattr(catalogue, "entry_files", lambda: [("aws", _File(text + text, "rekognition.toml"))])

    assert "rekognition.media_analysis is in the catalogue twice." in problems()


class _File:
    def __init__(self, text: str, name: str = "sagemaker.toml") -> None:
        self._text = text
        self.name = name

    def read_text(self, encoding: str) -> str:
        return self._text


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"name": ("a", "b")}, {"name": ("b",)}, True),
        ({"name": ("a",)}, {"name": ("b",)}, False),
        ({"name": ("a",)}, {"state": ("b",)}, True),
        ({}, {"state": ("b",)}, True),
    ],
)
def test_events_overlap_unless_some_member_keeps_them_apart(
    one: dict[str, tuple[str, ...]], other: dict[str, tuple[str, ...]], expected: bool
) -> None:
    """As EventBridge reads patterns: every member has to match, any of its values will do."""
    first, second = (Event("Job Change", "aws.batch", match, id="detail.id") for match in (one, other))

    assert overlapping(first, second) is overlapping(second, first) is expected


@pytest.mark.parametrize("source", all_sources(), ids=lambda source: source.id)
def test_every_failure_code_has_advice(source: Source) -> None:
    """Whoever reads that a job failed by a code also reads what to do."""
    shape = member_at(row_shape(source), source.reason_code_path) if source.reason_code_path else None
    codes = getattr(shape, "enum", [])

    assert set(source.advice_by_code) == set(codes)
    assert all(len(advice) > 20 for advice in source.advice_by_code.values())
    if source.id == "rekognition.media_analysis":
        assert len(codes) == 9
