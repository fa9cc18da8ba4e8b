from __future__ import annotations

from pathlib import Path

import pytest

from jobherald.errors import JobheraldError
from jobherald.local.checkout import Checkout

SAM = """#!/bin/sh
echo "$JOBHERALD_BUILD_FOR$JOBHERALD_ARCHITECTURE" >>"{log}"
while [ $# -gt 0 ]; do
  [ "$1" = --build-dir ] && mkdir -p "$2" && : >"$2/template.yaml"
  shift
done
[ -z "$FAILS" ] || {{ echo "no such layer"; exit 1; }}
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout with one function, and a SAM that only writes down what it is asked to build."""
    (tmp_path / "functions" / "poll").mkdir(parents=True)
    (tmp_path / "functions" / "poll" / "app.py").write_text("first", encoding="utf-8")
    (tmp_path / "template.yaml").write_text("{}", encoding="utf-8")
    sam = tmp_path / "sam"
    sam.write_text(SAM.format(log=tmp_path / "builds"), encoding="utf-8")
    sam.chmod(0o755)
    return Checkout(tmp_path, tmp_path / "python", sam)


def builds(checkout: Checkout) -> list[str]:
    return (checkout.root / "builds").read_text(encoding="utf-8").split()


def test_nothing_is_built_twice(checkout: Checkout) -> None:
    """A build is made again only where something that goes into it changed; bytecode does not."""
    template = checkout.build()
    (checkout.root / "functions" / "poll" / "__pycache__").mkdir()
    (checkout.root / "functions" / "poll" / "__pycache__" / "app.pyc").write_bytes(b"")
    assert checkout.build() == template
    assert builds(checkout) == ["host"]
    (checkout.root / "functions" / "poll" / "app.py").write_text("second", encoding="utf-8")
    checkout.build()
    assert builds(checkout) == ["host", "host"]


def test_each_target_has_a_build_of_its_own(checkout: Checkout) -> None:
    """What was built for this host is never deployed, nor the other way round."""
    assert checkout.build() != checkout.build("x86_64")
    assert builds(checkout) == ["host", "x86_64"]


def test_a_build_that_failed_is_made_again(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    """SAM's last words are in the error, and half a build is not taken for a whole one."""
    monkeypatch.setenv("FAILS", "1")
    with pytest.raises(JobheraldError, match="`sam build` failed:\nno such layer"):
        checkout.build()
    monkeypatch.delenv("FAILS")
    checkout.build()
    assert builds(checkout) == ["host", "host"]


def test_a_missing_environment_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has no local cloud yet learns how to get one."""
    monkeypatch.delenv("JOBHERALD_CLOUD_PYTHON", raising=False)
    with pytest.raises(JobheraldError, match=r"make \.venv-cloud/\.stamp"):
        Checkout.find(tmp_path)
