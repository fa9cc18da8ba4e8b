"""Each source is served by its cloud's lister, or by the class that its entry names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from jobherald.catalog import load
from jobherald.catalog.source import Source
from jobherald.errors import ConfigError
from jobherald.model import Place
from jobherald.ports import Abilities, Page, Parent, ParentPage, Query, Reach, Sight
from jobherald.providers import listers
from jobherald.providers.listers import Listers
from jobherald.watch import Look
from tests.fakes.time import NOON

PLACE = Place("sagemaker.labeling", "111122223333", "us-east-1")
LOOK = Look(PLACE, "one")


class Own:
    """A lister of somebody's own; it says which clients it was given."""

    def __init__(self, clients: Callable[[str, str], Any]) -> None:
        self.clients = clients

    def abilities(self, source: str) -> Abilities:
        return Abilities(
            Reach.EVERYTHING, newest_first=False, open_statuses=(), overlap=1.0, pace=0.0, title=source
        )

    def page(self, place: Place, query: Query, token: str) -> Page:
        return Page((), NOON, token=self.clients(place.source, place.region))

    def look(self, look: Look) -> Sight:
        return Sight(None, NOON)

    def parents(self, place: Place, token: str) -> ParentPage:
        return ParentPage((Parent(place.source),), NOON, token)


def clients(service: str, region: str) -> str:
    return f"{service} in {region}"


def entry_with(monkeypatch: pytest.MonkeyPatch, **members: str) -> None:
    source: Source = replace(load("sagemaker.labeling"), **members)  # type: ignore[arg-type]
    monkeypatch.setattr(listers, "load", lambda source_id: source)


def test_a_source_is_served_by_its_clouds_lister_made_once() -> None:
    """The first call makes it, the others use it."""
    made: list[Own] = []

    def make() -> Own:
        made.append(Own(clients))
        return made[-1]

    both = Listers({"aws": make}, clients)
    assert both.abilities(PLACE.source).title == PLACE.source
    assert both.look(LOOK) == Sight(None, NOON)
    assert both.parents(PLACE, "on") == ParentPage((Parent(PLACE.source),), NOON, "on")
    assert len(made) == 1


def test_an_entry_can_name_a_class_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets the clients, and every call of its source."""
    entry_with(monkeypatch, lister=f"{__name__}:Own")
    own = Listers({}, clients)
    assert own.page(PLACE, Query(), "").token == "sagemaker.labeling in us-east-1"  # a page's


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"provider": "elsewhere"}, "no lister for 'elsewhere'; there are aws"),
        ({"lister": "no.such.module:Own"}, "no.such.module:Own cannot be loaded"),
        ({"lister": "jobherald.ports:Missing"}, "jobherald.ports:Missing cannot be loaded"),
    ],
)
def test_what_nobody_can_list_is_refused_by_name(
    members: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence names the source and the member at fault."""
    entry_with(monkeypatch, **members)
    with pytest.raises(ConfigError, match=f"sagemaker.labeling: .*{says}"):
        Listers({"aws": lambda: Own(clients)}, clients).abilities(PLACE.source)
