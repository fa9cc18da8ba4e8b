"""Proves an entry against itself: what has to hold whatever its provider, and needs no model of any API."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from importlib import import_module
from typing import Final

from jobherald.catalog.source import Parents, Source, levels
from jobherald.model import State

# What is wrong with an entry: the member of the entry, and a sentence about it.
Problem = tuple[str, str]

_PLACEHOLDERS: Final = ("account", "region", "parent", "id", "name")
_OFFSETS: Final = ("offset", "page", "start")
_BEGINNINGS: Final = ("created_after", "modified_after")
_TIMES: Final = (*_BEGINNINGS, "created_before", "modified_before")
_FORMS_OF_TIMES: Final = ("{iso}", "{epoch}", "{epoch_ms}")
_FORMS_OF_WORDS: Final = ("{value}",)
_BRACES: Final = re.compile(r"\{\w*\}")
_FLATTENED: Final = re.compile(r"\w+(\.\w+)*\[\]")
_NUMBER: Final = re.compile(r"-?\d+")


def own_problems(source: Source) -> Iterator[Problem]:
    """Everything in which an entry contradicts itself, or says less than its other members need."""
    yield from _states(source)
    yield from _times(source)
    yield from _offsets("", source)
    for where, parent in levels_of(source):
        yield from _offsets(where, parent)
    yield from _requests(source)
    yield from _lists(source)
    yield from _without_look(source)
    yield from _advice(source)
    yield from _console(source)
    yield from _lister(source)


def row_paths(source: Source) -> dict[str, str]:
    """Every path that is read in a row of the list, by the member of the entry that has it."""
    paths = {
        "job.id": source.id_path,
        "job.name": source.name_path,
        "job.status": source.status_path,
        "job.created": source.created_path,
        "job.modified": source.modified_path,
        "job.ended": source.ended_path,
        "job.reason": source.reason_path,
        "job.reason_code": source.reason_code_path,
        "job.run": source.run_path,
        "job.output": source.output_path,
        "steps.items": source.steps.items if source.steps else "",
    }
    if counters := source.counters:
        paths |= {
            f"progress.{word}": getattr(counters, word)
            for word in ("done", "failed", "remaining", "total", "percent")
        }
        paths |= {f"progress.also.{name}": path for name, path in counters.also.items()}
    return {member: path for member, path in paths.items() if path}


def levels_of(source: Source) -> Iterator[tuple[str, Parents]]:
    """Every level of parents, the innermost first, each with how the members of its table are named."""
    for number, level in enumerate(levels(source)):
        yield f"parent.{'above.' * number}", level


def near(name: str, valid: Iterable[str], likeness: float = 0.5) -> str:
    """The end of a sentence that names what was perhaps meant; empty where nothing is near."""
    found = get_close_matches(name, list(valid), n=3, cutoff=likeness)
    return f"; near to it are: {', '.join(found)}" if found else ""


def _states(source: Source) -> Iterator[Problem]:
    for word in sorted(set(source.states) & source.ignored):
        yield "ignored", f"{word} is mapped to {source.states[word]} too; a status is in one place"
    for word in sorted(source.fading - set(source.states)):
        yield "fading", f"{word} is mapped to no state; valid are: {', '.join(source.states)}"
    for word in sorted(set(source.status_words) - set(source.states)):
        yield f"status_words.{word}", f"is no status; valid are: {', '.join(source.states)}"
    for word in source.states:
        if _NUMBER.fullmatch(word) and word not in source.status_words:
            yield f"status_words.{word}", "is missing; a number says nothing to people"


def _times(source: Source) -> Iterator[Problem]:
    for word, path in (("modified_after", source.modified_path), ("created_after", source.created_path)):
        if word in source.filters and not path:
            yield f"filters.{word}", f"needs job.{word.partition('_')[0]}, which this entry does not have"
    if source.created_path:
        return
    if source.newest_first or source.reusable_ids:
        yield "job.created", "is missing; newest_first and reusable_ids need it"
    if source.created_doubt:
        yield "created_doubt", "needs job.created, which this entry does not have"


def _requests(source: Source) -> Iterator[Problem]:
    for word in sorted(source.always - set(_BEGINNINGS)):
        yield f"filters.{word}.always", f"is for {' and '.join(_BEGINNINGS)}, which have a beginning"
    for word, form in source.filter_forms.items():
        valid = _FORMS_OF_TIMES if word in _TIMES else _FORMS_OF_WORDS
        found = set(_BRACES.findall(repr(form)))
        if not found or not found <= set(valid):
            said = f"has {', '.join(sorted(found))}" if found else "has no word in braces"
            yield f"filters.{word}.value", f"{said}; valid are: {', '.join(valid)}"
    yield from _set_twice("", source)
    for where, parent in levels_of(source):
        yield from _set_twice(where, parent)
    if source.variants and source.newest_first:
        yield "newest_first", "is for one list; where there are variants each begins anew"


def _lists(source: Source) -> Iterator[Problem]:
    batch = {"batch.items": source.batch.items} if source.batch else {}
    above = {f"{where}items": level.items for where, level in levels_of(source)}
    for member, path in {"items": source.items, **batch, **above}.items():
        if _FLATTENED.fullmatch(path):
            yield member, f"is {path!r}; write {path.removesuffix('[]')!r}"


def _set_twice(where: str, listed: Source | Parents) -> Iterator[Problem]:
    for member, setter in ((listed.page_size_parameter, "page_size"), (listed.token_input, "token")):
        if member and member in listed.parameters:
            yield f"{where}parameters.{member}", f"is what {setter} sets; leave it out here"


def _without_look(source: Source) -> Iterator[Problem]:
    if source.look is None and source.events:
        yield "events", "lead to a look, which this entry does not have; leave them out, or add look"
    if source.look is not None and source.look.reason_code_path and not source.look.reason_path:
        yield "look.reason_code", "needs look.reason: no job is looked up for its code alone"
    if source.look is not None and source.look.reason_path and source.reason_path:
        yield "look.reason", "is for lists whose rows do not say it, and this entry has job.reason"


def _offsets(where: str, listed: Source | Parents) -> Iterator[Problem]:
    name = listed.token_input
    is_offset = name.rpartition(".")[2] in _OFFSETS
    if is_offset and not listed.token_counts:
        yield f"{where}token.counts", f"is missing; {name} is no token, and counts pages, rows or either"
    if listed.token_counts and not is_offset:
        yield (
            f"{where}token.counts",
            f"is {listed.token_counts!r}, and {name} is a token; valid with: {', '.join(_OFFSETS)}",
        )
    if listed.token_counts and listed.token_output:
        yield f"{where}token.output", f"is for a token; the next {name} is reckoned"
    if name and not is_offset and not listed.token_output:
        yield f"{where}token.output", "is missing; it must be where the answer has the next token"
    if listed.token_counts and not listed.page_size_parameter:
        yield f"{where}page_size", f"is missing; the next {name} is reckoned from it"


def _advice(source: Source) -> Iterator[Problem]:
    reached = {
        state for state in source.states.values() if state in {State.FAILED, State.STOPPED, State.PARTIAL}
    }
    if source.can_be_partial:
        reached.add(State.PARTIAL)
    for state in sorted({*reached, State.GONE} - set(source.advice)):
        yield f"advice.{state}", "is missing; say in a sentence or two what to do about it"
    if source.advice_by_code and not source.reason_code_path:
        yield "advice_by_code", "needs job.reason_code, which this entry does not have"


def _console(source: Source) -> Iterator[Problem]:
    try:
        source.console_path.format(**dict.fromkeys(_PLACEHOLDERS, "x"))
    except (KeyError, IndexError, ValueError):
        names = ", ".join(f"{{{name}}}" for name in _PLACEHOLDERS)
        yield "console.path", f"is {source.console_path!r}; valid placeholders are: {names}"


def _lister(source: Source) -> Iterator[Problem]:
    if not source.lister:
        return
    module, _, name = source.lister.partition(":")
    try:
        found = getattr(import_module(module), name, None)
    except ImportError as error:
        yield "lister", f"{module} cannot be imported: {error}"
        return
    if not isinstance(found, type):
        yield "lister", f"{module} has no class {name}"
