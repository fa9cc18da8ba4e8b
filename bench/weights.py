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
# The rest of what a poll of ModelArts needs before its first call.
_READY: Final = "bootstrap.huaweicloud_lister()\n"
_ENTRY: Final = f"{_READY}bootstrap.lister().abilities('modelarts.auto_labeling')\n"
_SSM: Final = "bootstrap.client('ssm')\n"
_CLIENT: Final = "import jobherald.providers.huaweicloud.client"


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


def cold_starts() -> list[Line]:
    """Fresh interpreters, counted against one that imports boto3: with poll's clients, and with ModelArts beside them."""
    if shutil.which("valgrind") is None:
        missing = "valgrind is not installed (apt-get install valgrind)"
        return [_cold(None, missing), _modelarts(None, missing)]
    with tempfile.TemporaryDirectory() as folder:
        # boto3 and what it stands on, as the runtime has them; nothing else of the environment.
        runtime = _runtime(Path(folder))
        layers = [ROOT / "functions" / "poll", HOST_LAYER, runtime]
        boto3 = _instructions("import boto3", [runtime])
        cold, ready, entry, ssm = (_instructions(_POLL + more, layers) for more in ("", _READY, _ENTRY, _SSM))
        urllib3, alone = (_instructions(code, layers) for code in ("import urllib3", _CLIENT))
    note = (
        f"{(ssm - cold) / boto3:.2f} of it make the client of SSM, which reads the credential; the entries of the"
        f" catalogue, read with the first call, are {(entry - ready) / boto3:.2f} more. A fresh interpreter that"
        f" imports the client alone: {alone / boto3:.2f}, of which {urllib3 / boto3:.2f} are urllib3, which poll has"
        " from botocore"
    )
    return [
        _cold(cold / boto3, f"{cold / 1e6:,.0f} million instructions against {boto3 / 1e6:,.0f} million"),
        _modelarts((ready - cold) / boto3, note),
    ]


def _cold(ratio: float | None, note: str) -> Line:
    return Line("poll_cold_instructions_ratio", _rounded(ratio), "times `import boto3`", 2.3, note)


def _modelarts(ratio: float | None, note: str) -> Line:
    return Line("modelarts_import_instructions_ratio", _rounded(ratio), "times `import boto3`", 0.3, note)


def _rounded(ratio: float | None) -> float | None:
    return None if ratio is None else round(ratio, 3)


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
        "HUAWEI_SECRET": "ssm:/jobherald/huawei",
        "POWERTOOLS_SERVICE_NAME": "jobherald",
        "POWERTOOLS_METRICS_NAMESPACE": "jobherald",
    }
    return dict(settings)
