from __future__ import annotations

from collections import Counter

import pytest

from jobherald.local.services.modelarts.members import LIST, LISTED_TASK, PAGE, TASK, TASK_LIST
from jobherald.local.services.modelarts.neighbour_members import NEIGHBOURS
from jobherald.local.services.modelarts.neighbours import NEIGHBOUR_SHAPE
from jobherald.local.services.modelarts.shape import Shape, tables
from jobherald.local.services.modelarts.tasks import TASK_SHAPE

# Counted on the page, table by table.
ROWS = {
    TASK: 15,
    "SmartTaskConfig": 39,
    "ExportParams": 11,
    "SearchCondition": 16,
    "SearchLabels": 2,
    "SearchLabel": 4,
    "SearchProp": 2,
    "Flavor": 1,
    "InfConfig": 5,
    "TrainingParameter": 2,
    "Result": 27,
    "Event": 11,
    "HardSelectTask": 7,
    "SampleLabels": 7,
    "SampleLabel": 6,
    "SampleLabelProperty": 13,
    "SampleMetadata": 5,
}
TYPES = {
    "String",
    "Integer",
    "Long",
    "Float",
    "Double",
    "Boolean",
    "Object",
    "Array of strings",
    "Array of integers",
    "Array of objects",
    "Map<String,String>",
    "Map<String,Array<String>>",
}


def test_every_row_of_the_page_is_there_once() -> None:
    """Tables 2 to 18 have 173 rows, in the page's order of tables."""
    assert list(tables(PAGE)) == list(ROWS)
    assert Counter(member.table for member in PAGE) == ROWS
    assert len({(member.table, member.name) for member in PAGE}) == len(PAGE) == 173


def test_every_type_is_one_that_can_be_proved() -> None:
    """Scalars, arrays and maps of them, or a table that is there as well; each table is reached from the task."""
    named = {member.type for member in PAGE} - TYPES
    structures = {name.removeprefix("Array of ").removesuffix("s").removesuffix(" object") for name in named}
    assert structures == set(ROWS) - {TASK}


def test_the_list_has_a_row_of_its_own() -> None:
    """Only the list has type, dataset, model and counts; only the detail has the resource and the export's type."""
    rows = tables(LIST)
    assert {table: len(members) for table, members in rows.items()} == {TASK_LIST: 3, LISTED_TASK: 21}
    detail, listed = set(tables(PAGE)[TASK]), set(rows[LISTED_TASK])
    assert detail - listed == {"resource_id", "export_type"}
    assert listed - detail == {
        "annotated_sample_count",
        "dataset_id",
        "model_id",
        "model_name",
        "model_version",
        "total_sample_count",
        "type",
        "unconfirmed_sample_count",
    }


def test_the_neighbours_have_theirs() -> None:
    """As many rows as their pages have in the tables that are used."""
    assert {table: len(members) for table, members in tables(NEIGHBOURS).items()} == {
        "Dataset list": 2,
        "DatasetAndFilePreview": 52,
        "DataSource": 5,
        "Import task list": 2,
        "ImportTaskStatusResp": 24,
        "FileCopyProgress": 4,
        "Export task list": 17,
        "ExportTaskStatusResp": 15,
        "ExportParams": 11,
        "Processing task list": 2,
        "DescribeProcessorTaskResp": 17,
        "ProcessorDataSource": 5,
        "TemplateParam": 3,
        "OperatorParam": 4,
        "WorkPath": 6,
        "Training job list": 10,
        "JobResponse": 7,
        "JobMetadata": 7,
        "Status": 8,
        "TaskStatuses": 3,
        "RunningRecord": 7,
    }


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ({"colour": "red"}, "colour: the page has no such member"),
        ({"status": "1"}, "status: str where the page has a Integer"),
        ({"status": True}, "status: bool where the page has a Integer"),
        ({"status": 6}, "status: 6 is none of"),
        ({"progress": 10}, "progress: int where the page has a Float"),
        ({"task_name": None}, "task_name: NoneType where the page has a String"),
        ({"config": []}, "config: list where the page has a SmartTaskConfig"),
        ({"config": {"flavor": {"code": 1}}}, r"config\.flavor\.code: int where"),
        ({"config": {"inf_config_list": {}}}, "config.inf_config_list: dict where the page has an array"),
        ({"config": {"inf_config_list": [{"envs": {"A": 1}}]}}, r"inf_config_list\[0\]\.envs\.A: int where"),
        ({"config": {"inf_config_list": [{"envs": []}]}}, r"envs: list where the page has a map"),
        ({"result": {"events": [{"events": [{"status": "done"}]}]}}, r"events\[0\]\.status: 'done' is none"),
        (
            {"result": {"samples": [{"metadata": {"@modelarts:hard_reasons": ["1"]}}]}},
            r"hard_reasons\[0\]: str where the page has a Integer",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_breaks_the_page_is_named(value: dict[str, object], fault: str) -> None:
    """By its path, what it is, and what the page has."""
    assert len(list(TASK_SHAPE.violations(value, TASK))) == 1
    with pytest.raises(Exception, match=fault):
        TASK_SHAPE.prove(value, TASK)


def test_what_is_missing_breaks_nothing() -> None:
    """No page says which members must be there."""
    TASK_SHAPE.prove({}, TASK)


def test_nested_arrays_and_whole_numbers_are_proved() -> None:
    """As the node counts of a training job are."""
    assert not list(NEIGHBOUR_SHAPE.violations({"node_count_metrics": [[1, 0], [2, 1]]}, "Status"))
    (fault,) = NEIGHBOUR_SHAPE.violations({"node_count_metrics": [[1, "x"]]}, "Status")
    assert fault == "node_count_metrics[0][1]: str where the page has a Integer"


def test_a_type_that_is_not_known_is_a_violation() -> None:
    """A row that was transcribed wrongly cannot pass for proved."""
    shape = Shape([PAGE[0]._replace(type="Sring")])
    assert list(shape.violations({"code": "x"}, TASK)) == ["code: type Sring is not checked here"]
