from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from botocore.loaders import Loader
from botocore.model import ListShape, ServiceModel, Shape, StringShape, StructureShape

from jobherald.catalog import all_sources
from jobherald.checks.models import session

PAGE = Path(__file__).parents[2] / "docs/left-out.md"
MODELLED = [source for source in all_sources() if source.provider == "aws"]

LISTS: Final = re.compile(r"(List|Describe|Get|BatchGet|Search)[A-Z]")
STATUS: Final = re.compile(r"(^|_)(status|state)|phase$", re.IGNORECASE)
# Whole words: CREATING, ACTIVE and CREATE_COMPLETE are the states of something that stays.
GOING_ON: Final = re.compile(
    r"(RUNNING|INPROGRESS|ONGOING|EXECUTING|PROCESSING|START(ED|ING)|INITIALIZING|INITIATED|SUBMITTED|REQUESTED)"
    r"|(PENDING|QUEUED|WAITING|SCHEDULED|NOTSTARTED)"
)
SUCCEEDED: Final = re.compile(r"(SUCCEEDED|SUCCESS|SUCCESSFUL|COMPLETED?|FINISHED|DONE)(WITH.*)?")


class Operation(NamedTuple):
    """One of a client of botocore."""

    client: str
    name: str


def is_of_jobs(words: list[str]) -> bool:
    """Whether a status can say both that something goes on and that it succeeded."""
    plain = [re.sub(r"[^A-Z]", "", word.upper()) for word in words]
    return any(GOING_ON.fullmatch(word) for word in plain) and any(
        SUCCEEDED.fullmatch(word) for word in plain
    )


def candidates(model: ServiceModel) -> Iterator[str]:
    """The operations that list rows with the status of a job."""
    for name in model.operation_names:
        if LISTS.match(name) and any(
            is_of_jobs(words)
            for row in rows(model.operation_model(name).output_shape)
            for words in statuses(row)
        ):
            yield name


def rows(shape: Shape | None, below: int = 0) -> Iterator[StructureShape]:
    """What lists have in an answer; a list may be in a structure of it, and that in another."""
    if isinstance(shape, ListShape) and isinstance(shape.member, StructureShape):
        yield shape.member
    elif isinstance(shape, StructureShape) and below < 2:
        for member in shape.members.values():
            yield from rows(member, below + 1)


def statuses(row: StructureShape, below: int = 0) -> Iterator[list[str]]:
    """The words of each status of a row, or of a structure in it that is named as one."""
    for name, member in row.members.items():
        if not STATUS.search(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)):
            continue
        if isinstance(member, StringShape):
            yield member.enum
        elif isinstance(member, StructureShape) and not below:
            yield from statuses(member, 1)


@cache
def operations() -> dict[Operation, bool]:
    """Every operation that botocore knows, and whether it lists jobs."""
    known = session().get_component("data_loader")
    found: dict[Operation, bool] = {}
    for client in session().get_available_services():
        # A loader keeps what it has read, and all models at once are more than a test should take.
        version = known.determine_latest_version(client, "service-2")
        read = Loader(extra_search_paths=known.search_paths).load_data(f"{client}/{version}/service-2")
        model = ServiceModel(read, client)
        listing = set(candidates(model))
        found |= {Operation(client, name): name in listing for name in model.operation_names}
    return found


@cache
def told() -> frozenset[Operation]:
    """What the rows of sources come from."""
    found = set()
    for source in MODELLED:
        found.add(Operation(source.client, source.operation))
        if source.batch:
            found.add(Operation(source.client, source.batch.operation))
        if source.look:
            found.add(Operation(source.look.client or source.client, source.look.operation))
    return frozenset(found)


@cache
def asked_below() -> frozenset[Operation]:
    """What sources find those by that they are listed below."""
    found = set()
    for source in MODELLED:
        parent = source.parent
        while parent is not None:
            found.add(Operation(parent.client or source.client, parent.operation))
            parent = parent.above
    return frozenset(found)


@cache
def tables() -> tuple[tuple[Operation, ...], ...]:
    """The operations of the page, table by table."""
    parts = PAGE.read_text(encoding="utf-8").split("\n## ")[1:]
    row = re.compile(r"^\| ([a-z0-9-]+) \| ([A-Z][A-Za-z0-9]+) \| \S.* \|$", re.MULTILINE)
    return tuple(tuple(Operation(*found) for found in row.findall(part)) for part in parts)


def left_out() -> list[Operation]:
    return [operation for table in tables() for operation in table]


def test_what_lists_jobs_is_a_source_or_left_out_by_name() -> None:
    """A newer botocore has new operations: each takes an entry of the catalogue, or a line of the page."""
    listing = {operation for operation, lists_jobs in operations().items() if lists_jobs}
    missing = listing - told() - asked_below() - set(left_out())

    assert sorted(missing) == [], f"neither a source nor in {PAGE.name}"


def test_what_is_left_out_is_no_source() -> None:
    """What has become one leaves the page."""
    assert [operation for operation in left_out() if operation in told()] == []


def test_what_is_left_out_is_there() -> None:
    """Each operation once, under a name that botocore knows, and where one looks for it."""
    assert tables()
    for table in tables():
        assert table
        assert list(table) == sorted(table)
    assert len(left_out()) == len(set(left_out()))
    assert [operation for operation in left_out() if operation not in operations()] == []


def test_every_row_of_the_page_is_read() -> None:
    """One in another form would be left out of what is left out."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    heads = [line for line in lines if line.startswith(("| client ", "| --- "))]

    assert len(lines) - len(heads) == len(left_out())


@pytest.mark.parametrize(
    ("client", "operation", "lists_jobs"),
    [
        ("sagemaker", "ListTrainingJobs", True),
        ("events", "ListReplays", True),
        ("batch", "DescribeJobs", True),
        ("athena", "BatchGetQueryExecution", True),  # the status is in a structure
        ("ec2", "DescribeImportImageTasks", False),  # of which the model lists no words
        ("sagemaker", "ListEndpoints", False),  # an endpoint that works is in service
        ("cloudformation", "ListStacks", False),  # a stack is created, and stays
        ("sagemaker", "DescribeLabelingJob", False),  # no list
        ("sagemaker", "CreateTrainingJob", False),
    ],
)
def test_a_list_of_jobs_is_known_by_its_status(client: str, operation: str, lists_jobs: bool) -> None:
    """By words for what goes on and for what has succeeded; what stays can fail as well."""
    assert operations()[Operation(client, operation)] is lists_jobs
