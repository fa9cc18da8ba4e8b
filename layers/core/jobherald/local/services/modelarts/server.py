"""ModelArts behind its gateway, and the IAM beside it, on one port."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from jobherald.local.clock import Clock
from jobherald.local.ledger import Ledger, Showing
from jobherald.local.services.api import ApiError, Call, Reply
from jobherald.local.services.faults import Fault, Kind
from jobherald.local.services.jobs import ScriptedJob
from jobherald.local.services.modelarts.dataset import Dataset
from jobherald.local.services.modelarts.datasets import LIST_OPERATION, Datasets
from jobherald.local.services.modelarts.faults import HuaweiFaults
from jobherald.local.services.modelarts.gateway import Gateway
from jobherald.local.services.modelarts.iam import Iam, IamError
from jobherald.local.services.modelarts.iam import answer as token_answer
from jobherald.local.services.modelarts.identity import PROJECT, REGION, AccessKey, User
from jobherald.local.services.modelarts.kinds import JobKind
from jobherald.local.services.modelarts.neighbours import Exports, Imports, Processing, Training
from jobherald.local.services.modelarts.routes import Route
from jobherald.local.services.modelarts.settings import Settings
from jobherald.local.services.modelarts.tasks import Tasks
from jobherald.local.services.recording import Asked, Note, RecordingServer
from jobherald.local.services.shapes import FictionError
from jobherald.local.web import Answer, Request, Silence
from jobherald.model import Place, State

TOKENS: Final = "/v3/auth/tokens"


class ModelArts(RecordingServer):
    """A ModelArts for ``projects`` (id: region), whose gateway takes ``keys`` and the tokens of ``users``.

    One address stands for every region, and for IAM. ``settings`` say what the documentation leaves open.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        ledger: Ledger | None = None,
        projects: Mapping[str, str] | None = None,
        keys: Iterable[AccessKey] = (AccessKey(),),
        users: Iterable[User] = (User(),),
        settings: Settings | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(clock=clock, ledger=ledger, port=port)
        self.projects = dict(projects or {PROJECT: REGION})
        self.settings = settings or Settings()
        self.faults = HuaweiFaults()
        self.iam = Iam(users, self.projects, self.settings.token_life)
        self.gateway = Gateway({key.access_key: key for key in keys}, self.iam, self.settings)
        self.tasks = Tasks(self.faults, self.settings)
        self._kinds: tuple[JobKind, ...] = (
            self.tasks,
            Imports(self.faults, self.settings),
            Exports(self.faults, self.settings),
            Processing(self.faults, self.settings),
            Training(self.faults, self.settings),
        )
        self.datasets = Datasets(self._kinds, self.settings)

    @property
    def project(self) -> str:
        """The first project's id."""
        return next(iter(self.projects))

    @property
    def region(self) -> str:
        """The first project's region."""
        return self.projects[self.project]

    @property
    def key(self) -> AccessKey:
        """The first access key."""
        return next(iter(self.gateway.keys.values()))

    @property
    def user(self) -> User:
        """The first user with a password."""
        return next(iter(self.iam.users.values()))

    @property
    def endpoint(self) -> str:
        """The base address of every region's ModelArts and IAM."""
        return self.url

    @property
    def endpoints(self) -> str:
        """What HUAWEI_ENDPOINTS has to be: ``region=address`` and ``iam.region=address``, joined by commas."""
        regions = dict.fromkeys(self.projects.values())
        return ",".join(f"{name}={self.url}" for region in regions for name in (region, f"iam.{region}"))

    def environment(self) -> dict[str, str]:
        """What the product needs to find these projects here. What it signs with is ``key.secret`` or ``user.secret``."""
        projects = ",".join(f"{region}/{project}" for project, region in self.projects.items())
        return {"HUAWEI_PROJECTS": projects, "HUAWEI_ENDPOINTS": self.endpoints}

    def add(self, *what: ScriptedJob | Dataset) -> None:
        """Put datasets into their projects and jobs into theirs; a job's dataset is made where there is none.

        Raises FictionError for a job that ModelArts could not show, KeyError for a project that there is not.
        """
        for one in what:
            if isinstance(one, Dataset):
                self._require(one.project)
                self.datasets.put(one)
                continue
            self._require(one.account)
            kind = next(kind for kind in self._kinds if kind.source == one.source)
            for moment in (one.created_at, one.ends_at):
                kind.prove(Reply([kind.shown(one, moment)], lambda rows: dict(rows[0])))
            if one.parent and not self.datasets.has(one.account, one.parent):
                born = min(one.created_at, Dataset().created_at)
                self.datasets.put(Dataset(one.parent, project=one.account, created_at=born))
            kind.world.put(one)

    def vanish(self, job_id: str) -> None:
        """The service no longer knows this job, from now on. Raises KeyError where it never did."""
        kind, job = self._find(job_id)
        kind.world.put(job.vanishing(self.clock.now()))

    def hide(self, job_id: str, until: datetime) -> None:
        """Lists do not show this job until that moment; a look does. Raises KeyError where there is none."""
        kind, job = self._find(job_id)
        kind.world.put(replace(job, listed_from=until))

    def drop_dataset(self, dataset_id: str) -> None:
        """The service no longer knows this dataset, from now on. Raises KeyError where it never did."""
        found = self.datasets.named(dataset_id)
        if not found:
            raise KeyError(dataset_id)
        for dataset in found:
            self.datasets.put(replace(dataset, gone_from=self.clock.now()))

    def jobs(self) -> list[ScriptedJob]:
        """Every job of every kind."""
        return [job for kind in self._kinds for place in kind.world.jobs.values() for job in place.values()]

    def respond(self, request: Request) -> Answer:
        now = self.clock.now()
        if (request.method, request.path) == ("POST", TOKENS):
            return self._token(request, now)
        try:
            route = Route.of(request)
        except ApiError as error:
            return self._refusal(error, now)
        call = Call(route.operation, route.project, self.projects.get(route.project, ""), route.ids, now)
        try:
            self._admit(request, route, now)
            call = replace(call, parameters=route.parameters(request))
            call = replace(call, fault=self._meet("modelarts", call, route.dataset))
            answer = self._answer(call)
        except ApiError as error:
            self._log(call, error.code)
            return self._refusal(error, now, Note(self._gone(call, error.gone)))
        except FictionError as error:
            self.fictions.append(str(error))
            return self._refusal(ApiError("FictionError", str(error), status=500), now)
        self._log(call)
        return replace(answer, delay=call.fault.delay if call.fault else 0.0)

    def _admit(self, request: Request, route: Route, now: datetime) -> None:
        caller = self.gateway.admit(request, route.project, self.projects.get(route.project), now)
        if not caller.may_call(route.operation):
            text = f"You are not authorized to perform the ({route.operation}) operation."
            raise ApiError("ModelArts.0108", text, status=403)

    def _meet(self, service: str, call: Call, parent: str = "") -> Fault | None:
        """The trouble that the call is to meet, where an answer is left to be given."""
        fault = self.faults.take(service, call.operation, call.region, account=call.account, parent=parent)
        if fault is not None and fault.kind is Kind.HANG:
            self._log(call, str(fault.kind))
            raise Silence(fault.seconds)
        if fault is not None and fault.kind is Kind.REFUSE:
            raise ApiError(
                fault.code,
                fault.message,
                status=fault.status,
                retry_after=fault.retry_after,
                body=fault.body,
            )
        return fault

    def _answer(self, call: Call) -> Answer:
        if call.operation == LIST_OPERATION:
            return _json(200, self.datasets.listing(call), call.now)
        if "dataset_id" in call.parameters:
            self.datasets.require(call)
        kind = next(kind for kind in self._kinds if call.operation in kind.operations)
        reply = kind.operations[call.operation](call)
        kind.prove(reply)
        showings = tuple(_showing(kind, item.job, item.shown, call) for item in reply.jobs)
        listed = _place(kind, call).key if reply.is_list else ""
        body = reply.wrap([item.shown for item in reply.jobs])
        return _json(200, body, call.now, note=Note(showings, listed))

    def _token(self, request: Request, now: datetime) -> Answer:
        call = Call("CreateToken", "", self.region, {}, now)
        try:
            fault = self._meet("iam", call)
            token = self.iam.issue(request.body, now)
        except IamError as error:
            self._log(call, str(error.status))
            return _json(error.status, error.body, now)
        except ApiError as error:
            self._log(call, error.code)
            return self._refusal(error, now)
        self._log(call)
        answer = _json(201, token_answer(token, self.projects), now, {"X-Subject-Token": token.value})
        return replace(answer, delay=fault.delay if fault else 0.0)

    def _refusal(self, error: ApiError, now: datetime, note: Note | None = None) -> Answer:
        headers = {} if error.retry_after is None else {"Retry-After": f"{error.retry_after:g}"}
        if error.body is not None:
            return Answer(error.status, error.body, {**headers, "Content-Type": "text/html"}, at=now)
        code = error.code.replace("APIGW.", f"{self.settings.prefix}.", 1)
        body = {"error_code": code, "error_msg": error.message}
        return _json(error.status, body, now, headers, note=note, in_body=True)

    def _gone(self, call: Call, job: ScriptedJob | None) -> tuple[Showing, ...]:
        if job is None:
            return ()
        kind = next(kind for kind in self._kinds if kind.source == job.source)
        return (_showing(kind, job, {}, call, state=State.GONE),)

    def _require(self, project: str) -> None:
        if project not in self.projects:
            raise KeyError(f"{project} is none of this server's projects: {', '.join(self.projects)}")

    def _find(self, job_id: str) -> tuple[JobKind, ScriptedJob]:
        for kind in self._kinds:
            if (found := kind.world.find(job_id)) is not None:
                return kind, found
        raise KeyError(job_id)

    def _log(self, call: Call, code: str = "") -> None:
        self.calls.append(Asked(call.now, call.operation, call.account, call.region, call.parameters, code))


def _showing(
    kind: JobKind, job: ScriptedJob, row: Mapping[str, Any], call: Call, *, state: State | None = None
) -> Showing:
    place = _place(kind, call).key
    return Showing(
        at=call.now,
        place=place,
        job=f"{place}:{job.id}",
        name=kind.name_of(job.at(call.now)),
        status="" if state is State.GONE else str(kind.status_of(row)),
        state=state or kind.state_of(row),
        operation=call.operation,
        created_at=job.created_at,
        changed_at=kind.changed_at(row),
    )


def _place(kind: JobKind, call: Call) -> Place:
    return Place(kind.source, call.account, call.region, call.parameters.get("dataset_id", ""))


def _json(
    status: int,
    body: Mapping[str, Any],
    now: datetime,
    headers: Mapping[str, str] | None = None,
    *,
    note: Note | None = None,
    in_body: bool = False,
) -> Answer:
    """An answer with its request id: in a header, and in the body of an error."""
    request_id = uuid4().hex
    sent = {**body, "request_id": request_id} if in_body else body
    known = {"Content-Type": "application/json", "X-Request-Id": request_id, **(headers or {})}
    return Answer(status, json.dumps(sent).encode(), known, at=now, note=note)
