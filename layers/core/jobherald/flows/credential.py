"""What calls are signed with, shared by many places: one refusal stops them all, is said once, and is tried again by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from jobherald.catalog.load import load
from jobherald.catalog.words import provider_name, tenancy_word
from jobherald.errors import ConflictError, ListingError
from jobherald.model import Alert, AlertKind, Place, Severity
from jobherald.ports import Clock, JobStore, Lister
from jobherald.watch import CredentialRecord

PAUSE: Final = timedelta(minutes=5)
"""No call for so long after a refusal: services lock a key that was refused a few times in a row."""

# After these the service has taken the credential and refused something else.
_TAKEN: Final = frozenset({"denied", "absent"})
_NAMED: Final = 5


class Gate:
    """Stands before the calls of one poll. Without a ``name`` it is always open."""

    def __init__(self, name: str, lister: Lister, store: JobStore, clock: Clock) -> None:
        self.name, self.lister, self.store, self.clock = name, lister, store, clock
        self.record = CredentialRecord(name)

    def may_pass(self) -> bool:
        """Whether this poll may call: always, unless the credential was refused; then one poll every five minutes."""
        if not self.name:
            return True
        self.record = self.store.credential(self.name) or self.record
        if self.record.refused_since is None:
            return True
        now = self.clock.now()
        if self.record.paused_until is not None and now < self.record.paused_until:
            return False
        return self._save(replace(self.record, paused_until=now + PAUSE))

    def passed(self, error: ListingError | None, *, calls: int) -> None:
        """What so many calls came to. Whoever was faster to say so has said it."""
        if not self.name:
            return
        since, now = self.record.refused_since, self.clock.now()
        if not calls:
            if since is not None:
                # Nothing was tried: it is the next one's turn, at once.
                self._save(replace(self.record, paused_until=now))
        elif error is not None and error.kind == "credential":
            paused = replace(self.record, refused_since=since or now, paused_until=now + PAUSE)
            self._save(paused, *([] if since else [self._refused(error, now)]))
        elif since is not None and (error is None or error.kind in _TAKEN):
            self._save(replace(self.record, refused_since=None, paused_until=None), self._taken(since, now))

    def _save(self, record: CredentialRecord, *alerts: Alert) -> bool:
        record = replace(record, revision=record.revision + 1, alerts=record.alerts + len(alerts))
        try:
            self.store.save_credential(record, alerts)
        except ConflictError:
            return False
        self.record = record
        return True

    def _refused(self, error: ListingError, now: datetime) -> Alert:
        text = f"{error} One call in five minutes tries it. Not seen meanwhile: {self._blind()}."
        return Alert(
            self.record.subject,
            self.record.alerts + 1,
            AlertKind.CREDENTIAL_REFUSED,
            now,
            Severity.ERROR,
            text,
            "Put a good credential into its secret (for Huawei Cloud: `jobherald secret set huawei`)."
            " It is used within five minutes.",
        )

    def _taken(self, since: datetime, now: datetime) -> Alert:
        text = (
            f"{provider_name(self.name)} takes the credential again. It was refused since"
            f" {since:%Y-%m-%d %H:%M} UTC; what changed is told now."
        )
        return Alert(
            self.record.subject,
            self.record.alerts + 1,
            AlertKind.CREDENTIAL_TAKEN,
            now,
            Severity.INFO,
            text,
        )

    def _blind(self) -> str:
        """The places whose calls it signs, as far as a reader can take them in."""
        config = self.store.config()
        names = sorted(self._signed(config.places if config else ()))
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        return (", ".join(names[:_NAMED]) + more) or "the places of this poll"

    def _signed(self, keys: Iterable[str]) -> Iterable[str]:
        for place in map(Place.parse, keys):
            abilities = self.lister.abilities(place.source)
            if abilities.credential == self.name:
                tenancy = tenancy_word(load(place.source))
                yield f"{abilities.title}s in {place.region} ({tenancy} {place.account})"
