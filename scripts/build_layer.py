"""Builds one Lambda layer from any Python, since SAM's own builder asks for the exact minor that runs in the cloud.

Called by the Makefile of a layer, which `sam build` calls. JOBHERALD_BUILD_FOR is `lambda` (the default) or `host`, for
the interpreter that runs this script; JOBHERALD_ARCHITECTURE is `arm64` (the default) or `x86_64`, for Lambda only.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent
CACHE: Final = ROOT / ".aws-sam" / "layers"

RUNTIME: Final = "3.13"
WHEEL_PLATFORMS: Final = {"arm64": "manylinux2014_aarch64", "x86_64": "manylinux2014_x86_64"}

# What runs on a developer's machine only. In a layer it would be weight, and a way for the hot path to meet pydantic.
NOT_SHIPPED: Final = ("checks", "cli", "deadletters", "deploying", "local")
# Who installed a package, and when, differs from build to build and would make every build a new layer version.
INSTALL_RECORDS: Final = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "WHEEL")
# Swagger's pages, which Powertools reads only to show them, and those of its utilities that no function uses: a third of
# the layer.
DEAD_WEIGHT: Final = (
    "*.min.js",
    "*.min.css",
    "aws_lambda_powertools/utilities/auth_alpha",
    "aws_lambda_powertools/utilities/circuit_breaker",
    "aws_lambda_powertools/utilities/data_masking",
    "aws_lambda_powertools/utilities/feature_flags",
    "aws_lambda_powertools/utilities/kafka",
    "aws_lambda_powertools/utilities/parser",
    "aws_lambda_powertools/utilities/streaming",
)


class BuildError(Exception):
    """The layer cannot be built; the text says why."""


class Target(NamedTuple):
    """What a layer is built for: its name in the cache, pip's options, and the interpreter of its bytecode."""

    name: str
    pip_options: tuple[str, ...]
    compiler: str | None


def main(arguments: list[str] | None = None) -> int:
    """Build the layer that lies in one folder into another. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("layer", type=Path, help="the layer's folder, which holds requirements.txt")
    parser.add_argument("artifacts", type=Path, help="SAM's ARTIFACTS_DIR")
    parser.add_argument(
        "--package", default="", help="the folder of our own package within the layer's folder"
    )
    options = parser.parse_args(arguments)
    try:
        target = target_from_environment()
        into = options.artifacts / "python"
        shutil.copytree(dependencies(options.layer, target), into, dirs_exist_ok=True)
        if options.package:
            source = options.layer / options.package
            shutil.copytree(source, into / options.package, ignore=without_strangers(source))
            compile_tree(into / options.package, options.package, target)
            remove_strays()
    except (BuildError, subprocess.CalledProcessError) as error:
        print(f"{options.layer.name} layer: {error}", file=sys.stderr)
        return 1
    return 0


def target_from_environment() -> Target:
    """What to build for. Raises BuildError for words that it does not know."""
    build_for = os.environ.get("JOBHERALD_BUILD_FOR", "lambda")
    if build_for == "host":
        name = f"host-{sysconfig.get_platform()}-{sys.implementation.cache_tag}"
        return Target(name, (), sys.executable)
    if build_for != "lambda":
        raise BuildError(f"JOBHERALD_BUILD_FOR is {build_for!r}; it can be lambda or host")
    architecture = os.environ.get("JOBHERALD_ARCHITECTURE", "arm64")
    if architecture not in WHEEL_PLATFORMS:
        raise BuildError(
            f"JOBHERALD_ARCHITECTURE is {architecture!r}; it can be {' or '.join(WHEEL_PLATFORMS)}"
        )
    compiler = find_runtime()
    if compiler is None:
        print(
            f"no python{RUNTIME} here: the layer carries no bytecode, and functions start more slowly",
            file=sys.stderr,
        )
    foreign = (
        "--platform",
        WHEEL_PLATFORMS[architecture],
        "--implementation",
        "cp",
        "--python-version",
        RUNTIME,
    )
    return Target(f"lambda-{architecture}{'' if compiler else '-source'}", foreign, compiler)


def find_runtime() -> str | None:
    """A Python of the minor that Lambda runs, since bytecode fits one minor only; None where there is none."""
    for candidate in (sys.executable, f"python{RUNTIME}"):
        path = shutil.which(candidate)
        if path is None:
            continue
        # A version manager puts a stub on PATH, which finds its interpreter by .python-version in this folder alone.
        says = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"
        answer = subprocess.run([path, "-c", says], cwd=ROOT, capture_output=True, text=True, check=False)
        version, _, executable = answer.stdout.strip().partition(" ")
        if answer.returncode == 0 and version == RUNTIME:
            return executable
    return None


def dependencies(layer: Path, target: Target) -> Path:
    """The folder of the layer's third-party packages with their bytecode, made once for each content of its lock."""
    requirements = layer / "requirements.txt"
    recipe = Path(__file__).read_bytes() + requirements.read_bytes()
    digest = hashlib.sha256(recipe).hexdigest()[:16]
    ready = CACHE / f"{layer.name}-{target.name}-{digest}"
    if ready.is_dir():
        return ready
    for stale in CACHE.glob(f"{layer.name}-{target.name}-*"):
        shutil.rmtree(stale)
    making = CACHE / f".{ready.name}.{os.getpid()}"
    shutil.rmtree(making, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-compile"]
    only = ["--only-binary=:all:", "--no-deps", "--require-hashes"]
    # A requirements file of hashes is only as good as pip's own settings: a user's PIP_TARGET or the like must not win.
    environment = {
        name: value for name, value in os.environ.items() if name not in {"PIP_TARGET", "PIP_PREFIX"}
    }
    subprocess.run(
        [*pip, *only, *target.pip_options, "--target", str(making), "-r", str(requirements)],
        check=True,
        env=environment,
    )
    unwanted = [making.glob(f"*.dist-info/{record}") for record in INSTALL_RECORDS]
    unwanted += [making.rglob(pattern) for pattern in DEAD_WEIGHT]
    for path in itertools.chain.from_iterable(unwanted):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    shutil.rmtree(making / "bin", ignore_errors=True)
    compile_tree(making, "", target)
    try:
        making.rename(ready)
    except OSError:
        # Another build was faster.
        shutil.rmtree(making)
    return ready


def compile_tree(tree: Path, inside: str, target: Target) -> None:
    """Add bytecode that is never checked against its source.

    In the cloud every file's time is the zip's and /opt is read-only: anything else is compiled at every cold start.
    """
    if target.compiler is None:
        return
    # The path in tracebacks is that of the layer in Lambda, wherever it was built.
    paths = ["-s", str(tree), "-p", str(Path("/opt/python") / inside)]
    subprocess.run(
        [
            target.compiler,
            "-m",
            "compileall",
            "-q",
            "--invalidation-mode",
            "unchecked-hash",
            *paths,
            str(tree),
        ],
        check=True,
    )


def remove_strays() -> None:
    """A function's folder is zipped as it is: bytecode that a test run left there would be deployed with it."""
    for stray in ROOT.glob("functions/*/__pycache__"):
        shutil.rmtree(stray, ignore_errors=True)


def without_strangers(package: Path) -> Callable[[str, list[str]], set[str]]:
    """What `copytree` leaves out of the package: bytecode of other Pythons, and the rooms that are not shipped."""

    def ignored(folder: str, names: list[str]) -> set[str]:
        rooms = NOT_SHIPPED if Path(folder) == package else ()
        return {name for name in names if name == "__pycache__" or name in rooms}

    return ignored


if __name__ == "__main__":
    sys.exit(main())
