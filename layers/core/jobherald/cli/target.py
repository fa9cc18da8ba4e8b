"""Which deployment a command talks to: a stack in an AWS account, or the one in this machine's local cloud."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

import click

from jobherald.catalog.selection import expanded
from jobherald.cli.trouble import Trouble
from jobherald.config.deployment import Deployment
from jobherald.ports import JobStore

if TYPE_CHECKING:
    import boto3

    from jobherald.local.state import LocalCloud

DEFAULT_STACK: Final = "jobherald"

# What no emulator has, and the local cloud's own services have in its place.
_JOB_SERVICES: Final = frozenset({"sagemaker", "rekognition"})

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Where:
    """What the user said of the deployment. ``region_option`` is how they can say its region."""

    stack: str
    local: bool = False
    region: str | None = None
    profile: str | None = None
    region_option: str = "--region"

    @property
    def given(self) -> bool:
        """Whether any deployment was named."""
        return self.local or bool(self.stack)

    def find(self) -> Target:
        """The deployment itself. Raises Trouble where it is not there."""
        if not self.local:
            return _described(_in_account(self), self.stack, self.region_option)
        access, cloud = _in_local_cloud("")
        return _described(access, cloud.stack, self.region_option)

    def access(self) -> Access:
        """The way to the services of this region, whatever is deployed there. Raises Trouble."""
        return _in_local_cloud(self.region or "")[0] if self.local else _in_account(self)


@dataclass(frozen=True, slots=True)
class Access:
    """The way into an account: credentials and a region, and where services are that are not AWS's own."""

    session: boto3.Session
    endpoint: str | None = None
    job_services: str | None = None

    @property
    def region(self) -> str:
        """The region that is asked; empty where none is set."""
        return self.session.region_name or ""

    def client(
        self, service: str, region: str | None = None, *, patience: float = 30, attempts: int | None = None
    ) -> Any:
        """A client of this service. ``patience`` is in seconds for each attempt, of which botocore makes three."""
        from botocore.config import Config

        make: Any = self.session.client
        retries: Any = {"total_max_attempts": attempts} if attempts else None
        return make(
            service,
            region_name=region,
            endpoint_url=self.job_services if service in _JOB_SERVICES else self.endpoint,
            config=Config(connect_timeout=5, read_timeout=patience, retries=retries),
        )


@dataclass(frozen=True, slots=True)
class Target:
    """A deployment that was found: what its stack says of itself, and the way to it."""

    stack: str
    account: str
    access: Access
    outputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """A client of this service in the deployment's region."""
        return self.access.client(service)

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
            expanded(_words(self.output("WatchedSources"))),
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


def _in_local_cloud(region: str) -> tuple[Access, LocalCloud]:
    import boto3

    from jobherald.local import state
    from jobherald.local.process import ACCOUNT

    cloud = state.load()
    if cloud is None:
        raise Trouble("No local cloud is running. Start one with `jobherald demo --keep`.")
    # The emulator takes the account from the access key.
    session = boto3.Session(ACCOUNT, "local", region_name=region or cloud.region)
    return Access(session, cloud.endpoint, cloud.job_services or cloud.endpoint), cloud


def _in_account(where: Where) -> Access:
    import boto3

    region = where.region or os.environ.get("AWS_REGION")
    return Access(boto3.Session(region_name=region, profile_name=where.profile))


def _described(access: Access, stack: str, region_option: str) -> Target:
    from botocore.exceptions import ClientError

    try:
        found = access.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise Trouble(
            f"There is no stack {stack} in {access.region}. Name it with --stack, its region with {region_option}."
        ) from None
    return Target(
        stack=stack,
        account=found["StackId"].split(":")[4],
        access=access,
        outputs={each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", ())},
        parameters={each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", ())},
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
