"""The base of everything that a request is made of, and its forgiving reading of what is partly wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast, get_args

from pydantic import BaseModel, ConfigDict

from jobherald.submit.rulebook import UnreadableError

Place = tuple[int | str, ...]


def _as_services_have_it(schema: dict[str, Any]) -> None:
    """In JSON a member that is not wanted is left out: no service takes null for it. Its name is all its title."""
    for member in schema.get("properties", {}).values():
        member.pop("title", None)
        choices = [each for each in member.get("anyOf", []) if each != {"type": "null"}]
        if len(choices) == 1:
            del member["anyOf"]
            member.pop("default", None)
            member.update(choices[0])


class Member(BaseModel):
    """A structure of a request. Its attributes bear the service's own names; None means that a member was left out.

    Made by `partly`, it may lack attributes. Reading one of those raises UnreadableError.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, json_schema_extra=_as_services_have_it
    )

    if not TYPE_CHECKING:  # for a type checker, every attribute is there

        def __getattr__(self, name: str) -> Any:
            if name in type(self).model_fields:
                raise UnreadableError(name)
            return super().__getattr__(name)


M = TypeVar("M", bound=Member)


def whole(pattern: str) -> str:
    """A pattern of a service model, which has to fit the whole text, as pydantic takes it."""
    return f"^(?:{pattern})$"


@dataclass(slots=True)
class Faults:
    """Places that are faulty, as a tree: whether this one is, and what lies below each part of it."""

    here: bool = False
    below: dict[int | str, Faults] = field(default_factory=dict)

    @classmethod
    def at(cls, places: Iterable[Place]) -> Faults:
        """The tree of these places."""
        tree = cls()
        for place in places:
            node = tree
            for part in place:
                node = node.below.setdefault(part, cls())
            node.here = True
        return tree

    def of(self, part: int | str) -> Faults:
        """Those of one part, perhaps none."""
        return self.below.get(part, _NONE)


_NONE: Final = Faults()


def partly(kind: type[M], document: Mapping[str, Any], faults: Faults) -> M:
    """What can be read of a document some places of which are faulty.

    A faulty member is missing from the result: who reads it must not take it for one that was left out. So is a list of
    which an item is faulty, unless all its items are structures, which are then read partly themselves.
    """
    values: dict[str, Any] = {}
    unreadable = []
    for name, info in kind.model_fields.items():
        key = info.alias or name
        if key not in document:
            continue
        value, wrong, member = document[key], faults.of(key), member_in(info.annotation)
        if wrong.here or (wrong.below and member is None):
            unreadable.append(name)
        elif member is None:
            values[key] = value
        elif isinstance(value, Mapping):
            values[key] = partly(member, value, wrong)
        elif all(isinstance(item, Mapping) for item in value):
            values[key] = [partly(member, item, wrong.of(at)) for at, item in enumerate(value)]
        else:
            unreadable.append(name)
    made = kind.model_construct(**values)
    for name in unreadable:
        made.__dict__.pop(name, None)
    return cast(M, made)  # the plugin of pydantic for mypy takes it for the base


def member_in(annotation: Any) -> type[Member] | None:
    """The structure that an annotation holds, alone, as an option or in a list; None where it holds none."""
    if isinstance(annotation, type) and issubclass(annotation, Member):
        return annotation
    return next((found for part in get_args(annotation) if (found := member_in(part))), None)
