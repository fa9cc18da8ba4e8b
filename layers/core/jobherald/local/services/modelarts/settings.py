"""What the documentation leaves open, or says in two ways, as settings of the simulation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Settings:
    """How this ModelArts and its gateway behave where nobody knows, or where regions differ. Times are in seconds.

    ``offset_counts``: the documentation says that ``offset`` counts ``pages``, Huawei's Go client counts ``rows``.
    ``newest_first``: the order of the lists of a dataset is not documented; False is one that says nothing. ``zone`` is
    that of create_time, which does not say so. ``prefix`` begins the gateway's codes: ``APIGW``, or ``APIG`` as in older
    texts. ``rate`` is how many requests a user may make in each ``rate_seconds`` (None: any number), ``retry_after``
    whether a refusal for it says when to come again. ``missing_task`` is the code for a task that is not there:
    ``ModelArts.4301`` or ``ModelArts.4338``. ``clock_skew`` is how far a signature's time may be from the gateway's,
    ``lock_after`` how many consecutive failures a key may have, and ``lock_seconds`` for how long one more locks it.
    ``token_life`` is how long a token of IAM is good.
    """

    offset_counts: str = "pages"
    newest_first: bool = False
    zone: timedelta = timedelta(hours=8)
    prefix: str = "APIGW"
    rate: int | None = None
    rate_seconds: int = 1
    retry_after: bool = True
    missing_task: str = "ModelArts.4301"
    clock_skew: float = 15 * 60.0
    lock_after: int = 5
    lock_seconds: float = 5 * 60.0
    token_life: float = 24 * 3600.0
