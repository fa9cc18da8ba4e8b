"""JSON text as a document, and the limits that every document has to keep before anything reads it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from jobherald.config.faults import shown as _shown
from jobherald.submit.findings import Finding, Severity

LARGEST: Final = 256 * 1024
"""The longest text, in bytes, and the largest document, in characters and values, that is read."""

DEEPEST: Final = 32
"""How many objects and lists may lie in one another. A request needs seven."""

_NUMBERS: Final = 2**63
_NAME: Final = 60
_MOST_TWICE: Final = 20
FORMAT: Final = "https://www.rfc-editor.org/rfc/rfc8259"
_SMALLER: Final = "send a document of at most 256 KB, whose objects and lists lie at most 32 deep"


def shown(value: object) -> str:
    """A value as a message may repeat it: short, on one line, printable, and never a secret."""
    return _shown(value).encode("utf-8", "replace").decode()


def path_of(place: tuple[int | str, ...]) -> str:
    """``("Tags", 3, "Key")`` as ``Tags[3].Key``; names that nobody would choose are cut and quoted."""
    path = ""
    for part in place:
        if isinstance(part, int):
            path += f"[{part}]"
            continue
        usual = part.isascii() and part.replace("-", "").replace("_", "").isalnum() and len(part) <= _NAME
        path += ("." if path else "") + (part if usual else shown(part))
    return path


def decode(text: str | bytes) -> tuple[object, list[Finding]]:
    """The document in JSON text, and what is wrong with the text.

    With an error among the findings the document is None. A member that is given twice in one object counts as its
    last value, as everywhere, and is an error all the same.
    """
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "replace"))
    if size > LARGEST:
        return None, [_finding("shape.size", "", f"the text has {size:,} bytes", _SMALLER)]
    twice: dict[str, None] = {}

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            counts = Counter(name for name, _ in pairs)
            twice.update(dict.fromkeys(name for name, count in counts.items() if count > 1))
        return made

    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
        document = json.loads(decoded, object_pairs_hook=members, parse_constant=_refuse)
    except UnicodeDecodeError as error:
        return None, [_no_json(f"byte {error.start + 1}", "this is no UTF-8")]
    except json.JSONDecodeError as error:
        return None, [_no_json(f"line {error.lineno}, column {error.colno}", f"this is no JSON: {error.msg}")]
    except RecursionError:
        return None, [_too_deep("")]
    except ValueError as error:  # a number of thousands of digits, NaN, Infinity
        return None, [_no_json("", f"this is no JSON: {error}")]
    found = [
        _finding(
            "shape.given-twice",
            path_of((name,)),
            "this member is given twice in one object",
            "keep one of the two",
        )
        for name in list(twice)[:_MOST_TWICE]
    ]
    if len(twice) > _MOST_TWICE:
        rest = f"{len(twice) - _MOST_TWICE:,} further members are given twice"
        found.append(_finding("shape.given-twice", "", rest, "mend these first"))
    return (None if found else document), found


def unfit(document: object) -> list[Finding]:
    """Why a document cannot be read at all: too large, too deep, or no JSON. Walks it without recursion."""
    size = 0
    waiting: list[tuple[object, tuple[int | str, ...]]] = [(document, ())]
    while waiting:
        value, place = waiting.pop()
        if len(place) >= DEEPEST and isinstance(value, (dict, list)):
            return [_too_deep(path_of(place[:3]))]
        size += 1 + (len(value) if isinstance(value, str) else 0)
        if isinstance(value, dict):
            size += sum(len(key) for key in value if isinstance(key, str))
        if size > LARGEST:
            return [_finding("shape.size", "", "the document is larger than 256 KB", _SMALLER)]
        if not _is_json(value):
            what = f"a {type(value).__name__} with this content is no value of JSON"
            return [_no_json(path_of(place), what)]
        waiting.extend((below, (*place, name)) for name, below in _below(value))
    return []


def _below(value: object) -> Iterator[tuple[int | str, object]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _is_json(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) for key in value)
    if isinstance(value, int):
        return -_NUMBERS <= value < _NUMBERS
    if isinstance(value, float):
        return value - value == 0  # neither infinite nor no number
    return value is None or isinstance(value, (str, list))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _too_deep(path: str) -> Finding:
    return _finding("shape.depth", path, "objects and lists lie too deep in one another", _SMALLER)


def _no_json(path: str, message: str) -> Finding:
    return _finding("shape.json", path, message, "write a JSON document in UTF-8, as the AWS CLI takes it")


def _finding(rule: str, path: str, message: str, remedy: str) -> Finding:
    return Finding(rule, Severity.ERROR, path, message, remedy, FORMAT)
