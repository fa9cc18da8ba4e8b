"""Proves the whole catalogue, so that an entry that is wrong fails a test and not a poll."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any, Final

from jobherald.catalog.load import OWN, OWN_REMEDY, entry_files, parse, parse_entries
from jobherald.catalog.source import Source
from jobherald.checks.braces import brace_problems
from jobherald.checks.granting import grant_problems
from jobherald.checks.itself import Problem, own_problems
from jobherald.checks.keeping import keeping_problems
from jobherald.checks.listing import listing_problems
from jobherald.checks.looking import event_problems, look_problems, overlapping
from jobherald.checks.parents import parent_problems
from jobherald.checks.rest import rest_problems
from jobherald.checks.schema import schema_problems
from jobherald.errors import ConfigError

# The providers whose services botocore has models of.
_MODELLED: Final = {"aws"}


def problems() -> list[str]:
    """Everything that is wrong with the catalogue.

    One sentence each, naming the file, the entry, its member, and what would have been valid. Needs no network.
    """
    found: list[str] = []
    sources: list[Source] = []
    for provider, file in entry_files():
        where = f"catalog/{provider}/{file.name}"
        wrong = document_problems(file.read_text(encoding="utf-8"), where, provider)
        found += [f"{problem} {OWN_REMEDY}" for problem in wrong] if provider == OWN else wrong
        if not wrong:
            sources += parse(file.read_text(encoding="utf-8"), where, provider)
    return found + list(_between(sources))


def document_problems(text: str, file: str, provider: str) -> list[str]:
    """Everything that is wrong with one file of the catalogue by itself; ``file`` is how the sentences name it."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return [f"{file}: this is not TOML: {error}."]
    wrong = list(_by_schema(document, file))
    if wrong:
        return wrong
    try:
        sources = parse(text, file, provider)
    except ConfigError as error:
        return [str(error)]
    service = file.rpartition("/")[2].removesuffix(".toml")
    return [
        _line(file, source.id, member, said) for source in sources for member, said in _entry(source, service)
    ]


def own_problems_of(entries: Any, where: str) -> list[str]:
    """Everything that is wrong with somebody's own entries, as a document that was read has them.

    They are held to all that the catalogue's are held to, and to the catalogue itself, which they cannot contradict.
    ``where`` is how the sentences name the document.
    """
    if not isinstance(entries, list):
        return [
            f"{where}: source: must be written [[source]], in two pairs of brackets, once for each source."
        ]
    wrong = list(_by_schema({"source": entries}, where))
    if wrong:
        return wrong
    try:
        sources = parse_entries(entries, where)
    except ConfigError as error:
        return [str(error)]
    found = [
        _line(where, source.id, member, said)
        for source in sources
        for member, said in (*_entry(source, source.id.partition(".")[0]), *_home(source))
    ]
    found += [_line(where, source_id, "id", said) for source_id, said in _twice(sources)]
    return found + [f"{where}: {said}" for said in _overlaps(sources)] + list(_beside(sources, where))


def _twice(sources: Sequence[Source]) -> Iterator[Problem]:
    numbers: dict[str, list[int]] = {}
    for number, source in enumerate(sources):
        numbers.setdefault(source.id, []).append(number)
    for source_id, its in numbers.items():
        if len(its) > 1:
            named = ", ".join(f"source[{number}]" for number in its)
            yield source_id, f"is the id of {len(its)} sources ({named}); give each its own"


def _line(where: str, source: str, member: str, said: str) -> str:
    return f"{where}: {source}: {member}: {said}{'' if said.endswith('?') else '.'}"


def _home(source: Source) -> Iterator[Problem]:
    # The template asks for the credential of Huawei Cloud where a source begins so, and no other service is called.
    if source.provider == "huaweicloud" and not source.id.startswith("modelarts."):
        yield "id", "must begin with 'modelarts.', since its operation is a method and a path of ModelArts"


def _beside(sources: Sequence[Source], where: str) -> Iterator[str]:
    shipped = [
        source
        for provider, file in entry_files()
        if provider != OWN
        for source in parse(file.read_text(encoding="utf-8"), file.name, provider)
    ]
    ids = {source.id for source in shipped}
    for source in sources:
        if source.id in ids:
            yield _line(where, source.id, "id", "is taken by the catalogue's own; choose another one")
        for number, event in enumerate(source.events):
            others = [other.id for other in shipped if any(overlapping(event, one) for one in other.events)]
            if others:
                said = f"can match what {', '.join(others)} matches; make its match narrower, or leave it out"
                yield _line(where, source.id, f"events[{number}]", said)


def _by_schema(document: dict[str, Any], file: str) -> Iterator[str]:
    entries = document.get("source")
    if set(document) != {"source"} or not isinstance(entries, list):
        yield f"{file}: {', '.join(document) or 'nothing'} is at the top; valid is [[source]] alone."
        return
    for number, entry in enumerate(entries):
        name = entry.get("id", f"source[{number}]") if isinstance(entry, dict) else f"source[{number}]"
        for member, said in schema_problems(entry):
            yield _line(file, name, member, said)


def _entry(source: Source, service: str) -> Iterator[Problem]:
    if source.id.partition(".")[0] != service:
        yield "id", f"must begin with {service!r}, the name of its file"
    yield from own_problems(source)
    yield from _against_its_model(source) if source.provider in _MODELLED else rest_problems(source)


def _against_its_model(source: Source) -> Iterator[Problem]:
    wrong = list(listing_problems(source))
    yield from wrong
    # Without a list operation there is nothing to hold the rest to.
    if _lack_operations(wrong):
        return
    yield from brace_problems(source)
    around = [*parent_problems(source), *look_problems(source)]
    yield from around
    yield from keeping_problems(source)
    yield from event_problems(source)
    if not _lack_operations(around):
        yield from grant_problems(source)


def _lack_operations(problems: Sequence[Problem]) -> bool:
    """Whether an operation that the entry names, or where its rows lie in the answer, is not there."""
    return any(member.rpartition(".")[2] in {"client", "operation", "items"} for member, _ in problems)


def _between(sources: Sequence[Source]) -> Iterator[str]:
    for one, other in combinations(sources, 2):
        if one.id == other.id:
            yield f"{one.id} is in the catalogue twice."
    yield from _overlaps(sources)


def _overlaps(sources: Sequence[Source]) -> Iterator[str]:
    entries = [(source, event) for source in sources for event in source.events]
    for (one, first), (other, second) in combinations(entries, 2):
        if overlapping(first, second):
            yield f"{one.id} and {other.id}: an event {first.detail_type!r} can match both; make one of them narrower."
