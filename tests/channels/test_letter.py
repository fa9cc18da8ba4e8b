"""The e-mail says all there is to know, and its subject sorts."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from jobherald import catalog
from jobherald.channels.letter import SUBJECT_LIMIT, body_of, subject_of
from jobherald.channels.message import to_message
from jobherald.model import Alert, Change
from tests.fakes.news import (
    ATTACK,
    BLIND,
    CANARY,
    FAILED,
    LATE,
    PARTIAL,
    PROJECT,
    REFUSED,
    SUCCEEDED,
    TASK_FAILED,
    TASK_STOPPED,
    TASK_SUCCEEDED,
    news,
)


@given(news)
def test_every_subject_is_one_that_sns_takes(one: Change | Alert) -> None:
    """Printable ASCII on one line, under 100 characters, beginning with a letter, number or punctuation mark."""
    subject = subject_of(one)

    assert 0 < len(subject) <= SUBJECT_LIMIT
    assert subject.isascii()
    assert subject.isprintable()
    assert not subject[0].isspace()


@given(news)
def test_every_letter_can_be_sent_and_names_its_news(one: Change | Alert) -> None:
    """Whatever comes from outside, the letter is UTF-8 without control characters."""
    letter = body_of(to_message(one), one)

    letter.encode("utf-8")
    assert all(char.isprintable() or char in "\n\t" or char.isspace() or ord(char) > 0x9F for char in letter)


def test_subjects_of_a_failure_and_an_alert() -> None:
    """The state comes first, then which job, what it is and where."""
    assert subject_of(FAILED) == "[failed] moderation-nightly: Rekognition media analysis job, eu-west-1"
    assert subject_of(BLIND) == "[warning] Cannot see Rekognition media analysis jobs in eu-west-1"


def test_a_subject_keeps_what_and_where_beside_a_long_name() -> None:
    """The name is cut, not what follows it."""
    subject = subject_of(replace(FAILED, name="n" * 300))

    assert subject.endswith("...: Rekognition media analysis job, eu-west-1")


def test_a_letter_about_a_failure() -> None:
    """What, where, when, why and what to do, in lines of their own."""
    assert body_of(to_message(FAILED), FAILED) == (
        "moderation-nightly failed after 41 min.\n"
        "\n"
        "What      Rekognition media analysis job\n"
        "Where     eu-west-1, account 111122223333\n"
        "Status    FAILED\n"
        "Created   2026-11-22 08:46 UTC\n"
        "Ended     2026-11-22 09:27 UTC\n"
        "Reason    INVALID_MANIFEST\n"
        "          Line 17 of the manifest is not a JSON object.\n"
        "Next      The input manifest is not valid. Every line must be a JSON object whose source-ref is an image"
        " in S3.\n"
        "Console   https://console.aws.amazon.com/rekognition/home?region=eu-west-1#/bulk-analysis\n"
        "\n"
        "jobherald, rekognition.media_analysis/111122223333/eu-west-1:3f6c5b1e0d3f4d0b9d2a5c8e7f6a1b2c#3\n"
    )


def test_a_letter_about_a_task_that_failed_in_a_step() -> None:
    """A project instead of an account, a status that is a number, and no duration from a time in no time zone."""
    step = catalog.load("modelarts.auto_labeling").advice_by_code["ModelArts.4909"]

    assert body_of(to_message(TASK_FAILED), TASK_FAILED) == (
        "auto-label-signs failed.\n"
        "\n"
        "What      ModelArts auto labeling task\n"
        f"Where     cn-north-4, project {PROJECT}, dataset g6IO9qSu6hoxwCAirfm\n"
        "Status    failed (2)\n"
        "Progress  60 % done, 30 of 49 annotated, 12 to confirm\n"
        "Created   2026-11-22 08:46 UTC (the service names no time zone)\n"
        "Ended     by 2026-11-22 09:31 UTC\n"
        "Reason    ModelArts.4909\n"
        "          Failed to execute the training job.\n"
        "          Failed step: train \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} evaluate (ModelArts.4909):"
        " accuracy too low\n"
        f"Next      {step}\n"
        "Console   https://console.huaweicloud.com/modelarts/?region=cn-north-4\n"
        "\n"
        f"jobherald, modelarts.auto_labeling/{PROJECT}/cn-north-4/g6IO9qSu6hoxwCAirfm:xUCRVTxBgIj2Rpp3qpG#4\n"
    )


def test_a_letter_says_where_results_in_another_cloud_are() -> None:
    """As the service writes it."""
    assert f"Output    {TASK_SUCCEEDED.output}\n" in body_of(to_message(TASK_SUCCEEDED), TASK_SUCCEEDED)


def test_an_end_that_only_an_answer_showed_came_before_it() -> None:
    """By then it had ended; a service that says when is repeated."""
    assert "Ended     by 2026-11-22 09:31 UTC\n" in body_of(to_message(TASK_STOPPED), TASK_STOPPED)
    assert "Ended     2026-11-22 11:00 UTC\n" in body_of(to_message(SUCCEEDED), SUCCEEDED)


def test_a_letter_about_a_refused_credential() -> None:
    """What was refused, what is blind because of it, and what to do, without a place that it would be about."""
    assert subject_of(REFUSED) == "[error] Huawei Cloud refuses the credential"
    assert body_of(to_message(REFUSED), REFUSED) == (
        f"{REFUSED.text}\n"
        "\n"
        "When      2026-11-22 08:46 UTC\n"
        "Severity  error\n"
        f"Next      {REFUSED.next_step}\n"
        "\n"
        "jobherald, credential/huaweicloud!credential_refused#1\n"
    )


def test_a_letter_counts_the_work() -> None:
    """Counters come as a sentence."""
    assert "Progress  380 of 400 objects labeled, 20 failed\n" in body_of(to_message(PARTIAL), PARTIAL)


def test_a_letter_says_where_the_results_are() -> None:
    """Where there are any: a job that failed has none, though it names the place."""
    done = replace(PARTIAL, output="s3://labels/out/")
    failed = replace(FAILED, output="s3://labels/out/")

    assert "Output    s3://labels/out/\n" in body_of(to_message(done), done)
    assert "Output" not in body_of(to_message(failed), failed)


def test_a_letter_that_comes_late_says_why() -> None:
    """Whoever reads of an end that is long past has to know that nobody could see it."""
    letter = body_of(to_message(LATE), LATE)
    assert "Late      this place could not be seen from 2026-11-22 09:02 to 09:28 UTC\n" in letter
    assert "Late" not in body_of(to_message(FAILED), FAILED)


def test_the_daily_letter_is_short() -> None:
    """Its subject alone says what it is, and filters it out."""
    assert subject_of(CANARY) == "[info] jobherald is running"
    assert body_of(to_message(CANARY), CANARY).startswith(
        "jobherald is well: watching 3 places, 41 jobs open.\n"
    )


def test_a_letter_about_a_blind_place() -> None:
    """An alert says what is so and what to do."""
    letter = body_of(to_message(BLIND), BLIND)

    assert letter.startswith(f"{BLIND.text}\n\nWhere     eu-west-1, account 111122223333\n")
    assert f"Next      {BLIND.next_step}\n" in letter


def test_a_name_cannot_add_lines_to_a_letter() -> None:
    """A name with line ends stays on its line: it cannot pretend to be another row."""
    letter = body_of(to_message(FAILED), replace(FAILED, name=f"a\nConsole   https://evil.example {ATTACK}"))

    assert letter.count("\nConsole") == 1
