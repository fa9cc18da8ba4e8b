"""Adjusting and verifying labels that another job made."""

from __future__ import annotations

from collections.abc import Iterator

from jobherald.submit.arns import job_of
from jobherald.submit.decoding import shown
from jobherald.submit.findings import Severity
from jobherald.submit.rulebook import Fault
from jobherald.submit.rules.book import BOOK
from jobherald.submit.sources import guide, model
from jobherald.submit.submission import Submission
from jobherald.submit.task_types import Audit


@BOOK.rule(
    21,
    "audit-attribute",
    Severity.WARNING,
    "An adjustment or verification has another label attribute name than the job that made the labels. The request"
    " shows that job only where the manifest is its output, and its attribute only where that bears the job's name, as"
    " the console makes it. The rest (same task type, the attribute in the manifest) is left to a look.",
    model("CreateLabelingJob"),
    guide("sms-verification-data"),
    guide("sms-reusing-data"),
)
def attribute_is_new(job: Submission) -> Iterator[Fault]:
    if job.task_type.audit is Audit.NONE or job.manifest is None:
        return
    name, original = job.request.LabelAttributeName, job_of(job.manifest)
    if original and name.removesuffix("-ref").casefold() == original.casefold():
        yield Fault(
            "LabelAttributeName",
            f"the manifest is the output of job {shown(original)}, whose labels may have this very name",
            "choose another name, unless that job's label attribute had a different one",
        )
