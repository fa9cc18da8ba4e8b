"""What lies in a checkout and in no package: the template, its environments, and how it is built without a cloud."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from jobherald.errors import JobheraldError

HOST: Final = "host"
"""The build for this machine's own Python, which is what the local cloud runs."""

_INPUTS: Final = ("template.yaml", "layers", "functions", "scripts/build_layer.py")
_LAST_LINES: Final = 40


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout of jobherald: ``root`` holds the template; ``cloud`` is the Python that has MiniStack, ``sam`` the CLI.

    The three environments are apart because what they pin contradicts each other.
    """

    root: Path
    cloud: Path
    sam: Path

    @classmethod
    def find(cls, root: Path | None = None) -> Self:
        """The checkout that this package is part of, with the environments that ``make`` puts there.

        JOBHERALD_CLOUD_PYTHON and JOBHERALD_SAM name others. Raises JobheraldError where there is no checkout.
        """
        here = root or next(
            (p for p in Path(__file__).resolve().parents if (p / "template.yaml").is_file()), None
        )
        if here is None:
            raise JobheraldError(
                "The local cloud deploys template.yaml, so it runs from a checkout of jobherald only."
            )
        cloud = Path(os.environ.get("JOBHERALD_CLOUD_PYTHON") or here / ".venv-cloud" / "bin" / "python")
        sam = Path(os.environ.get("JOBHERALD_SAM") or here / ".venv-sam" / "bin" / "sam")
        for path, target in ((cloud, "venv-cloud"), (sam, "venv-sam")):
            if not path.exists():
                raise JobheraldError(f"There is no {path}. Run `make .{target}/.stamp` in {here}.")
        return cls(here, cloud, sam)

    def build(self, target: str = HOST) -> Path:
        """Build for this host, or for Lambda on ``arm64`` or ``x86_64``, where anything changed since the last time.

        Returns the built template. Raises JobheraldError with SAM's last words.
        """
        # SAM keeps its record of a build beside the build's folder, so that each target has a place of its own.
        folder = self.root / ".aws-sam" / target / "build"
        template = folder / "template.yaml"
        stamp = folder.with_suffix(".inputs")
        with self.built(target, exclusive=True):
            inputs = self._fingerprint()
            if template.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == inputs:
                return template
            stamp.unlink(missing_ok=True)
            build_for = (
                {"JOBHERALD_BUILD_FOR": HOST} if target == HOST else {"JOBHERALD_ARCHITECTURE": target}
            )
            parameters = [] if target == HOST else ["--parameter-overrides", f"Architecture={target}"]
            self.run_sam(["build", "--build-dir", str(folder), *parameters], environment=build_for)
            stamp.write_text(inputs, encoding="utf-8")
        return template

    @contextmanager
    def built(self, target: str = HOST, *, exclusive: bool = False) -> Iterator[None]:
        """Keep a build from changing meanwhile: a build begins by deleting what another process may be deploying."""
        lock = self.root / ".aws-sam" / target / "lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        with lock.open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
            yield

    def run_sam(self, arguments: Sequence[str], *, environment: Mapping[str, str] | None = None) -> str:
        """Run SAM CLI in the checkout. Returns what it printed. Raises JobheraldError with its last words."""
        path = f"{self.sam.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        settings = {"PATH": path, "SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.2"}
        done = subprocess.run(
            [str(self.sam), *arguments],
            cwd=self.root,
            env={**os.environ, **settings, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode != 0:
            said = "\n".join(done.stdout.strip().splitlines()[-_LAST_LINES:])
            raise JobheraldError(f"`sam {arguments[0]}` failed:\n{said}")
        return done.stdout

    def _fingerprint(self) -> str:
        digest = hashlib.sha256()
        for path in sorted(self._inputs()):
            digest.update(f"{path.relative_to(self.root)}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def _inputs(self) -> Iterator[Path]:
        for name in _INPUTS:
            path = self.root / name
            if path.is_file():
                yield path
            for inside in path.rglob("*"):
                if inside.is_file() and "__pycache__" not in inside.parts:
                    yield inside
