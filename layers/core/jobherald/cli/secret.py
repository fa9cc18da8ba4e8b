"""`jobherald secret set`: Slack's secret on its way into the account, seen by nobody."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import click
from botocore.exceptions import ClientError

from jobherald.cli.target import Target, Where, target_options
from jobherald.cli.trouble import Trouble, Wrong

_WEBHOOK: Final = re.compile(r"https://hooks\.slack(-gov)?\.com/services/[A-Z0-9]+/[A-Z0-9]+/[A-Za-z0-9]+")
_BOT: Final = re.compile(r"xoxb-[0-9A-Za-z-]{10,}")
_OTHER_TOKENS: Final = {
    "xoxp-": "a user token",
    "xapp-": "an app-level token",
    "xoxe": "a configuration or refresh token",
    "xoxc-": "a token of a browser session",
    "xoxa-": "a workspace token",
}


@click.group("secret", epilog="Example: jobherald secret set --stack jobherald")
def secret() -> None:
    """Work on the secrets that a deployment reads at run time."""


@secret.command("set", epilog="Example: jobherald secret set --stack jobherald")
@target_options(default="")
def set_(where: Where) -> None:
    """Write Slack's webhook URL or bot token to where the deployment reads it.

    It is asked for without being shown, or read from standard input, and never printed. Where it goes is what the
    stack's parameter SlackSecret says: an SSM parameter, written as SecureString, or a secret of Secrets Manager.
    """
    if not where.given:
        raise Trouble("Say for which deployment: --stack NAME or --local.")
    target = where.find()
    kind, _, name = target.parameters.get("SlackSecret", "").partition(":")
    if not name:
        raise Trouble(
            f"The stack {target.stack} has no Slack. Say where the secret is to be kept: "
            f"sam deploy --parameter-overrides SlackSecret=ssm:/jobherald/{target.stack}/slack"
        )
    value = _asked()
    _check(value, target)
    try:
        _WRITERS[kind](target, name, value)
    except ClientError as error:
        # What the service says may repeat the value that it refused.
        code = error.response.get("Error", {}).get("Code", "Unknown")
        raise Trouble(
            f"{kind}:{name} could not be written: {error.operation_name} failed with {code}."
        ) from None
    click.echo(f"Written to {kind}:{name}. It is used within five minutes.")


def _asked() -> str:
    if sys.stdin.isatty():
        value: str = click.prompt("Webhook URL or bot token (not shown)", hide_input=True, err=True)
    else:
        value = sys.stdin.read()
    return value.strip()


def _check(value: str, target: Target) -> None:
    """Whether this can be such a secret; what is said of it never repeats it. Raises Trouble."""
    for prefix, what in _OTHER_TOKENS.items():
        if value.startswith(prefix):
            raise Wrong(
                f"That is {what}. A bot token begins with xoxb-; it is on the app's page OAuth & Permissions."
            )
    if _BOT.fullmatch(value):
        if not target.parameters.get("SlackChannel"):
            raise Wrong(
                "A bot token needs a channel, and the stack has none: sam deploy --parameter-overrides SlackChannel=C…"
            )
        return
    if not (_WEBHOOK.fullmatch(value) or _under_own_slack(value, target.parameters.get("SlackApiUrl", ""))):
        raise Wrong(
            "That is neither a webhook URL (https://hooks.slack.com/services/…) nor a bot token (xoxb-…)."
        )


def _under_own_slack(value: str, api_url: str) -> bool:
    """Whether it is a webhook at the Slack of a deployment that has one of its own, as the local cloud does."""
    own, given = urlsplit(api_url), urlsplit(value)
    return (
        bool(own.netloc)
        and own.netloc != "slack.com"
        and (own.scheme, own.netloc) == (given.scheme, given.netloc)
    )


def _to_parameter(target: Target, name: str, value: str) -> None:
    target.client("ssm").put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)


def _to_secret(target: Target, name: str, value: str) -> None:
    client: Any = target.client("secretsmanager")
    try:
        client.put_secret_value(SecretId=name, SecretString=value)
    except client.exceptions.ResourceNotFoundException:
        if name.startswith("arn:"):
            raise
        client.create_secret(Name=name, SecretString=value)


_WRITERS: Final[Mapping[str, Callable[[Target, str, str], None]]] = {
    "ssm": _to_parameter,
    "secretsmanager": _to_secret,
}
