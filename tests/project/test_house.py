"""The house's own promises: what its files say to installers, to CI and to each other agrees."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

import jobherald
from scripts import check_locks

ROOT = Path(__file__).resolve().parents[2]
CLASSIFIER = "Programming Language :: Python :: 3."


def project() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        declared: dict[str, Any] = tomllib.load(file)["project"]
    return declared


def supported() -> list[str]:
    """The minor versions of Python that the package declares, in order."""
    declared = [each.rsplit(" ", 1)[1] for each in project()["classifiers"] if each.startswith(CLASSIFIER)]
    return sorted(declared, key=lambda version: int(version.split(".")[1]))


def tracked() -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The requirements files and pyproject.toml in a tree of their own, to be spoiled."""
    stems = (*check_locks.ENVIRONMENTS, *check_locks.LAYERS)
    for name in ("pyproject.toml", *(f"{stem}{ending}" for stem in stems for ending in (".in", ".txt"))):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def spoil(file: Path, pattern: str, replacement: str) -> None:
    text, count = re.subn(pattern, replacement, file.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE)
    assert count == 1
    file.write_text(text, encoding="utf-8")


class TestPythonVersions:
    def test_the_oldest_classifier_is_what_installers_are_asked_for(self) -> None:
        """Whoever reads the classifiers and whoever runs pip are told the same."""
        assert project()["requires-python"] == f">={supported()[0]}"

    def test_no_minor_version_is_left_out(self) -> None:
        """A gap in the classifiers would be a version that nobody tests."""
        minors = [int(version.split(".")[1]) for version in supported()]
        assert minors == list(range(minors[0], minors[-1] + 1))

    def test_the_version_for_work_is_a_supported_one(self) -> None:
        """`.python-version` names a minor version that the package declares."""
        assert (ROOT / ".python-version").read_text(encoding="utf-8").strip() in supported()

    def test_ci_tests_every_supported_version(self) -> None:
        """The matrix of the workflow is the list of the classifiers."""
        workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
        assert workflow["jobs"]["tests"]["strategy"]["matrix"]["python"] == supported()

    @pytest.mark.parametrize("tool", ["mypy", "ruff"])
    def test_checkers_read_the_code_as_the_oldest_python(self, tool: str) -> None:
        """Syntax or names of a newer Python are found by the checkers, not by a user."""
        with (ROOT / "pyproject.toml").open("rb") as file:
            tools = tomllib.load(file)["tool"]
        said = {"mypy": tools["mypy"]["python_version"], "ruff": tools["ruff"]["target-version"]}
        assert said[tool] in {supported()[0], "py" + supported()[0].replace(".", "")}


class TestLocks:
    def test_every_requirements_file_is_current_and_safe(self) -> None:
        """Each wish is pinned within its range, each pin hashed, none bound to an index; layers ship what is tested."""
        assert check_locks.problems(ROOT) == []

    @pytest.mark.parametrize(
        ("file", "pattern", "replacement", "said"),
        [
            ("requirements/dev.in", r"^pytest$", "pytest\nleft-pad", "left-pad is asked for but not pinned"),
            ("requirements/dev.in", r"^(moto\[.*\])$", r"\1>=99", "which is not >=99"),
            ("requirements/sam.in", r"^aws-sam-cli==.*$", "aws-sam-cli==1.0.0", "which is not ==1.0.0"),
            (
                "requirements/dev.txt",
                r"\A",
                "--index-url https://example.com/simple\n",
                "an index address is recorded",
            ),
            ("requirements/cloud.txt", r"^ministack==[\d.]+", "ministack==1.5.33+cpu", "local version"),
            (
                "layers/edge/requirements.txt",
                r"^slack-sdk==[\d.]+",
                "slack-sdk==3.36.1",
                "does not test exactly that",
            ),
            ("layers/core/requirements.txt", r"(?:    --hash=\S+ ?\\?\n)+", "", "has no hash"),
            ("pyproject.toml", r'"click>=[\d.]+"', '"click>=99"', "which is not >=99"),
        ],
    )
    def test_a_spoiled_file_is_named(
        self, copied: Path, file: str, pattern: str, replacement: str, said: str
    ) -> None:
        """The check sees each kind of staleness that it exists for."""
        spoil(copied / file, pattern, replacement)
        found = "\n".join(check_locks.problems(copied))
        assert said in found

    def test_no_layer_ships_what_the_runtime_brings(self) -> None:
        """boto3 in a layer would cost 33 MB and every cold start."""
        for stem in check_locks.LAYERS:
            names = {pin.name for pin in check_locks.pins((ROOT / f"{stem}.txt").read_text(encoding="utf-8"))}
            assert names.isdisjoint({"boto3", "botocore", "s3transfer"})


class TestPackage:
    def test_the_version_is_a_release_number(self) -> None:
        """Three numbers, since the changelog promises semantic versions."""
        assert re.fullmatch(r"\d+\.\d+\.\d+", jobherald.__version__)

    def test_the_package_says_that_it_is_typed(self) -> None:
        """Without py.typed, checkers of those who import jobherald see Any everywhere."""
        assert (ROOT / "layers/core/jobherald/py.typed").is_file()

    def test_tests_import_this_checkout(self) -> None:
        """An installed copy of another version would be tested in its place."""
        built = "aws-sam" in jobherald.__file__
        assert built or Path(jobherald.__file__).is_relative_to(ROOT / "layers" / "core")


class TestFrontDoor:
    @pytest.mark.parametrize(
        "target", ["demo", "test", "check", "build", "bench", "faults", "e2e", "deploy", "lock", "clean"]
    )
    def test_every_target_exists(self, target: str) -> None:
        """The names that people, CI and docs rely on; -n plans a target without running it."""
        planned = subprocess.run(
            ["make", "--no-print-directory", "-n", target],
            cwd=ROOT,
            check=False,
            capture_output=True,
            text=True,
        )
        assert planned.returncode == 0, planned.stderr

    def test_ci_goes_through_the_front_door(self) -> None:
        """Every step of `.ci/run` is a target, so that what CI does can be done by hand with one word."""
        steps = re.findall(
            r'^\s*step "[\w-]+" (.+)$', (ROOT / ".ci/run").read_text(encoding="utf-8"), re.MULTILINE
        )
        assert steps
        assert [
            step for step in steps if not re.fullmatch(r"make --no-print-directory [a-z0-9-]+", step)
        ] == []

    def test_every_action_is_pinned_by_its_hash(self) -> None:
        """A tag can be moved to other code; a commit cannot."""
        uses = re.findall(r"uses: (\S+)", (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
        assert uses
        assert [each for each in uses if not re.search(r"@[0-9a-f]{40}$", each)] == []


def test_every_ignored_rule_has_its_reason() -> None:
    """A reader learns the taste of the house from why each rule is off."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    rules = re.findall(r'^  "[A-Z]{1,4}\d*",.*$', text, re.MULTILINE)
    assert rules
    assert [rule for rule in rules if not re.search(r"# .{5,}", rule)] == []


def test_no_file_names_a_package_index() -> None:
    """Whoever installs chooses the index; the hashes hold at any of them."""
    hosts = ("files.python" + "hosted.org", "py" + "pi.org/simple", "--extra-index" + "-url ")
    spoken = [
        f"{path.relative_to(ROOT)}: {host}"
        for path in tracked()
        for host in hosts
        if host.encode() in path.read_bytes()
    ]
    assert spoken == []
