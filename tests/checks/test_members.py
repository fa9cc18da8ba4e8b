from __future__ import annotations

from pathlib import Path

import pytest

from jobherald.catalog import all_sources, load
from jobherald.catalog.source import Source
from jobherald.checks.members import member_table, request_members, row_members
from jobherald.checks.reference import FOLDER, pages

ROOT = Path(__file__).parents[2]


# Those whose every parameter and member the product promises to know; of others it reads what it needs.
WHOLE = [
    source
    for source in all_sources()
    if source.provider != "aws" or source.id in {"sagemaker.labeling", "rekognition.media_analysis"}
]


@pytest.mark.parametrize("source", WHOLE, ids=lambda source: source.id)
def test_every_request_parameter_is_accounted_for(source: Source) -> None:
    """A watch can set it, or the engine does; none is out of reach."""
    nobody = [name for name, who in request_members(source).items() if not who]

    assert nobody == []


@pytest.mark.parametrize(
    ("source_id", "parameters"),
    [
        (
            "sagemaker.labeling",
            {
                "CreationTimeAfter", "CreationTimeBefore", "LastModifiedTimeAfter", "LastModifiedTimeBefore",
                "MaxResults", "NextToken", "NameContains", "SortBy", "SortOrder", "StatusEquals",
            },
        ),
        ("rekognition.media_analysis", {"NextToken", "MaxResults"}),
        ("modelarts.auto_labeling", {"offset", "limit", "type"}),
        ("modelarts.training", {"offset", "limit", "sort_by", "order"}),
    ],
)  # fmt: skip
def test_the_parameters_are_those_of_the_reference(source_id: str, parameters: set[str]) -> None:
    """As the API pages of boto3 list them, or those that the entry sets where there is no model."""
    assert set(request_members(load(source_id))) == parameters


@pytest.mark.parametrize("source", WHOLE, ids=lambda source: source.id)
def test_the_table_names_every_member(source: Source) -> None:
    """One row for each parameter and each member of a job, with where it is kept."""
    table = member_table(source)

    for name in request_members(source):
        assert f"| `{name}` |" in table
    for path in row_members(source):
        assert f"| `{path}` |" in table
        assert f"`details.{path}`" in table


@pytest.mark.parametrize("source", all_sources(), ids=lambda source: source.id)
def test_no_table_is_longer_than_anybody_reads(source: Source) -> None:
    """Every member that is read stands there by itself, the others at least by what they are in."""
    table, members = member_table(source), row_members(source)

    for path, (_, read) in members.items():
        assert f"| `{path}` |" in table or (not read and f"| `{path.partition('.')[0]}` |" in table)
    assert len(table.splitlines()) < 150


def test_the_table_says_what_a_member_is_read_as() -> None:
    """A counter is progress, a code is a reason."""
    labeling, media = row_members(load("sagemaker.labeling")), row_members(load("rekognition.media_analysis"))

    assert labeling["LabelCounters.TotalLabeled"] == ("whole number", "progress `done`")
    assert labeling["LastModifiedTime"] == ("time", "modified")
    assert media["FailureDetails.Code"] == ("one of 9 words", "reason code")
    assert media["OutputConfig.S3Bucket"] == ("text", "output")


def test_without_a_model_the_table_has_the_members_that_the_entry_names() -> None:
    """Whatever a path goes on to below them, they are what it is read from."""
    labeling, training = row_members(load("modelarts.auto_labeling")), row_members(load("modelarts.training"))

    assert labeling["annotated_sample_count"] == ("", "progress `done`")
    assert labeling["unconfirmed_sample_count"] == ("", "progress `to_confirm`")
    assert labeling["error_detail"] == ("", "reason")
    assert labeling["result"] == ("", "output, steps")
    assert labeling["elapsed_time"] == ("", "")
    assert training["metadata"] == ("", "id, name, created")


def test_the_table_says_what_each_list_of_a_source_is_asked_for() -> None:
    """Its fixed parameters, and those in which one list differs from the other."""
    assert (
        request_members(load("modelarts.auto_labeling"))["type"]
        == "the engine: nothing, then `auto-grouping`"
    )
    assert request_members(load("modelarts.processing"))["return_result"] == "the engine: always `false`"


@pytest.mark.parametrize(
    ("source_id", "said"),
    [
        ("modelarts.auto_labeling", "[modelarts.md](../modelarts.md)"),
        ("modelarts.auto_labeling", "A poll first asks which there are (`GET /v2/{project_id}/datasets`, 100 a request)"),
        ("modelarts.auto_labeling", ": the whole list, 2 requests for each 100 jobs, 1 s apart."),
        ("modelarts.import", ": the whole list, a request for each 100 jobs, 1 s apart."),
        ("modelarts.auto_labeling", "| `2` (failed) | failed |"),
        ("modelarts.auto_labeling", "Permissions to be granted in Huawei Cloud: `modelarts:dataset:listDatasets`, `modelarts:dataset:list`"),
        ("modelarts.auto_labeling", "not every region has it"),
        ("modelarts.auto_labeling", "`create_time` has no time zone"),
        ("modelarts.auto_labeling", "There is no end time"),
        ("modelarts.auto_labeling", "Kept as their number and first 50: `config.samples`"),
        ("modelarts.auto_labeling", "Kept without their values, which may be secrets: `config.inf_config_list[].envs`"),
        ("modelarts.auto_labeling", "read from `result.events`; the step that failed is told with the reason"),
        ("modelarts.auto_labeling", "`GET /v2/{project_id}/datasets/{parent}/tasks/{id}` reads one job."),
        ("modelarts.training", "ModelArts training job, listed by `POST /v2/{project_id}/training-job-searches`: newest first"),
        ("sagemaker.labeling", "IAM actions: `sagemaker:ListLabelingJobs`"),
        ("sagemaker.labeling", "`sagemaker:DescribeLabelingJob` on `arn:{partition}:sagemaker:*:{account}:labeling-job/*`"),
        ("sagemaker.labeling", "listed by `ListLabelingJobs`: what changed, a request for each 100 jobs"),
    ],
)  # fmt: skip
def test_the_reference_says_what_a_source_costs_takes_and_lacks(source_id: str, said: str) -> None:
    """In its own section: how it is listed, permissions, caveats, and what is kept."""
    text = pages()[f"docs/sources/{source_id.partition('.')[0]}.md"]
    section = text.partition(f"\n## {source_id}\n")[2].partition("\n## ")[0]

    assert said in section


def test_the_overview_leads_to_every_source() -> None:
    """To its section on the page of its service, with how it is listed and whether events tell of it."""
    overview = pages()["docs/sources.md"]

    for source in all_sources():
        service, anchor = source.id.partition(".")[0], source.id.replace(".", "")
        (row,) = [line for line in overview.splitlines() if line.startswith(f"| [`{source.id}`]")]
        assert f"(sources/{service}.md#{anchor})" in row
        assert source.title in row
        assert row.endswith("| events |" if source.events else "| polling |")
        assert f"\n## {source.id}\n" in pages()[f"docs/sources/{service}.md"]


@pytest.mark.parametrize("path", pages())
def test_the_generated_pages_are_current(path: str) -> None:
    """The page in the repository is what the catalogue says today (else: `jobherald docs`)."""
    assert (ROOT / path).read_text(encoding="utf-8") == pages()[path]


def test_there_is_no_page_of_a_service_that_is_gone() -> None:
    """It would go on to promise what nobody watches."""
    kept = {path.relative_to(ROOT).as_posix() for path in (ROOT / FOLDER).iterdir()}

    assert kept == {path for path in pages() if path.startswith(f"{FOLDER}/")}
