"""What Slack shows reads well, is never too long, and holds nothing from outside that Slack would obey."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobherald import catalog
from jobherald.channels import blocks
from jobherald.channels.text import anchor, unescape, units
from jobherald.model import Alert, AlertKind, Change, JobKey, State, Story
from tests.fakes.news import (
    ATTACK,
    BLIND,
    FAILED,
    MEDIA,
    PARTIAL,
    PROJECT,
    REFUSED,
    RUNNING,
    SUCCEEDED,
    TAKEN,
    TASK_FAILED,
    TASK_RUNNING,
    TASK_STOPPED,
    TASK_SUCCEEDED,
    WATCHING,
    changes,
    labeling_key,
    many,
    news,
    stories,
    story_of,
)

told = news.flatmap(
    lambda one: st.tuples(st.just(one), stories(one) if isinstance(one, Change) else st.none())
)
# Claims keep the same news from being in a batch twice.
batches = st.lists(told, min_size=1, max_size=12, unique_by=lambda pair: pair[0].id)
# The only things in angle brackets: a date of ours, and a link of ours to a console.
OURS = re.compile(
    r"<!date\^\d+\^\{date_short_pretty\} at \{time\}\|\d{4}-\d\d-\d\d \d\d:\d\d UTC>"
    r"|<https://console\.(aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com|huaweicloud\.com)/[^<>|\s`]*\|(Open in console|Open|Output)>"
)


def text_objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value
        for inner in value.values():
            yield from text_objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from text_objects(inner)


def shown(rendered: dict[str, Any]) -> list[str]:
    """What a reader sees, block by block."""
    return [unescape(one["text"]) for one in text_objects(rendered["blocks"])]


@given(batches)
def test_nothing_from_outside_is_obeyed(batch: list[tuple[Change | Alert, Story | None]]) -> None:
    """No angle bracket but in links and dates of ours; formatting is off, or code, wherever outside text stands."""
    rendered = blocks.render(batch)

    for one in [
        *text_objects(rendered["blocks"]),
        {"text": rendered["text"]},
        {"text": blocks.text_only(batch)},
    ]:
        bare = OURS.sub("", one["text"])
        assert not set("<>") & set(bare)
        assert not re.search("&(?!(amp|lt|gt);)", bare)
        if one.get("type") == "plain_text":
            assert one["emoji"] is False
            continue
        assert one.get("verbatim", True) is True
        outside_code = re.sub(r"```\n[^`]*\n```|`[^`\n]+`", "", bare)
        assert "`" not in outside_code
        assert "~" not in outside_code
        assert set(re.findall(r"\*[^*]*\*", outside_code)) <= {"*Next:*"}
        assert not re.search(r"(?<!\w)_|_(?!\w)", outside_code)


@given(batches)
def test_one_message_keeps_to_every_limit(batch: list[tuple[Change | Alert, Story | None]]) -> None:
    """What ``fits`` says goes into one message does: blocks, texts, ids and the message as a whole."""
    taken = batch[: blocks.fits(batch)]
    rendered = blocks.render(taken)

    assert taken
    assert len(rendered["blocks"]) <= 50
    assert blocks.total_units(rendered["blocks"]) <= 12_000
    assert 0 < units(rendered["text"]) <= 4000 + 20
    for block in rendered["blocks"]:
        assert len(block.get("block_id", "")) <= 255
        for one in text_objects(block):
            assert 0 < units(one["text"]) <= (150 if block["type"] == "header" else 3000)


@given(batches)
def test_every_piece_of_news_is_anchored(batch: list[tuple[Change | Alert, Story | None]]) -> None:
    """Each id is the anchor of a block, in the order in which the text names them."""
    rendered = blocks.render(batch)

    anchors = [block["block_id"] for block in rendered["blocks"] if "block_id" in block]
    assert sorted(anchors) == sorted(anchor(one.id) for one, _ in batch)


def test_a_start() -> None:
    """A job that started: what, where, since when, how far, and a link."""
    date = "<!date^1795337340^{date_short_pretty} at {time}|2026-11-22 08:49 UTC>"
    page = "https://console.aws.amazon.com/sagemaker/groundtruth?region=us-east-1#/labeling-jobs/details/cats-batch-7"

    assert shown(blocks.render([(RUNNING, story_of(RUNNING))])) == [
        "▶️ cats-batch-7 is running",
        f"Ground Truth labeling job · us-east-1 · 111122223333 · {date}",
        "16 of 400 objects labeled, 16 human (4 %)",
        f"<{page}|Open in console>",
    ]


def test_a_failure() -> None:
    """A job that failed: how long it took, the code, the reason as it is, and what to do."""
    date = "<!date^1795339620^{date_short_pretty} at {time}|2026-11-22 09:27 UTC>"
    page = "https://console.aws.amazon.com/rekognition/home?region=eu-west-1#/bulk-analysis"
    step = catalog.load("rekognition.media_analysis").advice_by_code["INVALID_MANIFEST"]

    assert shown(blocks.render([(FAILED, story_of(FAILED))])) == [
        "❌ moderation-nightly failed after 41 min",
        f"Rekognition media analysis job · eu-west-1 · 111122223333 · {date}",
        "`INVALID_MANIFEST`\n```\nLine 17 of the manifest is not a JSON object.\n```",
        f"*Next:* {step}\n<{page}|Open in console>",
    ]


def test_a_success_links_to_its_output() -> None:
    """What people want after a success is its result."""
    last = shown(blocks.render([(SUCCEEDED, story_of(SUCCEEDED))]))[-1]

    assert last.endswith(
        " · <https://console.aws.amazon.com/s3/object/labels?region=us-east-1"
        "&prefix=cats-batch-7%2Fmanifests%2Foutput%2Foutput.manifest|Output>"
    )


def test_a_success_without_its_story_links_to_the_output_that_the_change_names() -> None:
    """The change knows where the results are, also after the job's details are forgotten."""
    change = replace(SUCCEEDED, output="s3://labels/out/")
    page = "https://console.aws.amazon.com/s3/buckets/labels?region=us-east-1&prefix=out%2F"

    assert shown(blocks.render([(change, None)]))[-1].endswith(f" · <{page}|Output>")
    assert "Output" not in shown(blocks.render([(replace(change, state=State.FAILED), None)]))[-1]


