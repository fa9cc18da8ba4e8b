"""The local cloud never outlives what started it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from jobherald.errors import JobheraldError
from jobherald.local.checkout import Checkout
from jobherald.local.process import Emulator

pytestmark = pytest.mark.e2e

STARTED_AND_KILLED = """
import os, signal
from jobherald.local.checkout import Checkout
from jobherald.local.process import Emulator
emulator = Emulator(Checkout.find().cloud, {})
emulator.start()
print(emulator.pid, emulator.folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_is_gone_when_its_starter_was_killed() -> None:
    """No process and no folder stay behind, though nothing of ours could run any more."""
    ran = subprocess.run(
        [sys.executable, "-c", STARTED_AND_KILLED], capture_output=True, text=True, check=False
    )
    pid, folder = ran.stdout.split()
    deadline = time.monotonic() + 15
    while (Path(f"/proc/{pid}").exists() or Path(folder).exists()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(f"/proc/{pid}").exists()
    assert not Path(folder).exists()


def test_it_stops_and_can_be_stopped_twice() -> None:
    """After stopping, nothing answers at its address and its folder is gone."""
    emulator = Emulator(Checkout.find().cloud, {})
    emulator.start()
    pid, folder, endpoint = emulator.pid, emulator.folder, emulator.endpoint
    emulator.stop()
    emulator.stop()
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=5)  # noqa: S310


def test_an_environment_without_it_is_told_so(tmp_path: Path) -> None:
    """Its last words are in the error, and the folder does not stay."""
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "No module named ministack"; exit 1\n', encoding="utf-8")
    python.chmod(0o755)
    emulator = Emulator(python, {})
    with pytest.raises(JobheraldError, match="did not start:\nNo module named ministack"):
        emulator.start()
    with pytest.raises(RuntimeError, match="not running"):
        _ = emulator.folder
