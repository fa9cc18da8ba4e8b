"""Details are kept short, and what nobody may see is hidden, whatever stands in its place."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jobherald.catalog import load
from jobherald.catalog.source import Source
from jobherald.model import State
from jobherald.providers.details import HIDDEN, fit

SECRET = "c4n4ry"

# Anything at all whose values, though not the names of its members, are secret.
secrets: st.SearchStrategy[Any] = st.recursive(
    st.just(SECRET),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=8,
)


def source_with(*, shorten: tuple[str, ...] = (), mask: tuple[str, ...] = ()) -> Source:
    return Source(
        "made.up",
        "made up job",
        "made",
        "List",
        "items",
        "id",
        "status",
        {"ON": State.RUNNING},
        shorten=shorten,
        mask=mask,
    )


def shown(details: dict[str, Any], *, shorten: tuple[str, ...] = (), mask: tuple[str, ...] = ()) -> Any:
    before = copy.deepcopy(details)
    found = fit(source_with(shorten=shorten, mask=mask), details)
    assert details == before, "what was given is not changed"
    return found


def test_a_long_list_is_kept_as_its_beginning_and_its_count() -> None:
    """Fifty rows are enough to see what it is about."""
    samples = [{"sample_id": number} for number in range(51)]

    found = shown({"result": {"samples": samples, "other": 1}}, shorten=("result.samples",))

    assert found == {"result": {"samples": samples[:50], "samples_count": 51, "other": 1}}


@pytest.mark.parametrize("samples", [[], list(range(50)), "text" * 50, {"a": 1}, None, 7])
def test_what_is_short_or_no_list_stays(samples: Any) -> None:
    """There is nothing to cut, and no count that the service did not give."""
    details = {"result": {"samples": samples}}

    assert shown(details, shorten=("result.samples", "no.such.member", "result.no")) == details


@pytest.mark.parametrize("result", [None, "text", [1, 2], 7])
def test_a_path_that_leads_through_something_else_shortens_nothing(result: Any) -> None:
    """Nothing is lost by leaving it."""
    assert shown({"result": result}, shorten=("result.samples", "result[].samples")) == {"result": result}


def test_a_list_within_each_row_of_a_list_is_shortened() -> None:
    """Each by itself."""
    details = {"tasks": [{"logs": list(range(60))}, {"logs": [1]}, "odd"]}

    assert shown(details, shorten=("tasks[].logs",)) == {
        "tasks": [{"logs": list(range(50)), "logs_count": 60}, {"logs": [1]}, "odd"]
    }


def test_a_count_that_the_service_gives_stays() -> None:
    """It is the service's word, and may count more than it sent."""
    details = {"samples": list(range(60)), "samples_count": 6000}

    assert shown(details, shorten=("samples",)) == {"samples": list(range(50)), "samples_count": 6000}


def test_a_masked_table_keeps_its_keys() -> None:
    """Which variables are set may be what somebody looks for."""
    details = {"config": {"inf_config_list": [{"envs": {"TOKEN": SECRET, "N": 1}, "weight": 100}]}}

    found = shown(details, mask=("config.inf_config_list[].envs",))

    assert found == {"config": {"inf_config_list": [{"envs": {"TOKEN": HIDDEN, "N": HIDDEN}, "weight": 100}]}}


def test_a_list_of_tables_keeps_the_keys_of_each() -> None:
    """The same variables, in the other form that an API may have for them."""
    found = shown({"environments": [{"name": "TOKEN", "value": SECRET}, SECRET]}, mask=("environments",))

    assert found == {"environments": [{"name": HIDDEN, "value": HIDDEN}, HIDDEN]}


@pytest.mark.parametrize(
    "details",
    [
        {"config": SECRET},
        {"config": [{"inf_config_list": [{"envs": {"TOKEN": SECRET}}]}]},
        {"config": {"inf_config_list": SECRET}},
        {"config": {"inf_config_list": {"first": {"envs": {"TOKEN": SECRET}}}}},
        {"config": {"inf_config_list": [[{"envs": {"TOKEN": SECRET}}], SECRET]}},
        {"config": {"inf_config_list": [{"envs": SECRET}, {"envs": 5}, {"envs": {"A": {"B": SECRET}}}]}},
    ],
)
def test_what_stands_in_the_way_of_a_mask_is_hidden(details: dict[str, Any]) -> None:
    """A secret may be anywhere in it."""
    found = shown(details, mask=("config.inf_config_list[].envs",))

    assert SECRET not in json.dumps(found)
    assert HIDDEN in json.dumps(found)


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"config": None},
        {"config": {}},
        {"config": {"inf_config_list": None}},
        {"config": {"inf_config_list": [{}, {"weight": 1}, None, {"envs": None}]}},
    ],
)
def test_where_nothing_is_there_nothing_is_hidden(details: dict[str, Any]) -> None:
    """A member that is missing is not made up."""
    assert shown(details, mask=("config.inf_config_list[].envs",)) == details


@given(value=secrets, depth=st.integers(0, 2))
def test_no_secret_is_left_below_a_mask(value: Any, depth: int) -> None:
    """Whatever the value is at the end of the path, or in the place of what the path leads through."""
    trail = ("config", "list", "envs")
    details: Any = value
    for name in reversed(trail[: depth + 1]):
        details = {name: details}

    # Of a table where one is expected only what the path names is secret.
    assume(depth == 2 or not isinstance(value, dict))

    assert SECRET not in json.dumps(shown(details, mask=("config.list.envs",)))


def test_the_entries_of_modelarts_hide_what_their_pages_warn_of() -> None:
    """Variables of models, and the password of a table dataset's database."""
    task = {"config": {"inf_config_list": [{"envs": {"TOKEN": SECRET}}]}}
    imported = {"data_source": {"source_info": {"user_password": SECRET}}}
    job = {
        "algorithm": {"environments": {"TOKEN": SECRET}},
        "tasks": [{"role": "worker", "algorithm": {"environments": {"TOKEN": SECRET}}}],
        "endpoints": [{"jupyter_lab": {"url": SECRET, "token": SECRET}}],
    }

    for source, details in (
        ("modelarts.auto_labeling", task),
        ("modelarts.import", imported),
        ("modelarts.training", job),
    ):
        assert SECRET not in json.dumps(fit(load(source), details))
