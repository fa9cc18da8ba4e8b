"""What a task of Mechanical Turk pays: there is a list for some task types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jobherald.submit.findings import Severity
from jobherald.submit.rulebook import Fault
from jobherald.submit.rules.book import BOOK
from jobherald.submit.sources import model
from jobherald.submit.submission import Submission
from jobherald.submit.task_types import CLASSIFICATION_PRICES

_PRICE = "HumanTaskConfig.PublicWorkforceTaskPrice"


@BOOK.rule(
    9,
    "price-list",
    Severity.ERROR,
    "The price of a task is one of its task type's list.",
    model("PublicWorkforceTaskPrice"),
)
def price_is_listed(job: Submission) -> Iterator[Fault]:
    prices = job.task_type.prices
    price = price_of(job)
    if prices and price is not None and price not in prices:
        yield Fault(
            _PRICE,
            f"{_dollars(price)} is no price for a {job.task_type.title} task",
            _choose(prices, job),
        )


@BOOK.rule(
    9,
    "price-unlisted",
    Severity.WARNING,
    "Where a task type has no list of prices in the documentation, the price is one that other types have.",
    model("PublicWorkforceTaskPrice"),
)
def price_is_usual(job: Submission) -> Iterator[Fault]:
    price = price_of(job)
    if not job.task_type.prices and price is not None and price not in CLASSIFICATION_PRICES:
        yield Fault(
            _PRICE,
            f"no list of prices for {job.task_type.title} is documented, and {_dollars(price)} is in none",
            _choose(CLASSIFICATION_PRICES, job),
        )


def price_of(job: Submission) -> int | None:
    """In thousandths of a US dollar; what is left out of an amount is nought."""
    price = job.human.PublicWorkforceTaskPrice
    if price is None:
        return None
    amount = price.AmountInUsd
    if amount is None:
        return 0
    return 1000 * (amount.Dollars or 0) + 10 * (amount.Cents or 0) + (amount.TenthFractionsOfACent or 0)


def _choose(prices: Sequence[int], job: Submission) -> str:
    choice = f"choose one of {', '.join(_dollars(each) for each in prices)}"
    return (
        choice
        if job.public
        else f"{choice}; or leave it out, since only Mechanical Turk's workers have a price"
    )


def _dollars(thousandths: int) -> str:
    return f"{thousandths // 1000}.{thousandths % 1000:03}"
