"""An entry that the catalogue does not have, for what none of its entries uses."""

from __future__ import annotations

# A list of AWS that has to be asked below something. Its steps are none: no list that botocore knows has any in a row.
GLUE = """
[[source]]
id = "glue.job_run"
title = "Glue job run"
client = "glue"
operation = "GetJobRuns"
items = "JobRuns"
token = { input = "NextToken", output = "NextToken" }
page_size = { parameter = "MaxResults", value = 200 }
parameters = { JobName = "{parent}" }
shorten = ["PredecessorRuns"]
mask = ["Arguments"]

[source.parent]
title = "job"
operation = "ListJobs"
items = "JobNames"
id = "@"
not_found = ["EntityNotFoundException"]
token = { input = "NextToken", output = "NextToken" }
page_size = { parameter = "MaxResults", value = 1000 }

[source.job]
id = "Id"
name = "JobName"
status = "JobRunState"
created = "StartedOn"
modified = "LastModifiedOn"
ended = "CompletedOn"
reason = "ErrorMessage"

[source.states]
queued = ["STARTING", "WAITING"]
running = ["RUNNING"]
stopping = ["STOPPING"]
succeeded = ["SUCCEEDED"]
failed = ["FAILED", "ERROR", "TIMEOUT", "EXPIRED"]
stopped = ["STOPPED"]

[source.steps]
items = "PredecessorRuns"
name = "JobName"
status = "RunId"
failed = ["jr_1"]

[source.look]
operation = "GetJobRun"
parameters = { JobName = "parent", RunId = "id" }
items = "JobRun"
not_found = ["EntityNotFoundException"]

[source.advice]
failed = "Read the reason."
stopped = "Somebody stopped it."
gone = "Glue keeps a run for 90 days."
"""

QUERIES = """
[[source]]
id = "athena.query"
title = "Athena query"
client = "athena"
operation = "ListQueryExecutions"
items = "QueryExecutionIds"
token = { input = "NextToken", output = "NextToken" }
page_size = { parameter = "MaxResults", value = 50 }
parameters = { WorkGroup = "{parent}" }
[source.batch]
operation = "BatchGetQueryExecution"
parameter = "QueryExecutionIds"
size = 50
items = "QueryExecutions"
[source.parent]
title = "work group"
operation = "ListWorkGroups"
items = "WorkGroups"
id = "Name"
where = "State == 'ENABLED'"
token = { input = "NextToken", output = "NextToken" }
page_size = { parameter = "MaxResults", value = 50 }
[source.job]
id = "QueryExecutionId"
status = "Status.State"
created = "Status.SubmissionDateTime"
ended = "Status.CompletionDateTime"
reason = "Status.StateChangeReason"
[source.states]
queued = ["QUEUED"]
running = ["RUNNING"]
succeeded = ["SUCCEEDED"]
failed = ["FAILED"]
stopped = ["CANCELLED"]
[source.look]
operation = "BatchGetQueryExecution"
parameters = { QueryExecutionIds = "id" }
items = "QueryExecutions[0]"
[source.advice]
failed = "Read the reason."
stopped = "Somebody cancelled it."
gone = "The history of queries is kept for 45 days."
"""
"""A list of ids, whose rows are read by a second operation, which looks at one job too."""

SYNCS = """
[[source]]
id = "kendra.sync"
title = "Kendra data source sync"
client = "kendra"
operation = "ListDataSourceSyncJobs"
items = "History"
token = { input = "NextToken", output = "NextToken" }
page_size = { parameter = "MaxResults", value = 10 }
parameters = { IndexId = "{above}", Id = "{parent}" }
[source.parent]
title = "data source"
operation = "ListDataSources"
items = "SummaryItems"
id = "Id"
name = "Name"
not_found = ["ResourceNotFoundException"]
parameters = { IndexId = "{above}" }
token = { input = "NextToken", output = "NextToken" }
page_size = { parameter = "MaxResults", value = 100 }
[source.parent.above]
title = "index"
operation = "ListIndices"
items = "IndexConfigurationSummaryItems"
id = "Id" # of an index
not_found = ["ResourceNotFoundException"] # no index
token = { input = "NextToken", output = "NextToken" }
page_size = { parameter = "MaxResults", value = 100 }
[source.job]
id = "ExecutionId"
status = "Status"
created = "StartTime"
ended = "EndTime"
reason = "ErrorMessage"
[source.states]
running = ["SYNCING", "SYNCING_INDEXING"]
stopping = ["STOPPING"]
succeeded = ["SUCCEEDED"]
partial = ["INCOMPLETE"]
failed = ["FAILED"]
stopped = ["ABORTED"]
[source.advice]
failed = "Read the reason."
partial = "Some documents were not indexed."
stopped = "Somebody stopped it."
gone = "It is no longer in the history."
"""
"""A list two levels below, whose jobs nothing reads one by one."""

PREVIEWS = """
[[source]]
id = "accessanalyzer.preview"
title = "Access preview"
client = "accessanalyzer"
operation = "ListAccessPreviews"
items = "accessPreviews"
token = { input = "nextToken", output = "nextToken" }
page_size = { parameter = "maxResults", value = 100 }
parameters = { analyzerArn = "{parent}" }
[source.parent]
title = "analyzer"
operation = "ListAnalyzers"
items = "analyzers"
id = "arn"
name = "name"
not_found = ["ResourceNotFoundException"]
token = { input = "nextToken", output = "nextToken" }
page_size = { parameter = "maxResults", value = 100 }
[source.job]
id = "id"
status = "status"
created = "createdAt"
reason = "statusReason.code"
[source.states]
running = ["CREATING"]
succeeded = ["COMPLETED"]
failed = ["FAILED"]
[source.advice]
failed = "Read the reason."
gone = "The analyzer was deleted."
"""
"""A list that is asked below an ARN, where the parents have a name as well."""
