"""Text from outside is text: it is shown, and never obeyed."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.channels import text
from tests.fakes.news import ATTACK, texts

limits = st.integers(12, 400)


@given(texts)
def test_escaping_loses_nothing(outside: str) -> None:
    """What a reader sees of escaped text is the text."""
    assert text.unescape(text.escape(outside)) == outside


@given(texts)
def test_escaped_text_holds_no_control_character_of_slack(outside: str) -> None:
    """No ``<`` or ``>`` is left, and every ``&`` begins one of the three entities."""
    escaped = text.escape(outside)

    assert not set("<>") & set(escaped)
    assert not re.search("&(?!(amp|lt|gt);)", escaped)


@given(texts)
def test_clean_text_hides_and_turns_nothing(outside: str) -> None:
    """Control, bidi and zero-width characters are gone, and what is left can be written as UTF-8."""
    cleaned = text.clean(outside)

    cleaned.encode("utf-8")
    assert not any(unicodedata.bidirectional(char) in {"RLO", "LRO", "RLE", "LRE", "PDF"} for char in cleaned)
    assert not any(unicodedata.category(char) == "Cc" and char not in "\n\t" for char in cleaned)


@given(texts, limits)
def test_a_cut_is_never_longer_than_its_limit_and_is_a_beginning(outside: str, limit: int) -> None:
    """Cut text counts at most the limit, and is the beginning of the text and an ellipsis."""
    cut = text.clamp(outside, limit, text.escaped_units)

    assert text.escaped_units(cut) <= limit
    assert cut == outside or outside.startswith(cut.removesuffix(text.ELLIPSIS))


@given(texts)
def test_a_cut_keeps_as_much_as_fits(outside: str) -> None:
    """Text that fits is not cut at all."""
    assert text.clamp(outside, text.units(outside)) == outside


@given(texts, limits)
def test_nothing_ends_a_code_span_early(outside: str, limit: int) -> None:
    """A code span has its two backticks and no other, no line end, and keeps to its limit."""
    span = text.code(outside, limit)

    assert re.fullmatch("`[^`\n]+`", span)
    assert text.units(span) <= limit


@given(texts, limits)
def test_nothing_ends_a_code_block_early(outside: str, limit: int) -> None:
    """A code block has its fences and not one backtick between them, and keeps to its limit."""
    block = text.fence(outside, limit)

    assert re.fullmatch("```\n[^`]+\n```", block)
    assert text.units(block) <= limit


@given(texts, limits)
def test_inert_words_format_nothing(outside: str, limit: int) -> None:
    """What Slack formats by is gone from the edges of words, where alone Slack formats."""
    word = text.inert(outside, limit)

    assert not re.search(r"[*~`]|(?<!\w)_|_(?!\w)", word)
    assert "<" not in word
    assert text.units(word) <= limit


def test_what_a_reader_sees_of_an_attack() -> None:
    """The characters of an attack stay readable, but for those that cannot be shown safely."""
    assert text.unescape(text.code(ATTACK, 500)) == (
        "`<!channel> <@U0123> <#C0123> <https://evil.example|the console> *bold* _it_ ~gone~"
        " 'code' ''' fence''' &amp; :skull: txt`"
    ).replace("'", "\N{MODIFIER LETTER GRAVE ACCENT}")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (8040, "2 h 14 min"),
        (86400, "1 d"),
        (3 * 86400 + 4 * 3600 + 59, "3 d 4 h"),
    ],
)
def test_durations_in_two_units(seconds: float, words: str) -> None:
    """A duration is told in its two greatest units."""
    assert text.duration(seconds) == words


def test_a_short_id_is_its_own_anchor() -> None:
    """An anchor is the id itself wherever Slack lets it be."""
    assert text.anchor("place:job#1") == "place:job#1"
    assert text.anchor("x" * 255) == "x" * 255


@given(st.text(min_size=256, max_size=600), st.text(min_size=256, max_size=600))
def test_long_ids_have_anchors_of_their_own(one: str, other: str) -> None:
    """A long id's anchor fits, is always the same, and is nobody else's."""
    assert text.units(text.anchor(one)) <= text.ANCHOR_LIMIT
    assert text.anchor(one) == text.anchor(one)
    assert (text.anchor(one) == text.anchor(other)) == (one == other)


def test_an_ascii_line_has_no_line_end_and_no_other_letter() -> None:
    """A subject keeps what ASCII has, and marks what it has not."""
    assert text.ascii_line("Kätzchen\r\nBcc: all", 99) == "K?tzchen Bcc: all"
    assert text.ascii_line("x" * 120, 20) == "x" * 17 + "..."
