"""One HTTP server for every simulated job service: it understands, obeys faults, proves, answers and keeps the ledger."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from jobherald.local.clock import Clock
from jobherald.local.ledger import Ledger, Showing
from jobherald.local.services import shapes
from jobherald.local.services.api import ApiError, Call, JobApi, Reply, Shown
from jobherald.local.services.faults import Fault, Faults, Kind
from jobherald.local.services.jobs import ScriptedJob
from jobherald.local.services.labeling import LabelingApi
from jobherald.local.services.media_analysis import MediaAnalysisApi
from jobherald.local.services.recording import Asked, Note, RecordingServer
from jobherald.local.web import Answer, Request, Silence
from jobherald.model import Place, State

_CREDENTIAL: Final = re.compile(
    r"Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request"
)
_ACCOUNT: Final = re.compile(r"\d{12}")


class RefusedCallError(Exception):
    """A call that the service refused, and what the refusal shows."""

    def __init__(self, error: ApiError, note: Note) -> None:
        super().__init__(str(error))
        self.error = error
        self.note = note


class JobServices(RecordingServer):
    """The simulated SageMaker and Rekognition, on one port.

    Region and service are read from the credential scope of each request. A 12-digit access key is the account, as it is
    for the emulator; else ``account`` is. ``token_life`` is how long page tokens are good, in seconds.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        ledger: Ledger | None = None,
        account: str = "111122223333",
        filter_after_paging: bool = False,
        token_life: float = 24 * 3600.0,
        port: int = 0,
    ) -> None:
        super().__init__(clock=clock, ledger=ledger, port=port)
        self.faults = Faults()
        self.labeling = LabelingApi(self.faults, filter_after_paging=filter_after_paging)
        self.media_analysis = MediaAnalysisApi(self.faults)
        self._account = account
        self._apis: dict[str, JobApi] = {api.target: api for api in self._all()}
        for api in self._all():
            api.pager.life = token_life

    def _all(self) -> tuple[LabelingApi, MediaAnalysisApi]:
        return self.labeling, self.media_analysis

    def add(self, *jobs: ScriptedJob) -> None:
        """Put jobs into their account and region. Raises FictionError for one that its service could not show."""
        for job in jobs:
            api = self._api_of(job.source)
            for moment in (job.created_at, job.ends_at):
                shapes.prove_part(job.at(moment), api.service, api.row_shape)
            api.world.put(job)

    def vanish(self, job_id: str) -> None:
        """The service no longer knows this job, from now on. Raises KeyError where it never did."""
        api, job = self._find(job_id)
        api.world.put(job.vanishing(self.clock.now()))

    def hide(self, job_id: str, until: datetime) -> None:
        """Lists do not show this job until that moment; a look does. Raises KeyError where there is none."""
        api, job = self._find(job_id)
        api.world.put(replace(job, listed_from=until))

    def expire_tokens(self) -> None:
        """Every page token that is out is no longer good."""
        for api in self._all():
            api.pager.expire()

    def jobs(self) -> list[ScriptedJob]:
        """Every job of every service."""
        return [job for api in self._all() for place in api.world.jobs.values() for job in place.values()]

    def environment(self) -> dict[str, str]:
        """What botocore needs to find these services."""
        return {"AWS_ENDPOINT_URL_SAGEMAKER": self.url, "AWS_ENDPOINT_URL_REKOGNITION": self.url}

    def respond(self, request: Request) -> Answer:
        now = self.clock.now()
        try:
            api, call = self._understand(request, now)
        except ApiError as error:
            return _refusal(error, now)
        try:
            call = replace(call, fault=self._meet(api, call))
            reply = api.operations[call.operation](call)
            answer = _proven(api, call, reply)
        except ApiError as error:
            self._log(call, error.code)
            return _refusal(error, now, _note_of(api, error, call))
        except shapes.FictionError as error:
            self.fictions.append(str(error))
            return _refusal(ApiError("FictionError", str(error), status=500), now)
        self._log(call)
        return answer

    def ask(
        self, service: str, operation: str, account: str, region: str, parameters: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], Note]:
        """One call without a wire between: what a client would be given, and what that shows.

        Raises RefusedCallError with what a refusal shows, Silence, KeyError for what is not simulated. Answers are proven
        on the wire alone.
        """
        api = next(api for api in self._all() if api.service == service)
        call = Call(operation, account, region, parameters, self.clock.now())
        try:
            call = replace(call, fault=self._meet(api, call))
            reply = api.operations[operation](call)
        except ApiError as error:
            self._log(call, error.code)
            raise RefusedCallError(error, _note_of(api, error, call)) from None
        self._log(call)
        showings = tuple(_showing(api, item, call) for item in reply.jobs)
        answer = {
            name: member
            for name, member in reply.wrap([item.shown for item in reply.jobs]).items()
            if member is not None
        }
        return answer, Note(showings, _place(api, call) if reply.is_list else "")

    def _meet(self, api: JobApi, call: Call) -> Fault | None:
        """The trouble that the call is to meet, where an answer is left to be given."""
        fault = self.faults.take(api.service, call.operation, call.region, account=call.account)
        if fault is not None and fault.kind is Kind.HANG:
            self._log(call, str(fault.kind))
            raise Silence(fault.seconds)
        if fault is not None and fault.kind is Kind.REFUSE:
            raise ApiError(fault.code, fault.message or _denied(api, call), status=fault.status)
        return fault

    def _understand(self, request: Request, now: datetime) -> tuple[JobApi, Call]:
        scope = _CREDENTIAL.search(request.headers.get("authorization", ""))
        if scope is None:
            raise ApiError("MissingAuthenticationTokenException", "Missing Authentication Token", status=403)
        prefix, _, operation = request.headers.get("x-amz-target", "").partition(".")
        api = self._apis.get(prefix)
        if api is None or operation not in api.operations:
            raise ApiError("UnknownOperationException", f"{prefix}.{operation} is not simulated here")
        if scope["service"] != api.service:
            raise ApiError(
                "InvalidSignatureException", f"Credential should be scoped to correct service: {api.service}."
            )
        account = scope["key"] if _ACCOUNT.fullmatch(scope["key"]) else self._account
        return api, Call(operation, account, scope["region"], _parameters(api, operation, request.body), now)

    def _api_of(self, source: str) -> JobApi:
        return next(api for api in self._apis.values() if api.source == source)

    def _find(self, job_id: str) -> tuple[JobApi, ScriptedJob]:
        for api in self._all():
            for place in api.world.jobs.values():
                if job_id in place:
                    return api, place[job_id]
        raise KeyError(job_id)

    def _log(self, call: Call, code: str = "") -> None:
        self.calls.append(Asked(call.now, call.operation, call.account, call.region, call.parameters, code))


