"""What `docs/adding-a-source.md` shows is what works."""

from __future__ import annotations

import tomllib
from pathlib import Path
from textwrap import dedent

import pytest

from jobherald.checks.schema import schema_problems

PAGE = (Path(__file__).parents[2] / "docs" / "adding-a-source.md").read_text(encoding="utf-8")


def shown(heading: str, language: str = "toml") -> str:
    """The first block in this language below a heading."""
    return dedent(PAGE.partition(f"{heading}\n")[2].partition(f"```{language}\n")[2].partition("```")[0])


def test_the_snippet_prints_what_an_entry_is_made_of(capsys: pytest.CaptureFixture[str]) -> None:
    """Statuses, the largest page, what the request needs, error codes, and botocore's own paginator."""
    snippet = shown("## For everybody", "python")
    exec(snippet, {})  # noqa: S102  # as a reader would
    found = capsys.readouterr().out
    assert "\nrequest: MaxResults integer ListMediaAnalysisJobsPageSize {'min': 1, 'max': 100}\n" in found
    assert "'enum': ['CREATED', 'QUEUED', 'IN_PROGRESS', 'SUCCEEDED', 'FAILED']" in found
    assert "\nerrors: AccessDeniedException " in found
    assert "\nrequired:" in found
    assert "\npaginator:" in found


def test_the_snippet_reads_the_operation_of_one_job_too(capsys: pytest.CaptureFixture[str]) -> None:
    """Which has a job in a member, or all over its answer."""
    snippet = shown("## For everybody", "python")
    named = '"rekognition", "ListMediaAnalysisJobs", "MediaAnalysisJobs"'
    for other in (
        '"rekognition", "GetMediaAnalysisJob", ""',
        '"personalize", "DescribeDatasetImportJob", "datasetImportJob"',
    ):
        exec(snippet.replace(named, other), {})  # noqa: S102  # as a reader would
        found = capsys.readouterr().out
        assert "ResourceNotFoundException" in found
        assert any(line.casefold().startswith("row: status") for line in found.splitlines())


def test_the_examples_are_of_the_form_that_is_checked() -> None:
    """Nobody copies a word that is refused."""
    entry = shown("## For everybody")
    parts = [shown(heading) for heading in ("## Looks", "## Events", "## Filters of another form")]
    (whole,) = tomllib.loads("\n".join([entry, *parts]))["source"]
    assert set(whole) >= {"look", "events", "filters"}
    assert schema_problems(whole) == []
