"""One HTTP server for every simulated job service: it understands, obeys faults, proves, answers and keeps the ledger."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from jobherald.local.clock import Clock
from jobherald.local.ledger import Ledger, Showing
from jobherald.local.services import shapes
from jobherald.local.services.api import ApiError, Call, JobApi, Reply
from jobherald.local.services.batch import BatchApi
from jobherald.local.services.batch_inference import BatchInferenceApi
from jobherald.local.services.faults import Fault, Faults, Kind
from jobherald.local.services.glue import GlueApi
from jobherald.local.services.jobs import ScriptedJob
from jobherald.local.services.labeling import LabelingApi
from jobherald.local.services.media_analysis import MediaAnalysisApi
from jobherald.local.services.parents import Parent
from jobherald.local.services.recording import Asked, Note, RecordingServer
from jobherald.local.services.training import TrainingApi
from jobherald.local.services.transcription import TranscriptionApi
from jobherald.local.services.wire import Found, Wire, wire_of
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
    """The simulated SageMaker, Rekognition, Bedrock, Glue, Batch and Transcribe, on one port.

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
        self.training = TrainingApi(self.faults)
        self.batch_inference = BatchInferenceApi(self.faults)
        self.glue = GlueApi(self.faults)
        self.batch = BatchApi(self.faults)
        self.transcription = TranscriptionApi(self.faults)
        self._account = account
        self._apis: tuple[JobApi, ...] = (
            self.labeling,
            self.media_analysis,
            self.training,
            self.batch_inference,
            self.glue,
            self.batch,
            self.transcription,
        )
        for api in self._apis:
            api.pager.life = token_life

    def add(self, *jobs: ScriptedJob) -> None:
        """Put jobs into their account and region. Raises FictionError for one that its service could not show."""
        for job in jobs:
            api = self._api_of(job.source)
            for moment in (job.created_at, job.ends_at):
                shapes.prove_part(job.at(moment), api.service, api.row_shape)
            api.world.put(job)

    def open(self, *parents: Parent) -> None:
        """Let there be what some lists are asked below: Glue's jobs, Batch's queues."""
        apis = {api.source: api for api in (self.glue, self.batch)}
        for parent in parents:
            apis[parent.source].parents.put(parent)

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
        for api in self._apis:
            api.pager.expire()

    def jobs(self) -> list[ScriptedJob]:
        """Every job of every service."""
        return [job for api in self._apis for place in api.world.jobs.values() for job in place.values()]

    def environment(self) -> dict[str, str]:
        """What botocore needs to find these services."""
        return {f"AWS_ENDPOINT_URL_{api.service.upper()}": self.url for api in self._apis}

    def respond(self, request: Request) -> Answer:
        now, wire = self.clock.now(), wire_of(request)
        try:
            api, call = self._understand(request, wire, now)
        except ApiError as error:
            return _refusal(error, wire, now)
        try:
            call = replace(call, fault=self._meet(api, call))
            reply = api.operations[call.operation](call)
            answer = _proven(api, call, reply, wire)
        except ApiError as error:
            self._log(api, call, error.code)
            return _refusal(error, wire, now, _note_of(api, error, call))
        except shapes.FictionError as error:
            self.fictions.append(str(error))
            return _refusal(ApiError("FictionError", str(error), status=500), wire, now)
        self._log(api, call)
        return answer

    def ask(
        self, service: str, operation: str, account: str, region: str, parameters: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], Note]:
        """One call without a wire between: what a client would be given, and what that shows.

        Raises RefusedCallError with what a refusal shows, Silence, KeyError for what is not simulated. Answers are proven
        on the wire alone.
        """
        known = (api for api in self._apis if api.service == service and operation in api.operations)
        api = next(known, None)
        if api is None:
            raise KeyError(f"{service} {operation}")
        call = Call(operation, account, region, parameters, self.clock.now())
        try:
            call = replace(call, fault=self._meet(api, call))
            reply = api.operations[operation](call)
        except ApiError as error:
            self._log(api, call, error.code)
            raise RefusedCallError(error, _note_of(api, error, call)) from None
        self._log(api, call)
        answer = {
            name: member
            for name, member in reply.wrap([item.shown for item in reply.jobs]).items()
            if member is not None
        }
        return answer, _shows(api, call, reply)

    def _meet(self, api: JobApi, call: Call) -> Fault | None:
        """The trouble that the call is to meet, where an answer is left to be given."""
        fault = self.faults.take(
            api.service, call.operation, call.region, account=call.account, parent=_parent(api, call)
        )
        if fault is not None and fault.kind is Kind.HANG:
            self._log(api, call, str(fault.kind))
            raise Silence(fault.seconds)
        if fault is not None and fault.kind is Kind.REFUSE:
            raise ApiError(fault.code, fault.message or _denied(api, call), status=fault.status)
        return fault

    def _understand(self, request: Request, wire: Wire, now: datetime) -> tuple[JobApi, Call]:
        scope = _CREDENTIAL.search(request.headers.get("authorization", ""))
        if scope is None:
            raise ApiError("MissingAuthenticationTokenException", "Missing Authentication Token", status=403)
        found = wire.find(request, self._apis, scope["service"])
        account = scope["key"] if _ACCOUNT.fullmatch(scope["key"]) else self._account
        parameters = _parameters(found, wire.parameters(request, found))
        return found.api, Call(found.operation, account, scope["region"], parameters, now)

    def _api_of(self, source: str) -> JobApi:
        return next(api for api in self._apis if api.source == source)

    def _find(self, job_id: str) -> tuple[JobApi, ScriptedJob]:
        for api in self._apis:
            if (found := api.world.find(job_id)) is not None:
                return api, found
        raise KeyError(job_id)

    def _log(self, api: JobApi, call: Call, code: str = "") -> None:
        self.calls.append(
            Asked(call.now, call.operation, call.account, call.region, call.parameters, code, api.service)
        )


