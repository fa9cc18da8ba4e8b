from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from jobherald.api import answers, openapi, parameters
from jobherald.api.listing import entry
from jobherald.api.question import JobsQuery
from jobherald.api.refusals import STATUS, Code
from jobherald.api.starting import StartQuery
from jobherald.catalog import all_sources
from jobherald.model import State
from jobherald.submit.labeling import LabelingRequest
from tests.fakes.things import job
from tests.submit.requests import BOUNDING_BOX

ROOT = Path(__file__).parents[2]
DOCUMENT = openapi.document()


def validator(name: str) -> Draft202012Validator:
    """Of a schema of the document."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    return Draft202012Validator(schema)


def parameters_of(path: str, method: str) -> dict[str, Any]:
    return {each["name"]: each for each in DOCUMENT["paths"][path][method]["parameters"]}


def test_it_is_openapi() -> None:
    """Of version 3.1, as its own specification has it."""
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []


def test_it_is_published_as_it_is() -> None:
    """Run: jobherald docs."""
    kept = (ROOT / "docs/schemas/openapi.json").read_text(encoding="utf-8")
    assert kept == openapi.page()


def test_every_route_asks_for_authentication() -> None:
    """One of two ways, for all alike; no operation says otherwise."""
    assert DOCUMENT["security"] == [{"signature": []}, {"token": []}]
    assert set(DOCUMENT["components"]["securitySchemes"]) == {"signature", "token"}
    assert not [each for path in DOCUMENT["paths"].values() for each in path.values() if "security" in each]


def test_it_has_every_parameter() -> None:
    """As they are read."""
    assert set(parameters_of("/jobs", "get")) == set(JobsQuery.model_fields)
    assert set(parameters_of("/labeling-jobs", "post")) == {*StartQuery.model_fields, "Idempotency-Key"}
    for kind in (JobsQuery, StartQuery):
        assert all(each["description"] for each in parameters.properties(kind).values())


def test_it_knows_every_state_and_source() -> None:
    """What a deployment may have."""
    (states,) = [each["schema"] for name, each in parameters_of("/jobs", "get").items() if name == "state"]
    assert states["items"]["enum"] == [state.value for state in State]
    source = Draft202012Validator(parameters_of("/jobs", "get")["source"]["schema"]["items"])
    assert all(source.is_valid(each.id) for each in all_sources())


def test_every_refusal_has_its_status_there() -> None:
    """And each code one status."""
    said = json.dumps(DOCUMENT["paths"])
    assert set(STATUS) == set(Code)
    assert {code for code in Code if f"`{code}`" not in said} == set()


def test_a_request_is_what_the_service_takes() -> None:
    """Whatever the rules let through, the document does."""
    assert list(validator("LabelingRequest").iter_errors(BOUNDING_BOX)) == []
    assert not validator("LabelingRequest").is_valid({**BOUNDING_BOX, "Colour": "red"})
    assert LabelingRequest.__name__ in DOCUMENT["components"]["schemas"]


@pytest.mark.parametrize("kind", [answers.Job, answers.Remembered], ids=lambda kind: kind.__name__)
def test_the_document_has_each_member_of_a_job(kind: type[answers.Remembered]) -> None:
    """Neither more nor less than is answered."""
    answered = entry(job())
    if kind is answers.Remembered:
        del answered["id"]
    assert set(answered) == set(kind.model_fields)
    assert list(validator(kind.__name__).iter_errors(answered)) == []


def test_a_change_is_told_as_messages_tell_it() -> None:
    """The members that the document names are those of the published message."""
    message = json.loads((ROOT / "docs/schemas/jobherald.change.v1.json").read_text(encoding="utf-8"))
    assert set(answers.Change.model_fields) <= set(message["properties"])


def test_its_page_has_every_code_and_every_parameter() -> None:
    """Each in its table, with the status that it is answered with."""
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    assert [code for code in Code if f"| {STATUS[code]} | `{code}` |" not in page] == []
    for kind in (JobsQuery, StartQuery):
        assert [name for name in kind.model_fields if f"`{name}" not in page] == []
