from __future__ import annotations

import tomllib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from jobherald.catalog import all_sources, load
from jobherald.catalog.source import Event, Source
from jobherald.checks import catalogue
from jobherald.checks.catalogue import document_problems, problems
from jobherald.checks.looking import overlapping
from jobherald.checks.models import row_shape
from jobherald.providers.requests import member_at
from tests.catalogue import numbers
from tests.checks.entries import GLUE, PREVIEWS, QUERIES, SYNCS

FIRST = {"sagemaker": 'id = "sagemaker.labeling"', "rekognition": 'id = "rekognition.media_analysis"'}
MODELLED = [source for source in all_sources() if source.provider == "aws"]


def text_of(service: str) -> str:
    """The entry that the cases break: a file has many more."""
    written = {"glue": GLUE, "athena": QUERIES, "kendra": SYNCS, "accessanalyzer": PREVIEWS}
    if service in written:
        return written[service]
    provider = "huaweicloud" if service == "modelarts" else "aws"
    text = (files("jobherald.catalog") / provider / f"{service}.toml").read_text(encoding="utf-8")
    if service == "modelarts":
        return text
    entries = [f"[[source]]{entry}" for entry in text.split("[[source]]")[1:]]
    return next(entry for entry in entries if FIRST[service] in entry)


def found_in(text: str, service: str) -> list[str]:
    provider = "huaweicloud" if service == "modelarts" else "aws"
    return document_problems(text, f"catalog/{provider}/{service}.toml", provider)


def test_the_catalogue_is_proved(record_property: Callable[[str, object], None]) -> None:
    """Every operation, path, filter, status, code and event of every entry is as botocore's models say, if there is one."""
    assert problems() == []
    record_property(numbers.KEY, {"sources": len(all_sources()), "proofs": len(MODELLED)})


