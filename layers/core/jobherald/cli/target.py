"""Which deployment a command talks to: a stack in an AWS account, or the one in this machine's local cloud."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

import click

from jobherald.cli.trouble import Trouble
from jobherald.config.deployment import Deployment
from jobherald.ports import JobStore

if TYPE_CHECKING:
    import boto3

DEFAULT_STACK: Final = "jobherald"

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Where:
    """What the user said of the deployment."""

    stack: str
    local: bool = False
    region: str | None = None
    profile: str | None = None

    @property
    def given(self) -> bool:
        """Whether any deployment was named."""
        return self.local or bool(self.stack)

    def find(self) -> Target:
        """The deployment itself. Raises Trouble where it is not there."""
        return _local() if self.local else _in_account(self)


@dataclass(frozen=True, slots=True)
class Target:
    """A deployment that was found: what its stack says of itself, and the way to it."""

    stack: str
    account: str
    session: boto3.Session
    endpoint: str | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """A client of this service in the deployment's region."""
        return _client(self.session, service, self.endpoint)

    def output(self, name: str) -> str:
        """An output of the stack. Raises Trouble for a stack that is not one of ours."""
        if name not in self.outputs:
            raise Trouble(
                f"The stack {self.stack} has no output {name}: it is no jobherald stack, or an older one."
            )
        return self.outputs[name]

    def store(self) -> JobStore:
        """The deployment's table."""
        from jobherald.store.dynamodb import DynamoStore

        return DynamoStore(self.client("dynamodb"), self.output("TableName"))

    def deployment(self) -> Deployment:
        """What the deployment was given to watch."""
        return Deployment(
            self.account,
            _words(self.output("WatchedSources")),
            _words(self.output("WatchedRegions")),
            # A stack without any has no such output.
            _words(self.outputs.get("WatchedProjects", "")),
        )


def target_options(default: str = DEFAULT_STACK) -> Callable[[Callable[P, R]], Callable[..., R]]:
    """The options that name a deployment, given to the command as ``where``.

    ``default`` is the stack where none is named; empty for none.
    """
    named = f"; {default} if left out" if default else ""

    def decorate(command: Callable[P, R]) -> Callable[..., R]:
        @click.option(
            "--stack", metavar="NAME", envvar="JOBHERALD_STACK", show_envvar=True, help=f"The stack{named}."
        )
        @click.option("--local", is_flag=True, help="The local cloud that a demo runs on this machine.")
        @click.option(
            "--region", metavar="REGION", help="The stack's region, if not that of your AWS settings."
        )
        @click.option("--profile", metavar="NAME", help="The profile of your AWS settings.")
        @functools.wraps(command)
        def run(
            *args: Any, stack: str | None, local: bool, region: str | None, profile: str | None, **kw: Any
        ) -> R:
            return command(*args, where=Where(stack or default, local, region, profile), **kw)  # type: ignore[arg-type]

        return run

    return decorate


def _local() -> Target:
    import boto3

    from jobherald.local import state
    from jobherald.local.process import ACCOUNT

    cloud = state.load()
    if cloud is None:
        raise Trouble("No local cloud is running. Start one with `jobherald demo --keep`.")
    # The emulator takes the account from the access key.
    session = boto3.Session(ACCOUNT, "local", region_name=cloud.region)
    return _described(session, cloud.stack, cloud.endpoint)


def _in_account(where: Where) -> Target:
    import boto3

    region = where.region or os.environ.get("AWS_REGION")
    session = boto3.Session(region_name=region, profile_name=where.profile)
    return _described(session, where.stack, None)


def _described(session: boto3.Session, stack: str, endpoint: str | None) -> Target:
    from botocore.exceptions import ClientError

    try:
        found = _client(session, "cloudformation", endpoint).describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        region = session.region_name
        raise Trouble(
            f"There is no stack {stack} in {region}. Name it with --stack, its region with --region."
        ) from None
    return Target(
        stack=stack,
        account=found["StackId"].split(":")[4],
        session=session,
        endpoint=endpoint,
        outputs={each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", ())},
        parameters={each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", ())},
    )


def _client(session: boto3.Session, service: str, endpoint: str | None) -> Any:
    from botocore.config import Config

    make: Any = session.client
    return make(service, endpoint_url=endpoint, config=Config(connect_timeout=5, read_timeout=30))


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
