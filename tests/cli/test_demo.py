from __future__ import annotations

import importlib
from types import SimpleNamespace

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("words", "given"),
    [
        ((), ("", 1, False, True)),
        (("--fault", "swallow", "--seed", "7", "--keep", "--no-kills"), ("swallow", 7, True, False)),
    ],
)
def test_the_scenario_gets_what_was_said_and_ends_the_command(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], given: tuple[str, int, bool, bool]
) -> None:
    """Its answer is the exit code: a reckoning that found something lost must not look like success."""
    seen = []

    def scenario(*, fault: str, seed: int, keep: bool, kills: bool) -> int:
        seen.append((fault, seed, keep, kills))
        return 1

    monkeypatch.setattr(importlib, "import_module", lambda name: SimpleNamespace(main=scenario))
    assert run("demo", *words).exit_code == 1
    assert seen == [given]


def test_an_unknown_fault_is_usage(run: Run) -> None:
    """With those that there are."""
    found = run("demo", "--fault", "flood")
    assert found.exit_code == 2
    assert "swallow" in found.stderr


def test_outside_a_checkout_it_is_a_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The local cloud is not part of what pip installs."""

    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(importlib, "import_module", missing)
    found = run("demo")
    assert found.exit_code == 2
    assert "runs from a checkout" in found.stderr
