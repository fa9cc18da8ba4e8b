from __future__ import annotations

from dataclasses import replace

import pytest

from jobherald.catalog.source import Source, Steps
from jobherald.checks.keeping import keeping_problems
from jobherald.model import State

PHASES = Steps("phases", "phaseType", "phaseStatus", ("FAILED", "FAULT"), code="contexts[0].statusCode")
# The one AWS API in sight whose rows tell their steps; it lists no jobs, and is asked for them by id.
BUILDS = Source(
    id="codebuild.build",
    title="CodeBuild build",
    client="codebuild",
    operation="BatchGetBuilds",
    items="builds",
    id_path="id",
    status_path="buildStatus",
    states={"FAILED": State.FAILED},
    shorten=("phases", "phases[].contexts"),
    mask=("environment", "environment.environmentVariables[]"),
    steps=PHASES,
)

NOWHERE = "no member of a row, nor of the answer to a look"
MASKED = "it must be a table, a list or a text"


def test_lists_tables_and_steps_of_a_row_are_proved_deep_down() -> None:
    """Through structures and lists."""
    assert list(keeping_problems(BUILDS)) == []


@pytest.mark.parametrize(
    ("steps", "member", "said"),
    [
        (PHASES._replace(failed=("FAILED", "BROKEN")), "steps.failed", "BROKEN is no status of a step; it has: SUCC"),
        (PHASES._replace(status="phaseState"), "steps.status", "BuildPhase has no member phaseState; it has: "),
        (PHASES._replace(name="contexts"), "steps.name", "contexts finds list; it must find a text"),
        (PHASES._replace(below="contexts[0].message"), "steps.below", "'contexts[0].message' is no list in a step"),
        (PHASES._replace(items="source"), "steps.items", "'source' is no list of structures in a row"),
    ],
)  # fmt: skip
def test_a_wrong_step_is_found(steps: Steps, member: str, said: str) -> None:
    """Its words against the enum, its paths against the step."""
    ((where, what),) = keeping_problems(replace(BUILDS, steps=steps))

    assert (where, what.startswith(said)) == (member, True), what


def test_steps_may_be_below_steps() -> None:
    """A list in a step is all that can be proved of them."""
    assert list(keeping_problems(replace(BUILDS, steps=PHASES._replace(below="contexts")))) == []


@pytest.mark.parametrize(
    ("trails", "said"),
    [
        ({"mask": ("buildNumber",)}, f"buildNumber is a long; {MASKED}"),
        ({"mask": ("phases[].context",)}, f"phases[].context is {NOWHERE}; {MASKED}"),
        ({"shorten": ("environment",)}, "environment is a structure; it must be a list"),
        ({"shorten": ("phases[]",)}, "phases[] is a structure; it must be a list"),
    ],
)
def test_what_is_no_list_or_table_is_found(trails: dict[str, tuple[str, ...]], said: str) -> None:
    """Shortening and masking it would do nothing."""
    ((_, what),) = keeping_problems(replace(BUILDS, **trails))  # type: ignore[arg-type]

    assert what == said
