"""Says what a refusal of Huawei Cloud means to the place and what to do about it, in words that carry no secret.

What a code means depends on its status: 400 ModelArts.4301 is a labeling job that does not exist, 500 ModelArts.4301 a
fault of the service. Source: https://support.huaweicloud.com/intl/en-us/api-modelarts/modelarts_03_0095.html, and for
the gateway https://support.huaweicloud.com/apig_faq/apig-faq-0003.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from jobherald.errors import ListingError
from jobherald.providers.failures import quoted, without
from jobherald.providers.huaweicloud.calls import Call
from jobherald.providers.huaweicloud.replies import code_of, date_of, known, retry_after, told
from jobherald.providers.huaweicloud.transport import NoReplyError, Reply

CLOCK_TOLERANCE: Final = timedelta(minutes=15)
"""How far the date of a signed request may be off the gateway's clock."""

_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404
_TOO_MANY_REQUESTS: Final = 429
_SERVER_ERROR: Final = 500
_REFUSALS: Final = range(400, _SERVER_ERROR)

# The token is missing, expired, unreadable, or of no project. The gateway has one code for all that is wrong with what a
# request is signed with.
_BAD_TOKEN: Final = frozenset(
    {
        "APIG.0301",
        "ModelArts.0201",
        "ModelArts.0202",
        "ModelArts.0203",
        "ModelArts.0204",
        "ModelArts.0207",
        "ModelArts.0212",
        "ModelArts.4201",
        "ModelArts.4504",
    }
)
_NO_DATASET: Final = frozenset({"ModelArts.2783", "ModelArts.4352"})
# Labeling, export, processing and training jobs, each in its own words.
_NO_JOB: Final = frozenset(
    {
        "ModelArts.2775",
        "ModelArts.4301",
        "ModelArts.4338",
        "ModelArts.4359",
        "ModelArts.4612",
        "ModelArts.4631",
        "ModelArts.4636",
        "ModelArts.4700",
        "ModelArts.4801",
    }
)
_NO_API: Final = frozenset({"APIG.0101", "ModelArts.4204"})
_OTHER_PROJECT: Final = frozenset({"ModelArts.0210", "ModelArts.2786"})
# Of these statuses: 401 with such a code is no word about the credential, and 403 none about permissions.
_DENIED_BY_401: Final = frozenset({"ModelArts.0112", "ModelArts.4203", "ModelArts.4630"})
_CREDENTIAL_BY_403: Final = frozenset({"ModelArts.0203", "ModelArts.0206", "ModelArts.2784"})
_AGENCY: Final = frozenset({"ModelArts.2785", "ModelArts.4310", "ModelArts.4335"})

