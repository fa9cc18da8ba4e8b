"""What a cold start has to carry: the layer's zip, and the instructions from a fresh interpreter to ready clients."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import botocore

from bench.line import Line
from bench.world import ROOT

LAYER: Final = ROOT / ".aws-sam" / "build" / "CoreLayer"
HOST_LAYER: Final = ROOT / ".aws-sam" / "host" / "build" / "CoreLayer" / "python"
# A zip's earliest date: the sum of a file's times would differ from build to build.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)

_INSTRUCTIONS: Final = re.compile(r"I\s+refs:\s+([\d,]+)")
_POLL: Final = """
import app
from jobherald import bootstrap
bootstrap.store(), bootstrap.lister(), bootstrap.limits(), bootstrap.clock()
bootstrap.client("sagemaker", "us-east-1")
"""


def layer_zip() -> Line:
    """The layer that is deployed, as a zip."""
    name, unit, must = "core_layer_zip_bytes", "bytes", 2_500_000
    if not any(LAYER.rglob("*.pyc")):
        return Line(name, None, unit, must, "built without bytecode: there is no python3.13 on this machine")
    return Line(name, len(zipped(LAYER)), unit, must)


def zipped(folder: Path) -> bytes:
    """The folder as a zip that is the same for the same files, at the level at which SAM compresses."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def cold_start() -> Line:
    """A fresh interpreter that imports poll's handler and makes its clients, against one that imports boto3."""
    name, unit, must = "poll_cold_instructions_ratio", "times `import boto3`", 2.3
    if shutil.which("valgrind") is None:
        return Line(name, None, unit, must, "valgrind is not installed (apt-get install valgrind)")
    with tempfile.TemporaryDirectory() as folder:
        # boto3 and what it stands on, as the runtime has them; nothing else of the environment.
        runtime = _runtime(Path(folder))
        poll = [ROOT / "functions" / "poll", HOST_LAYER, runtime]
        boto3, cold = _instructions("import boto3", [runtime]), _instructions(_POLL, poll)
    note = f"{cold / 1e6:,.0f} million instructions against {boto3 / 1e6:,.0f} million"
    return Line(name, round(cold / boto3, 3), unit, must, note)


def _runtime(folder: Path) -> Path:
    packages = Path(botocore.__file__).parent.parent
    for name in ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3"):
        (folder / name).symlink_to(packages / name)
    return folder


def _instructions(code: str, path: list[Path]) -> int:
    """Instructions of a fresh interpreter that runs this code."""
    counter = ["valgrind", "--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={os.devnull}"]
    ran = subprocess.run(
        [*counter, sys.executable, "-S", "-s", "-c", code],
        check=False,
        env=_environment(path),
        capture_output=True,
        text=True,
    )
    found = _INSTRUCTIONS.search(ran.stderr)
    assert ran.returncode == 0, ran.stderr
    assert found, ran.stderr
    return int(found[1].replace(",", ""))


def _environment(path: list[Path]) -> dict[str, str]:
    settings: Mapping[str, str] = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": ":".join(str(folder) for folder in path),
        "PYTHONHASHSEED": "0",
        # The function's own file has no bytecode in the cloud either.
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "TABLE_NAME": "jobs",
        "POWERTOOLS_SERVICE_NAME": "jobherald",
        "POWERTOOLS_METRICS_NAMESPACE": "jobherald",
    }
    return dict(settings)
