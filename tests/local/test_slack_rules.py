from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.local.slack_rules import BLOCK_OVERHEAD, MAX_TOTAL, block_ids, refusal_of, total, units

DIVIDER = {"type": "divider"}


def _mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def _section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text), **more}


def _button(**more: Any) -> dict[str, Any]:
    return {"type": "actions", "elements": [{"type": "button", "text": _plain("Open"), **more}]}


@pytest.mark.parametrize(
    "blocks",
    [
        [DIVIDER] * 50,
        [_section("x" * 3000)],
        [{"type": "section", "fields": [_mrkdwn("x" * 1300)] * 10}],
        [{"type": "section", "fields": [_mrkdwn("x" * 2000)]}],
        [{"type": "header", "text": _plain("x" * 150)}],
        [{"type": "context", "elements": [_mrkdwn("x")] * 10}],
        [_section("x", block_id="b" * 255)],
        [_section("x", accessory={"type": "button", "text": _plain("x" * 75), "url": "https://x"})],
        [_button(url="https://x/" + "x" * 2990, style="primary", value="v", action_id="a")],
        [{"type": "image", "image_url": "https://x", "alt_text": "x", "title": _plain("x")}],
        [{"type": "context", "elements": [{"type": "image", "image_url": "https://x", "alt_text": "x"}]}],
        [{"type": "markdown", "text": "x" * 12_000}],
        [_section("x" * 2980)] * 4 + [_section("x" * 1180)],
    ],
)
def test_what_is_just_within_the_limits_is_taken(blocks: list[Any]) -> None:
    """Every documented limit, reached but not passed."""
    assert refusal_of({"blocks": blocks}) == ("", [])


@pytest.mark.parametrize(
    ("blocks", "where"),
    [
        ([DIVIDER] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
        ([_section("x" * 3001)], "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
        ([_section("😀" * 1501)], "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
        ([_section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        ([{"type": "section"}], "missing required field: text or fields [json-pointer:/blocks/0]"),
        ([{"type": "section", "fields": [_mrkdwn("x")] * 11}], "no more than 10 items allowed"),
        ([{"type": "section", "fields": [_mrkdwn("x" * 2001)]}], "must be less than 2001 characters"),
        ([{"type": "section", "fields": 7}], "must be a list with at least one item"),
        ([{"type": "header", "text": _plain("x" * 151)}], "must be less than 151 characters"),
        (
            [{"type": "header", "text": _mrkdwn("x")}],
            "must be one of plain_text [json-pointer:/blocks/0/text/type]",
        ),
        ([{"type": "context", "elements": [_mrkdwn("x")] * 11}], "no more than 10 items allowed"),
        ([{"type": "context", "elements": []}], "must be a list with at least one item"),
        (
            [_section("x", block_id="b" * 256)],
            "must be less than 256 characters [json-pointer:/blocks/0/block_id]",
        ),
        ([_section("x", block_id="b")] * 2, "block_id b already exists [json-pointer:/blocks/1/block_id]"),
        ([_section("x", title="y")], "invalid additional property: title [json-pointer:/blocks/0]"),
        ([{"type": "section", "text": _mrkdwn("x") | {"emoji": True}}], "invalid additional property: emoji"),
        ([{"type": "sections"}], "unsupported type: sections [json-pointer:/blocks/0/type]"),
        (["text"], "must be an object [json-pointer:/blocks/0]"),
        ([_button(url="https://x/" + "x" * 2991)], "must be less than 3001 characters"),
        ([_button(text=_plain("x" * 76))], "must be less than 76 characters"),
        ([_button(style="green")], "unsupported style"),
        ([_button(href="x")], "invalid additional property: href"),
        ([{"type": "actions", "elements": [{"type": "select"}]}], "unsupported element: select"),
        ([{"type": "actions", "elements": ["x"]}], "must be an object"),
        (
            [{"type": "image", "image_url": "https://x"}],
            "more than 0 characters [json-pointer:/blocks/0/alt_text]",
        ),
    ],
)
def test_what_is_beyond_a_limit_is_named_with_its_place(blocks: list[Any], where: str) -> None:
    """Slack says invalid_blocks, and points at the member."""
    word, places = refusal_of({"blocks": blocks})
    assert word == "invalid_blocks"
    assert any(where in place for place in places), places


def test_blocks_within_attachments_are_judged_too() -> None:
    """Colour bars are made of attachments; their blocks have the same limits, and their ids count."""
    message = {"attachments": [{"blocks": [_section("x" * 3001, block_id="b")]}]}
    assert refusal_of(message)[0] == "invalid_blocks"
    assert block_ids(message) == ["b"]


def test_all_blocks_together_have_a_limit() -> None:
    """Some 13,200 characters; a divider counts as well."""
    blocks = [_section("x" * 2600)] * 5 + [_section("x" * (200 - 6 * BLOCK_OVERHEAD))]
    assert total(blocks) == MAX_TOTAL
    assert refusal_of({"blocks": blocks})[0] == ""
    assert refusal_of({"blocks": [*blocks, DIVIDER]})[0] == "msg_blocks_too_long"


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ({}, "no_text"),
        ({"text": ""}, "no_text"),
        ({"text": "x" * 40_000}, ""),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "x", "blocks": {}}, ""),
        ({"blocks": {"type": "divider"}}, "invalid_blocks_format"),
    ],
)
def test_a_message_needs_text_or_blocks(message: dict[str, Any], word: str) -> None:
    """And its text a limit of its own."""
    assert refusal_of(message)[0] == word


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "fields", "elements", "accessory", "block_id", "blocks"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["text", "blocks", "attachments"]), JSON, max_size=3))
def test_no_payload_breaks_the_rules_themselves(message: dict[str, Any]) -> None:
    """Whatever arrives gets an answer."""
    word, places = refusal_of(message)
    assert word or not places


@given(st.text())
def test_length_is_never_less_than_the_characters(text: str) -> None:
    """The stricter reading of what Slack counts."""
    assert units(text) >= len(text)
