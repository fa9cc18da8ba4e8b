from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from jobherald.catalog import all_sources, load
from jobherald.catalog import load as loader_function
from jobherald.catalog.load import entry_files, parse
from jobherald.errors import ConfigError
from jobherald.model import State

ENTRY = """
[[source]]
id = "batch.job"
title = "Batch job"
client = "batch"
operation = "ListJobs"
items = "jobSummaryList"
job = { id = "jobId", status = "status" }
states = { queued = ["SUBMITTED", "PENDING"], running = ["RUNNING"], succeeded = ["SUCCEEDED"], failed = ["FAILED"] }
"""


def test_a_source_is_read_from_its_own_file() -> None:
    """Every member of an entry arrives where the rest of the product looks for it."""
    source = load("sagemaker.labeling")

    assert (source.provider, source.client, source.operation) == ("aws", "sagemaker", "ListLabelingJobs")
    assert source.states["Initializing"] is State.QUEUED
    assert source.filters["modified_after"] == "LastModifiedTimeAfter"
    assert (source.page_size_parameter, source.page_size) == ("MaxResults", 100)
    assert (source.overlap, source.pace) == (300.0, 1.0)
    assert source.counters is not None
    assert source.counters.also == {
        "human": "LabelCounters.HumanLabeled",
        "machine": "LabelCounters.MachineLabeled",
    }
    assert source.look is not None
    assert source.look.parameters == {"LabelingJobName": "name"}
    assert [event.match for event in source.events] == [
        {"LabelingJobStatus": ("Completed", "Failed", "Stopped")},
        {"eventSource": ("sagemaker.amazonaws.com",), "eventName": ("CreateLabelingJob", "StopLabelingJob")},
    ]


def test_a_source_below_parents_is_read_whole() -> None:
    """What it is asked below, what a row can have, what becomes of it, and what its numbers mean."""
    source = load("modelarts.auto_labeling")

    assert (source.provider, source.token_input, source.token_counts) == ("huaweicloud", "offset", "either")
    assert (source.created_doubt, source.variants) == (86400.0, ({"type": "auto-grouping"},))
    assert source.parent is not None
    assert source.parent.operation == "GET /v2/{project_id}/datasets"
    assert (source.parent.id_path, source.parent.running_path) == ("dataset_id", "running_tasks_id")
    assert source.parent.parameters == {"check_running_task": True, "dataset_version": "all"}
    assert (source.parent.token_counts, source.parent.page_size) == ("either", 100)
    assert "ModelArts.4352" in source.parent.not_found
    assert source.steps is not None
    assert (source.steps.items, source.steps.below, source.steps.failed) == (
        "result.events",
        "events",
        ("failed",),
    )
    assert "task_id" in source.row
    assert source.mask == ("config.inf_config_list[].envs",)
    assert "result.samples" in source.shorten
    assert source.status_words["2"] == "failed"
    assert "modelarts:dataset:getDataset" in source.actions
    assert source.notes


def test_a_source_is_read_once() -> None:
    """A warm function asks for it at every call."""
    assert load("sagemaker.labeling") is loader_function("sagemaker.labeling")


def test_every_source_can_be_loaded_by_its_id() -> None:
    """No entry stands in a file that its id does not lead to."""
    assert all(load(source.id) == source for source in all_sources())


def test_the_folder_is_the_provider() -> None:
    """Which adapter lists a source follows from where its file lies."""
    assert {provider for provider, _ in entry_files()} == {source.provider for source in all_sources()}


@pytest.mark.parametrize("source_id", ["nothing.here", "", "..", "/"])
def test_an_unknown_source_says_where_the_known_ones_are(source_id: str) -> None:
    """What was asked for, and who shows what there is."""
    with pytest.raises(
        ConfigError, match=rf"no source '{re.escape(source_id)}'.*`jobherald sources` shows what there is"
    ):
        load(source_id)


@pytest.mark.parametrize("source_id", ["sagemaker.labelling", "aws/sagemaker.labeling"])
def test_an_unknown_source_names_what_is_near_to_it(source_id: str) -> None:
    """A misspelt id is corrected without a search."""
    with pytest.raises(ConfigError, match=r"did you mean .*sagemaker\.labeling"):
        load(source_id)


def test_one_entry_read_alone_is_the_one_among_all() -> None:
    """What cuts a file into entries cuts where TOML does."""
    assert [load(source.id) for source in all_sources()] == list(all_sources())


def test_what_an_entry_leaves_out_has_its_default() -> None:
    """An entry says only what is particular to its service."""
    (source,) = parse(ENTRY, "catalog/aws/batch.toml", "aws")

    assert (source.overlap, source.pace, source.page_size, source.newest_first) == (300.0, 1.0, 0, False)
    assert (source.look, source.counters, source.events, source.filters) == (None, None, (), {})
    assert (source.parent, source.steps, source.token_counts, source.created_doubt) == (None, None, "", 0.0)
    assert (source.variants, source.row, source.shorten, source.mask, source.notes) == ((), (), (), (), ())


