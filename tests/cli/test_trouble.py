from __future__ import annotations

import os

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError

from jobherald import __version__
from jobherald.cli.trouble import aws_sentence
from jobherald.local import state
from tests.cli.conftest import Run, Stack


def refusal(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "GetParameter")


class TestTheCommand:
    def test_it_says_its_version(self, run: Run) -> None:
        """As the package has it."""
        assert run("--version").stdout == f"jobherald {__version__}\n"

    def test_an_unknown_command_is_usage(self, run: Run) -> None:
        """Exit code 2, on stderr."""
        found = run("jbos")
        assert (found.exit_code, found.stdout) == (2, "")
        assert "No such command" in found.stderr


class TestTheDeployment:
    def test_a_stack_that_is_not_there_is_named(self, run: Run, stack: Stack) -> None:
        """With the region that was asked, since that is the usual slip."""
        found = run("jobs", "--stack", "nope", "--region", "eu-west-1")
        assert found.exit_code == 2
        assert found.stderr == (
            "jobherald: There is no stack nope in eu-west-1. Name it with --stack, its region with --region.\n"
        )

    def test_the_stack_may_come_from_the_environment(
        self, run: Run, stack: Stack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """For those who have but one, of another name."""
        monkeypatch.setenv("JOBHERALD_STACK", "other")
        assert "There is no stack other" in run("jobs").stderr

    def test_a_stack_of_something_else_is_said_to_be_so(self, run: Run, stack: Stack) -> None:
        """Another stack of that name has no table of ours."""
        boto3.client("cloudformation").create_stack(
            StackName="shop",
            TemplateBody='{"Resources": {"Orders": {"Type": "AWS::SNS::Topic"}}}',
        )
        found = run("jobs", "--stack", "shop")
        assert found.exit_code == 2
        assert "The stack shop has no output TableName" in found.stderr

    def test_without_a_region_the_option_is_named(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """A machine without AWS settings gets a sentence."""
        monkeypatch.delenv("AWS_DEFAULT_REGION")
        found = run("jobs")
        assert found.exit_code == 2
        assert "--region" in found.stderr

    def test_without_credentials_the_option_is_named(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """So does one without credentials."""
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        found = run("jobs")
        assert found.exit_code == 2
        assert "There are no AWS credentials" in found.stderr

    def test_an_unknown_profile_is_a_sentence(self, run: Run) -> None:
        """As it is named."""
        found = run("jobs", "--profile", "nobody")
        assert found.exit_code == 2
        assert "nobody" in found.stderr

    def test_no_local_cloud_says_how_to_start_one(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """--local needs a demo that runs."""
        monkeypatch.setattr(state, "load", lambda: None)
        found = run("jobs", "--local")
        assert found.exit_code == 2
        assert "`jobherald demo --keep`" in found.stderr

    def test_a_local_cloud_that_does_not_answer_is_a_sentence(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The demo may just be ending; its address is the one that is asked."""
        cloud = state.LocalCloud("http://127.0.0.1:9", "jobherald", "us-east-1", os.getpid())
        monkeypatch.setattr(state, "load", lambda: cloud)
        found = run("jobs", "--local")
        assert found.exit_code == 2
        assert "http://127.0.0.1:9" in found.stderr


class TestSentences:
    @pytest.mark.parametrize(
        ("error", "says"),
        [
            (refusal("AccessDeniedException", "no."), "AWS refused GetParameter: no. Use credentials"),
            (refusal("ExpiredToken"), "Log in again"),
            (refusal("Odd", "a\x1b[2Jb"), "GetParameter failed: a[2Jb (Odd)."),
            (EndpointConnectionError(endpoint_url="https://x"), "Check the region and the network"),
            (ConnectTimeoutError(endpoint_url="https://x"), "AWS could not be asked"),
        ],
    )
    def test_each_refusal_says_what_to_do(self, error: ClientError, says: str) -> None:
        """Nobody should have to know botocore to use the command."""
        assert says in aws_sentence(error)
