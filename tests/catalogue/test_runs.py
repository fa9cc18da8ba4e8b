"""Each source of AWS against a service that speaks as its model does, and against what its API's documentation says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.client import BaseClient

from jobherald.catalog import all_sources
from jobherald.catalog.source import Source
from jobherald.checks import catalogue
from jobherald.errors import ListingError
from jobherald.model import Place
from jobherald.providers import aws
from jobherald.providers.aws import AwsLister
from tests.catalogue.examining import Count, faults
from tests.catalogue.filtering import filter_faults
from tests.catalogue.mutants import mutants
from tests.catalogue.numbers import KEY
from tests.catalogue.scene import ACCOUNT, Scene, parent_id
from tests.catalogue.service import Recording, Simulation
from tests.catalogue.tables import tables

SOURCES = {source.id: source for source in all_sources() if source.provider == "aws"}


@dataclass
class Subject:
    """A source, the scene that its service plays, and the answers that were given so far."""

    source: Source
    scene: Scene
    simulation: Simulation
    answers: dict[str, Any] = field(default_factory=dict)
    calls: list[Mapping[str, Any]] = field(default_factory=list)

    def faults(self, lister: AwsLister, count: Count | None = None) -> Iterator[str]:
        """Every difference between what the lister does and what the table has."""
        place = Place(self.source.id, ACCOUNT, "us-east-1", parent_id(self.scene.lines()[0]))
        yield from faults(self.scene, lister, count)
        yield from filter_faults(self.scene.table, lister, place, self.calls)

    def lister(self) -> AwsLister:
        """The shipped one; a call that was made before is answered from memory."""
        return AwsLister(self._client)

    def _client(self, name: str, region: str) -> BaseClient:
        assert region == "us-east-1"
        return Recording(self.simulation.client(name), self.answers, self.calls)  # type: ignore[return-value]


# With this scope the tests of one source follow each other, and the second finds what the first was answered.
@pytest.fixture(scope="module", params=SOURCES)
def subject(request: pytest.FixtureRequest, simulation: Simulation) -> Subject:
    source: str = request.param
    if source not in tables():
        pytest.fail(
            f"{source} has no table in tests/catalogue/expected/{source.partition('.')[0]}.toml: write one by the"
            " README there, from the documentation of the API and not from the entry.",
            pytrace=False,
        )
    scene = Scene(tables()[source])
    simulation.play(scene)
    return Subject(SOURCES[source], scene, simulation)


def test_a_source_is_read_as_its_table_has_it(
    subject: Subject, record_property: Callable[[str, object], None]
) -> None:
    """Ids, times, states, reasons and the rest, over real HTTP: pages, further lists, parents, batches and looks."""
    count = Count()
    found: list[str] = []
    refused: ListingError | None = None
    try:
        found += subject.faults(subject.lister(), count)
    except ListingError as error:
        refused = error

    assert subject.simulation.troubles == []
    assert refused is None
    assert _first_of_each(found) == ""
    figures = {"runs": 1, "rows": count.rows, "looks": count.looks}
    record_property(KEY, {**figures, "protocols": sorted(subject.simulation.protocols)})


def test_no_mix_up_of_an_entry_goes_unnoticed(
    subject: Subject, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    """Whatever is swapped is found by the run against the table, or else by the proof against the model.

    The shipped lister reads the answers of the run again, with the entry of the mutant in the place of the source's.
    """
    scene, lister = subject.scene, subject.lister()
    assert list(subject.faults(lister)) == [], "the entry itself is as its table has it"
    tried, missed = 0, []

    for mutant in mutants(subject.source, [row.value for row in scene.rows(scene.lines()[0])]):
        tried += 1
        monkeypatch.setattr(aws, "load", lambda _, mutant=mutant: mutant.source)
        if not (_noticed(subject, lister) or _proved_wrong(mutant.source)):
            missed.append(mutant.fault)

    record_property(KEY, {"mutants": tried, "caught": tried - len(missed)})
    assert missed == []
    assert tried >= 2


def _first_of_each(found: list[str]) -> str:
    """One line for each member that differs: it does so in every row."""
    lines = {fault.partition(" read ")[0]: fault for fault in reversed(found)}
    return "\n".join(sorted(lines.values()))


def _noticed(subject: Subject, lister: AwsLister) -> bool:
    try:
        return any(True for _ in subject.faults(lister))
    except ListingError:
        return True


def _proved_wrong(mutant: Source) -> bool:
    problems: Iterator[object] = catalogue._entry(mutant, mutant.id.partition(".")[0])
    return any(True for _ in problems)


def test_no_table_is_left_over() -> None:
    """A table whose source was renamed would look like a proof of it."""
    assert sorted(set(tables()) - set(SOURCES)) == []
