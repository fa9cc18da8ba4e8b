"""The name of a labeling job: whether it is free."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from jobherald.submit.decoding import shown
from jobherald.submit.findings import Finding, Severity
from jobherald.submit.looks.book import LABELING, Demand, LabelingScene, Question
from jobherald.submit.looks.eyes import AbsentError
from jobherald.submit.sources import model

PATH: Final = "LabelingJobName"
PAGES: Final = 2
"""How many pages of 100 jobs are read for each spelling of the name."""

TAKEN: Final = Demand(
    27,
    "look.name.taken",
    Severity.ERROR,
    "No labeling job of the account and region has the name, in large or small letters. Whether NameContains of"
    " ListLabelingJobs minds them no page says, so CreateLabelingJob has the last word.",
    (model("CreateLabelingJob"),),
)


@LABELING.look("name", TAKEN)
def name_is_free(scene: LabelingScene) -> Iterator[Question]:
    name = scene.job.request.LabelingJobName
    yield Question(PATH, "whether the name is free", lambda: _as_it_is(scene, name))
    yield Question(PATH, "whether the name is free in other letters", lambda: _in_other_letters(scene, name))


def _as_it_is(scene: LabelingScene, name: str) -> Iterator[Finding]:
    try:
        job = scene.eyes.ask("sagemaker", "DescribeLabelingJob", LabelingJobName=name)
    except AbsentError:
        return
    yield _taken(job["LabelingJobName"])


def _in_other_letters(scene: LabelingScene, name: str) -> Iterator[Finding]:
    for spelling in dict.fromkeys((name, name.lower())):
        token: dict[str, str] = {}
        for _ in range(PAGES):
            page = scene.eyes.ask(
                "sagemaker", "ListLabelingJobs", NameContains=spelling, MaxResults=100, **token
            )
            names = [job["LabelingJobName"] for job in page["LabelingJobSummaryList"]]
            yield from (_taken(each) for each in names if each.lower() == name.lower())
            if not page.get("NextToken"):
                break
            token = {"NextToken": page["NextToken"]}


def _taken(name: str) -> Finding:
    return TAKEN.found(
        PATH,
        f"there is a labeling job {shown(name)}, and large and small letters count as the same",
        "choose another name: labeling jobs cannot be deleted",
    )
