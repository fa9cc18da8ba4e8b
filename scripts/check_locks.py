"""Says when a requirements file no longer fits what it was made from, without asking any package index."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

DEV = "requirements/dev"
ENVIRONMENTS = (DEV, "requirements/sam", "requirements/cloud")
LAYERS = ("layers/core/requirements", "layers/edge/requirements")

_PIN = re.compile(r"^(?P<name>[\w.-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
_ADDRESS = re.compile(r"\S*://\S*|--(?:extra-)?index-url|--find-links|--trusted-host")


@dataclass(frozen=True, slots=True)
class Pin:
    """One version of one package, and the hashes of the files that may be installed as it."""

    name: str
    version: str
    hashes: frozenset[str]


def pins(locked: str) -> list[Pin]:
    """The pins in the text of a requirements file; a package may have one for each of several markers."""
    found = list(_PIN.finditer(locked))
    ends = [*(each.start() for each in found[1:]), len(locked)]
    return [
        Pin(
            canonicalize_name(each["name"]),
            each["version"],
            frozenset(_HASH.findall(locked[each.end() : end])),
        )
        for each, end in zip(found, ends, strict=True)
    ]


def wishes(written: str) -> list[Requirement]:
    """The requirements that people wrote, one a line."""
    lines = (line.split("#", 1)[0].strip() for line in written.splitlines())
    return [Requirement(line) for line in lines if line]


def unmet(wanted: list[Requirement], locked: list[Pin]) -> Iterator[str]:
    """A sentence for each requirement that no pin, or a pin outside its range, answers."""
    versions: dict[str, list[str]] = {}
    for pin in locked:
        versions.setdefault(pin.name, []).append(pin.version)
    for wish in wanted:
        have = versions.get(canonicalize_name(wish.name), [])
        if not have:
            yield f"{wish.name} is asked for but not pinned"
        for version in have:
            if not wish.specifier.contains(version, prereleases=True):
                yield f"{wish.name} is pinned at {version}, which is not {wish.specifier}"


def unsafe(locked: str) -> Iterator[str]:
    """A sentence for each thing that would make an install depend on where it is made."""
    for address in _ADDRESS.findall(locked):
        yield f"an index address is recorded: {address}"
    for pin in pins(locked):
        if not pin.hashes:
            yield f"{pin.name} has no hash"
        if "+" in pin.version:
            yield f"{pin.name} is pinned at a local version, {pin.version}, which no public index has"


def problems(root: Path) -> list[str]:
    """What is stale or unsafe in the requirements files under `root`: a sentence each, with its file."""
    said: list[str] = []
    for stem in (*ENVIRONMENTS, *LAYERS):
        locked = (root / f"{stem}.txt").read_text(encoding="utf-8")
        wanted = wishes((root / f"{stem}.in").read_text(encoding="utf-8"))
        said += [f"{stem}.txt: {problem}" for problem in (*unsafe(locked), *unmet(wanted, pins(locked)))]

    tested = pins((root / f"{DEV}.txt").read_text(encoding="utf-8"))
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [Requirement(each) for each in project["dependencies"]]
    said += [f"{DEV}.txt: {problem} (pyproject.toml)" for problem in unmet(declared, tested)]
    for stem in LAYERS:
        shipped = pins((root / f"{stem}.txt").read_text(encoding="utf-8"))
        said += [
            f"{stem}.txt: {pin.name} {pin.version} is shipped, but {DEV}.txt does not test exactly that"
            for pin in shipped
            if pin not in tested
        ]
    return said


def main() -> int:
    """Print what is wrong; 1 where anything is."""
    said = problems(Path(__file__).resolve().parent.parent)
    for problem in said:
        print(problem)
    if said:
        print("make lock resolves them anew")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
