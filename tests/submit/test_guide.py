"""The two examples of the developer guide's page on CreateLabelingJob, after the least edit that makes them parse.

They are kept as the page has them, in ``guide/``: https://docs.aws.amazon.com/sagemaker/latest/dg/sms-create-labeling-job-api.html
"""

from __future__ import annotations

import ast
import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from jobherald.submit.examination import examine_labeling
from jobherald.submit.findings import Severity

GUIDE = Path(__file__).parent / "guide"

Found = set[tuple[str, str]]

PYTHON_EDITS = (
    (
        '"FreeOfPersonallyIdentifiableInformation"|"FreeOfAdultContent",',
        '"FreeOfPersonallyIdentifiableInformation", "FreeOfAdultContent",',
    ),
    ('RoleArn="arn:aws:iam::*:role/*,', 'RoleArn="arn:aws:iam::*:role/*",'),
    ("        },\n    Tags=[", "        }\n    },\n    Tags=["),
)
"""A bar for a comma, a quotation mark and a bracket that are missing."""

CLI_EDITS = (
    ("$ aws", "aws"),
    ('task",,', 'task",'),
)
"""The prompt, and a comma too many."""

FUNCTION = "HumanTaskConfig.PreHumanTaskLambdaArn"
CONSOLIDATION = "HumanTaskConfig.AnnotationConsolidationConfig.AnnotationConsolidationLambdaArn"

IN_BOTH: Found = {
    ("shape.pattern", "RoleArn"),
    ("shape.pattern", "HumanTaskConfig.TaskKeywords[2]"),
    ("function-known", FUNCTION),
    ("function-known", CONSOLIDATION),
}
"""A role that is none, a keyword with a hyphen, and functions that are left for the reader to name."""

IN_PYTHON: Found = {
    *IN_BOTH,
    ("shape.pattern", "HumanTaskConfig.WorkteamArn"),
    ("shape.range", "StoppingConditions.MaxPercentageOfInputDatasetLabeled"),
}
"""A work team that is none, and 123 percent."""


def edited_text(name: str, edits: tuple[tuple[str, str], ...]) -> str:
    text = (GUIDE / name).read_text(encoding="utf-8")
    for old, new in edits:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


def python_example() -> dict[str, Any]:
    """The keyword arguments of the call."""
    tree = ast.parse(edited_text("python.txt", PYTHON_EDITS))
    (call,) = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}


def cli_example() -> dict[str, Any]:
    """The flags of the command by the names of their members, and structures read from JSON."""
    words = shlex.split(edited_text("cli.txt", CLI_EDITS).replace("\\\n", " "))
    assert words[:5] == ["aws", "--region", "us-east-1", "sagemaker", "create-labeling-job"]
    flags = dict(zip(words[5::2], words[6::2], strict=True))
    return {
        "".join(part.capitalize() for part in flag.removeprefix("--").split("-")): (
            json.loads(value) if value.startswith("{") else value
        )
        for flag, value in flags.items()
    }


def found(document: dict[str, Any], severity: Severity = Severity.ERROR) -> Found:
    _, report = examine_labeling(document, "us-east-1")
    return {(each.rule, each.path) for each in report.findings if each.severity is severity}


class TestExamples:
    def test_the_python_example(self) -> None:
        """Each error in it, with the rule that finds it."""
        assert found(python_example()) == IN_PYTHON

    def test_the_cli_example(self) -> None:
        """Each error in it, with the rule that finds it."""
        assert found(cli_example()) == IN_BOTH

    @pytest.mark.parametrize("example", [python_example, cli_example])
    def test_when_its_errors_are_mended_it_is_sound(self, example: Any) -> None:
        """Nothing else is wrong with it, but that one of the two has no labels."""
        document = example()
        human = document["HumanTaskConfig"]
        document["RoleArn"] = "arn:aws:iam::111122223333:role/labeling"
        human["TaskKeywords"][2] = "Multi label"
        for path, prefix in ((FUNCTION, "PRE"), (CONSOLIDATION, "ACS")):
            arn = f"arn:aws:lambda:us-east-1:432418664414:function:{prefix}-ImageMultiClassMultiLabel"
            *way, last = path.split(".")[1:]
            (human[way[0]] if way else human)[last] = arn
        if "*" in human["WorkteamArn"]:
            human["WorkteamArn"] = "arn:aws:sagemaker:us-east-1:111122223333:workteam/private-crowd/signs"
            document["StoppingConditions"]["MaxPercentageOfInputDatasetLabeled"] = 100
        assert found(document) == set()
        missing = (
            set()
            if "LabelCategoryConfigS3Uri" in document
            else {("label-categories-usual", "LabelCategoryConfigS3Uri")}
        )
        assert found(document, Severity.WARNING) == missing
