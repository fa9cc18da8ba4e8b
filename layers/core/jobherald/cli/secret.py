"""`jobherald secret set`: a secret on its way into the account, seen by nobody."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import click
from botocore.exceptions import ClientError

from jobherald.cli.target import Target, Where, target_options
from jobherald.cli.trouble import Trouble, Wrong
from jobherald.errors import SecretError

_WEBHOOK: Final = re.compile(r"https://hooks\.slack(-gov)?\.com/services/[A-Z0-9]+/[A-Z0-9]+/[A-Za-z0-9]+")
_BOT: Final = re.compile(r"xoxb-[0-9A-Za-z-]{10,}")
_OTHER_TOKENS: Final = {
    "xoxp-": "a user token",
    "xapp-": "an app-level token",
    "xoxe": "a configuration or refresh token",
    "xoxc-": "a token of a browser session",
    "xoxa-": "a workspace token",
}


@dataclass(frozen=True, slots=True)
class _Kind:
    """One of the secrets: whose it is, and the stack's parameter that says where it is kept.

    ``ask`` asks for it at a terminal. ``check`` raises Trouble, which never repeats it, where it can be no such secret.
    """

    whose: str
    parameter: str
    ask: Callable[[], str]
    check: Callable[[str, Target], None]


@click.group("secret", epilog="Example: jobherald secret set --stack jobherald")
def secret() -> None:
    """Work on the secrets that a deployment reads at run time."""


@secret.command("set", epilog="Example: jobherald secret set huawei --stack jobherald")
@click.argument("what", type=click.Choice(["slack", "huawei"]), default="slack")
@target_options(default="")
def set_(what: str, where: Where) -> None:
    """Write a secret to where the deployment reads it.

    Without a word, or with slack, it is Slack's webhook URL or bot token; with huawei the access key of Huawei Cloud
    and its secret key.

    It is asked for without being shown, or read from standard input, and never printed. That of Huawei Cloud is JSON
    there: access_key and secret_key (and security_token, where they are temporary), or user, password and domain of an
    IAM user.

    Where it goes is what the stack's parameter SlackSecret or HuaweiSecret says: an SSM parameter, written as
    SecureString, or a secret of Secrets Manager.
    """
    if not where.given:
        raise Trouble("Say for which deployment: --stack NAME or --local.")
    target = where.find()
    kind = _KINDS[what]
    service, _, name = target.parameters.get(kind.parameter, "").partition(":")
    if not name:
        raise Trouble(
            f"The stack {target.stack} does not say where the secret of {kind.whose} is kept: "
            f"sam deploy --parameter-overrides {kind.parameter}=ssm:/jobherald/{target.stack}/{what}"
        )
    value = (kind.ask() if _at_terminal() else sys.stdin.read()).strip()
    kind.check(value, target)
    try:
        _WRITERS[service](target, name, value)
    except ClientError as error:
        # What the service says may repeat the value that it refused.
        code = error.response.get("Error", {}).get("Code", "Unknown")
        raise Trouble(
            f"{service}:{name} could not be written: {error.operation_name} failed with {code}."
        ) from None
    click.echo(f"Written to {service}:{name}. It is used within five minutes.")


def _at_terminal() -> bool:
    return sys.stdin.isatty()


def _hidden(name: str) -> str:
    value: str = click.prompt(f"{name} (not shown)", hide_input=True, err=True)
    return value.strip()


def _ask_slack() -> str:
    return _hidden("Webhook URL or bot token")


def _check_slack(value: str, target: Target) -> None:
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


def _ask_huawei() -> str:
    return json.dumps({"access_key": _hidden("Access key"), "secret_key": _hidden("Secret key")})


def _check_huawei(value: str, target: Target) -> None:
    del target
    from jobherald.providers.huaweicloud.credentials import credential

    try:
        credential(value, "What was given")
    except SecretError as error:
        raise Wrong(str(error)) from None


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


_KINDS: Final[Mapping[str, _Kind]] = {
    "slack": _Kind("Slack", "SlackSecret", _ask_slack, _check_slack),
    "huawei": _Kind("Huawei Cloud", "HuaweiSecret", _ask_huawei, _check_huawei),
}
_WRITERS: Final[Mapping[str, Callable[[Target, str, str], None]]] = {
    "ssm": _to_parameter,
    "secretsmanager": _to_secret,
}
