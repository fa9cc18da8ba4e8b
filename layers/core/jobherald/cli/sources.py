"""`jobherald sources` and `jobherald catalog check`: what can be watched, and the proof that it can."""

from __future__ import annotations

import click

from jobherald.catalog import all_sources
from jobherald.catalog.cost import fits
from jobherald.cli.trouble import Wrong


@click.command("sources", epilog="Example: jobherald sources bedrock batch")
@click.argument("words", metavar="[WORD]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="As JSON, with paths, states and permissions.")
def sources(words: tuple[str, ...], as_json: bool) -> None:
    """Show the kinds of jobs that can be watched, how they are listed, and whether events tell of them at once.

    With words only those that have each of them in their id, their title or their service's name.
    """
    found = [source for source in all_sources() if fits(source, words)]
    if not found:
        raise Wrong(f"No source has {' and '.join(words)} in its id, title or service.")
    if as_json:
        from jobherald.cli import plain

        plain.echo_json([plain.source(source) for source in found])
    else:
        from jobherald.cli import screen

        screen.sources(found)


@click.group("catalog", epilog="Example: jobherald catalog check")
def catalog() -> None:
    """Work on the catalogue of sources."""


@catalog.command("check", epilog="Example: jobherald catalog check")
def check() -> None:
    """Check every entry of the catalogue.

    It is held to its service's own API model where there is one, else to itself. Needs no network.
    """
    from jobherald.checks.catalogue import problems

    found = problems()
    if found:
        raise Wrong("\n  ".join(["the catalogue has faults:", *found]))
    click.echo(f"The catalogue is good: {len(all_sources())} sources.")
