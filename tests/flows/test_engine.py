"""The listing engine over services whose jobs live at random: every kind, every order, any budget, any throttle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from jobherald.errors import ListingError
from jobherald.flows.visit import Limits
from jobherald.model import AlertKind, State
from jobherald.ports import Reach
from tests.fakes.service import Life
from tests.fakes.world import World, world

ENDS = (State.SUCCEEDED, State.FAILED, State.STOPPED)


@dataclass(frozen=True)
class Plan:
    """A job in whole seconds from the first poll's beginning; ``ends`` None for one that runs on."""

    born: int
    runs: int
    ends: int | None
    outcome: State


def throttled() -> Exception | None:
    return ListingError("too many calls", kind="throttled")


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    born = draw(st.integers(-2000, 900))
    runs = draw(st.integers(1, 200))
    ends = draw(st.none() | st.integers(1, 1500))
    return Plan(born, runs, None if ends is None else runs + ends, draw(st.sampled_from(ENDS)))


@st.composite
def settings_of_a_world(draw: st.DrawFn) -> World:
    made = world(draw(st.sampled_from(list(Reach))))
    service = made.service
    if service.reach is not Reach.NEWEST_FIRST:
        service.newest_first = draw(st.booleans())
    service.has_times = draw(st.booleans())
    service.statuses = draw(st.booleans())
    service.page_size = draw(st.integers(1, 6))
    service.filters_after_paging = draw(st.booleans())
    service.by_offset = draw(st.booleans())
    service.lag = draw(st.sampled_from([0.0, 45.0, 200.0]))
    made.limits = Limits(pages=draw(st.integers(2, 8)), sweep_every=draw(st.sampled_from([0.0, 600.0])))
    for call in draw(st.lists(st.integers(0, 60), max_size=6)):
        service.script[call] = throttled
    return made


def live(made: World, plan: Plan, number: int) -> Life:
    steps = [(plan.born + 0.5, State.QUEUED), (plan.born + plan.runs + 0.5, State.RUNNING)]
    if plan.ends is not None:
        steps.append((plan.born + plan.ends + 0.5, plan.outcome))
    return made.service.add(f"job-{number:02}", *steps)


@settings(max_examples=150)
@given(made=settings_of_a_world(), drawn=st.lists(plans(), max_size=14))
def test_every_outcome_is_told_once_and_nothing_that_was_over_before_the_first_look(
    made: World, drawn: list[Plan]
) -> None:
    """Whatever the list operation can do, however little a poll may spend, and whichever calls are refused."""
    lives = [live(made, plan, number) for number, plan in enumerate(drawn)]
    made.watch()
    for _ in range(75):
        made.poll(after=60.0)

    started = made.record().baseline_at
    assert started is not None
    assert len(made.alerted(AlertKind.WATCHING)) == 1
    assert len({change.id for change in made.told}) == len(made.told)
    for life in lives:
        ended_at, last = life.steps[-1]
        outcomes = [state for state in made.told_of(life) if state.is_outcome]
        assert State.GONE not in made.told_of(life)
        shown_at = ended_at + timedelta(seconds=made.service.lag)
        if not last.is_outcome or shown_at < started:
            assert outcomes == [], life
        elif ended_at < started:
            # Over, but the first answer did not show it yet: told by who watched it end, or by nobody.
            assert outcomes in ([last], []), life
        elif life.created >= started or made.service.has_times or made.service.reach is Reach.MODIFIED_AFTER:
            assert outcomes == [last], life
        else:
            # Of a job that was there before us and that no answer showed while it ran, nobody knows when it ended.
            assert outcomes in ([last], []), life
        starts = made.told_of(life).count(State.RUNNING)
        assert starts <= 1
        if life.steps[1][0] + timedelta(seconds=made.service.lag) < started:
            assert starts == 0, life
