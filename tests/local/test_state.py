from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from jobherald.errors import JobheraldError
from jobherald.local import state
from jobherald.local.state import LocalCloud

CLOUD = LocalCloud(
    "http://127.0.0.1:4566", "jobherald", "us-east-1", os.getpid(), job_services="http://127.0.0.1:4567"
)


@pytest.fixture(autouse=True, params=["runtime folder", "temporary folder"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o700)
    if request.param == "runtime folder":
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    else:
        monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_what_was_saved_is_found() -> None:
    """Another terminal finds the cloud that a demo started."""
    assert state.load() is None
    state.save(CLOUD)
    assert state.load() == CLOUD
    state.clear()
    assert state.load() is None


def test_a_cloud_whose_process_has_ended_is_none() -> None:
    """A demo that was killed leaves its file behind; its endpoint answers nobody."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    state.save(LocalCloud(CLOUD.endpoint, CLOUD.stack, CLOUD.region, ended.pid))
    assert state.load() is None


def test_a_damaged_file_is_a_sentence() -> None:
    """The message names the file and what to do with it."""
    state.save(CLOUD)
    state.path().write_text("{}", encoding="utf-8")
    with pytest.raises(JobheraldError, match=r"jobherald-local\.json does not say"):
        state.load()


def test_a_folder_that_others_can_write_is_not_believed() -> None:
    """Somebody else on the machine must not send our commands to an endpoint of theirs."""
    state.save(CLOUD)
    state.path().parent.chmod(0o777)
    with pytest.raises(JobheraldError, match="can be written by others"):
        state.load()


def test_a_cloud_may_be_named_for_some_processes_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that have the folder as their runtime folder find it, whichever other cloud was started last."""
    folder = tmp_path / "of-one-demo"
    folder.mkdir(mode=0o700)
    state.save(CLOUD, folder)
    assert state.load() is None
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    assert state.load() == CLOUD