def test_a_partial_success_counts_what_failed() -> None:
    """Finished with failures says how many, and what to do about them."""
    header, _, facts, foot = shown(blocks.render([(PARTIAL, None)]))

    assert header == "⚠️ cats-batch-7 finished with failures after 2 h 14 min"
    assert facts == "380 of 400 objects labeled, 20 failed"
    assert foot.startswith("*Next:* Some objects could not be labeled.")


def test_news_that_comes_late_says_what_happened_since() -> None:
    """A start told after an outage, when the job has ended already, does not pretend that it still runs."""
    assert (
        "Since then it succeeded."
        in blocks.render([(RUNNING, story_of(RUNNING, now=State.SUCCEEDED))])["blocks"][2]["text"]["text"]
    )


def test_a_job_without_a_name_is_called_by_its_id() -> None:
    """Media analysis jobs need no name."""
    assert blocks.render([(replace(FAILED, name=""), None)])["text"].startswith(
        "❌ `3f6c5b1e0d3f4d0b9d2a5c8e7f6a1b2c` failed"
    )


def test_watching_is_one_quiet_line() -> None:
    """The first look makes no headline."""
    rendered = blocks.render([(WATCHING, None)])

    assert [block["type"] for block in rendered["blocks"]] == ["section", "context"]
    assert shown(rendered)[0] == "👀 Watching 312 Ground Truth labeling jobs in us-east-1, 20 running."
    assert rendered["text"] == "👀 `Watching 312 Ground Truth labeling jobs in us-east-1, 20 running.`"


def test_a_blind_place_says_what_to_do() -> None:
    """An alert: what is so, and the remedy."""
    assert shown(blocks.render([(BLIND, None)]))[:3] == [
        "🙈 Cannot see Rekognition media analysis jobs in eu-west-1",
        BLIND.text,
        f"Next: {BLIND.next_step}",
    ]


