"""UpdateItem expressions from items, so that one write can set, remove and add to what is owed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from jobherald.model import Alert, Change
from jobherald.store import items
from jobherald.store.items import Item
from jobherald.store.wire import to_wire


class Update:
    """An UpdateItem expression from an item: what is None is removed."""

    def __init__(self, item: Item) -> None:
        self._item = dict(item)
        self._owed: list[Item] = []
        self._since: datetime | None = None

    def put(self, name: str, value: Any) -> None:
        self._item[name] = value

    def leave(self, name: str) -> None:
        """Neither set nor remove this one."""
        del self._item[name]

    def owe(self, news: Sequence[Change | Alert], *, since: datetime) -> None:
        """Add news to what the item owes, and name the highest version owed in ``unsent``."""
        if not news:
            return
        self._owed = [items.news_to_item(piece) for piece in news]
        self._item |= {"unsent": str(news[-1].version), "outbox": items.OUTBOX}
        self._since = since

    def expression(self) -> dict[str, Any]:
        names = {f"#{index}": name for index, name in enumerate(self._item)}
        values: dict[str, Any] = {}
        sets, removes = [], []
        for alias, name in names.items():
            if self._item[name] is None:
                removes.append(alias)
            else:
                values[f":{alias[1:]}"] = to_wire(self._item[name])
                sets.append(f"{alias} = :{alias[1:]}")
        if self._owed:
            names |= {"#owed": "owed", "#since": "owed_since"}
            values |= {":owed": to_wire(self._owed), ":none": to_wire([]), ":since": to_wire(self._since)}
            sets.append("#owed = list_append(if_not_exists(#owed, :none), :owed)")
            sets.append("#since = if_not_exists(#since, :since)")
        parts = [f"SET {', '.join(sets)}"] if sets else []
        parts += [f"REMOVE {', '.join(removes)}"] if removes else []
        request: dict[str, Any] = {"UpdateExpression": " ".join(parts), "ExpressionAttributeNames": names}
        if values:
            request["ExpressionAttributeValues"] = values
        return request
