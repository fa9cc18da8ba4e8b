"""MiniStack as a process of its own: started on loopback, and gone without a trace when this process is."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from jobherald.errors import JobheraldError

ACCOUNT: Final = "111122223333"
REGION: Final = "us-east-1"

_LOOPBACK: Final = "127.0.0.1"
_SCRIPT: Final = Path(__file__).with_name("emulator.py")
_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 5.0
# The emulator hands its own environment on to the functions: they get what Lambda would give them, not the user's.
_INHERITED: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE")


class Emulator:
    """The process, its port and its folder. ``python`` has MiniStack; ``environment`` reaches every function."""

    def __init__(self, python: Path, environment: Mapping[str, str]) -> None:
        self._python = python
        self._environment = dict(environment)
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None

    @property
    def endpoint(self) -> str:
        """The address of every AWS service that it has, without a slash at its end."""
        return f"http://{_LOOPBACK}:{self._port}"

    @property
    def pid(self) -> int:
        """The process. Raises RuntimeError while it is not running."""
        if self._process is None:
            raise RuntimeError("the local cloud is not running; use it in a with block")
        return self._process.pid

    @property
    def folder(self) -> Path:
        """Where it keeps its state and its log while it runs. Raises RuntimeError while it does not."""
        if self._folder is None:
            raise RuntimeError("the local cloud is not running; use it in a with block")
        return self._folder

    @property
    def log(self) -> Path:
        """What it said, and what the functions printed."""
        return self.folder / "emulator.log"

    @property
    def calls(self) -> Path:
        """A JSON object a line for each call that a role made (``emulator.record_calls``)."""
        return self.folder / "calls.jsonl"

    def credentials(self) -> dict[str, str]:
        """The environment in which any AWS SDK finds this cloud, and nothing of the user's own accounts."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def start(self) -> None:
        """Start the emulator and wait until it answers. Raises JobheraldError with its last words if it does not."""
        self._folder = Path(tempfile.mkdtemp(prefix="jobherald-cloud-"))
        atexit.register(self.stop)
        for _ in range(3):
            self._port = free_port()
            with self.log.open("wb") as log:
                self._process = subprocess.Popen(
                    [str(self._python), "-P", str(_SCRIPT)],
                    cwd=self.folder,
                    env=self._settings(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    # A group of its own: its functions end with it, and Ctrl-C in a terminal is ours to handle.
                    start_new_session=True,
                )
            if self._answers():
                return
            self._end()
        said = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
        self.stop()
        raise JobheraldError("The local cloud did not start:\n" + "\n".join(said))

    def stop(self) -> None:
        """End the emulator and its functions, and forget its state. Harmless when it is not running."""
        atexit.unregister(self.stop)
        self._end()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _settings(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return {
            **inherited,
            **self.credentials(),
            **self._environment,
            "AUTH": "true",
            "BIND_HOST": _LOOPBACK,
            "GATEWAY_PORT": str(self._port),
            "MINISTACK_HOST": _LOOPBACK,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "JOBHERALD_CALLS": str(self.calls),
            "JOBHERALD_FOLDER": str(self.folder),
            "S3_DATA_DIR": str(self.folder / "s3"),
            "STATE_DIR": str(self.folder / "state"),
            "TMPDIR": str(self.folder),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def _answers(self) -> bool:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process is not None and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=2):  # noqa: S310  # our own
                    return True
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        return False

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for force in (signal.SIGTERM, signal.SIGKILL):
            # The group and not the process: functions that outlived the emulator are in it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, force)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_SECONDS)


def free_port() -> int:
    """A port on loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
