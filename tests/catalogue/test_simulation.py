"""The proof is only worth what its simulation is: it lies nowhere, and the faults that it should find it finds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jobherald.catalog import load
from jobherald.providers import aws
from jobherald.providers.aws import AwsLister
from tests.catalogue import numbers, service, tables, wire
from tests.catalogue.examining import faults
from tests.catalogue.filling import Filler, shape_at
from tests.catalogue.reading import moment, read, text
from tests.catalogue.scene import FictionError, Scene
from tests.catalogue.service import Simulation
from tests.catalogue.tables import Look, Table

MEDIA = Table(
    source="rekognition.media_analysis",
    client="rekognition",
    list="ListMediaAnalysisJobs",
    rows="MediaAnalysisJobs",
    id="JobId",
    name="JobName",
    status="Status",
    states={
        "CREATED": "queued",
        "QUEUED": "queued",
        "IN_PROGRESS": "running",
        "SUCCEEDED": "succeeded",
        "FAILED": "failed",
    },
    created="CreationTimestamp",
    ended="CompletionTimestamp",
    reason="FailureDetails.Message",
    reason_code="FailureDetails.Code",
    output="s3://{Results.S3Object.Bucket}/{Results.S3Object.Name}",
    look=Look("GetMediaAnalysisJob", asks={"JobId": "id"}),
)

PROTOCOLS = [
    ("json", "sagemaker", "ListTrainingJobs", "TrainingJobSummaries"),
    ("rest-json", "mediaconvert", "ListJobs", "Jobs"),
    ("rest-xml", "s3control", "ListJobs", "Jobs"),
    ("query", "rds", "DescribeExportTasks", "ExportTasks"),
    ("ec2", "ec2", "DescribeImportImageTasks", "ImportImageTasks"),
]


@pytest.mark.parametrize(("protocol", "client", "operation", "rows"), PROTOCOLS, ids=lambda one: str(one))
def test_botocore_reads_what_was_meant(
    protocol: str, client: str, operation: str, rows: str, simulation: Simulation
) -> None:
    """In each protocol, with every member of the answer filled."""
    shape = shape_at(service_row(client, operation), rows)
    assert shape is not None
    status = "Status" if client != "sagemaker" else "TrainingJobStatus"
    enum = getattr(shape_at(shape, f"[].{status}"), "enum", []) or ["active"]
    first = next(iter(getattr(getattr(shape, "member"), "members")))  # noqa: B009
    table = Table(
        source=f"{client}.jobs",
        client=client,
        list=operation,
        rows=rows,
        id=first,
        status=status,
        states=dict.fromkeys(enum, "running"),
    )
    simulation.play(Scene(table))
    asked = {"AccountId": "111122223333"} if client == "s3control" else {}

    answer = getattr(simulation.client(client), service.method(operation))(**asked)

    assert simulation.troubles == []
    assert simulation.protocols == {protocol}
    assert answer[rows][0][status] == next(iter(enum))


def service_row(client: str, operation: str):  # type: ignore[no-untyped-def]
    return wire.operation_model(client, operation).output_shape
