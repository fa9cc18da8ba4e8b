"""What was built runs on what the cloud has: the functions, their layers, and the runtime's own boto3, nothing else."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.project.template import functions

pytestmark = pytest.mark.built

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "layers" / "core" / "jobherald"
BUILT = ROOT / ".aws-sam" / "host" / "build"
FUNCTIONS = sorted(app.parent.name for app in ROOT.glob("functions/*/app.py"))

# The packages of the Lambda runtime: boto3 and what it stands on.
RUNTIME = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
# Rooms that no layer ships, at the top of the package.
NOT_SHIPPED = ("checks", "cli", "deadletters", "deploying", "local")
# pydantic costs two thirds of `import boto3` at every cold start, and these start most often.
HOT = ("ingest", "notify", "poll")


@pytest.fixture(scope="module", autouse=True)
def built() -> Path:
    if not BUILT.is_dir():
        pytest.fail("nothing is built for this host: make test-built")
    return BUILT


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the runtime's packages and no others."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        origin = origin.parent if origin.name == "__init__.py" else origin
        (folder / origin.name).symlink_to(origin)
    return folder


def layers_of(function: str) -> list[str]:
    return [layer["Ref"] for layer in functions()[function]["Layers"]]


def run(code: str, *path: Path) -> Any:
    """What `code` prints, as JSON, in an interpreter that knows the standard library and `path` alone."""
    setting = f"import sys; sys.path[:0] = {[str(each) for each in path]!r}\n"
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", setting + code],
        check=False,
        capture_output=True,
        text=True,
        env={},
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_imports_with_its_layers_alone(function: str, built: Path, runtime: Path) -> None:
    """A package that no layer of the function has, or an import that reads the environment, fails here."""
    layers = [built / layer / "python" for layer in layers_of(function)]
    code = "import app, json, jobherald; print(json.dumps([callable(app.handler), jobherald.__file__]))"
    called, package = run(code, ROOT / "functions" / function, *layers, runtime)
    assert called
    assert Path(package).is_relative_to(built / "CoreLayer")


@pytest.mark.parametrize("function", HOT)
def test_a_hot_function_never_meets_pydantic(function: str, built: Path, runtime: Path) -> None:
    """Importing it loads neither pydantic nor slack_sdk, even where a layer has them."""
    layers = [built / layer / "python" for layer in {*layers_of(function), "EdgeLayer"}]
    code = "import app, json, sys; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    loaded = run(code, ROOT / "functions" / function, *layers, runtime)
    assert {"pydantic", "pydantic_core", "slack_sdk"}.isdisjoint(loaded)


def test_every_file_of_the_package_reaches_the_layer(built: Path) -> None:
    """SAM drops some names at any depth without a word; a catalogue file would be missed in production only."""
    wanted = {
        file.relative_to(PACKAGE)
        for file in PACKAGE.rglob("*")
        if file.is_file() and file.suffix != ".pyc" and file.relative_to(PACKAGE).parts[0] not in NOT_SHIPPED
    }
    shipped = built / "CoreLayer" / "python" / "jobherald"
    there = {
        file.relative_to(shipped) for file in shipped.rglob("*") if file.is_file() and file.suffix != ".pyc"
    }
    assert there == wanted


def test_every_module_of_the_layers_imports(built: Path, runtime: Path) -> None:
    """A module that leans on something of the developer's environment alone is found before it is deployed."""
    code = """
import importlib, json, pkgutil, jobherald
names = [module.name for module in pkgutil.walk_packages(jobherald.__path__, "jobherald.")]
for name in names:
    importlib.import_module(name)
print(json.dumps(names))
"""
    layers = [built / layer / "python" for layer in ("CoreLayer", "EdgeLayer")]
    assert "jobherald.model" in run(code, *layers, runtime)


@pytest.mark.parametrize("layer", ["CoreLayer", "EdgeLayer"])
def test_a_layer_holds_nothing_that_the_runtime_brings(layer: str, built: Path) -> None:
    """boto3 in a layer would shadow the runtime's and cost 33 MB."""
    there = {path.name for path in (built / layer / "python").iterdir()}
    assert there.isdisjoint({"boto3", "botocore", "s3transfer", "tests"})
