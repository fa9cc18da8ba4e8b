"""A request as it is written on a command line: a JSON document, and the AWS CLI's own flags, which go before it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, get_args, get_origin

import click
from botocore import xform_name

from jobherald.channels.text import clamp, one_line
from jobherald.cli.trouble import Trouble
from jobherald.submit.decoding import LARGEST, decode
from jobherald.submit.findings import Finding, Report
from jobherald.submit.member import Member, member_in

DOCUMENT: Final = "--cli-input-json"

_FILE: Final = "file://"
_STDIN: Final = "-"
_LONGEST_PATH: Final = 200
# The AWS CLI's shorthand, as in Key=team,Value=vision.
_SHORTHAND: Final = "write it as JSON, or as file://PATH: the shorthand of the AWS CLI is not taken here"


@dataclass(frozen=True, slots=True)
class Flag:
    """One of the AWS CLI's flags: the member of the request that it gives, as text or as JSON."""

    member: str
    is_text: bool
    about: str

    @property
    def option(self) -> str:
        """``--input-config`` for ``InputConfig``."""
        return f"--{xform_name(self.member, '-')}"


@dataclass(frozen=True, slots=True)
class Written:
    """A document as it was written, and what is wrong with its text.

    ``document`` is None where the text cannot be read at all. In the place of ``unread`` members, whose flags cannot be
    read, it holds what no member takes. ``from_stdin`` says that standard input is used up.
    """

    document: object = None
    findings: tuple[Finding, ...] = ()
    unread: frozenset[str] = field(default_factory=frozenset)
    from_stdin: bool = False

    def report(self, report: Report) -> Report:
        """All findings together, without the doubles that stand for unread flags."""
        rest = (each for each in report.findings if each.path not in self.unread or each.rule != "shape.type")
        return Report.of(self.findings, rest)


def flags_of(kind: type[Member]) -> tuple[Flag, ...]:
    """A flag for each member at the top of a request, in their order."""
    return tuple(
        Flag(name, _is_text(info.annotation), _about(info.annotation))
        for name, info in kind.model_fields.items()
    )


def options(kind: type[Member]) -> list[click.Option]:
    """The options that write a request of this kind. Each flag is called as its member."""
    document = click.Option(
        [DOCUMENT],
        metavar="FILE",
        help="The request as a JSON document: a file, file://PATH, - for standard input, or the JSON itself. The flags"
        " below, whose values may be file://PATH too, go before what it says.",
    )
    members = [
        click.Option([flag.option, flag.member], metavar="TEXT" if flag.is_text else "JSON", help=_help(flag))
        for flag in flags_of(kind)
    ]
    return [document, *members]


def read(kind: type[Member], given: str | None, members: Mapping[str, str | None]) -> Written:
    """What was written: the document that was given, and the texts of flags by their members.

    Raises Trouble where there is nothing, or a file cannot be read.
    """
    texts = {member: text for member, text in members.items() if text is not None}
    if given is None and not texts:
        raise Trouble(f"There is no request. Give it as {DOCUMENT} FILE, or as flags; --help shows them.")
    document: object = {}
    findings: list[Finding] = []
    if given is not None:
        name, text = _document(given)
        document, found = decode(text)
        findings += [each.within(name) for each in found]
    unread = set()
    for flag in flags_of(kind):
        if flag.member not in texts:
            continue
        value, found = _value(flag, texts[flag.member])
        findings += found
        if found:
            unread.add(flag.member)
        if isinstance(document, dict):
            document[flag.member] = value
    return Written(document, tuple(findings), frozenset(unread), given == _STDIN)


def _document(given: str) -> tuple[str, bytes | str]:
    """The text of the document, and what to call it."""
    if given == _STDIN:
        return "standard input", sys.stdin.buffer.read(LARGEST + 1)
    if given.lstrip()[:1] in {"{", "["}:
        return DOCUMENT, given
    return given.removeprefix(_FILE), _file(given, DOCUMENT)


def _value(flag: Flag, given: str) -> tuple[Any, list[Finding]]:
    """What a flag gives; where it cannot be read, a value that no structure is."""
    text: bytes | str = _file(given, flag.option) if given.startswith(_FILE) else given
    if flag.is_text:
        try:
            return (text.decode() if isinstance(text, bytes) else text), []
        except UnicodeDecodeError:
            raise Trouble(f"The file that {flag.option} names is no UTF-8 text.") from None
    value, found = decode(text)
    if not found:
        return value, []
    is_short = isinstance(text, str) and "=" in text and text.lstrip()[:1] not in {"{", "[", '"'}
    told = [replace(each, remedy=_SHORTHAND) for each in found] if is_short else found
    return "", [each.within(flag.option) for each in told]


def _file(given: str, option: str) -> bytes:
    path = Path(os.path.expandvars(given.removeprefix(_FILE))).expanduser()
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it is no path"
        name = clamp(one_line(str(path)), _LONGEST_PATH)
        raise Trouble(f"{option} names the file {name}, which cannot be read: {why}.") from None


def _is_text(annotation: Any) -> bool:
    leaves = [each for each in get_args(annotation) if each is not type(None)]
    if _is_list(annotation) or not leaves:
        return annotation is str
    return _is_text(leaves[0])


def _about(annotation: Any) -> str:
    """What a structure is for, in the words of its class; empty for texts, whose names say it."""
    kind = member_in(annotation)
    words = (kind.__doc__ or "").split(".")[0].strip() if kind else ""
    each = "a list, each " if words and _is_list(annotation) else ""
    return each + words[:1].lower() + words[1:]


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(map(_is_list, get_args(annotation)))


def _help(flag: Flag) -> str:
    return f"{flag.member}: {flag.about}." if flag.about else f"{flag.member}."
