"""`jobherald sources` and `jobherald catalog check`: what can be watched, and the proof that it can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from jobherald.catalog.selection import fits
from jobherald.cli.own import known
from jobherald.cli.trouble import Wrong

if TYPE_CHECKING:
    from jobherald.catalog.source import Source

_FILE: Final = click.Path(dir_okay=False, path_type=Path)


@click.command("sources", epilog="Example: jobherald sources bedrock batch")
@click.argument("words", metavar="[WORD]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="As JSON, with paths, states and permissions.")
@click.option("--config", "document", type=_FILE, metavar="FILE", help="With this document's own sources.")
def sources(words: tuple[str, ...], as_json: bool, document: Path | None) -> None:
    """Show the kinds of jobs that can be watched, how they are listed, and whether events tell of them at once.

    With words only those that have each of them in their id, their title or their service's name.
    """
    everything, _ = known(document)
    found = [source for _, source in sorted(everything.items()) if fits(source, words)]
    if not found:
        raise Wrong(_nothing(words, everything))
    if as_json:
        from jobherald.cli import plain

        plain.echo_json([plain.source(source) for source in found])
    else:
        from jobherald.cli import screen

        screen.sources(found)


def _nothing(words: Sequence[str], everything: Mapping[str, Source]) -> str:
    from jobherald.catalog.selection import services_of
    from jobherald.checks.itself import near

    known = [*services_of(everything), *everything]
    tried = (near(word, known, likeness=0.65) for word in (" ".join(words), *words))
    meant = next(filter(None, tried), "")
    return (
        f"No source has {' and '.join(words)} in its id, title or service{meant}."
        " An operation that lists jobs and is not there can be added: docs/adding-a-source.md."
    )


@click.group("catalog", epilog="Example: jobherald catalog check")
def catalog() -> None:
    """Work on the catalogue of sources."""


@catalog.command("check", epilog="Example: jobherald catalog check")
@click.option(
    "--config", "document", type=_FILE, metavar="FILE", help="Check this document's own sources too."
)
def check(document: Path | None) -> None:
    """Check every entry of the catalogue.

    It is held to its service's own API model where there is one, else to itself. Needs no network.
    """
    from jobherald.checks.catalogue import problems

    found = problems()
    if found:
        raise Wrong("\n  ".join(["the catalogue has faults:", *found]))
    everything, _ = known(document)
    click.echo(f"The catalogue is good: {len(everything)} sources.")
