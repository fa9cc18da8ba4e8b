"""Errors as a person at a terminal reads them: a sentence on stderr and an exit code, never a traceback."""

from __future__ import annotations

from typing import IO, Any, Final

import click
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)

from jobherald.channels.text import clean
from jobherald.errors import JobheraldError

_DENIED: Final = (
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
)
_EXPIRED: Final = ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId")


class Trouble(click.ClickException):
    """The command was not used as it can be, or something around it is missing; the text is sentences for the user."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentences as they are."""
        click.echo(f"jobherald: {self.message}", file=file, err=file is None)


class Wrong(Trouble):
    """What was checked is wrong, or what was asked for is not there."""

    exit_code = 1


class Front(click.Group):
    """A group of commands that turns what goes wrong below it into trouble."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except JobheraldError as error:
            raise Trouble(str(error)) from error
        except (BotoCoreError, ClientError) as error:
            raise Trouble(aws_sentence(error)) from error


def aws_sentence(error: BotoCoreError | ClientError) -> str:
    """What AWS or its client said, with what to do about it where that is known."""
    if isinstance(error, (NoCredentialsError, PartialCredentialsError)):
        return "There are no AWS credentials. Log in, set AWS_PROFILE, or name a profile with --profile."
    if isinstance(error, NoRegionError):
        return "No AWS region is set. Name one with --region, or set AWS_REGION."
    if isinstance(error, ProfileNotFound):
        return f"{error}. See the profiles in your AWS configuration."
    if isinstance(error, EndpointConnectionError):
        return f"{error}. Check the region and the network."
    if not isinstance(error, ClientError):
        return f"AWS could not be asked: {error}."
    code = error.response.get("Error", {}).get("Code", "Unknown")
    text = clean(error.response.get("Error", {}).get("Message", "")) or code
    if code in _DENIED:
        return f"AWS refused {error.operation_name}: {text} Use credentials that may do it."
    if code in _EXPIRED:
        return f"Your AWS credentials have expired or are not valid ({code}). Log in again."
    return f"{error.operation_name} failed: {text} ({code})."