def test_a_task_that_started() -> None:
    """A project and the dataset that it lies in stand where an account would; the percentage is the service's own."""
    date = "<!date^1795337400^{date_short_pretty} at {time}|2026-11-22 08:50 UTC>"

    assert shown(blocks.render([(TASK_RUNNING, story_of(TASK_RUNNING))])) == [
        "▶️ auto-label-signs is running",
        f"ModelArts auto labeling task · cn-north-4 · {PROJECT} · dataset `g6IO9qSu6hoxwCAirfm` · {date}",
        "10 % done, 30 of 49 annotated, 12 to confirm",
        "<https://console.huaweicloud.com/modelarts/?region=cn-north-4|Open in console>",
    ]


def test_a_task_that_failed_in_a_step() -> None:
    """How long it was seen running, the code, the reason with the step that failed, and what to do."""
    header, _, why, foot = shown(blocks.render([(TASK_FAILED, story_of(TASK_FAILED, TASK_RUNNING))]))

    assert header == "❌ auto-label-signs failed, seen running for 41 min"
    assert why == (
        f"60 % done, 30 of 49 annotated, 12 to confirm\n`ModelArts.4909`\n```\n{TASK_FAILED.reason}\n```"
    )
    assert foot.startswith(
        f"*Next:* {catalog.load('modelarts.auto_labeling').advice_by_code['ModelArts.4909']}\n"
    )


def test_the_results_of_a_task_are_named_and_not_linked() -> None:
    """They lie in OBS, for which a link to S3 would lead nowhere."""
    last = shown(blocks.render([(TASK_SUCCEEDED, None)]))[-1]

    assert last.endswith(f"|Open in console> · Output `{TASK_SUCCEEDED.output}`")


def test_a_task_that_was_stopped() -> None:
    """What was done until then, and where it is."""
    header, _, facts, foot = shown(blocks.render([(TASK_STOPPED, None)]))

    assert (header, facts) == (
        "⏹️ auto-label-signs was stopped",
        "40 % done, 30 of 49 annotated, 12 to confirm",
    )
    assert foot.startswith("*Next:* Somebody stopped it.")


def test_a_refused_credential_says_what_is_blind_and_what_to_do() -> None:
    """One headline, the places in the text, the remedy, and when."""
    rendered = blocks.render([(REFUSED, None)])

    assert shown(rendered) == [
        "🔒 Huawei Cloud refuses the credential",
        REFUSED.text,
        f"Next: {REFUSED.next_step}",
        "<!date^1795337160^{date_short_pretty} at {time}|2026-11-22 08:46 UTC>",
    ]
    assert rendered["text"].startswith("🔒 Huawei Cloud refuses the credential: `")
    assert shown(blocks.render([(TAKEN, None)]))[:2] == [
        "🔑 Huawei Cloud takes the credential again",
        TAKEN.text,
    ]


def test_a_digest_of_several_clouds_says_of_each_where_it_is() -> None:
    """The refused credential first, then the failures; a job below a dataset names it."""
    rendered = blocks.render(
        [(TASK_FAILED, story_of(TASK_FAILED, TASK_RUNNING)), (RUNNING, None), (REFUSED, None)]
    )
    summary, refused, _, failed, small, *_ = shown(rendered)

    assert summary == "❌ 1 failed, 1 running, 1 notice"
    assert refused == f"🔒 {REFUSED.text}"
    assert failed == (
        "❌ `auto-label-signs` failed, seen running for 41 min"
        " · <https://console.huaweicloud.com/modelarts/?region=cn-north-4|Open>"
    )
    assert small.startswith(
        f"ModelArts auto labeling task · cn-north-4 · {PROJECT} · dataset g6IO9qSu6hoxwCAirfm"
        " · 60 % done, 30 of 49 annotated\nModelArts.4909: Failed to execute the training job. Failed step: train"
    )


@pytest.mark.parametrize("kind", AlertKind)
@pytest.mark.parametrize("place", [None, MEDIA])
def test_every_alert_has_words(kind: AlertKind, place: Any) -> None:
    """No kind of alert, with a place or without, is told without a line."""
    assert blocks.render([(replace(BLIND, kind=kind, place=place), None)])["text"]


