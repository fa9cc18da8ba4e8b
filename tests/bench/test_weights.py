"""A layer weighs the same however it came about."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

from bench.weights import zipped


def fill(folder: Path, names: list[str], time: int) -> None:
    for name in names:
        path = folder / "python" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name * 50)
        os.utime(path, (time, time))


def test_the_zip_of_the_same_files_is_the_same(tmp_path: Path) -> None:
    """Neither the order in which files were made nor their times show."""
    fill(tmp_path / "one", ["a.py", "b/c.py"], 1_000_000_000)
    fill(tmp_path / "two", ["b/c.py", "a.py"], 1_700_000_000)
    assert zipped(tmp_path / "one") == zipped(tmp_path / "two")


def test_the_zip_holds_every_file_compressed(tmp_path: Path) -> None:
    """As the cloud unpacks it below /opt."""
    fill(tmp_path, ["a.py", "b/c.py"], 1_000_000_000)
    with zipfile.ZipFile(io.BytesIO(zipped(tmp_path))) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == ["python/a.py", "python/b/c.py"]
    assert all(entry.compress_size < entry.file_size for entry in entries)
