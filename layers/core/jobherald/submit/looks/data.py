"""What lies behind a manifest: the buckets of the objects that it names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from jobherald.submit.arns import S3Object, s3_object_of
from jobherald.submit.looks.eyes import AbsentError, Eyes, UnseenError
from jobherald.submit.looks.s3 import Sample, sample_of

BUCKETS: Final = 3
"""Of how many buckets the objects of a manifest are looked at."""


def objects_of(eyes: Eyes, manifest: S3Object, version: str = "") -> tuple[S3Object, ...]:
    """The first object of each bucket that a manifest names; none where the manifest cannot be seen or read.

    What is wrong with the manifest itself is for the look at it to say.
    """
    try:
        sample = sample_of(eyes, manifest, version)
    except (AbsentError, UnseenError):
        return ()
    first: dict[str, S3Object] = {}
    for _, line in whole_lines(sample):
        found = _source(line)
        if found is not None:
            first.setdefault(found.bucket, found)
            if len(first) == BUCKETS:
                break
    return tuple(first.values())


def whole_lines(sample: Sample) -> Iterator[tuple[int, bytes]]:
    """The lines of which a sample has both ends, each with its first byte's place in the object."""
    for start, piece in sample.pieces:
        at = start
        lines = piece.split(b"\n")
        ends = start + len(piece) == sample.size
        for index, line in enumerate(lines):
            begun, ended = index > 0 or start == 0, index < len(lines) - 1 or (ends and line)
            if begun and ended:
                yield at, line
            at += len(line) + 1


def _source(line: bytes) -> S3Object | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    uri = entry.get("source-ref") if isinstance(entry, dict) else None
    found = s3_object_of(uri) if isinstance(uri, str) else None
    return found if found is not None and found.bucket and found.key else None