@pytest.mark.parametrize(
    ("duration", "seconds"), [("500ms", 0.5), ("1.5s", 1.5), ("5m", 300.0), ("2h", 7200.0), ("1d", 86400.0)]
)
def test_durations_are_texts(duration: str, seconds: float) -> None:
    """With the unit that a person would write."""
    (source,) = parse(ENTRY + f'overlap = "{duration}"\n', "catalog/aws/batch.toml", "aws")

    assert source.overlap == seconds


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ('title = "Batch job"', "", "batch.job: title: is missing; it must be a text"),
        ('title = "Batch job"', "title = 7", "batch.job: title: is 7; it must be a text"),
        ('id = "jobId", ', "", "batch.job: job.id: is missing; it must be a text"),
        (
            'id = "jobId", ',
            'id = "jobId", nmae = "x", ',
            "batch.job: job.nmae: is not known here; valid are: id, status",
        ),
        (
            'title = "Batch job"',
            'title = "x"\ncolour = "red"',
            "batch.job: colour: is not known here; valid are: id",
        ),
        (
            "running = [",
            "walking = [",
            "batch.job: states.walking: is not a state; valid are: queued, running",
        ),
        ('["RUNNING"]', '["PENDING"]', "batch.job: states.running: has PENDING, which queued has already"),
        ('["RUNNING"]', '"RUNNING"', "batch.job: states.running: is 'RUNNING'; it must be a list"),
        ('["RUNNING"]', "[1]", "batch.job: states.running: is [1]; it must be a list of texts"),
        ("states = {", "status = {", "batch.job: states: is missing"),
        (
            'title = "Batch job"',
            'title = "x"\noverlap = "soon"',
            "batch.job: overlap: is 'soon'; it must be a duration",
        ),
        (
            'title = "Batch job"',
            'title = "x"\nnewest_first = 1',
            "batch.job: newest_first: is 1; it must be true or false",
        ),
        (
            'title = "Batch job"',
            'title = "x"\nevents = ["y"]',
            "batch.job: events[0]: is 'y'; it must be a table",
        ),
        (
            'title = "Batch job"',
            'title = "x"\nadvice = { lost = "y" }',
            "batch.job: advice.lost: is not a state",
        ),
        (
            'title = "Batch job"',
            'title = "x"\nfilters = { status = 1 }',
            "batch.job: filters.status: is 1; it must be",
        ),
        (
            'title = "Batch job"',
            'title = "x"\npage_size = { value = true }',
            "page_size.value: is True; it must be a whole",
        ),
        (
            'title = "Batch job"',
            'title = "x"\nlook = { parameters = {} }',
            "batch.job: look.operation: is missing",
        ),
        (
            'title = "Batch job"',
            'title = "x"\ntoken = { input = "offset", counts = "lines" }',
            "batch.job: token.counts: is 'lines'; it must be one of pages, rows, either",
        ),
        (
            'title = "Batch job"',
            'title = "x"\nvariants = ["y"]',
            "batch.job: variants[0]: is 'y'; it must be a table",
        ),
        (
            'title = "Batch job"',
            'title = "x"\nparent = { title = "queue" }',
            "batch.job: parent.operation: is missing; it must be a text",
        ),
        (
            'title = "Batch job"',
            'title = "x"\nparent = { title = "q", operation = "o", items = "i", id = "d", nmae = "n" }',
            "batch.job: parent.nmae: is not known here; valid are: token, page_size, title",
        ),
        (
            'title = "Batch job"',
            'title = "x"\nparent = { title = "q", operation = "o", items = "i", id = "d", token = { counts = "x" } }',
            "batch.job: parent.token.counts: is 'x'; it must be one of pages",
        ),
        (
            'title = "Batch job"',
            'title = "x"\nsteps = { items = "i", name = "n", status = "s" }',
            "batch.job: steps.failed: is missing; it must be a list",
        ),
        (
            'title = "Batch job"',
            'title = "x"\ncreated_doubt = "1w"',
            "batch.job: created_doubt: is '1w'; it must be a duration",
        ),
        ('title = "Batch job"', "title =", "this is not TOML"),
        ("[[source]]", "[[sauce]]", "sauce: is not known here; valid are: source"),
    ],
)
def test_a_wrong_entry_is_named_with_what_would_have_been_valid(was: str, becomes: str, said: str) -> None:
    """File, entry and member, and a remedy."""
    assert was in ENTRY
    with pytest.raises(ConfigError) as caught:
        parse(ENTRY.replace(was, becomes), "catalog/aws/batch.toml", "aws")

    assert str(caught.value).startswith("catalog/aws/batch.toml: ")
    assert said in str(caught.value)


def test_loading_meets_no_pydantic_and_no_botocore() -> None:
    """They cost more than the whole rest of a cold start, and the hot path loads sources."""
    code = (
        "import sys; from jobherald.catalog import load; load('sagemaker.labeling');"
        "print([name for name in ('pydantic', 'botocore', 'boto3') if name in sys.modules])"
    )
    root = Path(__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)

    assert run.stdout.strip() == "[]"
