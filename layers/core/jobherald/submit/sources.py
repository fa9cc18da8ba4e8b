"""The pages that rules are read from, by their addresses."""

from __future__ import annotations

from typing import Final

_DOCS: Final = "https://docs.aws.amazon.com"
_OLD: Final = "https://github.com/awsdocs/amazon-sagemaker-developer-guide/blob/86dc4c6/doc_source"


def guide(page: str) -> str:
    """A page of SageMaker's developer guide."""
    return f"{_DOCS}/sagemaker/latest/dg/{page}.html"


def model(shape: str) -> str:
    """An operation or a shape of SageMaker's service model, as its API reference shows it."""
    return f"{_DOCS}/sagemaker/latest/APIReference/API_{shape}.html"


def old_guide(page: str) -> str:
    """A page of SageMaker's developer guide as it was in June 2020, for what later editions no longer say."""
    return f"{_OLD}/{page}.md"


def rekognition_guide(page: str) -> str:
    """A page of Rekognition's developer guide."""
    return f"{_DOCS}/rekognition/latest/dg/{page}.html"


def rekognition_model(shape: str) -> str:
    """An operation or a shape of Rekognition's service model, as its API reference shows it."""
    return f"{_DOCS}/rekognition/latest/APIReference/API_{shape}.html"
