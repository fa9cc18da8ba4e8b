from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import build_layer
from scripts.build_layer import BuildError, Target


@pytest.fixture
def layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A layer without third-party packages, and a cache of its own."""
    monkeypatch.setattr(build_layer, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("JOBHERALD_BUILD_FOR", "host")
    folder = tmp_path / "core"
    for name in ("flows/poll.py", "local/cloud.py", "cli/main.py", "flows/local/deep.py", "catalog/aws.toml"):
        path = folder / "package" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
    (folder / "package" / "__pycache__").mkdir()
    (folder / "package" / "__pycache__" / "old.cpython-38.pyc").write_bytes(b"")
    (folder / "requirements.txt").write_text("# nothing\n", encoding="utf-8")
    monkeypatch.setattr(build_layer, "dependencies", _no_dependencies)
    return folder


def _no_dependencies(layer: Path, target: Target) -> Path:
    folder = layer.parent / "nothing"
    folder.mkdir(exist_ok=True)
    return folder


def test_a_layer_holds_the_package_and_its_bytecode(layer: Path, tmp_path: Path) -> None:
    """Data files and this Python's bytecode are there; rooms that are not shipped and other Pythons' bytecode are not."""
    assert build_layer.main([str(layer), str(tmp_path / "out"), "--package", "package"]) == 0
    package = tmp_path / "out" / "python" / "package"
    there = {str(path.relative_to(package)) for path in package.rglob("*") if path.is_file()}
    tag = sys.implementation.cache_tag
    assert there == {
        "flows/poll.py",
        f"flows/__pycache__/poll.{tag}.pyc",
        "flows/local/deep.py",
        f"flows/local/__pycache__/deep.{tag}.pyc",
        "catalog/aws.toml",
    }


def test_bytecode_is_never_checked_against_its_source(layer: Path, tmp_path: Path) -> None:
    """A zip gives every file another time: bytecode that looks at it would be made anew at every cold start."""
    build_layer.main([str(layer), str(tmp_path / "out"), "--package", "package"])
    (compiled,) = (tmp_path / "out" / "python" / "package" / "flows").glob("__pycache__/*.pyc")
    flags = int.from_bytes(compiled.read_bytes()[4:8], "little")
    assert flags == 0b01
    assert b"/opt/python/package/flows/poll.py" in compiled.read_bytes()


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("JOBHERALD_BUILD_FOR", "moon", "it can be lambda or host"),
        ("JOBHERALD_ARCHITECTURE", "sparc", "it can be arm64 or x86_64"),
    ],
)
def test_unknown_targets_are_refused(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str
) -> None:
    """A misspelt target would deploy modules of the wrong machine."""
    monkeypatch.setenv("JOBHERALD_BUILD_FOR", "lambda")
    monkeypatch.setenv(variable, value)
    with pytest.raises(BuildError, match=says):
        build_layer.target_from_environment()


@pytest.mark.parametrize(
    ("architecture", "platform"), [("arm64", "manylinux2014_aarch64"), ("x86_64", "manylinux2014_x86_64")]
)
def test_wheels_are_those_of_the_target(
    monkeypatch: pytest.MonkeyPatch, architecture: str, platform: str
) -> None:
    """Whatever machine builds, pip is asked for Lambda's platform and Python."""
    monkeypatch.setenv("JOBHERALD_BUILD_FOR", "lambda")
    monkeypatch.setenv("JOBHERALD_ARCHITECTURE", architecture)
    options = build_layer.target_from_environment().pip_options
    assert ("--platform", platform) == options[:2]
    assert options[-1] == build_layer.RUNTIME


def test_another_python_is_not_taken_for_the_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytecode fits one minor version only."""
    says = subprocess.CompletedProcess([], 0, "3.10 /usr/bin/python3.10\n", "")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: says)
    monkeypatch.setattr(shutil, "which", lambda name: name)
    assert build_layer.find_runtime() is None
