"""One call to ModelArts and its answer, as values: what is sent, and what its errors name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from jobherald.model import Place
from jobherald.providers.huaweicloud.signing import encoded

_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Call:
    """One call to ModelArts in a place, whose account is the id of a project.

    ``operation`` is a method and a path, ``GET /v2/{project_id}/datasets/{parent}/tasks/{id}``; its placeholders stand
    for the place's account, the place's parent and ``id``. Values of ``query`` are text, numbers, booleans, or lists of
    these. ``body`` is sent as JSON. ``action`` is the permission that the operation takes. ``absent`` are the error
    codes that are an answer too: what was asked for does not exist.
    """

    operation: str
    place: Place
    id: str = ""
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    action: str = ""
    absent: tuple[str, ...] = ()

    @property
    def method(self) -> str:
        return self.operation.partition(" ")[0]

    @property
    def path(self) -> str:
        """The path as it is sent: what stands for a placeholder is percent-encoded whole."""
        values = {"project_id": self.place.account, "parent": self.place.parent, "id": self.id}
        template = self.operation.partition(" ")[2]
        return _PLACEHOLDER.sub(lambda found: encoded(values[found[1]]), template)

    @property
    def where(self) -> str:
        dataset = f", dataset {self.place.parent}" if self.place.parent else ""
        return f"in project {self.place.account}, {self.place.region}{dataset}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service answered: a JSON object, its date (UTC), and the headers, their names in lower case.

    ``absent`` says that it was a refusal with one of the codes that the call takes for *does not exist*; the body is
    then the refusal's. A body is not shown: datasets and tasks can hold passwords.
    """

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any] = field(repr=False)
    date: datetime
    absent: bool = False
