"""Requests made from the API's own document, right and wrong ones, and sent to its function, in process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from functions.api import app
from jobherald import bootstrap
from jobherald.model import JobKey, State
from tests.api.deployment import deployed_api
from tests.api.gateway import Gateway
from tests.fakes.things import at, change, job, told
from tests.functions.stage import Stage
from tests.providers.jobservice import LABELING
from tests.submit.requests import BOUNDING_BOX, GONE, LIMIT, PRE, TEAM, TEMPLATE, edited

GATEWAY = Gateway(app.handler)
EXAMPLES = 80
# Each operation with statuses that have to be among its answers: a request that lost its query or its body on the way
# would be answered well, and show nothing.
RIGHT = [
    ("GET /jobs", {200, 422}),
    ("GET /jobs/{id}", {404}),
    ("POST /labeling-jobs", {422}),
    ("GET /openapi.json", {200}),
]
# A path has no wrong text, and the description no parameter.
WRONG = [("GET /jobs", {422}), ("POST /labeling-jobs", {400, 422})]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

fuzzing = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    # What is thrown away is made of patterns; how long that takes is bounded by the number of examples.
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def api() -> Iterator[Stage]:
    """One deployment for all requests, with some jobs to tell of."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        with deployed_api(patch) as made:
            # Every test begins without any address of AWS's, so that this client is made here.
            bootstrap.hurried_client("sagemaker", "us-east-1")
            for number, state in enumerate(State):
                one = job(state, key=JobKey(LABELING, str(number)), created_at=at(number), name=f"n{number}")
                bootstrap.store().write_details([(one, {"Counters": {"Total": number}})])
                bootstrap.store().write(one, change(one))
                bootstrap.store().record([told(change(one))])
            yield made


@pytest.fixture(scope="module")
def schema(api: Stage) -> Any:
    """As the API itself gives it out."""
    return schemathesis.openapi.from_wsgi("/openapi.json", app=GATEWAY.wsgi)


@pytest.mark.parametrize(("operation", "statuses"), RIGHT)
def test_right_requests_are_answered_as_the_document_says(
    operation: str, statuses: set[int], schema: Any
) -> None:
    """No server error, no status and no body that it does not have. Right by their form: rules may still be broken."""
    seen: Counter[int] = Counter()

    @fuzzing
    @given(_operation(schema, operation).as_strategy(generation_mode=GenerationMode.POSITIVE))
    def answered(case: Case[Any]) -> None:
        seen[case.call_and_validate(checks=CHECKS).status_code] += 1

    answered()
    assert set(seen) >= statuses


@pytest.mark.parametrize(("operation", "statuses"), WRONG)
def test_wrong_requests_are_refused_as_the_document_says(
    operation: str, statuses: set[int], schema: Any
) -> None:
    """Wrong types, unknown members and parameters, bodies that are no JSON."""
    seen: Counter[int] = Counter()

    @fuzzing
    @given(_operation(schema, operation).as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def refused(case: Case[Any]) -> None:
        seen[case.call_and_validate(checks=[*CHECKS, negative_data_rejection]).status_code] += 1

    refused()
    assert set(seen) >= statuses


names = st.from_regex(r"[a-z0-9](-*[a-z0-9]){0,20}", fullmatch=True)
values = st.sampled_from([0, 1, 599, 10**9, "", "x", "s3://other/x", True, None, [], {}, GONE])
queries = st.sampled_from(
    [
        "looks=false",
        "looks=false&check=true",
        "looks=true",
        "looks=false&owner=a%20b&limit=8h",
        "looks=false&region=eu-west-1",
        "looks=false&limit=0",
    ]
)
edits = st.dictionaries(
    st.sampled_from([PRE, LIMIT, TEMPLATE, TEAM, "RoleArn", "LabelAttributeName", "Tags", "OutputConfig"]),
    values,
    max_size=2,
)


def test_requests_that_are_nearly_right_start_a_job_or_say_why_not(api: Stage) -> None:
    """Never both, and never a server error; what was started is one call, and one message."""
    seen: Counter[int] = Counter()

    @fuzzing
    @example("checked", {}, "looks=false&check=true", None)
    @example("started", {}, "looks=false", "k")
    @given(names, edits, queries, st.none() | st.text("kK", min_size=1, max_size=2))
    def started_or_refused(name: str, changed: dict[str, Any], query: str, key: str | None) -> None:
        document = edited({**BOUNDING_BOX, "LabelingJobName": name}, changed)
        before = _started(api)
        headers = {} if key is None else {"Idempotency_Key": key}
        answer = GATEWAY.post(f"/labeling-jobs?{query}", document, **headers)
        seen[answer.status] += 1
        assert answer.status in {200, 201, 409, 422}, answer.text
        # A call that finds the name taken starts nothing; an answer that is repeated makes no call.
        made = _started(api) - before
        assert made <= (answer.status in {201, 409})
        assert len(api.taken(api.looks_url)) == (made if answer.status == 201 else 0)

    started_or_refused()
    assert set(seen) >= {200, 201, 422}


@fuzzing
@given(
    st.sampled_from(["GET", "POST"]),
    st.sampled_from(["/jobs", "/jobs/", "/labeling-jobs", "/openapi.json", "/"]),
    st.text(max_size=30).map(lambda text: quote(text, safe="/%:")),
    st.text(max_size=30) | st.text("=&%,+;[]abc", max_size=30),
    st.binary(max_size=30),
    st.dictionaries(st.sampled_from(["Content-Type", "Idempotency-Key", "Accept"]), st.text(max_size=20)),
)
def test_whatever_travels_is_answered(
    api: Stage, method: str, path: str, rest: str, query: str, body: bytes, headers: dict[str, str]
) -> None:
    """Paths, queries, bodies and headers of any characters."""
    answer = GATEWAY.request(method, f"{path}{rest}?{query}", body, headers)
    assert answer.status < 500, answer.text


def _operation(schema: Any, label: str) -> Any:
    method, _, path = label.partition(" ")
    return schema[path][method]


def _started(api: Stage) -> int:
    return sum(operation == "CreateLabelingJob" for operation, _ in api.service.asked)
