"""A configuration document as commands read it: whoever names one hears of the same faults in the same words."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobherald.cli.trouble import Trouble, Wrong
from jobherald.errors import ConfigError

if TYPE_CHECKING:
    from jobherald.config.deployment import Deployment
    from jobherald.config.document import Document


def text_of(path: Path) -> str:
    """What the file says. Raises Trouble where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Trouble(f"There is no file {path}.") from None
    except UnicodeDecodeError:
        raise Trouble(f"{path} is no UTF-8 text.") from None
    except OSError as error:
        raise Trouble(f"{path} cannot be read: {error.strerror}.") from None


def tables_of(text: str) -> dict[str, Any]:
    """What is in the document; nothing where it is no TOML, which who reads it says in the way of all its faults."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def checked(text: str, name: str, deployed: Deployment | None = None, called: str = "") -> Document | None:
    """The document, whose own sources were held to the services' models; None where it has no key.

    ``called`` is how commands are to name it, if that is not its name. Raises Wrong with every fault of its sources, else
    with every other one.
    """
    from jobherald.config.document import read

    proved(tables_of(text), name)
    try:
        return read(text, deployed, called or name)
    except ConfigError as error:
        raise Wrong("\n  ".join([f"{name} cannot be used:", *str(error).splitlines()])) from None


def proved(raw: dict[str, Any], name: str) -> None:
    """Hold a document's own sources to all that the catalogue's are held to. Raises Wrong with every fault."""
    if "source" not in raw:
        return
    from jobherald.checks.catalogue import own_problems_of

    found = own_problems_of(raw["source"], name)
    if found:
        raise Wrong("\n  ".join([f"{name} cannot be used:", *found]))
