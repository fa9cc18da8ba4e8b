"""What bootstrap makes of the environment, over HTTP: the simulated ModelArts takes nothing that is not signed right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws

from jobherald import bootstrap
from jobherald.errors import ListingError
from jobherald.local.services.modelarts import ModelArts, auto_labeling_task
from jobherald.model import Place
from jobherald.ports import Query
from jobherald.watch import Look
from tests.functions.stage import forget

SOURCE = "modelarts.auto_labeling"
CREATED = datetime(2026, 1, 2, 7, tzinfo=UTC)


@pytest.fixture
def modelarts(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelArts]:
    with mock_aws(), ModelArts() as service:
        service.add(auto_labeling_task("signs", created_at=CREATED, dataset="gfgh", ends=None))
        for name, value in service.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("HUAWEI_SECRET", "ssm:/jobherald/huawei")
        forget()
        yield service
        forget()


def store(secret: str) -> None:
    boto3.client("ssm").put_parameter(Name="/jobherald/huawei", Value=secret, Type="SecureString")


@pytest.mark.parametrize("kind", ["key", "user"])
def test_calls_are_made_with_what_the_secret_holds(modelarts: ModelArts, kind: str) -> None:
    """A key signs each call; for a user a token of the project is fetched first."""
    store(modelarts.key.secret if kind == "key" else modelarts.user.secret)
    place = Place(SOURCE, modelarts.project, modelarts.region)
    (parent,) = bootstrap.lister().parents(place, "").parents
    assert parent.id == "gfgh"


def test_times_are_read_in_the_zone_of_the_environment(
    modelarts: ModelArts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ModelArts writes them at +08:00; read as if they were in UTC they would be eight hours later."""
    store(modelarts.key.secret)
    place = Place(SOURCE, modelarts.project, modelarts.region, "gfgh")
    monkeypatch.setenv("HUAWEI_TIME_ZONE", "+00:00")
    (seen,) = bootstrap.lister().page(place, Query(), "").rows
    assert seen.created_at == CREATED.replace(hour=15)


def test_a_secret_that_is_not_there_is_the_credentials_trouble(modelarts: ModelArts) -> None:
    """It is nothing that a place could mend, and nothing is called without it."""
    with pytest.raises(ListingError, match="ssm:/jobherald/huawei cannot be read") as refused:
        bootstrap.lister().look(Look(Place(SOURCE, modelarts.project, modelarts.region, "gfgh"), id="r0jT"))
    assert refused.value.kind == "credential"
