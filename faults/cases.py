"""The catalogue of ways in which such a system breaks, what happens here in each, and the tests that show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

_FOLDER: Final = PurePosixPath("tests/faults")


@dataclass(frozen=True, slots=True)
class Case:
    """One way to break. ``promise`` is what happens then, in one sentence; ``tests`` are pytest's ids of functions."""

    number: int
    title: str
    promise: str
    tests: tuple[str, ...]


def _case(number: int, title: str, promise: str, module: str, tests: Sequence[str]) -> Case:
    path = _FOLDER / f"test_cases_{module}.py"
    return Case(number, title, promise, tuple(f"{path}::test_case_{number:02}_{name}" for name in tests))


CASES: Final = (
    _case(
        1,
        "A crash between telling and recording",
        "Wherever a function dies, or a call stays without an answer, nothing is lost; what was told and not yet recorded is"
        " told once more.",
        "telling",
        ["a_crash_before_or_after_any_write_or_post_loses_nothing"],
    ),
    _case(
        2,
        "Answers and events out of order, repeated or late",
        "Every order of the same observations ends in the same job, and its last state is told once; an event is only a hint"
        " to look.",
        "deciding",
        [
            "every_order_of_up_to_five_observations_ends_the_same",
            "events_in_any_order_twice_and_late_tell_each_outcome_once",
        ],
    ),
    _case(
        3,
        "Page tokens that go round, expire, or come with empty pages",
        "A poll ends within its 40 pages: a token that comes again ends the listing as trouble of the place, one that expired"
        " begins it anew, and empty pages are walked through over several polls.",
        "listing",
        [
            "tokens_that_go_round_end_the_poll_and_are_said_once",
            "a_hundred_empty_pages_are_walked_through",
            "a_token_that_expired_begins_the_list_again",
        ],
    ),
    _case(
        4,
        "The list moves while it is listed",
        "A job that appears or vanishes between two pages costs no other its news, and none is called gone without a look at"
        " it; only in a list without times one that the first look missed passes for new.",
        "listing",
        ["a_list_that_moves_between_two_pages_loses_nothing"],
    ),
    _case(
        5,
        "Answers that are behind",
        "What a list shows late is told all the same, as long as it is not later than listings overlap: five minutes.",
        "listing",
        ["what_lists_show_late_is_told_whatever_the_lags", "beyond_the_overlap_a_job_may_be_missed"],
    ),
    _case(
        6,
        "A status that nobody knows, members that are missing or new",
        "The job is kept and watched, the operators are told the word once, and nothing else of the place is harmed.",
        "deciding",
        ["an_unknown_word_and_members_that_are_missing_or_new_harm_nothing"],
    ),
    _case(
        7,
        "A job that its service no longer knows",
        "One that was open is looked up and told as gone, once, within ten minutes and a poll; one that had ended is not.",
        "deciding",
        ["a_job_that_its_service_no_longer_knows_is_told_as_gone_once", "in_whatever_open_state_it_was"],
    ),
    _case(
        8,
        "Throttling",
        "Any single call may be throttled, of any service, and everything is told within three minutes; a place that is"
        " throttled for longer waits for as long as that lasted, at most 15 minutes, and then goes on where it was.",
        "listing",
        [
            "throttled_at_any_call_everything_is_told_within_three_ticks",
            "after_a_throttle_of_some_ticks_the_place_goes_on_within_three",
        ],
    ),
    _case(
        9,
        "One region or service is denied, off, or failing",
        "Of every other place the messages are the same, to the letter; this one says once that it is blind and once that it"
        " sees again.",
        "running",
        ["a_place_that_is_refused_harms_no_other"],
    ),
    _case(
        10,
        "One bad record among good ones",
        "The others are told within a minute; the bad one becomes a dead letter that names it, and is told as soon as it is"
        " mended.",
        "telling",
        [
            "of_ten_records_with_a_bad_one_nine_are_told",
            "a_message_that_is_none_becomes_a_dead_letter_and_harms_no_other",
        ],
    ),
    _case(
        11,
        "Slack is too busy, fails, does not answer, is gone, or refuses a message",
        "The news waits in its queue, not shorter than Retry-After says, and is posted; refused blocks become plain text, and"
        " what is refused even so is put aside with the reason.",
        "telling",
        ["whatever_slack_answers_the_news_is_posted_and_not_before_it_may_be"],
    ),
    _case(
        12,
        "Texts without end",
        "Every message is within the limits of SNS, Slack and the table, whatever a reason or a name holds.",
        "telling",
        ["whatever_the_length_every_message_is_within_the_limits"],
    ),
    _case(
        13,
        "A flood",
        "A thousand jobs that had ended before the first look are one line; many changes at once are told in few posts, each"
        " named once.",
        "telling",
        [
            "a_thousand_finished_jobs_before_the_first_look_are_one_line",
            "more_changes_than_are_read_one_by_one_are_told_in_digests",
        ],
    ),
    _case(
        14,
        "Two at once",
        "Two polls, or a poll and a look, over the same jobs make one change each, and two that have the same message for Slack"
        " post it once, however their calls interleave.",
        "running",
        [
            "two_that_poll_at_once_make_one_change",
            "a_job_that_ends_while_its_start_is_told_is_told_too",
            "two_that_tell_slack_at_once_post_once",
        ],
    ),
    _case(
        15,
        "Half of a batch fails",
        "Only what SNS or the table did not take is sent again.",
        "telling",
        ["of_a_batch_only_what_failed_is_sent_again", "what_the_table_left_undone_is_asked_for_again"],
    ),
    _case(
        16,
        "No time is left in the middle of the pages",
        "A poll begins no call that it may not finish and leaves its page token to the next one; stopped in the middle of a"
        " call it loses nothing either.",
        "listing",
        [
            "a_poll_that_is_stopped_at_any_call_loses_nothing",
            "a_poll_whose_time_runs_out_stops_before_the_next_page",
            "slow_answers_only_make_it_take_more_polls",
        ],
    ),
    _case(
        17,
        "Items are deleted, by TTL or by hand",
        "Nobody is told: the stream's filter holds such records back, and they are no news where they come through.",
        "telling",
        ["what_is_deleted_from_the_table_is_not_told"],
    ),
    _case(
        18,
        "The stream is away for more than a day",
        "What was owed meanwhile is told within three minutes of its return, though the stream has forgotten it.",
        "telling",
        ["after_a_day_without_the_stream_everything_is_told"],
    ),
    _case(
        19,
        "A configuration that cannot be used",
        "The last good one stays in force, or without one the deployment's own, and the operators are told once.",
        "running",
        [
            "with_any_document_that_cannot_be_used_the_last_good_one_stays_in_force",
            "without_any_good_document_the_deployments_own_places_are_watched",
        ],
    ),
    _case(
        20,
        "The table is restored from an older state, or empty",
        "Nothing is lost that is still listed: news told after that state is told once more, under ids that may have been"
        " given before, and older news is not; an empty table begins with a silent first look.",
        "running",
        [
            "a_restored_table_repeats_what_it_cannot_know_and_nothing_else",
            "an_empty_table_begins_with_a_silent_first_look",
        ],
    ),
    _case(
        21,
        "A finished job is listed for longer than it is remembered",
        "It is not told again: its creation time shows that it is old, and where a list has no times its record is kept for as"
        " long as it is listed.",
        "listing",
        ["a_finished_job_that_is_forgotten_but_still_listed_is_not_told_again"],
    ),
    _case(
        22,
        "A job is shorter than the interval",
        "Its outcome is told once, in every kind of list, whenever between two polls it lived.",
        "listing",
        [
            "a_job_shorter_than_the_interval_is_told_once",
            "a_single_short_job_is_told_whenever_it_lives",
        ],
    ),
    _case(
        23,
        "A first look that takes several polls",
        "What begins or ends meanwhile is told, what had ended before is not; where a service says no times, or times without"
        " their zone, it is told of what an answer showed open.",
        "listing",
        ["a_first_look_of_several_polls_tells_what_happens_meanwhile_and_nothing_else"],
    ),
)
