from __future__ import annotations

import json
import subprocess
import sys

import pytest

from jobherald.catalog import all_sources
from jobherald.checks import catalogue
from tests.cli.conftest import Run


def test_json_has_what_others_rely_on(run: Run) -> None:
    """A list with one object a source, by these names."""
    found = json.loads(run("sources", "--json").stdout)
    assert [entry["id"] for entry in found] == [source.id for source in all_sources()]
    for entry in found:
        assert set(entry) >= {
            "id",
            "service",
            "operation",
            "items",
            "id_path",
            "status_path",
            "states",
            "filters",
            "events",
            "actions",
            "listed",
            "parents",
        }
    (labeling,) = [entry for entry in found if entry["id"] == "sagemaker.labeling"]
    assert labeling["states"]["InProgress"] == "running"
    assert labeling["filters"]["name_contains"] == "NameContains"
    assert "sagemaker:ListLabelingJobs" in labeling["actions"]
    assert (labeling["listed"], labeling["parents"]) == ("what changed", [])
    assert {pattern["detail-type"][0] for pattern in labeling["events"]} == {
        "SageMaker Ground Truth Labeling Job State Change",
        "AWS API Call via CloudTrail",
    }


def test_json_says_of_every_provider_what_watching_takes(run: Run) -> None:
    """Where an operation is a method and a path, events there are none, and permissions have names of their own."""
    found = {entry["id"]: entry for entry in json.loads(run("sources", "--json").stdout)}

    labeling = found["modelarts.auto_labeling"]
    assert labeling["service"] == "modelarts"
    assert labeling["operation"] == "GET /v2/{project_id}/datasets/{parent}/tasks"
    assert (labeling["items"], labeling["id_path"], labeling["status_path"]) == ("tasks", "task_id", "status")
    assert labeling["states"]["-1"] == "queued"
    assert (labeling["events"], labeling["filters"]) == ([], {})
    assert {"modelarts:dataset:listDatasets", "modelarts:dataset:list"} <= set(labeling["actions"])
    assert {source for source in found if source.startswith("modelarts.")} == {
        "modelarts.auto_labeling",
        "modelarts.export",
        "modelarts.import",
        "modelarts.processing",
        "modelarts.training",
    }


def test_json_says_below_what_a_list_is_asked(run: Run) -> None:
    """The nearest first, as people call them."""
    (found,) = json.loads(run("sources", "amplify.job", "--json").stdout)
    assert found["listed"].endswith(", for each branch of each app")
    assert found["parents"] == ["branch", "app"]


def test_the_table_names_every_source(run: Run) -> None:
    """For people."""
    found = run("sources").stdout
    assert all(source.id in found for source in all_sources())


def test_words_choose_among_them(run: Run) -> None:
    """Each has to be in the id, the title or the service, in upper or lower case."""
    found = run("sources", "LABELING", "ground", "--json")
    assert [entry["id"] for entry in json.loads(found.stdout)] == ["sagemaker.labeling"]
    table = run("sources", "modelarts", "export").stdout
    assert "modelarts.export" in table
    assert "sagemaker" not in table


def test_words_that_no_source_has_are_said(run: Run) -> None:
    """An empty table would look like an empty catalogue."""
    found = run("sources", "no", "such-thing")
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr == (
        "jobherald: No source has no and such-thing in its id, title or service."
        " An operation that lists jobs and is not there can be added: docs/adding-a-source.md.\n"
    )


@pytest.mark.parametrize(
    ("word", "meant"),
    [("sagemakr", "sagemaker"), ("glue.jobrun", "glue.job_run"), ("recognition", "rekognition")],
)
def test_what_a_misspelt_word_may_mean_is_named(run: Run, word: str, meant: str) -> None:
    """A service, or a source."""
    found = run("sources", word)
    assert f"No source has {word} in its id, title or service; near to it are: " in found.stderr
    assert meant in found.stderr


def test_the_table_says_what_watching_costs(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """How a source is listed, and whether it waits for the next poll."""
    monkeypatch.setenv("COLUMNS", "200")
    table = run("sources").stdout
    rows = {line.split()[0]: line for line in table.splitlines() if line.strip()}
    assert "what changed" in rows["sagemaker.labeling"]
    assert rows["sagemaker.labeling"].rstrip().endswith("events")
    assert "newest first" in rows["rekognition.media_analysis"]
    assert "for each dataset" in rows["modelarts.auto_labeling"]
    assert rows["modelarts.auto_labeling"].rstrip().endswith("polling")


def test_the_table_loads_no_models() -> None:
    """They take seconds, and a table needs none of them."""
    code = "import sys; from jobherald.cli.main import main; main(['sources'], standalone_mode=False);"
    code += " sys.exit('botocore.session' in sys.modules or 'jobherald.checks' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_the_shipped_catalogue_is_good(run: Run) -> None:
    """The check that comes with the command passes on what comes with it."""
    found = run("catalog", "check")
    assert (found.exit_code, found.stderr) == (0, "")


def test_faults_of_the_catalogue_end_with_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line a fault."""
    monkeypatch.setattr(catalogue, "problems", lambda: ["a: wrong.", "b: wrong."])
    found = run("catalog", "check")
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr == "jobherald: the catalogue has faults:\n  a: wrong.\n  b: wrong.\n"
