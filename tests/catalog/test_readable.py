"""Ids of what jobs are listed below, as people read them."""

from __future__ import annotations

import pytest

from jobherald.catalog.nested import joined, readable

WITHIN = " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} "


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
