"""One job, one region: everything it names has to be there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from jobherald.submit.arns import arn_of
from jobherald.submit.decoding import path_of, shown
from jobherald.submit.findings import Severity
from jobherald.submit.member import Member, Place
from jobherald.submit.rulebook import Fault
from jobherald.submit.rules.book import BOOK
from jobherald.submit.sources import guide
from jobherald.submit.submission import Submission


@BOOK.rule(
    25,
    "one-region",
    Severity.ERROR,
    "Everything that a job names is in the job's region. Where buckets are, and whether they let browsers read images"
    " (CORS), is left to a look.",
    guide("sms-create-labeling-job-console"),
    guide("sms-streaming-create-job"),
    guide("sms-cors-update"),
)
def is_one(job: Submission) -> Iterator[Fault]:
    regions = dict(_regions(job.request))
    if not regions:
        return
    home = job.region or Counter(regions.values()).most_common(1)[0][0]
    for path, region in regions.items():
        if region != home:
            yield Fault(
                path,
                f"this is in {shown(region)}, and the job {'goes to' if job.region else 'is mostly in'} {home}",
                f"name one of {home}, or send the job to {region}",
            )


def _regions(request: Member) -> Iterator[tuple[str, str]]:
    """Where each ARN of a request is, by its path; those without a region are everywhere."""
    for place, text in _texts(request):
        arn = arn_of(text)
        if arn is not None and arn.region and arn.partition.startswith("aws"):
            yield path_of(place), arn.region


def _texts(value: Any, at: Place = ()) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, Member):
        for name, below in value:
            yield from _texts(below, (*at, name))
