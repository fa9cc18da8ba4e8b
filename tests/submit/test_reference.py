from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import pytest

from jobherald.submit.reading import DEMANDS
from jobherald.submit.reference import GENERATED, SECTIONS, TESTS
from tests.submit import broken, test_categories, test_manifest, test_media_analysis, test_reading

ROOT = Path(__file__).parents[2]

CASES: dict[str, Collection[str]] = {
    "test_rules.py": broken.BROKEN,
    "test_categories.py": test_categories.BROKEN,
    "test_manifest.py": {*test_manifest.BROKEN, "manifest-unaudited"},
    "test_media_analysis.py": test_media_analysis.BROKEN,
    "test_reading.py": test_reading.BROKEN,
}
"""The rules that each file breaks, one test by the name of each."""


class TestPage:
    @pytest.mark.parametrize("name", GENERATED)
    def test_it_is_current(self, name: str) -> None:
        """What is kept is what the rules would write."""
        assert (ROOT / name).read_text(encoding="utf-8") == GENERATED[name]()

    def test_every_rule_is_on_it_once(self) -> None:
        """With a weight, a sentence, a source and a test."""
        (render,) = GENERATED.values()
        rows = re.findall(
            r"^\|(?: \d+ \|)? `([\w.-]+)` \| (error|warning) \| .+\. \| .+ \| \[(\w+\.py)\]",
            render(),
            re.MULTILINE,
        )
        names = [name for name, *_ in rows]
        assert sorted(names) == sorted(
            [*DEMANDS, *(rule.name for section in SECTIONS for rule in section.rules)]
        )
        assert len(set(names)) == len(names)

    def test_the_test_that_is_named_is_there(self) -> None:
        """Each rule is among the cases of the file that the page points to."""
        (render,) = GENERATED.values()
        named = re.findall(r"`([\w.-]+)` \|.*\[(\w+\.py)\]", render())
        assert named
        assert [(name, file) for name, file in named if name not in CASES[file]] == []
        assert all((ROOT / TESTS / file).is_file() for _, file in named)