def _parameters(api: JobApi, operation: str, body: bytes) -> Mapping[str, Any]:
    shape = shapes.operation_model(api.service, operation).input_shape
    try:
        sent = json.loads(body or b"{}")
    except ValueError:
        raise ApiError("SerializationException", "The body is not JSON.") from None
    if shape is None:
        return {}
    parameters = shapes.from_wire(sent, shape)
    wrong = list(shapes.violations(parameters, shape))
    if wrong:
        raise ApiError(api.invalid, f"{len(wrong)} validation error detected: {'; '.join(wrong)}")
    return dict(parameters)


def _proven(api: JobApi, call: Call, reply: Reply) -> Answer:
    """The answer, whose true form the model allows; faults are laid over it only then."""
    shapes.prove(reply.wrap([item.row for item in reply.jobs]), api.service, call.operation)
    body = shapes.to_wire(reply.wrap([item.shown for item in reply.jobs]))
    showings = tuple(_showing(api, item, call) for item in reply.jobs)
    answer = _answer(200, body, call.now, Note(showings, _place(api, call) if reply.is_list else ""))
    return replace(answer, delay=call.fault.delay if call.fault else 0.0)


def _showing(api: JobApi, item: Shown, call: Call) -> Showing:
    status, state = api.state_of(item.shown)
    return _of(api, item.job, call, status, state, api.times_of(item.shown))


def _note_of(api: JobApi, error: ApiError, call: Call) -> Note:
    return Note((_gone(api, error.gone, call),) if error.gone is not None else ())


def _gone(api: JobApi, job: ScriptedJob, call: Call) -> Showing:
    return _of(api, job, call, "", State.GONE, None)


def _of(
    api: JobApi, job: ScriptedJob, call: Call, status: str, state: State, changed_at: datetime | None
) -> Showing:
    return Showing(
        at=call.now,
        place=_place(api, call),
        job=f"{_place(api, call)}:{job.id}",
        name=str(job.row.get(api.name_member, "")),
        status=status,
        state=state,
        operation=call.operation,
        created_at=job.created_at,
        changed_at=changed_at,
    )


def _place(api: JobApi, call: Call) -> str:
    return Place(api.source, call.account, call.region).key


def _denied(api: JobApi, call: Call) -> str:
    who = f"arn:aws:sts::{call.account}:assumed-role/jobherald-poll/jobherald-poll"
    action = f"{api.service}:{call.operation}"
    return f"User: {who} is not authorized to perform: {action} because no identity-based policy allows the action"


def _refusal(error: ApiError, now: datetime, note: Note | None = None) -> Answer:
    return _answer(error.status, {"__type": error.code, "message": error.message}, now, note)


def _answer(status: int, body: Any, now: datetime, note: Note | None) -> Answer:
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": str(uuid4())}
    return Answer(status, json.dumps(body).encode(), headers, at=now, note=note)
