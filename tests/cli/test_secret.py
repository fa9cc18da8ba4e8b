from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from jobherald.cli.target import Target
from tests.cli.conftest import Run, Stack

WEBHOOK = "https://hooks.slack.com/services/T0000/B0000/verysecret"
BOT = "xoxb-1234-5678-verysecret"
KEY = {"access_key": "AKverysecret", "secret_key": "SKverysecret"}
USER = {"user": "monitor", "password": 'verysecret " 1', "domain": "acme"}


def set_secret(run: Run, value: str, what: str = "slack") -> Any:
    found = run("secret", "set", what, "--stack", "jobherald", stdin=value)
    assert "verysecret" not in found.output, "a secret was printed"
    return found


def kept(name: str = "/jobherald/slack") -> str:
    found = boto3.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]
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


def test_without_a_word_it_is_slack(run: Run, stack: Stack) -> None:
    """Most deployments have no other secret."""
    stack.deploy()
    assert run("secret", "set", "--stack", "jobherald", stdin=WEBHOOK).exit_code == 0
    assert kept() == WEBHOOK


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


class TestHuaweiCloud:
    @pytest.mark.parametrize("credential", [KEY, KEY | {"security_token": "verysecret"}, USER])
    def test_a_credential_is_kept_as_a_secure_string(
        self, run: Run, stack: Stack, credential: dict[str, str]
    ) -> None:
        """A key, a temporary one, or an IAM user, as JSON from standard input."""
        stack.deploy(HuaweiSecret="ssm:/jobherald/huawei")
        found = set_secret(run, f" {json.dumps(credential)}\n", "huawei")
        assert found.stdout == "Written to ssm:/jobherald/huawei. It is used within five minutes.\n"
        assert json.loads(kept("/jobherald/huawei")) == credential

    def test_at_a_terminal_both_keys_are_asked_for(
        self, run: Run, stack: Stack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """By their names, without being shown; blanks that came with the copying are left out."""
        stack.deploy(HuaweiSecret="ssm:/jobherald/huawei")
        monkeypatch.setattr("jobherald.cli.secret._at_terminal", lambda: True)
        found = set_secret(run, "AKverysecret \n SKverysecret\n", "huawei")
        assert found.stderr == "Access key (not shown): \nSecret key (not shown): \n"
        assert json.loads(kept("/jobherald/huawei")) == KEY

    def test_secrets_manager_may_keep_it(self, run: Run, stack: Stack) -> None:
        """As it may keep Slack's."""
        stack.deploy(HuaweiSecret="secretsmanager:team/huawei")
        assert set_secret(run, json.dumps(KEY), "huawei").exit_code == 0
        value = boto3.client("secretsmanager").get_secret_value(SecretId="team/huawei")["SecretString"]
        assert json.loads(value) == KEY

    @pytest.mark.parametrize(
        ("value", "says"),
        [
            ("", "it is not a JSON object"),
            ("verysecret", "it is not a JSON object"),
            ('["verysecret"]', "it is not a JSON object"),
            (WEBHOOK, "it is not a JSON object"),
            (json.dumps({"ak": "verysecret", "sk": "verysecret"}), "its members are not those of a key"),
            (json.dumps({"access_key": "verysecret"}), "its members are not those of a key"),
            (json.dumps(KEY | USER), "its members are not those of a key"),
            (json.dumps(KEY | {"secret_key": ""}), "secret_key is not a text, or empty"),
            (json.dumps(KEY | {"secret_key": "very secret"}), "secret_key holds a character that no key has"),
        ],
    )
    def test_what_is_no_credential_is_refused(self, run: Run, stack: Stack, value: str, says: str) -> None:
        """Before it is written, with the form that it should have, and without repeating it."""
        stack.deploy(HuaweiSecret="ssm:/jobherald/huawei")
        found = set_secret(run, value, "huawei")
        assert found.exit_code == 1
        assert f"What was given holds no credential of Huawei Cloud: {says}" in found.stderr
        assert '{"access_key": "…", "secret_key": "…"}' in found.stderr
        with pytest.raises(ClientError, match="ParameterNotFound"):
            kept("/jobherald/huawei")

    def test_without_a_reference_it_says_how_to_have_one(self, run: Run, stack: Stack) -> None:
        """Slack's place is not taken instead."""
        stack.deploy()
        found = set_secret(run, json.dumps(KEY), "huawei")
        assert found.exit_code == 2
        assert found.stderr == (
            "jobherald: The stack jobherald does not say where the secret of Huawei Cloud is kept: "
            "sam deploy --parameter-overrides HuaweiSecret=ssm:/jobherald/jobherald/huawei\n"
        )

    def test_what_is_neither_is_usage(self, run: Run) -> None:
        """Exit code 2, naming both."""
        found = run("secret", "set", "teams", "--stack", "jobherald")
        assert found.exit_code == 2
        assert "'slack', 'huawei'" in found.stderr


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
