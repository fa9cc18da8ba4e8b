"""A deployment whose API may start jobs, on moto, with a SageMaker over HTTP in which each name is taken once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from jobherald import bootstrap
from jobherald.watch import PlaceRecord, Rule, Scope
from tests.fakes.things import at
from tests.functions.stage import ACCOUNT, Stage, stage
from tests.providers.jobservice import LABELING, Answer, Service, error, serving
from tests.submit.requests import BOUNDING_BOX


@contextmanager
def deployed_api(patch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """Everything that the function meets. Its one watch takes in every labeling job of the stack's region."""
    service = Service()
    service.on("CreateLabelingJob", _creates())
    with serving(service) as url:
        patch.setenv("SUBMIT_ROLES", BOUNDING_BOX["RoleArn"])
        with stage(service, url, patch) as made:
            bootstrap.store().save_place(PlaceRecord(LABELING, Scope((Rule("all"),)), at(0), revision=1))
            yield made


def _creates() -> Any:
    names: set[str] = set()

    def create(body: Mapping[str, Any]) -> Answer:
        name = body["LabelingJobName"].casefold()
        if name in names:
            return error("ResourceInUse", "It already exists.")
        names.add(name)
        arn = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:labeling-job/{name}"
        return Answer({"LabelingJobArn": arn})

    return create
