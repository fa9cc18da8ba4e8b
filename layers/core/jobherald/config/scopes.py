"""From what is written to what is wanted of each place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from jobherald.catalog.nested import job_below
from jobherald.catalog.source import levels
from jobherald.config import regions
from jobherald.config.deployment import Deployment, deploy_command, render_command
from jobherald.config.document import Document, Watch, own_sources, read
from jobherald.config.faults import DocumentError, Fault
from jobherald.config.projects import split
from jobherald.config.reading import find, is_in_projects
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
    _refuse_undeployed(document, deployed)
    found: dict[Place, Scope] = {}
    for watch in sorted(document.watch, key=lambda watch: watch.id):
        rules = rules_of(watch)
        interval = watch.every or every
        for place in _places(watch.source, deployed, watch.regions or watch.projects):
            before = found.get(place, Scope((), interval))
            more = tuple(rule for rule in rules if rule not in before.rules)
            found[place] = Scope((*before.rules, *more), min(before.every, interval))
    return found


def _refuse_undeployed(document: Document, deployed: Deployment) -> None:
    """Whatever watches runs with the entries that were deployed, so that a document's own have to be the same."""
    differ = [
        source.id
        for source in own_sources(document.source)
        if source.id in deployed.sources and find(source.id) != source
    ]
    if differ:
        raise DocumentError(
            [Fault(source_id, "is not as it was when it was deployed") for source_id in differ],
            f"{render_command(deployed.sources, 'FILE')} && {deploy_command(deployed.sources)}",
        )


def default(deployed: Deployment, every: int = DEFAULT_EVERY) -> dict[Place, Scope]:
    """Without a document: every job of every deployed source, in every deployed region or project."""
    scope = Scope((Rule(watch="everything deployed"),), every)
    return {place: scope for source in deployed.sources for place in _places(source, deployed)}


def astray(document: Document) -> list[Fault]:
    """What a document says of regions and no place comes of: those of services with one endpoint for all regions."""
    own = {source.id: source for source in own_sources(document.source)}
    found = []
    for at, watch in enumerate(document.watch):
        source = own.get(watch.source) or find(watch.source)
        if source is None or not watch.regions:
            continue
        homes = regions.homes(source.client, watch.regions)
        others = [region for region in watch.regions if region not in homes]
        if others:
            text = (
                f"{source.client} has one endpoint for all regions, so that it is watched once, in {', '.join(homes)};"
                f" nothing comes of {', '.join(others)}"
            )
            found.append(Fault(f"watch[{at}].regions", text))
    return found


def rules_of(watch: Watch) -> tuple[Rule, ...]:
    """A watch as the rules that it is: one, or one for each parent of the jobs that it names.

    An id means a job below its own parent only, so that the ids of several never share a rule.
    """
    rule = Rule(
        watch=watch.id,
        parents=frozenset(watch.parents),
        name_contains=watch.name_contains,
        created_after=watch.created_after,
        created_before=watch.created_before,
        modified_after=watch.modified_after,
        modified_before=watch.modified_before,
        tell=frozenset(watch.tell),
    )
    if not watch.jobs:
        return (rule,)
    source = find(watch.source)
    if source is None or source.parent is None:
        return (replace(rule, jobs=frozenset(watch.jobs)),)
    depth = len(list(levels(source)))
    below: dict[str, set[str]] = {}
    for job in watch.jobs:
        # A document that was read names jobs in this form alone.
        parent, job_id = job_below(job, depth) or ("", job)
        below.setdefault(parent, set()).add(job_id)
    return tuple(
        replace(rule, parents=frozenset({parent}), jobs=frozenset(ids))
        for parent, ids in sorted(below.items())
    )


def _places(source_id: str, deployed: Deployment, chosen: Sequence[str] = ()) -> list[Place]:
    """The places of a source: in the chosen regions or projects, else in all that were deployed.

    A service with one endpoint for all regions has one place, where that is.
    """
    source = find(source_id)
    if is_in_projects(source):
        pairs = map(split, chosen or deployed.projects)
        return [Place(source_id, project_id, region) for region, project_id in pairs]
    named = chosen or deployed.regions
    where = named if source is None else regions.homes(source.client, named)
    return [Place(source_id, deployed.account, region) for region in where]
