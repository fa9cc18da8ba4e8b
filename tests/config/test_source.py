from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from moto import mock_aws

from jobherald.config.source import OBJECT_BYTES, ParameterConfig
from jobherald.errors import ConfigError

NAME = "/jobherald/config"
TEXT = '[[watch]]\nid = "é"\nsource = "sagemaker.labeling"\n'


@pytest.fixture(autouse=True)
def aws() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.fixture
def store() -> ParameterConfig:
    return ParameterConfig(boto3.client("ssm"), lambda: boto3.client("s3"), NAME)


def put(value: str) -> None:
    boto3.client("ssm").put_parameter(Name=NAME, Value=value, Type="String", Overwrite=True)


def put_object(body: bytes) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="config-bucket")
    s3.put_object(Bucket="config-bucket", Key="a/b.toml", Body=body)


class TestParameter:
    def test_the_parameter_is_the_document(self, store: ParameterConfig) -> None:
        """A document that fits is the parameter's value."""
        put(TEXT)
        assert store.fetch() == TEXT

    def test_a_missing_parameter_is_no_document(self, store: ParameterConfig) -> None:
        """Nothing has to be written before the stack works."""
        assert store.fetch() is None

    def test_a_reference_is_followed(self, store: ParameterConfig) -> None:
        """A document too large for a parameter is an object that the parameter names."""
        put_object(TEXT.encode())
        put("s3://config-bucket/a/b.toml\n")
        assert store.fetch() == TEXT

    @pytest.mark.parametrize(
        ("value", "says"),
        [
            ("s3://config-bucket", "names no object"),
            ("s3://config-bucket/other", "NoSuchKey"),
            ("s3://other-bucket/x", "NoSuchBucket"),
        ],
    )
    def test_a_bad_reference_is_a_sentence(self, store: ParameterConfig, value: str, says: str) -> None:
        """The message names the parameter, the object and what the service said."""
        put_object(TEXT.encode())
        put(value)
        with pytest.raises(ConfigError, match=says) as refused:
            store.fetch()
        assert NAME in str(refused.value)
        assert value in str(refused.value)

    def test_a_service_that_does_not_answer_is_a_sentence_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The last good document stays in force during an outage, as during a refusal."""
        ssm = boto3.client("ssm")

        def hang(**_: object) -> None:
            raise ReadTimeoutError(endpoint_url="https://ssm")

        monkeypatch.setattr(ssm, "get_parameter", hang)
        with pytest.raises(ConfigError, match="Read timeout") as refused:
            ParameterConfig(ssm, lambda: boto3.client("s3"), NAME).fetch()
        assert NAME in str(refused.value)

    @pytest.mark.parametrize(
        ("body", "says"), [(b"\xff\xfe", "UTF-8"), (b"x" * (OBJECT_BYTES + 1), "larger than")]
    )
    def test_an_object_that_is_no_document_is_refused(
        self, store: ParameterConfig, body: bytes, says: str
    ) -> None:
        """A picture or a log in the place of the document neither crashes nor fills the memory."""
        put_object(body)
        put("s3://config-bucket/a/b.toml")
        with pytest.raises(ConfigError, match=says):
            store.fetch()
