"""Where a service is asked, held to what botocore's own clients do when they are about to send."""

from __future__ import annotations

import re
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from jobherald.catalog import all_sources
from jobherald.catalog.source import Source
from jobherald.config.regions import home, homes, is_global
from jobherald.errors import ListingError
from jobherald.model import Place
from jobherald.ports import Query
from jobherald.providers.aws import AwsLister

ONE_OF_EACH = {source.client: source for source in all_sources() if source.provider == "aws"}
LONG = "a" * 64


@pytest.fixture(scope="module")
def session() -> botocore.session.Session:
    made = botocore.session.Session()
    made.set_credentials("AKIDEXAMPLE", "secret")
    return made


def signed_for(source: Source, region: str, session: botocore.session.Session) -> str:
    """The region in the signature of the first request that a poll of this source would send."""
    sent: list[AWSPreparedRequest] = []

    def stop(request: AWSPreparedRequest, **_: Any) -> None:
        sent.append(request)
        raise BotoCoreError

    def client(name: str, region: str) -> Any:
        config = Config(retries={"total_max_attempts": 1})
        made = session.create_client(name, region_name=region, config=config)
        made.meta.events.register("before-send", stop)
        return made

    place = Place(source.id, "111122223333", region, f"{LONG}%2F{LONG}/{LONG}" if source.parent else "")
    with pytest.raises(ListingError):
        AwsLister(client).page(place, Query(), "")
    found = re.search(r"Credential=[^/]+/\d+/([^/]+)/", str(sent[0].headers["Authorization"]))
    assert found
    return found[1]


@pytest.mark.parametrize("client", sorted(ONE_OF_EACH))
def test_a_service_is_asked_where_its_client_signs_for(
    client: str, session: botocore.session.Session
) -> None:
    """Whatever region is watched: else the place, the permission and the call would name different ones."""
    assert home(client, "eu-west-1") == signed_for(ONE_OF_EACH[client], "eu-west-1", session)


@pytest.mark.parametrize("client", sorted(filter(is_global, ONE_OF_EACH)))
@pytest.mark.parametrize(
    ("region", "central"),
    [
        ("us-east-1", "us-east-1"),
        ("ap-southeast-2", "us-east-1"),
        ("cn-north-1", "cn-northwest-1"),
        ("us-gov-east-1", "us-gov-west-1"),
    ],
)
def test_a_service_with_one_endpoint_has_it_in_one_region_of_each_partition(
    client: str, region: str, central: str, session: botocore.session.Session
) -> None:
    """The client that a poll makes of that region signs for it as well."""
    assert home(client, region) == central
    assert signed_for(ONE_OF_EACH[client], central, session) == central


def test_the_catalogue_has_services_with_one_endpoint() -> None:
    """Those that botocore's older list of endpoints does not mark as such are among them."""
    found = set(filter(is_global, ONE_OF_EACH))
    assert found >= {
        "artifact",
        "bcm-data-exports",
        "bcm-pricing-calculator",
        "ce",
        "cloudfront",
        "organizations",
    }
    assert "sagemaker" not in found


def test_regions_that_lead_to_one_endpoint_are_one() -> None:
    """In the order in which they were named."""
    named = ["eu-west-1", "us-east-1", "ap-south-1"]
    assert homes("cloudfront", named) == ("us-east-1",)
    assert homes("sagemaker", named) == tuple(named)


@pytest.mark.parametrize("client", ["neptune-graph", "no-such-service"])
def test_what_botocore_cannot_say_is_asked_where_it_is_watched(client: str) -> None:
    """An endpoint that depends on the operation, and a service that is newer than botocore."""
    assert home(client, "eu-west-1") == "eu-west-1"
    assert not is_global(client)


def test_an_endpoint_that_signs_for_any_region_is_one_all_the_same() -> None:
    """Else each region that is watched would tell each of its jobs again."""
    assert homes("codecatalyst", ["eu-west-1", "us-west-2"]) == ("us-east-1",)
