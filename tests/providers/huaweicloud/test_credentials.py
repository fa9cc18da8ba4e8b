"""A secret's text is a key or a user; anything else is said without saying what it was."""

from __future__ import annotations

import json
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.errors import SecretError
from jobherald.providers.huaweicloud.credentials import User, credential
from jobherald.providers.huaweicloud.signing import Key

REFERENCE = "ssm:/jobherald/huawei"
CANARY = "c4n4ry"
KEY = {"access_key": f"AK{CANARY}", "secret_key": f"SK{CANARY}"}
USER = {"user": "robot", "password": f"{CANARY} pässword ", "domain": "acme"}


def refused(text: str) -> str:
    """What is said of a text; and that nothing behind it holds the text."""
    with pytest.raises(SecretError) as caught:
        credential(text, REFERENCE)
    error = caught.value
    assert error.lasting
    assert error.__cause__ is None
    assert error.__context__ is None
    assert CANARY not in "".join(traceback.format_exception(error))
    return str(error)


def test_a_key_is_read() -> None:
    """A lasting one has no security token."""
    assert credential(json.dumps(KEY), REFERENCE) == Key(KEY["access_key"], KEY["secret_key"])


def test_a_temporary_key_is_read() -> None:
    """Its security token belongs to it."""
    text = json.dumps({**KEY, "security_token": "st"})

    assert credential(text, REFERENCE) == Key(KEY["access_key"], KEY["secret_key"], "st")


def test_a_user_is_read() -> None:
    """The password as it is, blanks included."""
    assert credential(json.dumps(USER), REFERENCE) == User("robot", USER["password"], "acme")


def test_neither_shows_what_is_secret() -> None:
    """In whatever log or traceback a repr ends up."""
    assert [repr(credential(json.dumps(one), REFERENCE)) for one in (KEY, USER)] == [
        "Key()",
        "User(name='robot', domain='acme')",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (CANARY, "it is not a JSON object"),
        (f'{{"access_key": "{CANARY}"', "it is not a JSON object"),
        (f'["{CANARY}"]', "it is not a JSON object"),
        ("[" * 100_000 + CANARY, "it is not a JSON object"),
        ("{}", "its members are not those of a key, nor those of a user"),
        (json.dumps({CANARY: CANARY}), "its members are not those of a key, nor those of a user"),
        (json.dumps({"access_key": CANARY}), "its members are not those of a key, nor those of a user"),
        (json.dumps({**KEY, **USER}), "its members are not those of a key, nor those of a user"),
        (json.dumps({**KEY, "securityToken": CANARY}), "its members are not those of a key, nor those of a user"),
        (json.dumps({**USER, "security_token": CANARY}), "its members are not those of a key, nor those of a user"),
        (json.dumps({**KEY, "secret_key": 5}), "secret_key is not a text, or empty"),
        (json.dumps({**KEY, "secret_key": ""}), "secret_key is not a text, or empty"),
        (json.dumps({**USER, "password": [CANARY]}), "password is not a text, or empty"),
        (json.dumps({**KEY, "access_key": f"{CANARY} "}), "access_key holds a character that no key has"),
        (json.dumps({**KEY, "secret_key": f"{CANARY}\n"}), "secret_key holds a character that no key has"),
        (json.dumps({**KEY, "security_token": f"{CANARY}ä"}), "security_token holds a character that no key has"),
    ],
)  # fmt: skip
def test_a_text_that_is_none_names_the_reference_the_fault_and_what_is_expected(
    text: str, fault: str
) -> None:
    """And never any part of itself: a member with an unknown name may be the secret in the wrong place."""
    said = refused(text)

    assert said.startswith(f"{REFERENCE} holds no credential of Huawei Cloud: {fault}")
    assert '{"access_key": "…", "secret_key": "…"}' in said
    assert '{"user": "…", "password": "…", "domain": "…"}' in said


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
NEARLY = st.dictionaries(st.sampled_from([*KEY, *USER, "security_token", CANARY]), st.just(CANARY) | ANY_JSON)


@given(st.text() | st.one_of(ANY_JSON, NEARLY).map(json.dumps))
def test_any_text_is_read_or_refused(text: str) -> None:
    """There is no third way, and a refusal never holds what was put in."""
    try:
        read: Any = credential(text, REFERENCE)
    except SecretError as error:
        said = str(error)
    else:
        assert isinstance(read, Key | User)
        assert all(isinstance(value, str) for value in json.loads(text).values())
        return
    assert CANARY not in said
