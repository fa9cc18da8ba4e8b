"""Mixes up what an entry says: two of its paths, of its states, of its filters, of the words of its requests.

An entry whose mix-up nobody notices is one about which the proofs say nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any, NamedTuple

from jobherald.catalog import paths
from jobherald.catalog.source import Counters, Source
from jobherald.checks.itself import levels_of, row_paths


class Mutant(NamedTuple):
    """An entry with one fault, and what it is."""

    fault: str
    source: Source


def mutants(source: Source, rows: Sequence[Mapping[str, Any]]) -> Iterator[Mutant]:
    """Every pair of paths and of filters swapped, each status with the next one of another state, words of requests.

    ``rows`` are rows of the source's list: two paths that find the same in every one of them make no mutant when they are
    swapped, nor do two that are the same.
    """
    yield from _of_paths(source, rows)
    yield from _of_states(source)
    yield from _of_fading(source)
    yield from _of_filters(source)
    yield from _of_parents(source)
    yield from _of_requests(source)


def _of_paths(source: Source, rows: Sequence[Mapping[str, Any]]) -> Iterator[Mutant]:
    # Steps only add to a reason what the table does not have.
    found = {member: path for member, path in row_paths(source).items() if member != "steps.items"}
    for (one, first), (other, second) in combinations(found.items(), 2):
        if all(paths.find(first, row) == paths.find(second, row) for row in rows):
            continue
        yield Mutant(f"{one} and {other} are swapped", with_paths(source, {one: second, other: first}))
    look = source.look
    if look and look.reason_path and look.reason_code_path and look.reason_path != look.reason_code_path:
        swapped = look._replace(reason_path=look.reason_code_path, reason_code_path=look.reason_path)
        yield Mutant("look.reason and look.reason_code are swapped", replace(source, look=swapped))


def _of_states(source: Source) -> Iterator[Mutant]:
    words = list(source.states)
    for number, word in enumerate(words):
        others = [*words[number + 1 :], *words[:number]]
        other = next((one for one in others if source.states[one] is not source.states[word]), None)
        if other is not None:
            states = {**source.states, word: source.states[other], other: source.states[word]}
            yield Mutant(f"the states of {word} and {other} are swapped", replace(source, states=states))


def _of_fading(source: Source) -> Iterator[Mutant]:
    for word in sorted(source.fading):
        yield Mutant(f"{word} no longer fades", replace(source, fading=source.fading - {word}))


def _of_filters(source: Source) -> Iterator[Mutant]:
    asked = {word: (member, source.filter_forms.get(word)) for word, member in source.filters.items()}
    for (one, first), (other, second) in combinations(asked.items(), 2):
        if first == second:
            continue
        swapped = {**asked, one: second, other: first}
        yield Mutant(
            f"filters.{one} and filters.{other} are swapped",
            replace(
                source,
                filters={word: member for word, (member, _) in swapped.items()},
                filter_forms={word: form for word, (_, form) in swapped.items() if form is not None},
            ),
        )


def _of_parents(source: Source) -> Iterator[Mutant]:
    parent = source.parent
    if parent is not None and parent.name_path and parent.name_path != parent.id_path:
        swapped = parent._replace(id_path=parent.name_path, name_path=parent.id_path)
        yield Mutant("parent.id and parent.name are swapped", replace(source, parent=swapped))


def _of_requests(source: Source) -> Iterator[Mutant]:
    parent = source.parent
    levels = ["{parent}", "{above}", "{top}"][: len(list(levels_of(source)))]
    for one, other in combinations(levels, 2):
        swapped = _renamed(source.parameters, {one: other, other: one})
        if swapped != source.parameters:
            yield Mutant(f"{one} and {other} are swapped in parameters", replace(source, parameters=swapped))
    if parent is not None and "{top}" in levels:
        swapped = _renamed(parent.parameters, {"{above}": "{top}", "{top}": "{above}"})
        yield Mutant(
            "{above} and {top} are swapped in parent.parameters",
            replace(source, parent=parent._replace(parameters=swapped)),
        )
    look = source.look
    if look is None:
        return
    words = {word for word in look.parameters.values() if word in ("id", "name", "parent", "above", "top")}
    for one, other in combinations(sorted(map(str, words)), 2):
        swapped = _renamed(look.parameters, {one: other, other: one})
        yield Mutant(
            f"{one} and {other} are swapped in look.parameters",
            replace(source, look=look._replace(parameters=swapped)),
        )


def _renamed(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return words.get(value, value)
    if isinstance(value, list):
        return [_renamed(one, words) for one in value]
    if isinstance(value, Mapping):
        return {name: _renamed(one, words) for name, one in value.items()}
    return value


def with_paths(source: Source, changed: Mapping[str, str]) -> Source:
    """The source with other paths, by the members of the entry (``job.id``, ``progress.done``, ``progress.also.x``)."""
    members: dict[str, Any] = {}
    counters = source.counters
    for member, path in changed.items():
        group, _, word = member.partition(".")
        if group == "job":
            members[f"{word}_path"] = path
        else:
            assert counters is not None
            counters = _with_counter(counters, word, path)
    return replace(source, counters=counters, **members)


def _with_counter(counters: Counters, word: str, path: str) -> Counters:
    also, _, name = word.partition(".")
    if name:
        return counters._replace(also={**counters.also, name: path})
    changed: dict[str, Any] = {also: path}
    return counters._replace(**changed)
