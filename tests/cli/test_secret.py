from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from jobherald.cli.target import Target
from tests.cli.conftest import Run, Stack

WEBHOOK = "https://hooks.slack.com/services/T0000/B0000/verysecret"
BOT = "xoxb-1234-5678-verysecret"


def set_secret(run: Run, value: str) -> Any:
    found = run("secret", "set", "--stack", "jobherald", stdin=value)
    assert "verysecret" not in found.output, "a secret was printed"
    return found


def kept() -> str:
    found = boto3.client("ssm").get_parameter(Name="/jobherald/slack", WithDecryption=True)["Parameter"]
    assert found.get("Type") == "SecureString"
    return found.get("Value", "")


@pytest.mark.parametrize("value", [WEBHOOK, WEBHOOK + "\n", WEBHOOK.replace("slack.com", "slack-gov.com")])
def test_a_webhook_is_kept_as_a_secure_string(run: Run, stack: Stack, value: str) -> None:
    """Where the stack's reference says, so that the functions find it."""
    stack.deploy()
    found = set_secret(run, value)
    assert found.exit_code == 0
    assert found.stdout == "Written to ssm:/jobherald/slack. It is used within five minutes.\n"
    assert kept() == value.strip()


def test_a_second_one_replaces_it(run: Run, stack: Stack) -> None:
    """Rotation is the same command again."""
    stack.deploy()
    set_secret(run, WEBHOOK)
    set_secret(run, WEBHOOK + "2")
    assert kept() == WEBHOOK + "2"


def test_a_bot_token_needs_a_channel(run: Run, stack: Stack) -> None:
    """Without one, nothing could ever be told; with one, it is kept."""
    stack.deploy()
    found = set_secret(run, BOT)
    assert found.exit_code == 1
    assert "SlackChannel=" in found.stderr


def test_a_bot_token_with_a_channel_is_kept(run: Run, stack: Stack) -> None:
    """The channel is the stack's."""
    stack.deploy(SlackChannel="C012345")
    assert set_secret(run, BOT).exit_code == 0
    assert kept() == BOT


@pytest.mark.parametrize("there", [False, True])
def test_secrets_manager_may_keep_it(run: Run, stack: Stack, there: bool) -> None:
    """A secret is made where there is none of that name, else it gets a new version."""
    stack.deploy(SlackSecret="secretsmanager:slack")
    client = boto3.client("secretsmanager")
    if there:
        client.create_secret(Name="slack", SecretString="old")
    assert set_secret(run, WEBHOOK).exit_code == 0
    assert client.get_secret_value(SecretId="slack")["SecretString"] == WEBHOOK


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("", "neither a webhook URL"),
        ("verysecret", "neither a webhook URL"),
        ("http://hooks.slack.com/services/T0/B0/verysecret", "neither a webhook URL"),
        ("https://hooks.slack.com.example.org/services/T0/B0/verysecret", "neither a webhook URL"),
        ("https://slack.com/api/verysecret", "neither a webhook URL"),
        ("xoxp-1234-verysecret", "a user token"),
        ("xapp-1-verysecret", "an app-level token"),
        ("xoxb-", "neither a webhook URL"),
    ],
)
def test_what_cannot_be_such_a_secret_is_refused(run: Run, stack: Stack, value: str, says: str) -> None:
    """Before it is written, with what it seems to be, and without repeating it."""
    stack.deploy(SlackChannel="C012345")
    found = set_secret(run, value)
    assert found.exit_code == 1
    assert says in found.stderr
    with pytest.raises(ClientError, match="ParameterNotFound"):
        kept()


def test_a_webhook_of_a_slack_of_its_own_is_good(run: Run, stack: Stack) -> None:
    """The local cloud's Slack is at an address of its own, which the stack names."""
    stack.deploy(SlackApiUrl="http://127.0.0.1:4000/api/")
    assert set_secret(run, "http://127.0.0.1:4000/services/verysecret").exit_code == 0
    assert set_secret(run, "http://127.0.0.1:4001/services/verysecret").exit_code == 1


def test_without_slack_it_says_how_to_have_it(run: Run, stack: Stack) -> None:
    """The reference is a parameter of the stack."""
    stack.deploy(SlackSecret="")
    found = set_secret(run, WEBHOOK)
    assert found.exit_code == 2
    assert "SlackSecret=ssm:/jobherald/jobherald/slack" in found.stderr


def test_a_refusal_of_the_service_does_not_repeat_the_secret(
    run: Run, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A validation error may carry the value it refused."""
    stack.deploy()
    real = Target.client

    class Refusing:
        def put_parameter(self, **request: Any) -> None:
            raise ClientError(
                {"Error": {"Code": "ValidationException", "Message": str(request)}}, "PutParameter"
            )

    monkeypatch.setattr(
        Target, "client", lambda self, name: Refusing() if name == "ssm" else real(self, name)
    )
    found = set_secret(run, WEBHOOK)
    assert found.exit_code == 2
    assert "PutParameter failed with ValidationException" in found.stderr


def test_it_must_be_said_where(run: Run) -> None:
    """What changes a deployment has no default."""
    found = run("secret", "set", stdin=WEBHOOK)
    assert found.exit_code == 2
    assert "--stack NAME or --local" in found.stderr
