"""Invokes the functions as Lambda's own runtime does: in SAM's containers, or else under its interface emulator."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from jobherald.errors import JobheraldError
from jobherald.local.checkout import HOST
from jobherald.local.cloud import LocalCloud
from jobherald.local.process import free_port

ARCHITECTURE: Final = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"

_START_SECONDS: Final = 20.0
_INVOKE_SECONDS: Final = 150.0


class Invoker(Protocol):
    """A way to run a deployed function outside the local cloud."""

    def invoke(self, verb: str, event: Path) -> Any:
        """What the function answered to the payload in this file. Raises JobheraldError where it gave no JSON."""
        ...


class SamInvoker:
    """``sam local invoke`` with the functions' deployed settings; ``environment`` is added to them.

    What is run is the build for Lambda on this machine's architecture, in the runtime's image.
    """

    def __init__(self, cloud: LocalCloud, environment: Mapping[str, str]) -> None:
        self._cloud = cloud
        built = cloud.checkout.build(ARCHITECTURE).parent
        template = _as_template(cloud, built, environment)
        self._template = _write(cloud.folder / "invoked.json", template)
        # Else a variable of the user's shell would win over the function's own of the same name.
        variables = {
            name: resource["Properties"]["Environment"]["Variables"]
            for name, resource in template["Resources"].items()
            if "Environment" in resource["Properties"]
        }
        self._variables = _write(cloud.folder / "variables.json", variables)

    def invoke(self, verb: str, event: Path) -> Any:
        # A stand-in for the runtime's image is on this machine only: pulling it would fail.
        pull = ["--skip-pull-image"] if "SAM_HOST_ADDRESS" in os.environ else []
        files = ["-t", str(self._template), "-e", str(event), "--env-vars", str(self._variables)]
        said = self._cloud.checkout.run_sam(
            ["local", "invoke", f"{verb.capitalize()}Function", *files, *pull],
            environment=self._cloud.credentials(),
        )
        for line in reversed(said.strip().splitlines()):
            try:
                return json.loads(line)
            except ValueError:
                continue
        raise JobheraldError(f"sam local invoke printed no answer:\n{said}")


class EmulatorInvoker:
    """Lambda's Runtime Interface Emulator, which SAM CLI carries, around the production runtime client, on this host."""

    def __init__(self, cloud: LocalCloud, environment: Mapping[str, str]) -> None:
        self._cloud = cloud
        self._environment = dict(environment)
        self._built = cloud.checkout.build(HOST).parent
        where = cloud.checkout.sam.parent.parent.glob(
            f"lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-{ARCHITECTURE}"
        )
        found = next(where, None)
        if found is None or platform.system() != "Linux":
            raise JobheraldError(
                "There is no Runtime Interface Emulator for this machine in SAM CLI's package."
            )
        # SAM marks it as executable only when it copies it into an image.
        self._emulator = Path(shutil.copy(found, cloud.folder / "aws-lambda-rie"))
        self._emulator.chmod(0o755)

    def invoke(self, verb: str, event: Path) -> Any:
        port, api = free_port(), free_port()
        addresses = ["--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
        addresses += ["--runtime-api-address", f"127.0.0.1:{api}"]
        runtime = [str(self._cloud.checkout.cloud), "-m", "awslambdaric", "app.handler"]
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(
                [str(self._emulator), *addresses, *runtime],
                cwd=self._cloud.checkout.root / "functions" / verb,
                env=self._settings(verb),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                return _post(f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations", event)
            except (OSError, ValueError) as error:
                log.seek(0)
                said = log.read().decode(errors="replace")
                raise JobheraldError(f"The {verb} function gave no answer ({error}):\n{said}") from error
            finally:
                # The group: the runtime would outlive the emulator.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _settings(self, verb: str) -> dict[str, str]:
        settings = _settings(self._cloud, verb)
        folder = self._cloud.checkout.root / "functions" / verb
        path = [folder, *(self._built / layer / "python" for layer in _layers(settings))]
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            **self._cloud.credentials(),
            **settings["Environment"]["Variables"],
            **self._environment,
            "AWS_LAMBDA_FUNCTION_NAME": settings["FunctionName"],
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings["MemorySize"]),
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(settings["Timeout"]),
            "LAMBDA_TASK_ROOT": str(folder),
            "PYTHONPATH": os.pathsep.join(str(each) for each in path),
            "PYTHONDONTWRITEBYTECODE": "1",
        }


def _settings(cloud: LocalCloud, verb: str) -> dict[str, Any]:
    name = cloud.function(verb)
    found: dict[str, Any] = cloud.client("lambda").get_function_configuration(FunctionName=name)
    return found


def _layers(settings: Mapping[str, Any]) -> list[str]:
    """The logical ids of a deployed function's layers."""
    arns = [layer["Arn"] for layer in settings.get("Layers", [])]
    return [name for arn in arns for name in ("CoreLayer", "EdgeLayer") if name in arn]


def _as_template(cloud: LocalCloud, built: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """The deployed functions as a template without a reference: SAM would leave each of them empty."""
    resources: dict[str, Any] = {}
    for logical in (name for name in cloud.resources if name.endswith("Function")):
        verb = logical.removesuffix("Function").lower()
        settings = _settings(cloud, verb)
        resources[logical] = {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "CodeUri": str(cloud.checkout.root / "functions" / verb),
                "Handler": settings["Handler"],
                "Runtime": settings["Runtime"],
                "Architectures": [ARCHITECTURE],
                "MemorySize": settings["MemorySize"],
                "Timeout": settings["Timeout"],
                "Layers": [{"Ref": layer} for layer in _layers(settings)],
                "Environment": {"Variables": {**settings["Environment"]["Variables"], **environment}},
            },
        }
    for layer in ("CoreLayer", "EdgeLayer"):
        resources[layer] = {
            "Type": "AWS::Serverless::LayerVersion",
            "Properties": {"ContentUri": str(built / layer)},
        }
    return {"Transform": "AWS::Serverless-2016-10-31", "Resources": resources}


def _write(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def _post(url: str, event: Path) -> Any:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, data=event.read_bytes(), timeout=_INVOKE_SECONDS) as answer:  # noqa: S310
                return json.loads(answer.read())
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
