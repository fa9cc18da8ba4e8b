"""Ids of parents that lie below another one, and how they can be told apart again.

Such an id is that of the one above, a slash, and its own. A slash in the first is written ``%2F``, and a percent sign
``%25``; of three levels the first is itself such an id.
"""

from __future__ import annotations

from typing import Final

_COLONS: Final = 5
"""Of an ARN, before the resource."""
_WITHIN: Final = " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} "


def joined(above: str, parent: str) -> str:
    """The id of a parent below another one."""
    return f"{_in_front(above)}/{parent}"


def apart(parent: str) -> tuple[str, str]:
    """The id of the one above and the parent's own; the first is empty where the text has no slash."""
    above, slash, own = parent.partition("/")
    return (_plain(above), own) if slash else ("", parent)


def job_below(written: str, levels: int) -> tuple[str, str] | None:
    """The ids of what a job lies below and of the job: from ``parent/job``, or ``above/parent/job`` of several levels.

    The parent is written as one above is, with ``%2F`` for a slash, since the job's id may have slashes of its own.
    None where the text has too few parts.
    """
    slashes = min(levels, 2)
    parts = written.split("/", slashes)
    if len(parts) <= slashes:
        return None
    *above, parent, job = parts
    return "/".join([*above, _plain(parent)]), job


def readable(parent: str, levels: int) -> str:
    """The id of a parent as people read it: from the outermost level to its own, of an ARN the name alone."""
    ids: list[str] = []
    for _ in range(levels - 1):
        parent, own = apart(parent)
        ids.append(own)
    return _WITHIN.join(_named(one) for one in reversed([*ids, parent]) if one)


def _named(one: str) -> str:
    """What an ARN calls a resource, behind its kind; any other id as it is."""
    resource = one.split(":", 5)[-1] if one.startswith("arn:") and one.count(":") >= _COLONS else ""
    kind = min((at for at in map(resource.find, ":/") if at >= 0), default=-1)
    return resource[kind + 1 :] or one


def _in_front(text: str) -> str:
    return text.replace("%", "%25").replace("/", "%2F")


def _plain(text: str) -> str:
    return text.replace("%2F", "/").replace("%25", "%")
