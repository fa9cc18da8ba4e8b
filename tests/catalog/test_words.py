"""What people call a provider and its accounts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jobherald import catalog
from jobherald.catalog.words import provider_name, tenancy_word


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("sagemaker.labeling", "account"),
        ("modelarts.auto_labeling", "project"),
        ("modelarts.training", "project"),
    ],
)
def test_what_the_account_of_a_place_is_called(source: str, word: str) -> None:
    """Who looks for an account number must not find the id of a project there."""
    assert tenancy_word(catalog.load(source)) == word


def test_a_provider_that_has_no_words_yet_reads_all_the_same() -> None:
    """A new cloud is first called by the name of its folder, and its accounts accounts."""
    assert tenancy_word(replace(catalog.load("sagemaker.labeling"), provider="newcloud")) == "account"
    assert provider_name("newcloud") == "newcloud"


def test_providers_are_called_by_their_own_names() -> None:
    """As they write themselves."""
    assert [provider_name(name) for name in ("aws", "huaweicloud")] == ["AWS", "Huawei Cloud"]
