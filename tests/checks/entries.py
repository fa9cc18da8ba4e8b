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
