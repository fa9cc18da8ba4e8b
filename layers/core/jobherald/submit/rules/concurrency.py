"""How many objects are with workers at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from jobherald.submit.findings import Severity
from jobherald.submit.rulebook import Fault
from jobherald.submit.rules.book import BOOK
from jobherald.submit.sources import guide, model
from jobherald.submit.submission import Submission

DEFAULT: Final = 1_000


@BOOK.rule(
    23,
    "concurrency",
    Severity.WARNING,
    "At most 1,000 objects are with workers at a time, unless AWS Support raised that. The documentation contradicts"
    " itself: the service model says so, the guide allows 5,000, and allowed 1,000 until 2023.",
    model("HumanTaskConfig"),
    guide("sms-batching"),
)
def is_within_the_default(job: Submission) -> Iterator[Fault]:
    count = job.human.MaxConcurrentTaskCount
    if count is not None and count > DEFAULT:
        yield Fault(
            "HumanTaskConfig.MaxConcurrentTaskCount",
            f"{count:,} are more than the {DEFAULT:,} that an account may have without asking AWS Support",
            f"write at most {DEFAULT}, unless it was raised for the account",
        )
