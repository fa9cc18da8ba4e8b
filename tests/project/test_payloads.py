"""The payloads of `sam local invoke`, and what is expected of them on the cloud of jobherald.local."""

from __future__ import annotations

from scripts import sam_local_invoke


def test_every_payload_has_an_effect_and_every_effect_a_payload() -> None:
    names = {name for _, name, _ in sam_local_invoke.cases()}
    assert set(sam_local_invoke.EFFECTS) <= names
    assert set(sam_local_invoke.PREPARATIONS) <= names


def test_a_tick_is_expected_to_queue_a_poll_of_every_source_that_is_watched() -> None:
    (tick,) = [path for _, name, path in sam_local_invoke.cases() if name == "schedule/tick"]
    expected = sam_local_invoke.answer_to(tick)
    assert expected["places"] == expected["queued"] == len(sam_local_invoke.SOURCES)
