"""Objects are read whole while they are small, and in the same parts each time where they are not."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.submit.arns import S3Object
from jobherald.submit.looks.data import whole_lines
from jobherald.submit.looks.eyes import AbsentError, Eyes, UnseenError
from jobherald.submit.looks.s3 import (
    HEAD,
    RANGE,
    RANGES,
    WHOLE,
    Sample,
    head_of,
    object_of,
    region_of,
    sample_of,
    whole_of,
)
from tests.submit.looks.raw import Raw, answering, towards
from tests.submit.looks.world import BUCKET, World
from tests.submit.requests import REGION

LINES = b"".join(b'{"source-ref": "s3://my-bucket/%07d.jpg"}\n' % number for number in range(40_000))
LARGE = S3Object(BUCKET, "large")


def eyes(world: World) -> Eyes:
    return Eyes(world.client, REGION)


@pytest.mark.parametrize(
    "uri", ["https://s3.amazonaws.com/b/k", "s3://bucket", "s3://bucket/", "s3://bucket/folder/"]
)
def test_only_objects_by_their_usual_address_are_looked_at(uri: str) -> None:
    """What else the service model allows is said to be unchecked."""
    with pytest.raises(UnseenError):
        object_of(uri)


def test_a_bucket_says_where_it_is(world: World) -> None:
    """Also one in another region, and one that is not there."""
    world.bucket("euro", "eu-west-1")
    look = eyes(world)

    assert (region_of(look, BUCKET), region_of(look, "euro")) == ("us-east-1", "eu-west-1")
    with pytest.raises(AbsentError):
        region_of(look, "nobody")


def test_an_object_in_another_region_is_asked_for_there(world: World) -> None:
    """The client of that region is used, so that no call is sent on."""
    world.bucket("euro", "eu-west-1")
    world.put("a", b"text", bucket="euro")
    regions: list[str] = []

    def clients(service: str, region: str) -> object:
        regions.append(region)
        return world.client(service, region)

    assert whole_of(Eyes(clients, REGION), S3Object("euro", "a"), 10) == b"text"
    assert regions == ["us-east-1", "eu-west-1", "eu-west-1"]


def test_a_small_object_is_read_whole(world: World) -> None:
    """One call for what it is, one for its bytes; none for those of an empty one."""
    world.put("empty", b"")
    look = eyes(world)

    assert sample_of(look, S3Object(BUCKET, "in/template.liquid")) == Sample(
        25, ((0, b"<crowd-form></crowd-form>"),)
    )
    assert sample_of(look, S3Object(BUCKET, "empty")) == Sample(0, ())
    assert whole_of(look, S3Object(BUCKET, "empty"), 10) == b""


def test_a_file_that_is_too_large_is_not_read(world: World) -> None:
    """Its size is known before."""
    look = eyes(world)

    with pytest.raises(UnseenError) as told:
        whole_of(look, S3Object(BUCKET, "in/template.liquid"), 24)

    assert told.value.reason == "it has 25 bytes, and 24 are read"
    assert look.octets == 0


def test_a_large_object_is_sampled(world: World) -> None:
    """Its head, ranges of its middle and its end are read: as many as are promised, and true."""
    assert len(LINES) > WHOLE
    world.put("large", LINES)
    look = eyes(world)

    sample = sample_of(look, LARGE)

    assert not sample.whole
    assert [len(piece) for _, piece in sample.pieces] == [HEAD, *[RANGE] * RANGES, RANGE]
    assert all(LINES[at : at + len(piece)] == piece for at, piece in sample.pieces)
    assert look.octets == HEAD + (RANGES + 1) * RANGE


def test_the_same_object_is_sampled_in_the_same_places(world: World) -> None:
    """Who checks twice sees the same; who changed the object sees other parts."""
    world.put("large", LINES)
    first, again = sample_of(eyes(world), LARGE), sample_of(eyes(world), LARGE)
    world.put("large", LINES.replace(b"0000001", b"000000x"))
    other = sample_of(eyes(world), LARGE)

    assert first == again
    assert [at for at, _ in other.pieces] != [at for at, _ in first.pieces]


def test_an_object_that_changes_meanwhile_is_not_mixed(world: World) -> None:
    """Parts of two objects would be faults that neither has."""
    world.put("large", LINES)
    look = eyes(world)
    head_of(look, LARGE)
    world.put("large", b"x" * len(LINES))

    with pytest.raises(UnseenError):
        sample_of(look, LARGE)


def test_an_object_of_unknown_size_is_not_read() -> None:
    """A proxy may answer without a length; nothing is concluded from that."""
    raw = Raw()
    raw.sized = False
    with answering(raw) as url, pytest.raises(UnseenError, match="how large"):
        sample_of(Eyes(towards(url), REGION), LARGE)


def test_who_may_not_read_is_told_that_it_may_not_be_there(world: World) -> None:
    """S3 denies what is not there, too, to those who may not list the bucket."""
    with world.denying("s3:GetObject"), pytest.raises(UnseenError) as told:
        head_of(eyes(world), S3Object(BUCKET, "in/input.manifest"))

    assert told.value.reason.startswith("s3:GetObject is denied")
    assert "there is no such object" in told.value.reason


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=6))
def test_whole_lines_are_lines_of_the_object(body: bytes, cuts: list[int]) -> None:
    """However an object is cut: each line that a piece has whole is one, at its place, and none that is there is torn."""
    edges = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    pieces = tuple((a, body[a:b]) for a, b in itertools.pairwise(edges))
    starts = {0} | {at + 1 for at, byte in enumerate(body) if byte == ord("\n")}
    lines = {at: body[at:].split(b"\n")[0] for at in starts if at < len(body)}

    found = list(whole_lines(Sample(len(body), pieces)))

    assert all(lines[at] == line for at, line in found)
    if len(pieces) == 1:
        assert dict(found) == lines
