"""One job with its whole story, by the key that lists and messages have or by the service's own id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import unquote

from jobherald.api import forms
from jobherald.api.refusals import Code, RefusedError
from jobherald.model import Story
from jobherald.ports import JobStore
from jobherald.submit.findings import Finding, Severity

SEARCHED: Final = 1000
"""Among so many jobs of each source, the newest, a service's id is looked for."""

LONGEST_ID: Final = 1024
"""Bytes in UTF-8. DynamoDB refuses to be asked for a key of more than 2,048."""

LARGEST_ANSWER: Final = 6_000_000
"""Lambda hands on 6 MB, of an answer whose body is JSON within JSON."""

_LEFT_OUT: Final = "members_left_out"


def answer(path: str, sources: Sequence[str], store: JobStore) -> dict[str, Any]:
    """The story that this part of a path names. Raises RefusedError where no job, or more than one, is meant.

    API Gateway decodes a path but for ``%25``; others decode all of it, or nothing.
    """
    for wanted in dict.fromkeys((unquote(path), path)):
        found = find(wanted, sources, store)
        if found is not None:
            key, created = found.job.key.text, forms.job(found.job)["created_at"]
            return _fitting({"id": key, "created_at": created, **forms.story(found)})
    raise RefusedError(
        Code.NOT_FOUND,
        "No such job is remembered. Take its `id` from GET /jobs, percent-encoded; one that was started a moment ago is"
        " here once it was looked at.",
    )


def find(wanted: str, sources: Sequence[str], store: JobStore) -> Story | None:
    """The story of the job with this key, or with this id of its service. Raises RefusedError where several have it."""
    if not 0 < len(wanted.encode("utf-8", "replace")) <= LONGEST_ID:
        return None
    exact = store.story(wanted)
    if exact is not None:
        return exact
    rows = [row for source in sources for row in store.listed(source, SEARCHED)]
    meant = [row.key.text for row in rows if row.key.id == wanted]
    if len(meant) > 1:
        raise RefusedError(
            Code.AMBIGUOUS,
            f"{len(meant)} jobs have this id; ask for one of them by its key, which details name.",
            [_candidate(key) for key in meant],
        )
    return store.story(meant[0]) if meant else None


def _candidate(key: str) -> Finding:
    return Finding(
        "path.ambiguous", Severity.ERROR, "path.id", f"this may be {key}", "ask for that", "/openapi.json"
    )


def _fitting(told: dict[str, Any]) -> dict[str, Any]:
    """The same without the service's own members, which are named, where the whole would not reach the caller."""
    if len(forms.to_json(forms.to_json(told))) <= LARGEST_ANSWER:
        return told
    return {**told, "details": {_LEFT_OUT: sorted(told["details"])}}
