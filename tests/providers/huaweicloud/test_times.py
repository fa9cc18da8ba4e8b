"""The two forms in which ModelArts gives a time, and everything that is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.errors import ConfigError
from jobherald.providers.huaweicloud.times import parse_zone, reader

BEIJING = timezone(timedelta(hours=8))
read = reader(BEIJING)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1604388201993, datetime(2020, 11, 3, 7, 23, 21, 993000, tzinfo=UTC)),
        (1604388201993.0, datetime(2020, 11, 3, 7, 23, 21, 993000, tzinfo=UTC)),
        (1604388201, datetime(2020, 11, 3, 7, 23, 21, tzinfo=UTC)),
        ("2020-11-23 11:08:20", datetime(2020, 11, 23, 3, 8, 20, tzinfo=UTC)),
        ("2020-11-23T11:08:20", datetime(2020, 11, 23, 3, 8, 20, tzinfo=UTC)),
        ("2020-11-23 11:08:20.25", datetime(2020, 11, 23, 3, 8, 20, 250000, tzinfo=UTC)),
        ("2020-11-23T11:08:20Z", datetime(2020, 11, 23, 11, 8, 20, tzinfo=UTC)),
        ("2020-11-23 11:08:20 +02:00", datetime(2020, 11, 23, 9, 8, 20, tzinfo=UTC)),
        ("2020-11-23T11:08:20-0330", datetime(2020, 11, 23, 14, 38, 20, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_utc(value: Any, expected: datetime) -> None:
    """Milliseconds, seconds where milliseconds would be implausible, and text in the zone of the setting or its own."""
    assert read(value) == expected
    assert read(value).tzinfo is UTC  # type: ignore[union-attr]


def test_the_setting_is_the_zone_of_text_without_one() -> None:
    """The example of the list page was created 43 seconds before its service, whose name has the milliseconds."""
    created = read("2020-11-03 15:22:39")
    served = read(1604388201993)

    assert created is not None
    assert served is not None
    assert served - created == timedelta(seconds=42, milliseconds=993)
    assert reader(UTC)("2020-11-03 15:22:39") == created + timedelta(hours=8)


@pytest.mark.parametrize(
    "value",
    [
        0,
        0.0,
        -1,
        10**30,
        float("nan"),
        float("inf"),
        True,
        None,
        "",
        "0",
        "2020-11-23",
        "20201123 110820",
        "2020-13-23 11:08:20",
        "2020-11-23 11:08:20 CST",
        "2020-11-23 11:08:20 +99:00",
        "0001-01-01 00:00:00",
        "1970-01-01 08:00:00",
        "2020-11-23 11:08:2\u0660",
        ["2020-11-23 11:08:20"],
        {"time": 1604388201993},
    ],
)
def test_what_is_no_time_is_none(value: Any) -> None:
    """Zero stands for a time that is not known, in either form."""
    assert read(value) is None


@given(value=st.integers() | st.floats() | st.text(max_size=30) | st.booleans() | st.none())
def test_no_value_is_so_odd_that_it_raises(value: Any) -> None:
    """Whatever a service writes."""
    at = read(value)

    assert at is None or (at.tzinfo is UTC and at.year >= 1970)


@given(at=st.datetimes(datetime(1980, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_both_forms_of_a_moment_are_the_same(at: datetime) -> None:
    """To the precision that each has."""
    at = at.replace(microsecond=0)

    assert read(int(at.timestamp()) * 1000) == at
    assert read(at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")) == at


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("+08:00", timedelta(hours=8)),
        ("-03:00", -timedelta(hours=3)),
        ("+05:30", timedelta(hours=5, minutes=30)),
        ("+00:00", timedelta(0)),
    ],
)
def test_a_zone_is_an_offset(text: str, offset: timedelta) -> None:
    """As the setting is written."""
    assert parse_zone(text).utcoffset(None) == offset


@pytest.mark.parametrize("text", ["", "8", "+8:00", "Asia/Shanghai", "+15:00", "+08:60", "UTC+08:00"])
def test_what_is_no_offset_is_refused_with_the_remedy(text: str) -> None:
    """The sentence names the setting, what it is, and what it has to look like."""
    with pytest.raises(ConfigError) as caught:
        parse_zone(text)

    assert repr(text) in str(caught.value)
    assert "+08:00" in str(caught.value)
    assert "HuaweiTimeZone" in str(caught.value)
