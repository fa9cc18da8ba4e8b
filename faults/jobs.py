"""The job services of a simulated world: those of the local cloud, asked without a wire between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from faults.clock import VirtualClock
from jobherald.local.services import JobServices, ModelArts, ScriptedJob
from jobherald.local.services.modelarts import AccessKey
from jobherald.local.services.recording import Note
from jobherald.local.services.server import RefusedCallError
from jobherald.local.web import Answer, Request
from jobherald.model import State

MODELARTS: Final = "http://modelarts.simulated.example"

Heard = Callable[[Note, Any], None]


class Jobs:
    """SageMaker, Rekognition and ModelArts, which takes ``key``.

    ``heard`` is told of each answer that reaches a function, and its time.
    """

    def __init__(self, clock: VirtualClock, account: str, heard: Heard, key: AccessKey) -> None:
        self._clock = clock
        self._account = account
        self._heard = heard
        self.aws = JobServices(clock=clock, account=account)
        self.modelarts = ModelArts(clock=clock, keys=[key])

    @property
    def projects(self) -> str:
        """What HUAWEI_PROJECTS has to be."""
        return ",".join(f"{region}/{project}" for project, region in self.modelarts.projects.items())

    def add(self, jobs: Iterable[ScriptedJob]) -> None:
        """Let these jobs live, each in its service. Raises FictionError for one that its service could not show."""
        for job in jobs:
            if job.source.startswith("modelarts."):
                self.modelarts.add(job)
            else:
                self.aws.add(job)

    def all(self) -> list[ScriptedJob]:
        """Every job, as it is going to live by what is known now."""
        return [*self.aws.jobs(), *self.modelarts.jobs()]

    def shown(self, job: ScriptedJob) -> State:
        """The state that its service shows of it at this moment. Raises KeyError where it is of another service."""
        row = job.at(self._clock.now())
        if job.source == self.modelarts.tasks.source:
            return self.modelarts.tasks.state_of(row)
        apis = {api.source: api for api in (self.aws.labeling, self.aws.media_analysis)}
        return apis[job.source].state_of(row)[1]

    def call(
        self, service: str, operation: str, region: str, parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        """One call as botocore's client makes it. Raises ClientError."""
        now = self._clock.now()
        sent = {
            "ResponseMetadata": {
                "HTTPStatusCode": 200,
                "HTTPHeaders": {"date": format_datetime(now, usegmt=True)},
            }
        }
        try:
            answer, note = self.aws.ask(service, operation, self._account, region, parameters)
        except RefusedCallError as refused:
            error = refused.error
            self._heard(refused.note, now)
            sent["ResponseMetadata"]["HTTPStatusCode"] = error.status
            said = {"Error": {"Code": error.code, "Message": error.message}, **sent}
            raise ClientError(said, operation) from None  # type: ignore[arg-type]
        self._heard(note, now)
        return {**answer, **sent}

    def exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One exchange with ModelArts over HTTP."""
        parts = urlsplit(url)
        named = {name.lower(): value for name, value in headers.items()} | {"host": parts.netloc}
        answer = self.modelarts.respond(Request(method, parts.path, parts.query, named, body))
        if isinstance(answer.note, Note):
            self._heard(answer.note, answer.at)
        return answer
