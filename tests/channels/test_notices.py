"""How notices about the watching itself read in Slack: slow, late, and alive."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from jobherald.channels import blocks
from jobherald.channels.words import alert_headline, late_words
from jobherald.model import AlertKind
from tests.fakes.news import ATTACK, BEHIND, CANARY, FAILED, LABELING, LATE, RUNNING, many


def texts(rendered: dict[str, Any]) -> list[str]:
    """Every text of a message, from top to bottom."""
    found = []
    for block in rendered["blocks"]:
        parts = [block["text"]] if "text" in block else block["elements"]
        found += [part["text"] for part in parts]
    return found


class TestLate:
    def test_a_change_that_is_told_late_says_why(self) -> None:
        """In small print below the headline, where the reader looks for when it was."""
        shown = texts(blocks.render([(LATE, None)]))
        assert shown[0].endswith("failed after 41 min")
        assert shown[2] == "⏰ Told late: this place could not be seen from 2026-11-22 09:02 to 09:28 UTC"

    def test_one_that_is_told_in_time_says_nothing(self) -> None:
        """Which is nearly all of them."""
        assert "late" not in " ".join(texts(blocks.render([(FAILED, None)])))

    def test_over_midnight_both_days_are_named(self) -> None:
        """A blindness can last longer than a night."""
        late = replace(LATE, unseen_since=LATE.seen_at - timedelta(days=1))
        assert late_words(late) == (
            "this place could not be seen from 2026-11-21 09:28 to 2026-11-22 09:28 UTC"
        )

    def test_a_digest_says_why_once_for_a_place_and_marks_each(self) -> None:
        """Everything that one look found was late for the same reason."""
        elsewhere = replace(LATE, key=replace(LATE.key, place=LABELING))
        others = [replace(LATE, version=version) for version in (4, 5)]
        shown = " ".join(texts(blocks.render([(one, None) for one in (LATE, *others, elsewhere)])))
        assert shown.count("told late") == 4
        assert shown.count("could not be seen") == 2

    def test_a_list_of_many_marks_each(self) -> None:
        """There is no room for more."""
        late = [replace(one, unseen_since=LATE.unseen_since) for one in many(40)]
        rendered = blocks.render([(one, None) for one in late])
        assert " ".join(texts(rendered)).count("told late") == 40

    def test_a_digest_of_some_that_are_late_names_them(self) -> None:
        """The others were told in time."""
        rendered = blocks.render([(one, None) for one in (LATE, RUNNING, replace(FAILED, version=9))])
        assert " ".join(texts(rendered)).count("told late") == 1


class TestBehind:
    def test_a_place_that_cannot_keep_up_says_so_with_the_lag(self) -> None:
        """The headline is ours, the number is in the first sentence."""
        shown = texts(blocks.render([(BEHIND, None)]))
        assert shown[0] == "🐢 Cannot keep up with Ground Truth labeling jobs in us-east-1"
        assert "31 min ago" in shown[1]
        assert shown[2].startswith("Next: Watch less")

    def test_one_that_keeps_up_again_says_so(self) -> None:
        """In the same words."""
        again = replace(BEHIND, kind=AlertKind.CAUGHT_UP)
        assert alert_headline(again) == "Keeping up with Ground Truth labeling jobs in us-east-1 again"


class TestCanary:
    def test_it_is_one_line_of_small_print(self) -> None:
        """Nobody is to be woken by it; its absence is what says something."""
        rendered = blocks.render([(CANARY, None)])
        (block,) = rendered["blocks"]
        assert block["type"] == "context"
        assert texts(rendered) == ["🐤 jobherald is well: watching 3 places, 41 jobs open."]
        assert rendered["text"] == "🐤 `jobherald is well: watching 3 places, 41 jobs open.`"

    def test_it_cannot_be_made_to_mention_anybody(self) -> None:
        """Its words are ours, but a message in a queue can hold any."""
        (block,) = blocks.render([(replace(CANARY, text=ATTACK), None)])["blocks"]
        assert {part["type"] for part in block["elements"]} == {"plain_text"}
        assert "<!channel>" not in block["elements"][0]["text"]