def test_a_digest_names_each_and_begins_with_the_failures() -> None:
    """Eight pieces of news in one message: a count, then each in a block of its own, failures first."""
    batch: list[tuple[Change | Alert, Story | None]] = [
        (SUCCEEDED, None),
        *((replace(RUNNING, key=labeling_key(f"birds-{n}"), name=f"birds-{n}"), None) for n in range(3)),
        (FAILED, None),
        (replace(PARTIAL, key=labeling_key("dogs"), name="dogs"), None),
        (WATCHING, None),
        (replace(FAILED, key=JobKey(MEDIA, "other"), name="other"), None),
    ]

    rendered = blocks.render(batch)
    named = [block["text"]["text"] for block in rendered["blocks"] if "block_id" in block]
    names = [re.findall("`([^`]+)`|(👀)", text)[0] for text in named]

    assert shown(rendered)[0] == "❌ 2 failed, 1 finished with failures, 1 succeeded, 3 running, 1 notice"
    assert ["".join(name) for name in names] == [
        "moderation-nightly",
        "other",
        "dogs",
        "cats-batch-7",
        "birds-0",
        "birds-1",
        "birds-2",
        "👀",
    ]
    assert rendered["text"].count("\n") == 8


def test_a_digest_says_what_to_do_once() -> None:
    """The same remedy for three jobs is read once."""
    rendered = blocks.render([(change, None) for change in many(3)])

    assert sum(text.count("Next:") for text in shown(rendered)) == 1


def test_a_digest_of_one_place_says_the_place_once() -> None:
    """Where everything happened in one place, that stands below the headline and nowhere else."""
    rendered = blocks.render([(change, None) for change in many(3)])

    assert sum(text.count("111122223333") for text in shown(rendered)) == 1


def test_small_print_below_a_line_of_a_digest() -> None:
    """Where, how far, since when it has moved on, why and what to do, in plain lines."""
    small = [
        block["elements"][0]["text"]
        for block in blocks.render(
            [(FAILED, None), (RUNNING, story_of(RUNNING, now=State.PARTIAL)), (WATCHING, None)]
        )["blocks"]
        if block["type"] == "context"
    ]

    step = catalog.load("rekognition.media_analysis").advice_by_code["INVALID_MANIFEST"]
    why = "INVALID_MANIFEST: Line 17 of the manifest is not a JSON object."
    counted = "16 of 400 objects labeled (4 %)"
    assert small == [
        f"Rekognition media analysis job · eu-west-1\n{why}\nNext: {step}",
        f"Ground Truth labeling job · us-east-1 · {counted} · since then it finished with failures",
    ]


def test_too_much_for_one_message_is_split() -> None:
    """Forty failures with long reasons do not fit into one message; what fits is within the limit, and most of it."""
    batch: list[tuple[Change | Alert, Story | None]] = [(change, None) for change in many(60)]

    count = blocks.fits(batch)

    assert 10 <= count < 50
    assert blocks.fits(batch[:10]) == 10
    assert blocks.fits([]) == 0


def test_length_limits_a_message_before_the_number_of_blocks_does() -> None:
    """With long names, links and reasons the sum over all blocks is what ends a message."""
    batch: list[tuple[Change | Alert, Story | None]] = []
    for number, one in enumerate(many(49)):
        name = f"{number:02}-{'n' * 60}"
        key = replace(labeling_key(name), place=replace(MEDIA, parent=name))
        batch.append((replace(one, key=key, name=name, reason="&" * 500), None))

    count = blocks.fits(batch)
    fitting, too_long = blocks.render(batch[:count])["blocks"], blocks.render(batch[: count + 1])["blocks"]

    assert blocks.total_units(fitting) <= 12_000 < blocks.total_units(too_long)
    assert len(too_long) <= 50


def flood(count: int) -> list[tuple[Change | Alert, Story | None]]:
    """So many jobs of one place that run, have succeeded, or have finished with failures."""
    changes = [RUNNING, SUCCEEDED, replace(PARTIAL, reason="20 of 400 objects", reason_code="ClientError")]
    return [
        (replace(changes[number % 3], key=labeling_key(f"cats-{number}"), name=f"cats-{number}"), None)
        for number in range(count)
    ]