LABELING = [
    ('id = "sagemaker.labeling"', 'id = "sage.labeling"', "id: must begin with 'sagemaker', the name of its file"),
    ('client = "sagemaker"', 'client = "sagemakr"', "client: 'sagemakr' is no client of botocore; near to it are: sagemaker"),
    ('"ListLabelingJobs"', '"ListLabellingJobs"', "operation: 'ListLabellingJobs' is no operation of sagemaker; near"),
    ('items = "LabelingJobSummaryList"', 'items = "Jobs"', "items: 'Jobs' is no list of structures in the answer; lists are"),
    ('id = "LabelingJobArn"', 'id = "Arn"', "job.id: LabelingJobSummary has no member Arn; it has: LabelingJobName"),
    ('modified = "LastModifiedTime"', 'modified = "LabelingJobArn"', "job.modified: LabelingJobArn finds str; it must find a time"),
    ('created = "CreationTime"', 'created = "CreationTime["', "job.created: 'CreationTime[' is not JMESPath: it ends too early."),
    ('name = "LabelingJobName"', 'name = "LabelCounters"', "job.name: LabelCounters finds dict; it must find a text"),
    ('running = ["InProgress"]', 'running = ["Running"]', "states: InProgress is mapped to no state; add it to one of"),
    ('running = ["InProgress"]', 'running = ["InProgress", "Walking"]', "states: Walking is no status of the service"),
    ('running = ["InProgress"]', 'running = ["InProgress", "Stopped"]', "has Stopped, which running has already"),
    ('status = "LabelingJobStatus"', 'status = "FailureReason == \'x\' && \'Halted\' || LabelingJobStatus"', "states: Halted is mapped to no state; add it to one of"),
    ('running = ["InProgress"]', 'walking = ["InProgress"]', 'states.walking: "walking" is not known here; valid are: queued, running'),
    ('status = "StatusEquals"', 'status = "Status"', "filters.status: Status is no member of the request; it has: CreationTimeAfter"),
    ('status = "StatusEquals"', 'status = "SortBy"', "filters.status: SortBy does not take Initializing; it takes: Name"),
    ('created_after = "CreationTimeAfter"', 'created_after = "NameContains"', "filters.created_after: NameContains is a string"),
    ('modified = "LastModifiedTime"\n', "", "filters.modified_after: needs job.modified, which this entry does not have"),
    ("created_after =", "begun_after =", 'filters.begun_after: "begun_after" is not known here; valid are: created_after, created_before'),
    ('SortBy = "CreationTime"', 'SortBy = "ModificationTime"', "parameters.SortBy: is 'ModificationTime'; valid are: Name"),
    ('SortBy = "CreationTime"', "SortBy = 1", "the entry: makes a request that ListLabelingJobs refuses"),
    ('SortOrder = "Descending"', 'SortOrder = "Ascending"', "parameters.SortOrder: is 'Ascending'; newest_first needs"),
    ('input = "NextToken"', 'input = "Token"', "token.input: Token is no member of the request"),
    ('output = "NextToken"', 'output = "LabelingJobSummaryList"', "token.output: LabelingJobSummaryList finds list"),
    ('input = "NextToken"', 'input = "NameContains"', "token.input: is 'NameContains'; botocore's own paginator"),
    ("value = 100", "value = 1000", "page_size.value: is 1000; MaxResults takes 1 to 100"),
    ("value = 100", "value = 0", "page_size.value: is 0; it must be greater than 0"),
    ('done = "LabelCounters.TotalLabeled"', 'done = "LabelCounters.Total"', "progress.done: LabelCounters has no member Total"),
    ('done = "LabelCounters.TotalLabeled"', 'done = "CreationTime"', "progress.done: CreationTime finds datetime"),
    ('operation = "DescribeLabelingJob"', 'operation = "Describe"', "look.operation: 'Describe' is no operation"),
    ('{ LabelingJobName = "name" }', '{ JobName = "name" }', "look.parameters.JobName: is no member of the request"),
    ('{ LabelingJobName = "name" }', '{ LabelingJobName = "arn" }', "look.parameters.LabelingJobName: is 'arn'; it must be one of id, name, parent, above, top, account"),
    ("'labeling-job/(.+)$'", "'labeling-job/.+$'", "look.name_from_id: has 0 groups; it must have one"),
    ("'labeling-job/(.+)$'", "'labeling-job/('", "look.name_from_id: is no regular expression"),
    ("name_from_id = 'labeling-job/(.+)$'", "", "look.name_from_id: is missing; the operation takes a name"),
    ('["ResourceNotFound"]', '["NotFound"]', "look.not_found: NotFound is no error of DescribeLabelingJob; it has: ResourceNotFound"),
    ('["ResourceNotFound"]', '["ConflictException"]', "look.not_found: ConflictException is no error of DescribeLabelingJob; it has: ResourceNotFound"),
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
    ('"ListLabelingJobs"', '"GET /v2/jobs"', "operation: 'GET /v2/jobs' is a method and a path; it must be an operation of botocore's sagemaker"),
    ("newest_first = true", 'newest_first = true\nrow = ["x"]', "row: is for an API that no model describes; leave it out"),
    ("newest_first = true", 'newest_first = true\nrow = ["a"]', "row: is for an API that no model describes; leave it out"),
    ("newest_first = true", 'newest_first = true\nvariants = [{ NameContains = "x" }]', "newest_first: is for one list"),
    ("newest_first = true", 'variants = [{ Colour = "x" }]', "variants[0].Colour: Colour is no member of the request"),
    ("newest_first = true", 'variants = [{ SortBy = "Colour" }]', "variants[0].SortBy: is 'Colour'; valid are: Name"),
    ("newest_first = true", 'newest_first = true\ntimes = "soon"', 'times: "soon" is not known here; valid are: epoch, epoch_ms, text'),
    ("newest_first = true", 'newest_first = true\ntimes = "epoch"', "job.created: CreationTime finds datetime; it must find a number"),
    ('"arn:{partition}:', '"arn:aws:', "resources.sagemaker:DescribeLabelingJob: is 'arn:aws:sagemaker:*:{account}:labeling-job/*'; it must be an ARN as in arn:{partition}:"),
    ('status = "StatusEquals"', 'status = { member = "StatusEquals", always = true }', "filters.status.always: is for created_after and"),
    ('status = "StatusEquals"', 'status = { member = "StatusEquals", value = "{iso}" }', "filters.status.value: has {iso}; valid are: {value}"),
    ('status = "StatusEquals"', 'status = { member = "StatusEquals", value = "x" }', "filters.status.value: has no word in braces; valid"),
    ('status = "StatusEquals"', 'status = { member = "StatusEquals", value = ["{value}"] }', "the entry: makes a request that ListLabelingJobs"),
    ("[source.filters]", '[source.batch]\noperation = "DescribeJob"\nparameter = "JobName"\nsize = 1\nitems = "Jobs"\n[source.filters]', "items: LabelingJobSummaryList finds no list of texts; the batch takes ids"),
    ('SortOrder = "Descending"', 'SortOrder = "Descending", NameContains = "{parent}"', "parameters: have '{parent}', and the entry has no parent to put there"),
    ('{ LabelingJobName = "name" }', "{}", "look.parameters: is missing; it must map members of the request to id, name, parent"),
    ("newest_first = true", 'newest_first = true\nstatus_words = { Done = "done" }', "status_words.Done: is no status; valid are: Initializing"),
    ("partial =", "running =", "advice.partial: is missing; say in a sentence"),
    ("gone =", "lost =", "advice.lost"),
    ('overlap = "5m"', 'overlap = "soon"', "overlap: is 'soon'; it must be a duration such as 5m, 1.5s or 500ms"),
    ('title = "Ground', 'colour = "red"\ntitle = "Ground', "colour: is not known here; valid are: id, title"),
    ("[source.job]", "[source.jobs]", "jobs: is not known here; near to it are: job"),
    ("[[source]]", "[sauce]\n[[source]]", "sauce, source is at the top; valid is [[source]] alone"),
    ("newest_first = true", "newest_first =", "this is not TOML"),
    ('not_found = ["ResourceNotFound"]', 'lacks = ["Colour"]\nnot_found = ["ResourceNotFound"]', "look.lacks: Colour is no member of a row"),
    ('not_found = ["ResourceNotFound"]', 'lacks = ["CreationTime"]\nnot_found = ["ResourceNotFound"]', "look.lacks: CreationTime is in the answer"),
    ('not_found = ["ResourceNotFound"]', 'reason = "FailureReason"\nnot_found = ["ResourceNotFound"]', "look.reason: is for lists whose rows"),
    ('not_found = ["ResourceNotFound"]', 'reason_code = "FailureReason"\nnot_found = ["ResourceNotFound"]', "look.reason_code: needs look.reason"),
    ('not_found = ["ResourceNotFound"]', "", "look.not_found: is missing; DescribeLabelingJob has: ResourceNotFound"),
    ('not_found = ["ResourceNotFound"]', 'client = "sagemakr"\nnot_found = ["ResourceNotFound"]', "look.client: 'sagemakr' is no client of botocore; near"),
    ('"ListLabelingJobs"', '"Zzzz"', "operation: 'Zzzz' is no operation of sagemaker; what it reads with: Describe"),
    ('items = "LabelingJobSummaryList"', 'items = "LabelingJobSummaryList[]"', "items: is 'LabelingJobSummaryList[]'; write 'LabelingJobSummaryList'"),
    ('status = "LabelingJobStatus"', 'status = "LabelingJobName"', "job.status: LabelingJobName is a text of any kind, and LabelingJobStatus has all of these statuses; did you mean LabelingJobStatus?"),
    ('["ResourceNotFound"]', '["ResourceNotFound", "AccessDeniedException"]', "look.not_found: AccessDeniedException means that a call is not allowed, whatever is there; leave it out"),
    ('["ResourceNotFound"]', '["ExpiredToken"]', "look.not_found: ExpiredToken means that a call is not allowed, whatever is there"),
    ('["ResourceNotFound"]', '["ThrottlingException"]', "look.not_found: ThrottlingException means that calls come too often, whatever is there; leave it out"),
    ('"AWS API Call via CloudTrail"', '"AWS API Call via Cloudtrail"', "events[1].detail_type: is 'AWS API Call via Cloudtrail'; it must be 'AWS API Call via CloudTrail'"),
    ('SortOrder = "Descending"', 'SortOrder = "Descending", NameContains = "{acount}"', "parameters.NameContains: has {acount}; did you mean {account}?"),
    ('SortOrder = "Descending"', 'SortOrder = "Descending", NameContains = "{x}"', "parameters.NameContains: has {x}; valid are: {account}, {parent}"),
    ('SortOrder = "Descending"', 'SortOrder = "Descending", NameContains = "of-{account}"', "parameters.NameContains: is 'of-{account}'; {account} stands for something only where it is the whole text"),
    ("newest_first = true", 'variants = [{ NameContains = "{acount}" }]', "variants[0].NameContains: has {acount}; did you mean {account}?"),
    ('{ LabelingJobName = "name" }', '{ LabelingJobName = ["{nam}"] }', "look.parameters.LabelingJobName: has {nam}; did you mean {name}?"),
    ('SortOrder = "Descending"', 'SortOrder = "Descending", MaxResults = 100', "parameters.MaxResults: is what page_size sets; leave it out here"),
    ('SortOrder = "Descending"', 'SortOrder = "Descending", NextToken = "a"', "parameters.NextToken: is what token sets; leave it out here"),
    ("newest_first = true", 'newest_first = true\nlister = "nosuch.one:Class"', "lister: nosuch.one cannot be imported: No module named 'nosuch'"),
    ("newest_first = true", 'newest_first = true\nlister = "json:dumps"', "lister: json has no class dumps"),
    ('id = "resources[0]"', 'id = "resources[0]"\nparent = "account"', "events[0].parent: is for a source with a parent"),
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

RUNS = [
    ('parameters = { JobName = "{parent}" }\n', "", 'the entry: makes a request that GetJobRuns refuses: Missing required parameter in input: "JobName"; set it in parameters.'),
    ('queued = ["STARTING", "WAITING"]\n', "", "states: STARTING, WAITING are mapped to no state; add each to one of queued, running"),
    ('JobName = "{parent}"', 'JobName = "{parents}"', "parameters.JobName: has {parents}; did you mean {parent}?"),
    ('not_found = ["EntityNotFoundException"]\ntoken', 'not_found = ["AccessDeniedException"]\ntoken', "parent.not_found: AccessDeniedException means that a call is not allowed, whatever is there; leave it out"),
    ('title = "job"', 'title = "job"\nparameters = { MaxResults = 5 }', "parent.parameters.MaxResults: is what page_size sets; leave it out here"),
    ('title = "job"', 'title = "job"\nparameters = { NextToken = "{acount}" }', "parent.parameters.NextToken: has {acount}; did you mean {account}?"),
    ('items = "JobNames"', 'items = "JobNames[]"', "parent.items: is 'JobNames[]'; write 'JobNames'"),
    (', RunId = "id" }', " }", 'look.parameters: make a request that GetJobRun refuses: Missing required parameter in input: "RunId"; set it here, or in look.constants'),
    ('id = "@"\nnot_found = ["EntityNotFoundException"]\ntoken = { input = "NextToken", output = "NextToken" }', 'id = "@"\nnot_found = ["EntityNotFoundException"]', "parent.token.input: is missing; botocore's own paginator of ListJobs has 'NextToken'"),
    ('JobName = "{parent}"', 'JobName = "one"', "parameters: name no parent; one of them must be '{parent}'"),
    ('JobName = "{parent}"', 'JobName = "{parent}", "Filter.Job" = "x"', "parameters.Filter.Job: Filter.Job is no member of the request"),
    ('JobName = "{parent}"', 'JobName = "{above}{parent}"', "parameters: name no parent; one of them must be '{parent}'"),
    ('title = "job"', 'title = "job"\nclient = "glu"', "parent.client: 'glu' is no client of botocore; near to it are: glue"),
    ('title = "job"', 'title = "job"\nwhere = "Name"', "parent.where: NameString has no member Name"),
    ('title = "job"', 'title = "job"\nparameters = { MaxResults = "{above}" }', "parameters: have '{above}', and the entry has no parent.above"),
    ('"ListJobs"', '"ListJob"', "parent.operation: 'ListJob' is no operation of glue; near to it are: ListJobs"),
    ('"ListJobs"', '"GET /jobs"', "parent.operation: 'GET /jobs' is a method and a path"),
    ('items = "JobNames"', 'items = "Jobs"', "parent.items: 'Jobs' is no list in the answer of ListJobs"),
    ('id = "@"', 'id = "Name"', "parent.id: NameString has no member Name; it is a string"),
    ('id = "@"', 'id = "@"\ndiffers = "Runs"', "parent.differs: NameString has no member Runs"),
    ('id = "@"', 'id = "@"\nrunning = "@"', "parent.running: @ finds str; it must find a list"),
    ('["EntityNotFoundException"]', '["NotFound"]', "parent.not_found: NotFound is no error of GetJobRuns; it has: Invalid"),
    ('MaxResults", value = 1000', 'MaxResult", value = 1000', "parent.page_size.parameter: MaxResult is no member of the request"),
    ("value = 1000", "value = 1001", "parent.page_size.value: is 1001; MaxResults takes 1 to 1000"),
    ('title = "job"', 'title = "job"\nparameters = { Tag = 1 }', "parent.parameters.Tag: Tag is no member of the request"),
    ('title = "job"', 'titel = "job"', "parent.titel: is not known here; near to it are: title"),
    ('shorten = ["PredecessorRuns"]', 'shorten = ["Arguments"]', "shorten: Arguments is a map; it must be a list"),
    ('shorten = ["PredecessorRuns"]', 'shorten = ["Predecessors"]', "shorten: Predecessors is no member of a row, nor of the answer to a look; it must be a list"),
    ('shorten = ["PredecessorRuns"]', 'shorten = ["a..b"]', "shorten[0]: is 'a..b'; it must be names with dots between them"),
    ('mask = ["Arguments"]', 'mask = ["Attempt"]', "mask: Attempt is a integer; it must be a table, a list or a text"),
    ('mask = ["Arguments"]', 'mask = ["Argument"]', "mask: Argument is no member of a row, nor of the answer to a look; it must be a table, a list or a text"),
    ('items = "PredecessorRuns"', 'items = "Runs"', "steps.items: 'Runs' is no list of structures in a row"),
    ('failed = ["jr_1"]', 'failed = ["jr_1"]\nbelow = "Steps"', "steps.below: 'Steps' is no list in a step"),
    ('failed = ["jr_1"]', 'failed = ["jr_1"]\ncode = "Code"', "steps.code: Predecessor has no member Code; it has: JobName"),
    ('failed = ["jr_1"]', "failed = []", "steps.failed: is empty"),
    ('JobName = "parent", RunId = "id"', 'JobName = "parent", RunId = "id" }\nconstants = { Colour = true', "look.constants.Colour: is no member of the request of GetJobRun"),
    ('JobName = "parent"', 'JobName = "above"', "look.parameters: have above, and the entry has no parent.above"),
    ('token = { input = "NextToken", output = "NextToken" }', 'token = { input = "NextToken" }', "token.output: is missing; it must be where the answer has"),
    ('token = { input = "NextToken", output', 'token = { counts = "rows", input = "NextToken", output', "token.counts: is 'rows', and NextToken is a token"),
]  # fmt: skip

TASKS = [
    ('"GET /v2/{project_id}/datasets/{parent}/tasks"', '"ListTasks"', "operation: is 'ListTasks'; it must be GET or POST, a space, and a path"),
    ('"GET /v2/{project_id}/datasets/{parent}/tasks"', '"PUT /v2/tasks/{parent}"', "operation: is 'PUT /v2/tasks/{parent}'; it must be GET or POST"),
    ('"GET /v2/{project_id}/datasets/{parent}/tasks"', '"GET /v2/{parent}?type=x"', "a query is for parameters"),
    ('"GET /v2/{project_id}/datasets/{parent}/tasks"', '"GET /v2/{dataset}/{parent}"', "has {dataset}; valid placeholders are: {project_id}, {parent}"),
    ('"GET /v2/{project_id}/datasets/{parent}/tasks"', '"GET /v2/{project_id}/tasks"', "tasks does not say which one: {parent} is missing"),
    ('"GET /v2/{project_id}/datasets/{parent}/tasks"', '"GET /v2/{parent}/{id}"', "has {id}; valid placeholders are: {project_id}, {parent}"),
    ('"GET /v2/{project_id}/datasets/{parent}/tasks"', '"GET /v2/{parent/tasks"', "has a brace without its counterpart; valid placeholders"),
    ('"GET /v2/{project_id}/datasets"', '"GET /v2/{parent}"', "parent.operation: GET /v2/{parent} has {parent}; valid placeholders are: {project_id}"),
    ('not_found = ["ModelArts.4352", "ModelArts.4338"]', "", "parent.not_found: is missing; name the error codes with which the list says"),
    ('input = "offset", counts = "either"', 'input = "offset"', "token.counts: is missing; offset is no token, and counts pages, rows or either"),
    ('input = "offset", counts = "either"', 'input = "offset", counts = "lines"', 'token.counts: "lines" is not known here; valid are: pages, rows, either'),
    ('input = "offset", counts = "either"', 'input = "marker", counts = "either"', "token.counts: is 'either', and marker is a token; valid with: offset"),
    ('input = "offset", counts = "either"', 'input = "marker"', "token.output: is missing; it must be where the answer has the next token"),
    ('input = "offset", counts = "either"', 'input = "offset", counts = "either", output = "total_count"', "token.output: is for a token; the next offset is reckoned"),
    ('page_size = { parameter = "limit", value = 100 }\n# Without', "# Without", "page_size: is missing; the next offset is reckoned from it"),
    ("value = 100 }", "value = 0 }", "page_size.value: is 0; it must be greater than 0"),
    ('variants = [{ type = "auto-grouping" }]', 'variants = ["auto-grouping"]', 'variants[0]: is "auto-grouping"; it must be a table'),
    ('variants = [{ type = "auto-grouping" }]', "variants = [{}]", "variants[0]: is empty"),
    ('variants = [{ type = "auto-grouping" }]', 'variants = [{ "filter.type" = "auto-grouping" }]', "variants: filter.type leads into a structure"),
    ("{ check_running_task = true", '{ "check.task" = true', "parent.parameters: check.task leads into a structure"),
    ('created_doubt = "1d"', 'created_doubt = "a day"', "created_doubt: is 'a day'; it must be a duration such as"),
    ('created = "create_time"', "", "created_doubt: needs job.created, which this entry does not have"),
    ('"dataset_id", "task_id", "task_name",', '"dataset_id", "task_name",', "job.id: task_id reads task_id, which is no member of row; near to it are"),
    ('"dataset_id", "task_id", "task_name",', '"task_id", "task_id", "task_name",', "row: has task_id twice"),
    ('"error_code", "error_msg", "error_detail", "config", "result",', '"error_code", "error_msg", "config",', "reads error_detail, which is no member of row"),
    ('"error_code", "error_msg", "error_detail", "config", "result",', '"error_code", "error_msg", "config",', "steps.items: result.events reads result, which is no member of row"),
    ('done = "annotated_sample_count"', 'done = "annotated_samples"', "progress.done: annotated_samples reads annotated_samples, which is no"),
    ('to_confirm = "unconfirmed_sample_count"', 'to_confirm = "unconfirmed"', "progress.also.to_confirm: unconfirmed reads unconfirmed"),
    ('shorten = ["config.samples"', 'shorten = ["confg.samples"', "shorten: confg.samples leads through confg, which is no member of row; near to it are: config"),
    ('shorten = ["config.samples"', 'shorten = ["config.samples[]"', "shorten: config.samples[] leads into the list; without the [] at its end it is"),
    ('shorten = ["config.samples"', 'shorten = ["config.samples[0]"', "shorten[0]: is 'config.samples[0]'; it must be names with dots"),
    ('mask = ["config.inf', 'mask = ["inf', "mask: inf_config_list[].envs leads through inf_config_list, which is no member of row; near to it are: config"),
    ("members = { total_sample_count", "members = { sample_count", "look.members.sample_count: is set, which is no member of row; near to it are"),
    ('members = { total_sample_count = "result.', 'members = { total_sample_count = "result[', "look.members.total_sample_count: 'result[total_sample_count' is not JMESPath"),
    ('datasets/{parent}/tasks/{id}"', 'datasets/{parent}/tasks"', "look.operation: GET /v2/{project_id}/datasets/{parent}/tasks does not say which one: {id} is missing"),
    ('datasets/{parent}/tasks/{id}"', 'datasets/{parent}/tasks/{task_id}"', "has {task_id}; valid placeholders are: {project_id}, {parent}, {id}"),
    ('not_found = ["ModelArts.4301", "ModelArts.4338", "ModelArts.4352"]', "not_found = []", "look.not_found: is missing; name the error codes"),
    ('not_found = ["ModelArts.4301",', 'parameters = { task_id = "id" }\nnot_found = ["ModelArts.4301",', "look.parameters: is for an operation that botocore knows; a path has {id}"),
    ('not_found = ["ModelArts.4301",', 'name_from_id = "(.+)"\nnot_found = ["ModelArts.4301",', "look.name_from_id: is for an operation that botocore knows"),
    ('done = "annotated_sample_count"', 'done = "zzz"', "progress.done: zzz reads zzz, which is no member of row; it has: dataset_id, task_id"),
    ('running = ["1"]', "", "status_words.1: is no status; valid are: -1, 0"),
    ('running = ["1"]', 'running = ["1", "6"]', "status_words.6: is missing; a number says nothing to people"),
    ('queued = ["-1", "0"]', "queued = []", "states.queued: is empty"),
    ('stopped = "Somebody', 'stoped = "Somebody', "advice.stoped"),
    ('stopped = "Somebody stopped it. What was labeled until', 'running = "Somebody stopped it. What was labeled until', "advice.stopped: is missing; say in a sentence"),
    ('gone = "ModelArts no longer knows this task', 'running = "ModelArts no longer knows this task', "advice.gone: is missing"),
    ('reason_code = "error_code || (status == `2` && code) || \'\'"', "", "advice_by_code: needs job.reason_code, which this entry does not have"),
    ('path = "modelarts/?region={region}"', 'path = "modelarts/?region={zone}"', "console.path: is 'modelarts/?region={zone}'; valid placeholders are: {account}, {region}, {parent}"),
    ('overlap = "5m"', 'overlap = "5m"\nignored = ["1"]', "ignored: 1 is mapped to running too; a status is in one place"),
    ('overlap = "5m"', 'overlap = "5m"\nfading = ["9"]', "fading: 9 is mapped to no state; valid are: -1, 0"),
    ('overlap = "5m"', 'overlap = "5m"\nfilters = { modified_after = "since" }', "filters.modified_after: needs job.modified"),
    ('overlap = "5m"', 'overlap = "5m"\nevents = [{ detail_type = "a", event_source = "aws.x", match = {}, id = "id" }]', "events: come from EventBridge, where huaweicloud sends none"),
    ('failed = ["failed"]', 'fails = ["failed"]', "steps.fails: is not known here; near to it are: failed"),
    ('below = "events"', 'below = "events["', "steps.below: 'events[' is not JMESPath: it ends too early"),
    ('id = "modelarts.auto_labeling"', 'id = "model.auto_labeling"', "id: must begin with 'modelarts', the name of its file"),
    ('order = "desc"', 'order = "asc"', "modelarts.processing: parameters.order: is 'asc'; newest_first needs the descending order, 'desc'"),
    ('actions = ["modelarts:trainJob:list", "modelarts:trainJob:get"]', "", "modelarts.training: actions: is missing; name the permissions"),
    ('actions = ["modelarts:trainJob:list", "modelarts:trainJob:get"]', 'actions = ["list"]', "actions[0]: is 'list'; it must be an action such as glue:GetJobRuns"),
    ('row = ["kind", "metadata", "status", "algorithm", "tasks", "spec", "endpoints"]', "", "modelarts.training: row: is missing; it must name the members"),
    ('"POST /v2/{project_id}/training-job-searches"', '"POST /v2/{parent}/searches"', "has {parent}; valid placeholders are: {project_id}."),
    ('"GET /v2/{project_id}/training-jobs/{id}"', '"GET /v2/{parent}/{id}"', "look.operation: GET /v2/{parent}/{id} has {parent}; valid placeholders are: {project_id}, {id}"),
]  # fmt: skip

IDS = [
    ('items = "QueryExecutionIds"', 'items = "Ids"', "items: ListQueryExecutionsOutput has no member Ids"),
    ('operation = "BatchGetQueryExecution"', 'operation = "BatchGet"', "batch.operation: 'BatchGet' is no operation of athena; near"),
    ('parameter = "QueryExecutionIds"', 'parameter = "Ids"', "batch.parameter: Ids is no list in the request of BatchGetQueryExecution"),
    ("size = 50", "size = 51", "batch.size: is 51; QueryExecutionIds takes up to 50"),
    ("size = 50", "size = 50\nparameters = { WorkGroup = 'x' }", "batch: makes a request that BatchGetQueryExecution refuses"),
    ('items = "QueryExecutions"', 'items = "Queries"', "batch.items: 'Queries' is no list of structures in the answer; lists are: QueryExec"),
    ('WorkGroup = "{parent}"', "", "parameters: name no parent; one of them must be '{parent}'"),
    ('succeeded = ["SUCCEEDED"]\n', "", "states: SUCCEEDED is mapped to no state"),
]  # fmt: skip

LEVELS = [
    ('IndexId = "{above}" }\ntoken', "}\ntoken", 'parent.parameters: make a request that ListDataSources refuses: Missing required parameter in input: "IndexId"; set it here.'),
    ('IndexId = "{above}" }\ntoken', "}\ntoken", "parent.parameters: name nothing above; one of them must be '{above}'"),
    ('operation = "ListIndices"', 'operation = "ListIndexes"', "parent.above.operation: 'ListIndexes' is no operation of kendra"),
    ('items = "IndexConfigurationSummaryItems"', 'items = "Items"', "parent.above.items: 'Items' is no list in the answer of ListIndices"),
    ('id = "Id" # of an index', 'id = "Key"', "parent.above.id: IndexConfigurationSummary has no member Key"),
    ('not_found = ["ResourceNotFoundException"] # no index', 'not_found = ["Gone"]', "parent.above.not_found: Gone is no error of ListDataSources"),
    ("[source.parent.above]\n", '[source.parent.above]\nabove = { above = { title = "x" } }\n', "parent.above.above.above: is not known here; valid are: title"),
]  # fmt: skip

KINDS = [
    ('id = "arn"', 'id = "name"', "parent.id: name is AnalyzerName, and ListAccessPreviews takes AnalyzerArn, which arn is"),
]  # fmt: skip

BROKEN = [
    *(("sagemaker", *case) for case in LABELING),
    *(("rekognition", *case) for case in MEDIA),
    *(("glue", *case) for case in RUNS),
    *(("athena", *case) for case in IDS),
    *(("kendra", *case) for case in LEVELS),
    *(("accessanalyzer", *case) for case in KINDS),
    *(("modelarts", *case) for case in TASKS),
]


@pytest.mark.parametrize(("service", "was", "becomes", "said"), BROKEN, ids=[case[3][:50] for case in BROKEN])
def test_a_broken_entry_is_found(service: str, was: str, becomes: str, said: str) -> None:
    """File, entry and member, and what would have been valid."""
    text = text_of(service)
    assert was in text, "the case still breaks something"

    found = found_in(text.replace(was, becomes, 1), service)

    provider = "huaweicloud" if service == "modelarts" else "aws"
    assert any(said in problem for problem in found), found
    assert all(problem.startswith(f"catalog/{provider}/{service}.toml: ") for problem in found)


@pytest.mark.parametrize(
    "service", ["sagemaker", "rekognition", "glue", "athena", "kendra", "accessanalyzer", "modelarts"]
)
def test_a_whole_entry_has_no_problem(service: str) -> None:
    """The cases above break something that was whole."""
    assert found_in(text_of(service), service) == []


def test_a_forgotten_parent_is_what_a_missing_member_may_mean() -> None:
    """The name of the member alone says nothing to who has not read that lists can be asked below something."""
    head, _, rest = GLUE.partition("[source.parent]")
    text = (
        head.replace('parameters = { JobName = "{parent}" }\n', "")
        + "[source.job]"
        + rest.partition("[source.job]")[2]
    )

    assert any(
        said.endswith(
            'refuses: Missing required parameter in input: "JobName";'
            " set it in parameters, or list below a parent: [source.parent]."
        )
        for said in found_in(text, "glue")
    )


def test_a_question_ends_as_one() -> None:
    """And every other sentence with a full stop."""
    found = found_in(
        GLUE.replace('"{parent}"', '"{parents}"').replace('items = "JobRuns"', 'items = "JobRuns[]"'), "glue"
    )

    assert (
        "catalog/aws/glue.toml: glue.job_run: parameters.JobName: has {parents}; did you mean {parent}?"
        in found
    )
    assert [said for said in found if ": items: " in said] == [
        "catalog/aws/glue.toml: glue.job_run: items: is 'JobRuns[]'; write 'JobRuns'."
    ]


def test_several_reasons_against_a_request_are_on_one_line() -> None:
    """A line is a fault."""
    text = text_of("sagemaker").replace('SortBy = "CreationTime"', "SortBy = 1").replace('"Descending"', "2")
    (said,) = (one for one in found_in(text, "sagemaker") if "makes a request" in one)

    assert "\n" not in said
    assert "for parameter SortBy, value: 1" in said
    assert "; Invalid type for parameter SortOrder, value: 2" in said


def test_the_example_of_a_list_below_a_parent_is_proved() -> None:
    """What the documentation shows is part of an entry without a problem."""
    page = (Path(__file__).parents[2] / "docs" / "adding-a-source.md").read_text(encoding="utf-8")
    example = page.partition("## Lists below a parent")[2].partition("```toml\n")[2].partition("```")[0]

    (shown,), (proved,) = (tomllib.loads(text)["source"] for text in (example, GLUE))

    assert "parent" in shown
    assert {member: proved[member] for member in shown} == shown


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


@pytest.mark.parametrize("source", MODELLED, ids=lambda source: source.id)
def test_every_failure_code_has_advice(source: Source) -> None:
    """Whoever reads that a job failed by a code also reads what to do."""
    shape = member_at(row_shape(source), source.reason_code_path) if source.reason_code_path else None
    codes = getattr(shape, "enum", [])

    assert set(source.advice_by_code) == set(codes)
    assert all(len(advice) > 20 for advice in source.advice_by_code.values())
    if source.id == "rekognition.media_analysis":
        assert len(codes) == 9
