from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, Shape, StructureShape
from pydantic import TypeAdapter

from jobherald.submit import labeling, media_analysis
from jobherald.submit.labeling import LARGEST_NUMBER, LabelingRequest
from jobherald.submit.media_analysis import MediaAnalysisRequest
from jobherald.submit.member import Member, whole
from jobherald.submit.reading import Form

REQUESTS: dict[str, tuple[Form[Any], str, str]] = {
    "labeling": (labeling.FORM, "sagemaker", "CreateLabelingJob"),
    "media analysis": (media_analysis.FORM, "rekognition", "StartMediaAnalysisJob"),
}

Facts = dict[str, Any]


def service_facts(shape: Shape, path: str = "") -> Iterator[tuple[str, Facts]]:
    """What botocore's model says of each member, by its path; an item of a list is ``[]``."""
    facts: Facts = {"type": {"float": "number"}.get(shape.type_name, shape.type_name)}
    bounds = {"min": shape.metadata.get("min"), "max": shape.metadata.get("max")}
    facts |= {name: bound for name, bound in bounds.items() if bound}
    if shape.metadata.get("pattern"):
        facts["pattern"] = shape.metadata["pattern"]
    if getattr(shape, "enum", None):
        facts["choices"] = set(shape.enum)  # type: ignore[attr-defined]
    if isinstance(shape, StructureShape):
        facts["required"] = set(shape.required_members)
        for name, member in shape.members.items():
            yield from service_facts(member, f"{path}.{name}" if path else name)
    if isinstance(shape, ListShape):
        yield from service_facts(shape.member, f"{path}[]")
    yield path, facts


def our_facts(schema: Facts, defs: Facts, path: str = "") -> Iterator[tuple[str, Facts]]:
    """The same of our model, from its JSON Schema."""
    schema = defs[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    kind = {"object": "structure", "array": "list"}.get(schema["type"], schema["type"])
    facts: Facts = {"type": kind}
    bounds = {
        "min": ("minLength", "minItems", "minimum"),
        "max": ("maxLength", "maxItems", "maximum"),
    }
    facts |= {bound: schema[word] for bound, words in bounds.items() for word in words if schema.get(word)}
    if facts.get("max") == LARGEST_NUMBER:
        del facts["max"]
    if "pattern" in schema:
        facts["pattern"] = schema["pattern"].removeprefix("^(?:").removesuffix(")$")
    if "enum" in schema:
        facts["choices"] = set(schema["enum"])
    if kind == "structure":
        facts["required"] = set(schema.get("required", ()))
        assert schema["additionalProperties"] is False
        for name, member in schema["properties"].items():
            yield from our_facts(member, defs, f"{path}.{name}" if path else name)
    if kind == "list":
        yield from our_facts(schema["items"], defs, f"{path}[]")
    yield path, facts


@pytest.mark.parametrize("name", REQUESTS)
class TestAgainstBotocore:
    def test_members_are_the_services(self, name: str) -> None:
        """Every member, its type, requiredness, bounds, pattern and choices; a new botocore's new member is named."""
        form, service, operation = REQUESTS[name]
        model = botocore.session.get_session().get_service_model(service)
        shape = model.operation_model(operation).input_shape
        assert shape is not None
        theirs = dict(service_facts(shape))
        schema = form.kind.model_json_schema()
        ours = dict(our_facts(schema, schema.get("$defs", {})))
        assert sorted(set(theirs) - set(ours)) == [], "botocore knows members that the request lacks"
        assert sorted(set(ours) - set(theirs)) == [], "the request has members that botocore does not know"
        assert {path: facts for path, facts in ours.items() if facts != theirs[path]} == {}

    def test_each_pattern_has_an_example_that_fits(self, name: str) -> None:
        """The remedy for a text of the wrong form must itself be of the right one."""
        form, *_ = REQUESTS[name]
        schema = form.kind.model_json_schema()
        members = dict(our_facts(schema, schema.get("$defs", {}))).values()
        patterns = {whole(facts["pattern"]) for facts in members if "pattern" in facts}
        assert patterns == set(form.examples)
        for pattern, example in form.examples.items():
            assert re.fullmatch(pattern.replace(r"\p{L}\p{Z}\p{N}", r"\w "), example)

    def test_the_schema_asks_for_no_null(self, name: str) -> None:
        """In JSON a member that is not wanted is left out; what is published must not say otherwise."""
        form, *_ = REQUESTS[name]
        assert "null" not in str(form.kind.model_json_schema())


class TestValues:
    def test_a_request_comes_back_as_it_was(self) -> None:
        """What goes to boto3 is what was asked for: nothing is added, nothing lost."""
        document = {
            "OperationsConfig": {"DetectModerationLabels": {"MinConfidence": 50.5}},
            "Input": {"S3Object": {"Bucket": "my-bucket", "Name": "in/images.manifest"}},
            "OutputConfig": {"S3Bucket": "my-bucket"},
        }
        request, findings = media_analysis.read(document)
        assert findings == []
        assert request is not None
        assert request.parameters() == document

    @pytest.mark.parametrize("kind", [LabelingRequest, MediaAnalysisRequest])
    def test_requests_never_change(self, kind: type[Member]) -> None:
        """What was checked is what is sent."""
        assert kind.model_config["frozen"] is True
        assert TypeAdapter(kind).json_schema()["additionalProperties"] is False
