"""Sources of one's own, as a configuration document brings them: known to a command, and made part of a deployment."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jobherald.cli.document import checked, proved, tables_of, text_of
from jobherald.cli.trouble import Trouble

if TYPE_CHECKING:
    from jobherald.catalog.source import Source

_CATALOGUE: Final = Path("layers", "core", "jobherald", "catalog")
_HEAD: Final = (
    "# Written by `jobherald template --config` from a configuration document; edit that instead.\n"
)


def known(document: Path | None) -> tuple[dict[str, Source], tuple[str, ...]]:
    """Every source by its id, a document's own included, and the ids that its watches name.

    With a document what an earlier one left beside the catalogue is not known: this one is what counts. Raises Trouble
    where the document cannot be read, Wrong where something in it is not good.
    """
    from jobherald.catalog import all_sources
    from jobherald.catalog.load import parse_entries

    found = {source.id: source for source in all_sources(own=document is None)}
    if document is None:
        return found, ()
    text, name = text_of(document), str(document)
    raw = tables_of(text)
    # Without a watch it cannot be in force, and its sources can be looked at all the same.
    if set(raw) == {"source"}:
        proved(raw, name)
        watched = []
    else:
        whole = checked(text, name)
        watched = [watch.source for watch in whole.watch] if whole else []
    found |= {source.id: source for source in parse_entries(raw.get("source", []), name)}
    return found, tuple(dict.fromkeys(watched))


def install(document: Path, template: Path) -> None:
    """Write a document's own sources beside the catalogue that is deployed with this template, and no others.

    Raises Trouble where the template does not lie in a checkout of the project, or what would be written does not say
    what the document says.
    """
    entries = tomllib.loads(text_of(document)).get("source", [])
    folder = _folder(template)
    if not folder.parent.is_dir():
        raise Trouble(
            f"{template} lies in no checkout of the project, whose catalogue sources of your own are deployed with."
        )
    files = {service: _text(its, document) for service, its in _by_service(entries).items()}
    for path in folder.glob("*.toml"):
        if path.stem not in files:
            path.unlink()
    for service, text in files.items():
        folder.mkdir(exist_ok=True)
        (folder / f"{service}.toml").write_text(text, encoding="utf-8")


def uninstall(template: Path, kept: Iterable[str]) -> list[Path]:
    """Remove from beside the catalogue the files that have none of the sources that are kept, and say which."""
    services = {source_id.partition(".")[0] for source_id in kept}
    removed = [path for path in sorted(_folder(template).glob("*.toml")) if path.stem not in services]
    for path in removed:
        path.unlink()
    return removed


def _folder(template: Path) -> Path:
    from jobherald.catalog.load import OWN

    return template.parent / _CATALOGUE / OWN


def _by_service(entries: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for entry in entries:
        found.setdefault(str(entry["id"]).partition(".")[0], []).append(entry)
    return found


def _text(entries: list[Mapping[str, Any]], document: Path) -> str:
    """The text of the file of a service: entries are found in it by their first two lines."""
    text = _HEAD
    for entry in entries:
        ordered = {"id": entry["id"], **entry}
        lines = "".join(f"{name} = {_value(value)}\n" for name, value in ordered.items())
        text += f"\n[[source]]\n{lines}"
    try:
        same = tomllib.loads(text) == {"source": entries}
    except tomllib.TOMLDecodeError:
        same = False
    if not same:
        ids = ", ".join(str(entry["id"]) for entry in entries)
        raise Trouble(
            f"{document}: {ids} cannot be put beside the catalogue so that it says the same. Nothing was written."
        )
    return text


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_value(name)} = {_value(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, date | time):
        return value.isoformat()
    # A control character that JSON leaves as it is, TOML does not take.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
