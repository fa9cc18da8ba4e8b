"""Publishing what is owed. A stream record is a wake-up only: what is owed is read from the item itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from jobherald.errors import ConflictError
from jobherald.flows.patience import Patience
from jobherald.model import Alert, Change, Delivery
from jobherald.ports import JobStore, Owing, Publisher

# An item can gain news while its last ones are published; more often than this in one go it comes back by itself.
ROUNDS: Final = 5


@dataclass
class Notified:
    """What was told, and the items whose news has to come back, each with the reason.

    ``unrecorded`` is why the deliveries of some of what was told are missing from the table, empty where none are.
    """

    told: list[Delivery] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    unrecorded: str = ""


def notify(refs: Iterable[str], store: JobStore, publisher: Publisher, patience: Patience) -> Notified:
    """Publish what these items owe, then mark it, with patience: what is told and not marked is told again.

    News that was told in an earlier round is never published again in a later one: a mark that met something new
    only adds the new.
    """
    result = Notified()
    told: dict[str, Delivery] = {}
    waiting = list(dict.fromkeys(refs))
    for _ in range(ROUNDS):
        owing = store.owing(waiting)
        if not owing:
            return result
        _publish(owing, told, publisher, store, patience, result)
        waiting = [item.ref for item in owing if not _mark(item, told, store, patience, result)]
        if not waiting:
            return result
    result.failed |= dict.fromkeys(waiting, "its item was written again and again meanwhile")
    return result


def _publish(
    owing: Sequence[Owing],
    told: dict[str, Delivery],
    publisher: Publisher,
    store: JobStore,
    patience: Patience,
    result: Notified,
) -> None:
    news: list[tuple[str, Change | Alert]] = [
        (item.ref, piece) for item in owing for piece in item.news if piece.id not in told
    ]
    if not news:
        return
    fresh = []
    for (ref, piece), answer in zip(news, publisher.publish([piece for _, piece in news]), strict=True):
        if isinstance(answer, Delivery):
            told[piece.id] = answer
            fresh.append(answer)
        else:
            result.failed[ref] = f"{type(answer).__name__}: {answer}"
    result.told += fresh
    try:
        patience.keep(lambda: store.record(fresh))
    except Exception as error:  # noqa: BLE001
        # It is told: to give up before the marks would have all of it told again, for a line of history.
        result.unrecorded = f"{type(error).__name__}: {error}"


def _mark(
    item: Owing, told: dict[str, Delivery], store: JobStore, patience: Patience, result: Notified
) -> bool:
    """Whether the item is dealt with: marked, or failed and left to come back."""
    done = [told[piece.id] for piece in item.news if piece.id in told]
    if done:
        try:
            patience.keep(lambda: store.mark(item, done))
        except ConflictError:
            return item.ref in result.failed
        except Exception as error:  # noqa: BLE001
            # The rest of the batch was told too: to give up here would have all of it told again.
            result.failed[item.ref] = f"told, but not marked: {type(error).__name__}: {error}"
    return True
