"""From what is written to what is wanted of each place."""

from __future__ import annotations

from jobherald.config.deployment import Deployment
from jobherald.config.document import Watch, read
from jobherald.model import Place
from jobherald.watch import Rule, Scope

DEFAULT_EVERY = 60
"""Seconds between two looks at a place, where neither the document nor the deployment says otherwise."""


def load(text: str, deployed: Deployment, every: int = DEFAULT_EVERY) -> dict[Place, Scope]:
    """What this document wants of each place; ``every`` (seconds) is for watches that do not say.

    Several watches over one place come together: the rules of all of them, by watch id, and the shortest interval.
    A text without any key is as good as no document. Raises DocumentError, a ConfigError with every fault at once.
    """
    document = read(text, deployed)
    if document is None:
        return default(deployed, every)
    found: dict[Place, Scope] = {}
    for watch in sorted(document.watch, key=lambda watch: watch.id):
        rule = rule_of(watch)
        for region in watch.regions or deployed.regions:
            place = Place(watch.source, deployed.account, region)
            before = found.get(place)
            interval = watch.every or every
            if before is None:
                found[place] = Scope((rule,), interval)
            elif rule not in before.rules:
                found[place] = Scope((*before.rules, rule), min(before.every, interval))
    return found


def default(deployed: Deployment, every: int = DEFAULT_EVERY) -> dict[Place, Scope]:
    """Without a document: every job of every deployed source, in every deployed region."""
    scope = Scope((Rule(watch="everything deployed"),), every)
    return {
        Place(source, deployed.account, region): scope
        for source in deployed.sources
        for region in deployed.regions
    }


def rule_of(watch: Watch) -> Rule:
    """A watch as the rule that it is."""
    return Rule(
        watch=watch.id,
        name_contains=watch.name_contains,
        created_after=watch.created_after,
        created_before=watch.created_before,
        modified_after=watch.modified_after,
        modified_before=watch.modified_before,
        tell=frozenset(watch.tell),
    )
