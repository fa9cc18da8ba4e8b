"""Objects and buckets in S3, as far as a look needs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, Final, NamedTuple

from jobherald.submit.arns import S3Object, s3_object_of
from jobherald.submit.looks.eyes import DeniedError, Eyes, UnseenError

KIB: Final = 1024
WHOLE: Final = 1024 * KIB
"""Up to so many bytes an object is read whole."""

HEAD: Final = 256 * KIB
RANGE: Final = 32 * KIB
RANGES: Final = 8
"""Of a larger one its first ``HEAD`` bytes are read, ``RANGES`` ranges of ``RANGE`` bytes, and its last ``RANGE``."""

_REGION: Final = "x-amz-bucket-region"


class Sample(NamedTuple):
    """What was read of an object of ``size`` bytes: pieces by their offsets, in order."""

    size: int
    pieces: tuple[tuple[int, bytes], ...]

    @property
    def whole(self) -> bool:
        return sum(len(piece) for _, piece in self.pieces) == self.size


def object_of(uri: str) -> S3Object:
    """The object at an address. Raises UnseenError for one that cannot be looked at."""
    found = s3_object_of(uri)
    if found is None:
        raise UnseenError("the address does not begin with s3://", "write it so to have it looked at")
    if not found.key or found.key.endswith("/"):
        raise UnseenError("the address is that of a bucket or folder", "name the object itself")
    return found


def region_of(eyes: Eyes, bucket: str) -> str:
    """The region of a bucket, which S3 tells everybody. Raises AbsentError, and UnseenError where it did not.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
    """
    try:
        answer = eyes.ask("s3", "HeadBucket", Bucket=bucket)
    except UnseenError as error:
        region = error.headers.get(_REGION, "")
        if not region:
            raise
        return region
    region = answer.get("BucketRegion", "")
    if not region:
        raise UnseenError("S3 did not say where the bucket is", "see for yourself")
    return str(region)


def ask_bucket(eyes: Eyes, operation: str, bucket: str, **parameters: Any) -> Mapping[str, Any]:
    """Ask where the bucket is, so that no call is sent on from one region to another; else in the job's region.

    Raises AbsentError, also where there is no such bucket, and UnseenError.
    """
    try:
        region = region_of(eyes, bucket)
    except UnseenError:
        region = ""
    return eyes.ask("s3", operation, region, Bucket=bucket, **parameters)


def head_of(eyes: Eyes, found: S3Object, version: str = "") -> Mapping[str, Any]:
    """What S3 says of an object, ``ContentLength`` always among it. Raises AbsentError and UnseenError.

    Who may not list the bucket is told that an object is denied, whether it is there or not.
    """
    try:
        answer = _ask(eyes, "HeadObject", found, version)
    except DeniedError as error:
        reason = f"{error.reason}, or there is no such object: only who may list the bucket is told"
        raise UnseenError(reason, error.remedy) from None
    if "ContentLength" not in answer:
        raise UnseenError("S3 did not say how large the object is", "look for yourself")
    return answer


def whole_of(eyes: Eyes, found: S3Object, most: int) -> bytes:
    """An object of at most so many bytes, and no more than ``WHOLE``. Raises AbsentError, and UnseenError for a larger."""
    size = head_of(eyes, found)["ContentLength"]
    if size > min(most, WHOLE):
        raise UnseenError(f"it has {size:,} bytes, and {most:,} are read", "look for yourself")
    return b"".join(piece for _, piece in sample_of(eyes, found).pieces)


def sample_of(eyes: Eyes, found: S3Object, version: str = "") -> Sample:
    """An object, or a part of it: the same one as long as the object is the same. Raises AbsentError and UnseenError."""
    head = head_of(eyes, found, version)
    size, tag = head["ContentLength"], head.get("ETag", "")
    same = {"IfMatch": tag} if tag else {}
    pieces = []
    for start, length in _ranges(size, Random(tag)):  # noqa: S311 (a sample, no secret)
        span = f"bytes={start}-{start + length - 1}"
        pieces.append((start, _ask(eyes, "GetObject", found, version, Range=span, **same)["Body"]))
    return Sample(size, tuple(pieces))


def _ranges(size: int, chance: Random) -> Iterator[tuple[int, int]]:
    """Where to read: one range in each of equal parts, so that no long stretch is passed over."""
    if size <= WHOLE:
        if size:
            yield 0, size
        return
    yield 0, HEAD
    part = (size - RANGE - HEAD) // RANGES
    for index in range(RANGES):
        yield HEAD + index * part + chance.randrange(part - RANGE), RANGE
    yield size - RANGE, RANGE


def _ask(
    eyes: Eyes, operation: str, found: S3Object, version: str = "", **parameters: Any
) -> Mapping[str, Any]:
    if version:
        parameters["VersionId"] = version
    return ask_bucket(eyes, operation, found.bucket, Key=found.key, **parameters)
