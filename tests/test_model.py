from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.model import OUTCOMES, JobKey, Place, State

words = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789-_."), min_size=1, max_size=12)
arns = st.builds(
    "arn:aws:rekognition:{}:111122223333:project/{}/version/{}@2/{}".format, words, words, words, words
)
anything = st.text(st.characters(codec="utf-8"), max_size=20)
places = st.builds(Place, words, words, words, st.one_of(st.just(""), words, arns, anything))
ids = st.one_of(words, arns, st.text(st.characters(codec="utf-8"), min_size=1, max_size=20))
keys = st.builds(JobKey, places, ids, st.integers(0, 2**40))


@given(places)
def test_a_place_is_read_back_from_its_key(place: Place) -> None:
    """Also one whose parent is an ARN, or anything else that a service calls a parent."""
    assert Place.parse(place.key) == place


@given(places)
def test_a_place_key_keeps_clear_of_what_separates(place: Place) -> None:
    """What follows a place in a job's key must be told from the place."""
    assert not set(place.key) & {":", "@", "#"}


@given(keys)
def test_a_job_is_read_back_from_its_key(key: JobKey) -> None:
    """Whatever its id looks like: an ARN has every separator that there is."""
    assert JobKey.parse(key.text) == key


@given(keys, keys)
def test_different_jobs_have_different_keys(one: JobKey, other: JobKey) -> None:
    """Two jobs under one key would answer for each other."""
    assert (one.text == other.text) == (one == other)


def test_a_key_reads_as_documented() -> None:
    """People meet it in messages, in the table and on the command line."""
    place = Place("sagemaker.labeling", "111122223333", "us-east-1")
    assert JobKey(place, "arn:x/y").text == "sagemaker.labeling/111122223333/us-east-1:arn:x/y"
    assert JobKey(place, "n", 12).text == "sagemaker.labeling/111122223333/us-east-1@12:n"
    below = Place("a.b", "1", "r", "arn:aws:x")
    assert below.key == "a.b/1/r/arn%3Aaws%3Ax"


@pytest.mark.parametrize("text", ["", "a/b", "a/b/c", "a/b:c", "a/b/c@x:d"])
def test_what_is_no_key_is_refused(text: str) -> None:
    """A wrong key must not find the wrong job."""
    with pytest.raises(ValueError, match=r".+"):
        JobKey.parse(text)


def test_every_state_is_open_or_over() -> None:
    """*Gone* is the one state that is over without an outcome."""
    assert {state for state in State if not state.is_open} == OUTCOMES | {State.GONE}
