from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest

from jobherald.config.source import OBJECT_BYTES, PARAMETER_BYTES, ParameterConfig
from tests.cli.conftest import Run, Stack

PARAMETER = "/jobherald/jobherald/config"
GOOD = '[[watch]]\nid = "é"\nsource = "sagemaker.labeling"\nregions = ["eu-west-1"]\n'
BEYOND = GOOD.replace("eu-west-1", "us-west-2")
LONG = GOOD + "#" * PARAMETER_BYTES


@pytest.fixture
def write(tmp_path: Path) -> Path:
    return tmp_path / "watches.toml"


def in_force() -> str | None:
    return ParameterConfig(boto3.client("ssm"), lambda: boto3.client("s3"), PARAMETER).fetch()


class TestCheck:
    def test_a_good_document_is_said_to_be_good(self, run: Run, write: Path) -> None:
        """Without an account, and without a word on stdout."""
        write.write_text(GOOD, encoding="utf-8")
        found = run("config", "check", str(write))
        assert (found.exit_code, found.stdout) == (0, "")
        assert found.stderr == f"{write} is good: 1 watch.\n"

    def test_regions_of_which_nothing_comes_are_named(self, run: Run) -> None:
        """The document is good all the same: a service with one endpoint for all regions is one place."""
        text = '[[watch]]\nid = "a"\nsource = "cloudfront.invalidation"\nregions = ["eu-west-1"]\n'
        found = run("config", "check", "-", stdin=text)
        assert found.exit_code == 0
        assert "  watch[0].regions: cloudfront has one endpoint" in found.stderr

    def test_every_fault_of_a_bad_one_is_named(self, run: Run) -> None:
        """One line a fault, under the name of the file, and exit code 1."""
        found = run("config", "check", "-", stdin=BEYOND.replace("us-west-2", "us-wset-2") + "every = 60\n")
        assert (found.exit_code, found.stdout) == (1, "")
        first, *faults = found.stderr.splitlines()
        assert first.endswith("cannot be used:")
        assert [fault.split(":")[0].strip() for fault in faults] == ["watch[0].regions[0]", "watch[0].every"]

    def test_a_document_without_keys_means_everything(self, run: Run) -> None:
        """Which is worth saying, since it may be a slip."""
        found = run("config", "check", "-", stdin="# nothing\n")
        assert found.exit_code == 0
        assert "everything that is deployed is watched" in found.stderr

    def test_with_a_stack_the_deployment_is_the_limit(self, run: Run, stack: Stack) -> None:
        """The same document is good by itself, and comes back with the command that widens the stack."""
        stack.deploy()
        assert run("config", "check", "-", stdin=BEYOND).exit_code == 0
        found = run("config", "check", "-", "--stack", "jobherald", stdin=BEYOND)
        assert found.exit_code == 1
        assert "sam deploy --parameter-overrides Regions=us-east-1,eu-west-1,us-west-2" in found.stderr

    def test_with_a_stack_its_projects_are_the_limit_too(self, run: Run, stack: Stack) -> None:
        """The stack's output says which they are; the id of one of them is enough."""
        stack.deploy(Sources="modelarts.auto_labeling", HuaweiProjects="cn-north-4/abc,cn-east-3/abd")
        watch = '[[watch]]\nid = "a"\nsource = "modelarts.auto_labeling"\nprojects = ["abd"]\n'
        assert run("config", "check", "-", "--stack", "jobherald", stdin=watch).exit_code == 0
        beyond = watch.replace("abd", "la-south-2/abe")
        assert run("config", "check", "-", stdin=beyond).exit_code == 0
        found = run("config", "check", "-", "--stack", "jobherald", stdin=beyond)
        assert found.exit_code == 1
        assert "HuaweiProjects=cn-north-4/abc,cn-east-3/abd,la-south-2/abe\n" in found.stderr

    def test_a_stack_without_projects_says_how_to_have_them(self, run: Run, stack: Stack) -> None:
        """Such as every stack that was deployed before there were any."""
        stack.deploy()
        watch = '[[watch]]\nid = "a"\nsource = "modelarts.training"\n'
        found = run("config", "check", "-", "--stack", "jobherald", stdin=watch)
        assert found.exit_code == 1
        assert (
            "sam deploy --parameter-overrides Sources=sagemaker.labeling,modelarts.training"
            " HuaweiProjects=REGION/PROJECT_ID HuaweiSecret=ssm:/jobherald/huawei\n"
        ) in found.stderr

    def test_what_is_no_text_is_said_so(self, run: Run, write: Path) -> None:
        """A picture is no document."""
        write.write_bytes(b"\xff\xfe")
        found = run("config", "check", str(write))
        assert found.exit_code == 1
        assert "is no UTF-8 text" in found.stderr

    def test_a_file_that_is_not_there_is_usage(self, run: Run, write: Path) -> None:
        """Exit code 2, naming the file."""
        found = run("config", "check", str(write))
        assert found.exit_code == 2
        assert "watches.toml" in found.stderr


