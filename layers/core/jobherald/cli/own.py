"""Sources of one's own, as a configuration document brings them: proved, and made part of a deployment."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jobherald.cli.trouble import Trouble, Wrong

if TYPE_CHECKING:
    from jobherald.catalog.source import Source

_CATALOGUE: Final = Path("layers", "core", "jobherald", "catalog")
_HEAD: Final = (
    "# Written by `jobherald template --config` from a configuration document; edit that instead.\n"
)


def proved(entries: Any, name: str) -> None:
    """Hold a document's own sources to all that the catalogue's are held to. Raises Wrong with every fault."""
    from jobherald.checks.catalogue import own_problems_of

    found = own_problems_of(entries, name)
    if found:
        raise Wrong("\n  ".join([f"{name} cannot be used:", *found]))


def known(document: Path | None) -> tuple[dict[str, Source], tuple[str, ...]]:
    """Every source by its id, a document's own included, and the ids that its watches name.

    Raises Trouble where the document cannot be read, Wrong where a source of its own is not good.
    """
    from jobherald.catalog import all_sources
    from jobherald.catalog.load import parse_entries

    found = {source.id: source for source in all_sources()}
    if document is None:
        return found, ()
    raw = _read(document)
    entries = raw.get("source", [])
    proved(entries, str(document))
    found |= {source.id: source for source in parse_entries(entries, str(document))}
    watches = raw.get("watch", [])
    named = [watch.get("source") for watch in watches if isinstance(watch, dict)]
    return found, tuple(dict.fromkeys(source for source in named if isinstance(source, str)))


def install(document: Path, template: Path) -> None:
    """Write a document's own sources beside the catalogue that is deployed with this template, and no others.

    Raises Trouble where the template does not lie in a checkout of the project.
    """
    from jobherald.catalog.load import OWN

    catalogue = template.parent / _CATALOGUE
    if not catalogue.is_dir():
        raise Trouble(
            f"{template} lies in no checkout of the project, whose catalogue sources of your own are deployed with."
        )
    files = _files(_read(document).get("source", []))
    for path in (catalogue / OWN).glob("*.toml"):
        if path.stem not in files:
            path.unlink()
    for service, text in files.items():
        (catalogue / OWN).mkdir(exist_ok=True)
        (catalogue / OWN / f"{service}.toml").write_text(text, encoding="utf-8")


def _files(entries: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The text of the file of each service: entries are found in it by their first two lines."""
    files: dict[str, str] = {}
    for entry in entries:
        service = str(entry["id"]).partition(".")[0]
        ordered = {"id": entry["id"], **entry}
        lines = "".join(f"{name} = {_value(value)}\n" for name, value in ordered.items())
        files[service] = f"{files.get(service, _HEAD)}\n[[source]]\n{lines}"
    return files


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_value(name)} = {_value(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, date | time):
        return value.isoformat()
    # A control character that JSON leaves as it is, TOML does not take.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _read(document: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(document.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise Trouble(f"{document} cannot be read.") from None
    except tomllib.TOMLDecodeError as error:
        raise Wrong(f"{document}: this is no TOML: {error}.") from None