def test_a_flood_is_a_list_that_names_each() -> None:
    """Forty-seven changes in one message: a line each, with a link, and the reason where there is one."""
    batch = flood(47)
    assert blocks.fits(batch) == 47

    summary, where, *lines = shown(blocks.render(batch, 52.4))

    page = "https://console.aws.amazon.com/sagemaker/groundtruth?region=us-east-1#/labeling-jobs/details"
    assert summary == "47 changes in the last 52 s: 15 finished with failures, 16 succeeded, 16 running"
    assert where == "Ground Truth labeling job · us-east-1 · 111122223333"
    assert len(lines) == 47
    assert lines[0] == (
        f"⚠️ `cats-2` finished with failures after 2 h 14 min · <{page}/cats-2|Open>"
        "\n`ClientError: 20 of 400 objects`"
    )
    assert lines[-1] == f"▶️ `cats-45` is running · <{page}/cats-45|Open>"


def test_a_list_of_several_places_says_of_each_where_it_is() -> None:
    """The region stands in the line; and whether the job has moved on."""
    batch = flood(40)
    batch[0] = (RUNNING, story_of(RUNNING, now=State.SUCCEEDED))
    batch.append((replace(FAILED, state=State.STOPPED, reason=""), None))

    lines = shown(blocks.render(batch))

    assert "|Open> · us-east-1 · since then it succeeded" in "\n".join(lines)
    assert any("`moderation-nightly` was stopped" in line and "|Open> · eu-west-1" in line for line in lines)


@pytest.mark.parametrize(
    ("waited", "summary"),
    [
        (0.0, "❌ 3 failed"),
        (9.9, "❌ 3 failed"),
        (14.2, "❌ 3 failed in the last 14 s"),
        (118.0, "❌ 3 failed in the last 1 min"),
        (6 * 3600.0 + 125, "❌ 3 failed in the last 6 h 2 min"),
    ],
)
def test_a_digest_says_over_how_long_it_was_gathered(waited: float, summary: str) -> None:
    """Where it is worth saying; the notification says it too."""
    rendered = blocks.render([(change, None) for change in many(3)], waited)

    assert shown(rendered)[0] == summary
    assert rendered["text"].startswith(f"{summary}\n")


def test_one_change_alone_says_when_it_was_and_not_how_long_it_waited() -> None:
    """Its date stands below it."""
    assert blocks.render([(FAILED, None)], 52.4) == blocks.render([(FAILED, None)])


crowds = st.lists(told, min_size=1, max_size=3, unique_by=lambda pair: pair[0].id).map(
    lambda few: [
        (replace(one, version=one.version + 10**7 * n), story) for n in range(20) for one, story in few
    ]
)


@settings(max_examples=8)
@given(crowds, st.sampled_from([0.0, 75.0, 1e6]))
def test_a_list_keeps_to_what_a_digest_keeps_to(
    batch: list[tuple[Change | Alert, Story | None]], waited: float
) -> None:
    """Limits, anchors, and nothing from outside that Slack would obey; and no name is left out of the plain text."""
    taken = batch[: blocks.fits(batch)]
    rendered = blocks.render(taken, waited)

    assert len(rendered["blocks"]) <= 50
    assert blocks.total_units(rendered["blocks"]) <= 12_000
    anchors = [block["block_id"] for block in rendered["blocks"] if "block_id" in block]
    assert sorted(anchors) == sorted(anchor(one.id) for one, _ in taken)
    for one in text_objects(rendered["blocks"]):
        assert not set("<>") & set(OURS.sub("", one["text"]))
    assert blocks.text_only(taken).count("\n") == len(taken) - 1


def test_text_only_names_each_with_its_id() -> None:
    """Without blocks the lines and the ids remain."""
    text = blocks.text_only([(FAILED, None), (replace(RUNNING, name=ATTACK), None)])

    assert f"`{FAILED.id}`" in text
    assert f"`{RUNNING.id}`" in text
    assert "<!channel>" not in text
    assert "<!channel>" in unescape(text)


@given(changes)
def test_a_change_renders_the_same_every_time(change: Change) -> None:
    """Rendering is a function of the news alone."""
    assert blocks.render([(change, None)]) == blocks.render([(change, None)])