def _parameters(found: Found, sent: Any) -> Mapping[str, Any]:
    shape = shapes.operation_model(found.api.service, found.operation).input_shape
    if shape is None:
        return {}
    wrong = list(shapes.violations(sent, shape))
    if wrong:
        raise ApiError(found.api.invalid, f"{len(wrong)} validation error detected: {'; '.join(wrong)}")
    return dict(sent)


def _proven(api: JobApi, call: Call, reply: Reply, wire: Wire) -> Answer:
    """The answer, whose true form the model allows; faults are laid over it only then."""
    shapes.prove(reply.wrap([item.row for item in reply.jobs]), api.service, call.operation)
    shape = shapes.operation_model(api.service, call.operation).output_shape
    body, headers = wire.answer(reply.wrap([item.shown for item in reply.jobs]), shape)
    answer = _answer(200, body, headers, wire, call.now, _shows(api, call, reply))
    return replace(answer, delay=call.fault.delay if call.fault else 0.0)


def _shows(api: JobApi, call: Call, reply: Reply) -> Note:
    """What an answer shows, and the place that it is a list of."""
    showings = [
        _of(api, item.job, call, *api.state_of(item.shown), api.times_of(item.shown)) for item in reply.jobs
    ]
    showings += [_gone(api, job, call) for job in reply.gone]
    listed = Place(api.source, call.account, call.region, _parent(api, call)).key if reply.is_list else ""
    return Note(tuple(showings), listed)


def _parent(api: JobApi, call: Call) -> str:
    """What is asked below, empty where that is nothing."""
    return str(call.parameters.get(api.parent_member, ""))


def _note_of(api: JobApi, error: ApiError, call: Call) -> Note:
    return Note((_gone(api, error.gone, call),) if error.gone is not None else ())


def _gone(api: JobApi, job: ScriptedJob, call: Call) -> Showing:
    return _of(api, job, call, "", State.GONE, None)


def _of(
    api: JobApi, job: ScriptedJob, call: Call, status: str, state: State, changed_at: datetime | None
) -> Showing:
    return Showing(
        at=call.now,
        place=job.place.key,
        job=job.key.text,
        name=str(job.row.get(api.name_member, "")),
        status=status,
        state=state,
        operation=call.operation,
        created_at=job.created_at,
        changed_at=changed_at,
    )


def _denied(api: JobApi, call: Call) -> str:
    who = f"arn:aws:sts::{call.account}:assumed-role/jobherald-poll/jobherald-poll"
    action = f"{api.service}:{call.operation}"
    return f"User: {who} is not authorized to perform: {action} because no identity-based policy allows the action"


def _refusal(error: ApiError, wire: Wire, now: datetime, note: Note | None = None) -> Answer:
    body, headers = wire.refusal(error)
    return _answer(error.status, body, headers, wire, now, note)


def _answer(
    status: int, body: bytes, headers: Mapping[str, str], wire: Wire, now: datetime, note: Note | None
) -> Answer:
    known = {"Content-Type": wire.content_type, "x-amzn-RequestId": str(uuid4()), **headers}
    return Answer(status, body, known, at=now, note=note)
