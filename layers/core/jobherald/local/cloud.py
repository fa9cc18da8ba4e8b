"""A cloud on this machine, into which the real template is deployed by plain SAM."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import botocore.session
from botocore.config import Config

from jobherald.errors import JobheraldError
from jobherald.local.checkout import HOST, Checkout
from jobherald.local.process import ACCOUNT, REGION, Emulator

_PLATFORM_LINES: Final = ("START RequestId:", "END RequestId:", "REPORT RequestId:")


@dataclass(frozen=True, slots=True)
class Answer:
    """What an invoked function returned; ``error`` is the type and message where it failed, else empty."""

    payload: Any
    error: str = ""


@dataclass(frozen=True, slots=True)
class RoleCall:
    """One call that a role made: its function's verb, the IAM action, the resource's ARN, and whether it was allowed.

    ``statement`` is the Sid of the role's statement that allowed it.
    """

    function: str
    action: str
    resource: str
    allowed: bool
    statement: str


class LocalCloud:
    """The local cloud, for as long as its ``with`` block lasts, and never longer than this process.

    ``environment`` reaches every function, such as the job services' ``AWS_ENDPOINT_URL_SAGEMAKER``. Every call of a
    function is checked against the policies of its role and of what it touches, as in AWS, and recorded.
    """

    def __init__(
        self,
        *,
        environment: Mapping[str, str] | None = None,
        stack: str = "jobherald",
        checkout: Checkout | None = None,
    ) -> None:
        self.stack = stack
        self.region = REGION
        self.account = ACCOUNT
        self.checkout = checkout or Checkout.find()
        self.outputs: dict[str, str] = {}
        self.resources: dict[str, str] = {}
        self._emulator = Emulator(self.checkout.cloud, environment or {})
        self._clients: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._emulator.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._emulator.stop()

    @property
    def endpoint(self) -> str:
        """The address of every AWS service but the job services, without a slash at its end."""
        return self._emulator.endpoint

    @property
    def pid(self) -> int:
        """The emulator's process. Raises RuntimeError while it is not running."""
        return self._emulator.pid

    @property
    def folder(self) -> Path:
        """A folder that is gone when the cloud is. Raises RuntimeError while it is not running."""
        return self._emulator.folder

    @property
    def log(self) -> Path:
        """The emulator's log, with what the functions printed."""
        return self._emulator.log

    def credentials(self) -> dict[str, str]:
        """The environment in which any AWS SDK finds this cloud, and nothing of the user's own accounts."""
        return self._emulator.credentials()

    # The stack

    def build(self) -> Path:
        """Build the stack for this host, where anything changed. Returns the built template."""
        return self.checkout.build(HOST)

    def deploy(
        self, parameters: Mapping[str, str] | None = None, *, template: Path | None = None
    ) -> dict[str, str]:
        """Deploy the stack, or update it, with plain ``sam deploy``. Returns the stack's outputs.

        ``template`` is another built template, such as a previous version's. Raises JobheraldError.
        """
        overrides = [f"{name}={value}" for name, value in (parameters or {}).items()]
        chosen = template or self.build()
        arguments = [
            "deploy",
            "--template-file",
            str(chosen),
            *self._of_stack(),
            "--resolve-s3",
            "--no-progressbar",
        ]
        arguments += [
            "--capabilities",
            "CAPABILITY_IAM",
            "--no-confirm-changeset",
            "--no-fail-on-empty-changeset",
        ]
        arguments += ["--parameter-overrides", *overrides] if overrides else []
        with self.checkout.built():
            self.checkout.run_sam(arguments, environment=self.credentials())
        stacks = self.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}
        pages = (
            self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self.stack)
        )
        found = (resource for page in pages for resource in page["StackResourceSummaries"])
        self.resources = {one["LogicalResourceId"]: one.get("PhysicalResourceId", "") for one in found}
        return self.outputs

    def beside(self, stack: str) -> LocalCloud:
        """Another stack in the same cloud, not deployed yet; it ends with this one."""
        other = copy.copy(self)
        other.stack, other.outputs, other.resources = stack, {}, {}
        return other

    def delete(self) -> None:
        """Delete the stack with ``sam delete``. Raises JobheraldError."""
        self.checkout.run_sam(["delete", *self._of_stack(), "--no-prompts"], environment=self.credentials())
        self.outputs, self.resources = {}, {}

    def _of_stack(self) -> list[str]:
        return ["--stack-name", self.stack, "--region", self.region]

    # What is in it

    def client(self, service: str) -> Any:
        """A botocore client of this cloud, made once."""
        if service not in self._clients:
            self._clients[service] = botocore.session.Session().create_client(
                service,
                region_name=self.region,
                endpoint_url=self.endpoint,
                aws_access_key_id=self.account,
                aws_secret_access_key="local",  # noqa: S106  # the emulator's own
                config=Config(retries={"total_max_attempts": 1}, read_timeout=130),
            )
        return self._clients[service]

    def function(self, verb: str) -> str:
        """The deployed name of a function, by its verb, such as ``poll``."""
        return self.resources[f"{verb.capitalize()}Function"]

    def invoke(self, verb: str, payload: Any = None) -> Answer:
        """Invoke a function and wait for what it returns."""
        sent = json.dumps({} if payload is None else payload).encode()
        answer = self.client("lambda").invoke(FunctionName=self.function(verb), Payload=sent)
        returned = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" not in answer:
            return Answer(returned)
        return Answer(None, f"{returned.get('errorType', 'Error')}: {returned.get('errorMessage', '')}")

    def put_event(self, event: Mapping[str, Any]) -> None:
        """Put an event on the default bus, AWS's own included, so that the deployed rules match it or not."""
        entry = {
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"]),
            "Resources": event.get("resources", []),
        }
        answer = self.client("events").put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            raise JobheraldError(f"The local cloud refused the event: {answer['Entries'][0]}")

    def logged(self, verb: str) -> list[str]:
        """The lines that a function itself logged, oldest first, without those of the platform."""
        logs, group = self.client("logs"), f"/jobherald/{self.stack}/{verb}"
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        events = (event for page in pages for event in page["events"])
        return [event["message"] for event in events if not event["message"].startswith(_PLATFORM_LINES)]

    def role_calls(self) -> list[RoleCall]:
        """Every call that a function of this stack made so far, as its role's policies saw it."""
        calls = self._emulator.calls
        if not calls.exists():
            return []
        verbs = {name: logical.removesuffix("Function").lower() for logical, name in self.resources.items()}
        rows = [json.loads(line) for line in calls.read_text(encoding="utf-8").splitlines()]
        return [
            RoleCall(
                function=verbs[_session(row)],
                action=row["action"],
                resource=row["resource"],
                allowed=row["allowed"],
                statement=row["sid"],
            )
            for row in rows
            if _session(row) in verbs
        ]


def _session(row: Mapping[str, Any]) -> str:
    """The name of a role's session, which in Lambda is that of the function."""
    principal: str = row["principal"]
    return principal.rpartition("/")[2]
