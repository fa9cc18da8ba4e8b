"""The environment that every function has from the template, set before any function is imported: Metrics reads it then."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.functions.stage import Stage, stage
from tests.providers.jobservice import Service, serving

os.environ["POWERTOOLS_SERVICE_NAME"] = "jobherald"
os.environ["POWERTOOLS_METRICS_NAMESPACE"] = "jobherald"


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """The stack on moto, and job services over HTTP that have no jobs yet."""
    service = Service()
    service.on("ListLabelingJobs", {"LabelingJobSummaryList": []})
    service.on("ListMediaAnalysisJobs", {"MediaAnalysisJobs": []})
    with serving(service) as url, stage(service, url, monkeypatch) as made:
        yield made
