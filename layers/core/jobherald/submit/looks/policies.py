"""What policies of IAM say of one wish, as far as their text alone can decide it.

The order of decision is that of the IAM user guide: an explicit denial counts more than anything that allows, and
what nothing allows is not allowed. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from fnmatch import fnmatchcase
from typing import Any, Final

_ALL: Final = "*"
_VARIABLE: Final = "${"
_IF_EXISTS: Final = "IfExists"


class Verdict(IntEnum):
    """What policies say, from the least to the most."""

    DENIED = 0
    NOT_ALLOWED = 1
    CONDITIONAL = 2
    ALLOWED = 3


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to do.

    ``principals`` are the names by which a policy of a resource, or of trust, may mean whoever asks; policies of an
    identity name nobody. ``context`` holds the condition keys whose values are known, in small letters.
    """

    action: str
    resource: str
    principals: frozenset[str]
    context: Mapping[str, str]


def verdict(documents: Iterable[object], wish: Wish) -> Verdict:
    """What policy documents say together; CONDITIONAL where a condition decides whose key is not known.

    What has not the form of a policy says nothing: IAM and S3 store no such document.
    """
    found: dict[str, set[bool | None]] = {"Allow": set(), "Deny": set()}
    for statement in _statements(documents):
        for effect, seen in found.items():
            if statement.get("Effect") == effect:
                seen.add(_applies(statement, wish))
    allowed, denied = found["Allow"], found["Deny"]
    if True in denied:
        return Verdict.DENIED
    if True in allowed and None not in denied:
        return Verdict.ALLOWED
    return Verdict.CONDITIONAL if allowed & {True, None} else Verdict.NOT_ALLOWED


def _statements(documents: Iterable[object]) -> Iterator[Mapping[str, Any]]:
    for document in documents:
        if isinstance(document, Mapping):
            for statement in _listed(document.get("Statement")):
                if isinstance(statement, Mapping):
                    yield statement


def _applies(statement: Mapping[str, Any], wish: Wish) -> bool | None:
    """Whether a statement is about the wish; None where only a condition or variable of unknown value can tell."""
    parts = (
        _action(statement, wish.action),
        _resource(statement, wish.resource),
        _principal(statement, wish.principals),
        _conditions(statement.get("Condition"), wish.context),
    )
    return _all(parts)


def _action(statement: Mapping[str, Any], action: str) -> bool:
    def matches(patterns: object) -> bool:
        return any(_like(action.lower(), text.lower()) for text in _texts(patterns))

    if "NotAction" in statement:
        return not matches(statement["NotAction"])
    return matches(statement.get("Action"))


def _resource(statement: Mapping[str, Any], resource: str) -> bool | None:
    if "NotResource" in statement:
        found = _any(_named(resource, text) for text in _texts(statement["NotResource"]))
        return None if found is None else not found
    if "Resource" not in statement:  # policies of trust have none
        return True
    return _any(_named(resource, text) for text in _texts(statement["Resource"]))


def _named(resource: str, pattern: str) -> bool | None:
    return None if _VARIABLE in pattern else _like(resource, pattern)


def _principal(statement: Mapping[str, Any], principals: frozenset[str]) -> bool | None:
    if "NotPrincipal" in statement:
        return None
    if "Principal" not in statement:  # policies of an identity have none
        return True
    named = statement["Principal"]
    groups = named.values() if isinstance(named, Mapping) else [named]
    texts = {text for group in groups for text in _texts(group)}
    return _ALL in texts or bool(texts & principals)


def _conditions(conditions: object, context: Mapping[str, str]) -> bool | None:
    if not isinstance(conditions, Mapping):
        return True
    return _all(
        _condition(operator, key, list(_texts(values)), context)
        for operator, keys in conditions.items()
        if isinstance(keys, Mapping)
        for key, values in keys.items()
    )


def _condition(operator: str, key: str, values: list[str], context: Mapping[str, str]) -> bool | None:
    test, known = _TESTS.get(operator.removesuffix(_IF_EXISTS)), context.get(key.lower())
    if test is None or known is None or any(_VARIABLE in value for value in values):
        return None
    return any(test(known, value) for value in values)


def _like(text: str, pattern: str) -> bool:
    """Whether a text has the form of a pattern of IAM's, in which * and ? stand for anything, and [ for itself."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def _same(text: str, value: str) -> bool:
    return text == value


def _same_in_any_case(text: str, value: str) -> bool:
    return text.lower() == value.lower()


_TESTS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": _same_in_any_case,
    "StringEquals": _same,
    "StringEqualsIgnoreCase": _same_in_any_case,
    "StringLike": _like,
}


def _all(parts: Iterable[bool | None]) -> bool | None:
    """Whether all hold: one that does not decides, else one that is not known."""
    seen = set(parts)
    return False if False in seen else None if None in seen else True


def _any(parts: Iterable[bool | None]) -> bool | None:
    """Whether one holds: one that does decides, else one that is not known."""
    seen = set(parts)
    return True if True in seen else None if None in seen else False


def _listed(value: object) -> list[Any]:
    """A value that a policy may write alone or in a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _texts(value: object) -> Iterator[str]:
    for each in _listed(value):
        if isinstance(each, bool):
            yield str(each).lower()
        elif isinstance(each, str):
            yield each
