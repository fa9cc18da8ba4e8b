"""Where the local cloud of this machine's user is to be found, so that another terminal can ask it."""

from __future__ import annotations

import json
import os
import stat
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from jobherald.errors import JobheraldError

_FILE: Final = "jobherald-local.json"


@dataclass(frozen=True, slots=True)
class LocalCloud:
    """A running local cloud: its endpoint (``http://127.0.0.1:…``), the stack in it, its region, and its process.

    ``job_services`` is where SageMaker and Rekognition are.
    """

    endpoint: str
    stack: str
    region: str
    pid: int
    job_services: str = ""


def path() -> Path:
    """The file that says so: in the user's runtime folder, else in a folder of their own among the temporary ones."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and Path(runtime).is_dir():
        return Path(runtime) / _FILE
    return Path(tempfile.gettempdir()) / f"jobherald-{os.getuid()}" / _FILE


def save(cloud: LocalCloud, folder: Path | None = None) -> None:
    """Say where the cloud is; the last one that was started wins. For the user's own eyes. Raises JobheraldError.

    With a ``folder`` it is said there alone, to processes that have it as their XDG_RUNTIME_DIR.
    """
    file = folder / _FILE if folder is not None else path()
    file.parent.mkdir(mode=0o700, exist_ok=True)
    _must_be_ours(file.parent)
    fresh = file.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(asdict(cloud)), encoding="utf-8")
    fresh.replace(file)


def load() -> LocalCloud | None:
    """The running cloud; None where there is none, or its process has ended. Raises JobheraldError."""
    file = path()
    try:
        _must_be_ours(file.parent)
        cloud = LocalCloud(**json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (TypeError, ValueError):
        raise JobheraldError(f"{file} does not say where a local cloud is. Delete it.") from None
    return cloud if _runs(cloud.pid) else None


def clear() -> None:
    """Say that there is none any more."""
    path().unlink(missing_ok=True)


def _must_be_ours(folder: Path) -> None:
    # In a folder of somebody else's, the file could send this user's commands to that somebody's endpoint.
    found = folder.stat()
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o022:
        raise JobheraldError(
            f"{folder} can be written by others. Delete it, or set XDG_RUNTIME_DIR to one of your own."
        )


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
