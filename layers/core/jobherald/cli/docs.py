"""`jobherald docs`: the pages of the documentation that the code itself writes, so that they cannot be out of date."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from jobherald.cli.trouble import Trouble, Wrong

_MARK: Final = "pyproject.toml"


@click.command("docs", epilog="Example: jobherald docs --check")
@click.option("--check", is_flag=True, help="Write nothing; fail where a page is not what would be written.")
def docs(check: bool) -> None:
    """Write the generated pages of the documentation anew. Runs in a checkout of the project."""
    root = _checkout()
    stale = []
    for name, render in _pages().items():
        path = root / name
        kept = path.read_text(encoding="utf-8") if path.exists() else ""
        fresh = render(kept)
        if fresh == kept:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fresh, encoding="utf-8")
    for path in _left_over(root):
        stale.append(str(path.relative_to(root)))
        if not check:
            path.unlink()
    if check and stale:
        raise Wrong(f"Not as the code would write them: {', '.join(stale)}. Run: jobherald docs")
    click.echo(f"Written anew: {', '.join(stale)}." if stale else "All generated pages are current.")


def _pages() -> dict[str, Callable[[str], str]]:
    """Each page by its path in the checkout: from the text that is there to the text that should be."""
    from jobherald.api import openapi
    from jobherald.checks import reference
    from jobherald.cli import pages
    from jobherald.submit.reference import GENERATED as RULES

    return {
        "docs/cli.md": _whole(pages.commands),
        "docs/configuration.md": pages.configuration,
        "docs/schemas/jobherald.config.v1.json": _whole(pages.config_schema),
        "docs/schemas/openapi.json": _whole(openapi.page),
        **{path: _whole(render) for path, render in RULES.items()},
        **{path: _as_made(text) for path, text in reference.pages().items()},
    }


def _whole(render: Callable[[], str]) -> Callable[[str], str]:
    """A page that is generated from its first line to its last, whatever is there."""
    return lambda _: render()


def _as_made(text: str) -> Callable[[str], str]:
    """A page whose text is known already, whatever is there."""
    return lambda _: text


def _left_over(root: Path) -> list[Path]:
    """The pages of services that the catalogue has no more."""
    from jobherald.checks import reference

    made = reference.pages()
    return [
        path
        for path in sorted((root / reference.FOLDER).glob("*.md"))
        if path.relative_to(root).as_posix() not in made
    ]


def _checkout() -> Path:
    here = Path.cwd()
    for folder in (here, *here.parents):
        mark = folder / _MARK
        if mark.is_file() and 'name = "jobherald"' in mark.read_text(encoding="utf-8"):
            return folder
    raise Trouble(f"{here} is in no checkout of the project, where the pages are.")
