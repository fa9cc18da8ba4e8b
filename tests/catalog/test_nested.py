from __future__ import annotations

import pytest

from jobherald.catalog.nested import apart, job_below, joined, readable

WITHIN = " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} "


@pytest.mark.parametrize("above", ["index", "a/b", "a%2Fb", "arn:aws:x:y/z%"])
@pytest.mark.parametrize("parent", ["data", "main/feature", ""])
def test_the_ids_of_two_levels_can_be_told_apart(above: str, parent: str) -> None:
    """Whatever stands in the first; the second may have slashes."""
    assert apart(joined(above, parent)) == (above, parent)


@pytest.mark.parametrize(
    ("written", "levels", "expected"),
    [
        ("queue/job", 1, ("queue", "job")),
        ("queue/job/2", 1, ("queue", "job/2")),
        ("arn:queue%2Fhigh/job", 1, ("arn:queue/high", "job")),
        ("half%252Fdone/job", 1, ("half%2Fdone", "job")),
        ("app/branch/7", 2, ("app/branch", "7")),
        ("app/main%2Ffeature/7", 2, ("app/main/feature", "7")),
        ("a%2Fb/branch/7/8", 2, ("a%2Fb/branch", "7/8")),
        ("domain%2Fproject/source/run", 3, ("domain%2Fproject/source", "run")),
        ("/job", 1, ("", "job")),
        ("job", 1, None),
        ("branch/7", 2, None),
    ],
)
def test_a_job_is_named_with_what_it_lies_below(
    written: str, levels: int, expected: tuple[str, str] | None
) -> None:
    """Each level is a part of its own, and only the last may have slashes that are no others' ends."""
    assert job_below(written, levels) == expected


@pytest.mark.parametrize(
    ("parent", "levels", "expected"),
    [
        ("nightly load", 1, "nightly load"),
        ("a/b", 1, "a/b"),
        ("arn:aws:batch:us-east-1:111122223333:job-queue/HighPriority", 1, "HighPriority"),
        ("arn:aws:states:us-east-1:111122223333:stateMachine:orders", 1, "orders"),
        ("arn:aws:rekognition:us-east-1:111122223333:project/cats/1700000000", 1, "cats/1700000000"),
        ("arn:aws:thing", 1, "arn:aws:thing"),
        ("arn:aws:x:us-east-1:111122223333:whole", 1, "whole"),
        (joined("app", "feature/blue"), 2, f"app{WITHIN}feature/blue"),
        (joined("arn:aws:x:us-east-1:111122223333:farm/f1", "q1"), 2, f"f1{WITHIN}q1"),
        (joined(joined("domain", "project"), "source"), 3, f"domain{WITHIN}project{WITHIN}source"),
        ("source", 2, "source"),
    ],
)
def test_a_parent_reads_from_the_outermost_level_on(parent: str, levels: int, expected: str) -> None:
    """Each by its name; what is no ARN stays as it is."""
    assert readable(parent, levels) == expected