class TestPush:
    def test_it_is_in_force(self, run: Run, stack: Stack, write: Path) -> None:
        """What the deployment reads afterwards is what the file says."""
        stack.deploy()
        write.write_text(GOOD, encoding="utf-8")
        found = run("config", "push", str(write), "--stack", "jobherald")
        assert found.stdout == f"Written to {PARAMETER}. It is in force within a minute.\n"
        assert in_force() == GOOD

    def test_it_replaces_what_was_there(self, run: Run, stack: Stack) -> None:
        """A second push wins."""
        stack.deploy()
        for text in (GOOD, GOOD + "# more\n"):
            run("config", "push", "-", "--stack", "jobherald", stdin=text)
        assert in_force() == GOOD + "# more\n"

    @pytest.mark.parametrize("text", [BEYOND, "x", "", " \n"])
    def test_what_is_not_good_is_not_written(self, run: Run, stack: Stack, text: str) -> None:
        """A document that is bad, beyond the deployment or empty leaves the one in force alone."""
        stack.deploy()
        found = run("config", "push", "-", "--stack", "jobherald", stdin=text)
        assert found.exit_code in {1, 2}
        assert in_force() is None

    def test_a_large_one_goes_to_the_bucket(self, run: Run, stack: Stack) -> None:
        """The parameter then names the object, below the prefix that the functions may read."""
        stack.deploy(ConfigBucket="config-bucket")
        boto3.client("s3").create_bucket(Bucket="config-bucket")
        found = run("config", "push", "-", "--stack", "jobherald", stdin=LONG)
        assert found.exit_code == 0
        value = boto3.client("ssm").get_parameter(Name=PARAMETER)["Parameter"].get("Value", "")
        assert value.startswith("s3://config-bucket/jobherald/jobherald/config-")
        assert in_force() == LONG

    def test_a_large_one_without_a_bucket_says_what_to_do(self, run: Run, stack: Stack) -> None:
        """Shorten it, or deploy with a bucket."""
        stack.deploy()
        found = run("config", "push", "-", "--stack", "jobherald", stdin=LONG)
        assert found.exit_code == 2
        assert "ConfigBucket=NAME" in found.stderr
        assert in_force() is None

    def test_a_huge_one_is_refused(self, run: Run, stack: Stack) -> None:
        """More than the functions read would be refused by them."""
        stack.deploy(ConfigBucket="config-bucket")
        found = run("config", "push", "-", "--stack", "jobherald", stdin=GOOD + "#" * OBJECT_BYTES)
        assert found.exit_code == 1
        assert str(OBJECT_BYTES) in found.stderr

    def test_it_must_be_said_where(self, run: Run) -> None:
        """What changes a deployment has no default."""
        found = run("config", "push", "-", stdin=GOOD)
        assert found.exit_code == 2
        assert "--stack NAME or --local" in found.stderr


def test_the_schema_is_printed(run: Run) -> None:
    """As it is published, for whoever has the command but no checkout."""
    kept = Path(__file__).parents[2] / "docs" / "schemas" / "jobherald.config.v1.json"
    assert json.loads(run("config", "schema").stdout) == json.loads(kept.read_text(encoding="utf-8"))