_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# Longer than any id. A token has thousands of characters, a signature 64, a secret key 40, and a message may hold a part.
_OPAQUE: Final = re.compile(r"[A-Za-z0-9+=_-]{40,}")
# What the gateway computed the signature over follows: the request, with all of its headers.
_REQUEST_REPEATED: Final = re.compile(r"[\s,;:]*canonicalRequest.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Sent:
    """A call as it was sent: what its refusal names, and what it must not repeat.

    ``reference`` is where the credential lies; ``by_user`` says that it is an IAM user, not a key. ``secrets`` are the
    parts of the request that some messages repeat.
    """

    call: Call
    reference: str
    by_user: bool
    secrets: tuple[str, ...] = field(repr=False)

    @property
    def what(self) -> str:
        return self.call.operation


@dataclass(frozen=True, slots=True)
class _Said:
    """What a refusal says: its code (the status where it has none), its message, and the id of the request."""

    code: str
    message: str
    request_id: str

    @property
    def rest(self) -> str:
        """The id and the service's own words, as further sentences."""
        return (f" Request id: {self.request_id}." if self.request_id else "") + quoted(self.message)


def refused(sent: Sent, reply: Reply, now: datetime) -> ListingError:
    """The ListingError that stands for a refusal; ``now`` is our own clock, aware."""
    said = _said(sent, reply)
    code = known(said.code)
    if reply.status == _TOO_MANY_REQUESTS:
        return _throttled(sent, reply, said, now)
    if reply.status == _UNAUTHORIZED and code not in _DENIED_BY_401:
        return _credential(sent, reply, said, now)
    if reply.body is None or reply.status >= _SERVER_ERROR:
        return failed(sent, reply)
    if code in _NO_DATASET:
        return _no_dataset(sent, said)
    if code in _NO_JOB:
        return _no_job(sent, said)
    if code in _NO_API:
        return _no_api(sent, said)
    if code in _OTHER_PROJECT:
        return _other_project(sent, said)
    if reply.status in {_UNAUTHORIZED, _FORBIDDEN}:
        return _denied(sent, said, code)
    if code in _BAD_TOKEN:
        return _credential(sent, reply, said, now)
    return failed(sent, reply)


def no_token(sent: Sent, reply: Reply, now: datetime, *, user_is_good: bool) -> ListingError:
    """The ListingError that stands for IAM's refusal to give a token.

    It has the same words for a wrong password and for a project that the user may not use. ``user_is_good`` says that
    the password cannot be what is wrong.
    """
    said = _said(sent, reply)
    if reply.status == _TOO_MANY_REQUESTS:
        return _throttled(sent, reply, said, now)
    refused_it = reply.body is not None and reply.status in _REFUSALS
    if not refused_it and reply.status != _UNAUTHORIZED:
        return failed(sent, reply)
    if user_is_good or reply.status == _NOT_FOUND:
        return _other_project(sent, said)
    return ListingError(
        f"{sent.what} gave no token {sent.call.where} ({said.code}). Check user, password and domain in"
        f" {sent.reference}, and that the user may use this project: it has to be an IAM user, since a HUAWEI ID gets no"
        f" token; the domain is the name of its account.{said.rest}",
        kind="credential",
        code=said.code,
    )


def failed(sent: Sent, reply: Reply, what: str = "") -> ListingError:
    """The ListingError for an answer that says nothing about the place: it is asked again."""
    said = _said(sent, reply)
    if reply.body is None:
        what = (
            f"The answer {reply.flaw}; if this lasts, look for a proxy in between, or check HuaweiEndpoints"
        )
    return ListingError(
        f"{sent.what} failed {sent.call.where} ({said.code})."
        f" {what or 'The service refused or failed'}. It is called again at the next poll.{said.rest}",
        kind="failed",
        code=said.code,
    )


def undated(sent: Sent) -> ListingError:
    """The ListingError for an answer without its date: nothing else says when it was true."""
    return ListingError(
        f"{sent.what} answered {sent.call.where} without a Date. Look for a proxy that removes it.",
        kind="failed",
    )


def unanswered(sent: Sent, url: str, error: NoReplyError) -> ListingError:
    """The ListingError for a call without an answer."""
    host = urlsplit(url).hostname
    if error.no_such_host:
        return ListingError(
            f"{sent.what} has no endpoint {sent.call.where} ({error.kind}): there is no host {host}. Check the region in"
            " HuaweiProjects, or name the endpoint in HuaweiEndpoints.",
            kind="off",
            code=error.kind,
        )
    return ListingError(
        f"{sent.what} failed {sent.call.where} ({error.kind}). There was no usable answer from {host}; it is called again"
        " at the next poll. If this lasts, check the way there: VPC, proxy, certificates.",
        kind="failed",
        code=error.kind,
    )


def is_of_token(reply: Reply) -> bool:
    """Whether a token was refused, so that another one may be taken."""
    code = code_of(reply)
    return reply.status in {400, _UNAUTHORIZED, _FORBIDDEN} and known(code) in _BAD_TOKEN


def _credential(sent: Sent, reply: Reply, said: _Said, now: datetime) -> ListingError:
    return ListingError(
        f"{sent.what} was refused {sent.call.where}: what it is signed with was not taken ({said.code})."
        f" {_off_by(sent, reply, now) or _remedy(sent)}{said.rest}",
        kind="credential",
        code=said.code,
    )


def _remedy(sent: Sent) -> str:
    if sent.by_user:
        return f"Check that the IAM user in {sent.reference} is enabled and may use this project."
    return (
        f"Check the key in {sent.reference}: that it exists, is enabled and was copied whole, that a temporary one has not"
        " expired, and that the account is not in arrears. More than five refusals in a row lock it for five minutes."
    )


def _off_by(sent: Sent, reply: Reply, now: datetime) -> str:
    """What is wrong with our clock, where it is so far off that no signature can be right."""
    date = date_of(reply)
    if sent.by_user or date is None or abs(now - date) <= CLOCK_TOLERANCE:
        return ""
    side = "ahead of" if now > date else "behind"
    minutes = round(abs(now - date) / timedelta(minutes=1))
    return f"The clock here is {minutes} minutes {side} Huawei's, and 15 are allowed: set it right."


def _throttled(sent: Sent, reply: Reply, said: _Said, now: datetime) -> ListingError:
    seconds = retry_after(reply, now)
    wait = f" Huawei asks to wait for {seconds:.0f} s." if seconds else ""
    return ListingError(
        f"{sent.what} is throttled {sent.call.where} ({said.code}).{wait} The place is polled less often for a while; if"
        f" this lasts, poll it less often or ask Huawei for a higher rate.{said.rest}",
        kind="throttled",
        code=said.code,
        retry_after=seconds,
    )


def _no_dataset(sent: Sent, said: _Said) -> ListingError:
    return ListingError(
        f"The dataset {sent.call.place.parent or 'asked for'} is not there {_in_project(sent)} ({said.code}): it was"
        f" deleted, or its id is wrong. Take it out of the watch, or correct the id.{said.rest}",
        kind="absent",
        code=said.code,
    )


def _no_job(sent: Sent, said: _Said) -> ListingError:
    return ListingError(
        f"{sent.what} found no {sent.call.id or 'such job'} {sent.call.where} ({said.code}): it was deleted, or its id is"
        f" wrong. If a watch names it, take it out of the watch, or correct the id.{said.rest}",
        kind="absent",
        code=said.code,
    )


def _no_api(sent: Sent, said: _Said) -> ListingError:
    return ListingError(
        f"{sent.what} is not there {_in_project(sent)} ({said.code}). The region has no such API, or no longer: the old"
        " data management of ModelArts is being retired. Take the source, or the region, out of the watch; where the"
        f" console still has it, apply for it there or check HuaweiEndpoints.{said.rest}",
        kind="off",
        code=said.code,
    )


def _other_project(sent: Sent, said: _Said) -> ListingError:
    return ListingError(
        f"{sent.what} is denied {sent.call.where}: the project is not one of those that the credential in"
        f" {sent.reference} belongs to ({said.code}). Check HuaweiProjects: each project with the region and id that My"
        f" Credentials shows for it.{said.rest}",
        kind="denied",
        code=said.code,
    )


def _denied(sent: Sent, said: _Said, code: str) -> ListingError:
    if code in _CREDENTIAL_BY_403:
        remedy = _remedy(sent)
    elif code in _AGENCY:
        remedy = "Look in the console of ModelArts, under its settings, for the agency that it works with."
    else:
        action = f"the action {sent.call.action}" if sent.call.action else "what this operation takes"
        remedy = f"Allow {action} to the user of {sent.reference}, in this project and in the workspace."
    return ListingError(
        f"{sent.what} is denied {sent.call.where} ({said.code}). {remedy}{said.rest}",
        kind="denied",
        code=said.code,
    )


def _in_project(sent: Sent) -> str:
    return f"in project {sent.call.place.account}, {sent.call.place.region}"


def _said(sent: Sent, reply: Reply) -> _Said:
    code, message, request_id = told(reply)
    message = _OPAQUE.sub("…", without(_REQUEST_REPEATED.sub("", message), *sent.secrets))
    return _Said(
        _word(code, sent) or f"HTTP {reply.status}",
        message,
        _word(request_id, sent),
    )


def _word(text: str, sent: Sent) -> str:
    """The text where it can be a code or an id: something else may hold anything."""
    return text if _WORD.fullmatch(text) and without(text, *sent.secrets) == text else ""
