"""One base for every error that jobherald raises on purpose, so that an edge can catch them all."""

from __future__ import annotations


class JobheraldError(Exception):
    """The base of jobherald's own errors. Its text is a sentence for a person: place, fault, remedy."""


class ConfigError(JobheraldError):
    """Something that a person wrote (configuration, catalogue entry, environment, input) cannot be used."""


class EventError(JobheraldError):
    """An event that an entry of the catalogue matches does not say which job it is about."""


class ListingError(JobheraldError):
    """A job service refused or failed a call.

    ``kind`` is one of ``denied`` ``throttled`` ``off`` ``absent`` ``credential`` ``token`` ``failed``: no permission;
    too many calls; the service is not there for this account and region; what the list is asked below, or a job that
    a watch names, does not exist, or has to be named; what the calls are signed with was refused; the page token is no
    longer good; anything else. ``retry_after`` is in seconds, 0 where the service named no time.
    """

    def __init__(self, message: str, *, kind: str, code: str = "", retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code
        self.retry_after = retry_after


class SecretError(JobheraldError):
    """A secret cannot be read or used. ``lasting`` says that this stays so until a person acts."""

    def __init__(self, message: str, *, lasting: bool) -> None:
        super().__init__(message)
        self.lasting = lasting


class ConflictError(JobheraldError):
    """A conditional write lost against another writer; read again and decide again."""


class DeliveryError(JobheraldError):
    """A channel did not take a change.

    ``retry_after`` is in seconds, where the channel named a time. A ``permanent`` refusal will be the same
    tomorrow: the message belongs into the dead-letter queue. ``channel_gone`` says that the channel itself is
    refused (a revoked webhook, a deleted channel), whatever the message: the message waits for a repaired
    channel, people are alarmed.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        channel_gone: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.channel_gone = channel_gone
        self.retry_after = retry_after
