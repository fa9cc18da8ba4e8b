"""`jobherald jobs` and `jobherald job`: what is remembered, of all jobs and of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final

import click

from jobherald.catalog import all_sources
from jobherald.cli.choosing import SourceId
from jobherald.cli.moments import Since
from jobherald.cli.target import Where, target_options
from jobherald.cli.trouble import Trouble, Wrong
from jobherald.model import Job, Story
from jobherald.ports import JobStore

# So far back, by number of jobs, an id, name or ending is looked for.
SEARCHED: Final = 1000
_NAMED: Final = 10
# As many connections as botocore keeps.
_AT_ONCE: Final = 10


@click.command("jobs", epilog="Example: jobherald jobs --since 2h --stack jobherald")
@click.option(
    "--since", type=Since(), metavar="WHEN", help="Created since then: 90m, 2h, 3d ago, a date or a time."
)
@click.option(
    "--source", type=SourceId(), metavar="SOURCE", help="Of this source only, as `jobherald sources` has it."
)
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@target_options()
def jobs(since: datetime | None, source: str | None, limit: int, as_json: bool, where: Where) -> None:
    """Show the jobs that are remembered, newest first.

    Those of the sources that are deployed; with --source also of one that no longer is.
    """
    target = where.find()
    found = _recent(target.store(), [source] if source else target.deployment().sources, since, limit)
    if as_json:
        from jobherald.api import forms
        from jobherald.cli import plain

        plain.echo_json([forms.job(job) for job in found])
    elif found:
        from jobherald.cli import screen

        screen.jobs(found)
    else:
        click.echo("No jobs are remembered here." if since is None else "No jobs were created since then.")


@click.command("job", epilog="Example: jobherald job prod-street-signs --stack jobherald")
@click.argument("name", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with every member that the service answered.")
@target_options()
def job(name: str, as_json: bool, where: Where) -> None:
    """Tell the whole story of one job: its changes, what was told of them and what is still owed, and its steps.

    ID is the job's key as messages have it, the service's id, the job's name, or an ending of these that no other
    job has.

    Of a service's longest lists the first 50 are kept beside their count; *** stands for what nobody may see.
    """
    target = where.find()
    found = find(target.store(), name, target.deployment().sources)
    if as_json:
        from jobherald.api import forms
        from jobherald.cli import plain

        plain.echo_json(forms.story(found))
    else:
        from jobherald.cli import screen

        screen.story(found)


def find(store: JobStore, name: str, sources: Iterable[str]) -> Story:
    """The story of the job that a user means. Raises Trouble where there is none, or more than one.

    What is not its key is looked for among the jobs of these sources, and only then among those of all others: to ask for
    each takes a Query.
    """
    exact = store.story(name)
    if exact:
        return exact
    first = dict.fromkeys(sources)
    others = [source.id for source in all_sources() if source.id not in first]
    for names in (first, others):
        if story := _meant(store, name, _recent(store, names, None, SEARCHED)):
            return story
    raise Wrong(f"No job is called {name}. `jobherald jobs` shows those that are remembered.")


def _meant(store: JobStore, name: str, recent: Sequence[Job]) -> Story | None:
    fits: Sequence[Callable[[Job], bool]] = (
        lambda job: job.key.id == name,
        lambda job: job.name.casefold() == name.casefold(),
        lambda job: name != "" and any(text.endswith(name) for text in (job.key.text, job.key.id, job.name)),
    )
    for fit in fits:
        meant = [job.key.text for job in recent if fit(job)]
        if len(meant) > 1:
            more = f"\n  and {len(meant) - _NAMED} more" if len(meant) > _NAMED else ""
            named = "".join(f"\n  {text}" for text in meant[:_NAMED])
            raise Trouble(f"{len(meant)} jobs are called {name}; say which by its key:{named}{more}")
        if story := store.story(meant[0]) if meant else None:
            return story
    return None


def _recent(store: JobStore, names: Iterable[str], since: datetime | None, limit: int) -> list[Job]:
    # One Query for each source, of which there can be hundreds: one after the other they would take seconds.
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = [
            job for some in pool.map(lambda name: store.recent(name, since, limit), names) for job in some
        ]
    found.sort(key=lambda job: job.created_at or job.seen_at, reverse=True)
    return found[:limit]
