from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import boto3
import botocore.session
import pytest
from botocore import xform_name
from click.testing import Result
from hypothesis import assume, given
from hypothesis import strategies as st

from jobherald.cli import submitting
from jobherald.cli.request import read
from jobherald.local import state
from jobherald.local.process import ACCOUNT as LOCAL_ACCOUNT
from jobherald.local.services import Fault, JobServices, labeling_job
from jobherald.local.services.faults import Kind
from jobherald.model import Place
from jobherald.submit.examination import examine_labeling
from jobherald.submit.labeling import LabelingRequest
from jobherald.submit.refusals import Kind as Refusal
from jobherald.watch import Look, PlaceRecord, Rule, Scope
from tests.cli.conftest import ACCOUNT, Run, Stack
from tests.submit.requests import BOUNDING_BOX, GONE, LIMIT, MTURK, PRICE, edited
from tests.submit.test_guide import CLI_EDITS, IN_BOTH, IN_PYTHON, edited_text, python_example

ROLE = f"arn:aws:iam::{ACCOUNT}:role/labeling"
SIGNS = edited(BOUNDING_BOX, {"RoleArn": ROLE})
ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:labeling-job/street-signs"
PLACE = Place("sagemaker.labeling", ACCOUNT, "us-east-1")
IMAGES: dict[str, Any] = {
    "JobName": "moderation",
    "OperationsConfig": {"DetectModerationLabels": {"MinConfidence": 50.0}},
    "Input": {"S3Object": {"Bucket": "my-media", "Name": "in/batch.jsonl"}},
    "OutputConfig": {"S3Bucket": "my-results"},
}


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[JobServices]:
    """SageMaker and Rekognition, found as every SDK finds them."""
    with JobServices(account=ACCOUNT) as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


def check(run: Run, request: object, *words: str) -> Result:
    return run("submit", "labeling", "--cli-input-json", json.dumps(request), "--check", "--no-looks", *words)


def start(run: Run, request: object, *words: str) -> Result:
    return run("submit", "labeling", "--cli-input-json", json.dumps(request), "--yes", "--no-looks", *words)


def findings(found: Result) -> list[tuple[str, str]]:
    """Rule and path of each finding of an answer in JSON."""
    return [(each["rule"], each["path"]) for each in json.loads(found.stdout)["findings"]]


def watch(stack: Stack, *rules: Rule, place: Place = PLACE) -> None:
    """Let the deployment have looked at a place under these rules."""
    stack.store().save_place(PlaceRecord(place, Scope(rules), datetime.now(UTC), revision=1))


def names(services: JobServices) -> list[str]:
    return [job.row["LabelingJobName"] for job in services.jobs()]


class TestWriting:
    @pytest.mark.parametrize(
        ("command", "service", "operation"),
        [
            ("labeling", "sagemaker", "CreateLabelingJob"),
            ("media-analysis", "rekognition", "StartMediaAnalysisJob"),
        ],
    )
    def test_every_member_has_the_flag_of_the_aws_cli(
        self, run: Run, command: str, service: str, operation: str
    ) -> None:
        """As the AWS CLI makes them from the service's model."""
        model = botocore.session.get_session().get_service_model(service).operation_model(operation)
        shown = run("submit", command, "--help").stdout
        assert model.input_shape is not None
        for member in model.input_shape.members:
            assert f"  --{xform_name(member, '-')} " in shown

    def test_a_document_is_a_file_an_address_of_one_or_itself(self, run: Run, tmp_path: Path) -> None:
        """As one has it: written down, in a script, or coming through a pipe."""
        file = tmp_path / "job.json"
        file.write_text(json.dumps(SIGNS), encoding="utf-8")
        for document in (str(file), f"file://{file}", json.dumps(SIGNS), "-"):
            words = ("--cli-input-json", document, "--check", "--no-looks")
            assert run("submit", "labeling", *words, stdin=json.dumps(SIGNS)).exit_code == 0

    def test_flags_alone_are_a_request(self, run: Run, tmp_path: Path) -> None:
        """Texts as they are; structures as JSON, or in a file."""
        file = tmp_path / "task.json"
        file.write_text(json.dumps(SIGNS["HumanTaskConfig"]), encoding="utf-8")
        found = run(
            "submit", "labeling", "--check", "--no-looks",
            "--labeling-job-name", "signs",
            "--label-attribute-name", "signs",
            "--input-config", json.dumps(SIGNS["InputConfig"]),
            "--output-config", json.dumps(SIGNS["OutputConfig"]),
            "--role-arn", ROLE,
            "--label-category-config-s3-uri", "s3://my-bucket/in/labels.json",
            "--human-task-config", f"file://{file}",
            "--tags", '[{"Key": "team", "Value": "vision"}]',
        )  # fmt: skip
        assert (found.exit_code, found.stderr) == (0, "")

    def test_flags_go_before_the_document(self, run: Run, services: JobServices) -> None:
        """As in the AWS CLI: one document for many jobs."""
        assert start(run, SIGNS, "--labeling-job-name", "other").exit_code == 0
        assert names(services) == ["other"]

    def test_wrong_json_in_a_flag_is_found_where_it_is(self, run: Run) -> None:
        """The flag, the line and the column; and everything else that is wrong, each once."""
        request = edited(SIGNS, {"InputConfig": GONE, "LabelAttributeName": "signs-metadata"})
        found = check(run, request, "--input-config", '{\n  "DataSource": }', "--tags", "[", "--json")
        assert found.exit_code == 1
        assert sorted(findings(found)) == [
            ("attribute-metadata", "LabelAttributeName"),
            ("shape.json", "--input-config: line 2, column 17"),
            ("shape.json", "--tags: line 1, column 2"),
        ]

    def test_shorthand_is_said_to_be_shorthand(self, run: Run) -> None:
        """Who copies a command of the AWS CLI learns what to write instead."""
        found = check(run, SIGNS, "--tags", "Key=team,Value=vision", "--json")
        (finding,) = json.loads(found.stdout)["findings"]
        assert finding["path"] == "--tags: line 1, column 1"
        assert finding["remedy"] == (
            "write it as JSON, or as file://PATH: the shorthand of the AWS CLI is not taken here"
        )

    def test_a_document_that_is_no_json_is_named(self, run: Run, tmp_path: Path) -> None:
        """By its file, with what is wrong in the flags beside it."""
        file = tmp_path / "job.json"
        file.write_text("{,}", encoding="utf-8")
        found = run("submit", "labeling", "--cli-input-json", str(file), "--tags", "[", "--check", "--json")
        assert sorted(findings(found)) == [
            ("shape.json", "--tags: line 1, column 2"),
            ("shape.json", f"{file}: line 1, column 2"),
        ]

    def test_a_huge_document_is_not_read(self, run: Run, tmp_path: Path) -> None:
        """Nor are its faults told one by one."""
        file = tmp_path / "job.json"
        file.write_bytes(b"[" * 10_000_000)
        found = run("submit", "labeling", "--cli-input-json", str(file), "--check", "--json")
        assert [rule for rule, _ in findings(found)] == ["shape.size"]
        assert json.loads(found.stdout)["not_looked"] == "the request cannot be read"

    @pytest.mark.parametrize("document", [[], "x", 1])
    def test_a_document_that_is_no_object_takes_no_flags(
        self, run: Run, document: object, tmp_path: Path
    ) -> None:
        """It is wrong as a whole."""
        file = tmp_path / "job.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        words = ("--role-arn", ROLE, "--owner", "ann", "--check", "--json")
        found = run("submit", "labeling", "--cli-input-json", str(file), *words)
        assert findings(found) == [("shape.type", "")]

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            ((), "There is no request. Give it as --cli-input-json FILE, or as flags"),
            (
                ("--cli-input-json", "nowhere.json"),
                "names the file nowhere.json, which cannot be read: No such file",
            ),
            (("--cli-input-json", "file://nowhere.json"), "names the file nowhere.json"),
            (("--tags", "file://nowhere.json"), "--tags names the file nowhere.json"),
            (("--role-arn", "file://a\0b"), "it is no path"),
            (("--labeling-job-name", "x", "--json"), "--json is for scripts"),
            (("--labeling-job-name", "x", "--limit", "8 hours"), "'8 hours' is no duration"),
            (("--labeling-job-name", "x", "--owner", "a&b"), "can be in a tag"),
            (("--labeling-job-name", "x", "--owner", ""), "can be in a tag"),
        ],
    )
    def test_what_is_no_request_is_usage(self, run: Run, words: tuple[str, ...], says: str) -> None:
        """Exit code 2, with what to write."""
        found = run("submit", "labeling", *words)
        assert (found.exit_code, found.stdout) == (2, "")
        assert says in found.stderr

    def test_a_text_in_a_file_is_utf_8(self, run: Run, tmp_path: Path) -> None:
        """Else it is no text."""
        file = tmp_path / "name"
        file.write_bytes(b"\xff")
        found = run("submit", "labeling", "--labeling-job-name", f"file://{file}")
        assert found.exit_code == 2
        assert "is no UTF-8 text" in found.stderr

    @given(st.dictionaries(st.sampled_from(sorted(LabelingRequest.model_fields)), st.text(), min_size=1))
    def test_any_text_in_any_flag_is_read_or_found(self, texts: dict[str, str]) -> None:
        """Never an exception but for a file; what cannot be read is named by its flag, and is not told twice."""
        assume(not any(text.startswith("file://") for text in texts.values()))
        written = read(LabelingRequest, None, texts)
        assert isinstance(written.document, dict)
        assert set(written.document) == set(texts)
        assert {each.path.partition(":")[0] for each in written.findings} == {
            f"--{xform_name(member, '-')}" for member in written.unread
        }
        _, report = examine_labeling(written.document)
        told = [each.path for each in written.report(report).findings]
        assert not any(told.count(member) for member in written.unread)


class TestChecking:
    def test_a_sound_request_is_said_to_be_sound(self, run: Run, services: JobServices) -> None:
        """Exit code 0, and nothing is started."""
        found = check(run, SIGNS)
        assert (found.exit_code, found.stderr) == (0, "")
        assert found.stdout == "Nothing is wrong with it.\nNothing was looked at: --no-looks was given.\n"
        assert services.calls == []

    def test_every_fault_is_told_with_its_place_and_what_would_do(self, run: Run) -> None:
        """Errors first, each with its rule; how many there are comes last."""
        request = edited(SIGNS, {**MTURK, PRICE: GONE, LIMIT: 7200, "Role": "x"})
        found = check(run, request)
        assert found.exit_code == 1
        lines = [line.strip() for line in found.stdout.splitlines()]
        assert [line for line in lines if line[:1] in {"✗", "!"}] == [
            "✗ HumanTaskConfig.PublicWorkforceTaskPrice  mturk-price",
            "✗ Role  shape.unknown-member",
            "! HumanTaskConfig.TaskTimeLimitInSeconds  role-session",
        ]
        assert "→ did you mean RoleArn?" in lines
        assert "2 errors, 1 warning." in lines
        assert found.stderr == "jobherald: The request has 2 errors, 1 warning.\n"

    def test_warnings_alone_are_no_reason_to_fail(self, run: Run) -> None:
        """A person decides."""
        assert check(run, edited(SIGNS, {LIMIT: 7200})).exit_code == 0

    def test_scripts_get_the_findings_as_json(self, run: Run) -> None:
        """With all that a finding has."""
        found = check(run, edited(SIGNS, {"LabelAttributeName": "signs-metadata"}), "--json")
        assert found.exit_code == 1
        answer = json.loads(found.stdout)
        (finding,) = answer.pop("findings")
        assert set(finding) == {"rule", "severity", "path", "message", "remedy", "source"}
        assert answer == {
            "ok": False,
            "not_looked": "--no-looks was given",
            "started": None,
            "error": None,
        }

    def test_text_from_outside_does_nothing_at_a_terminal(self, run: Run) -> None:
        """A name can hold what clears a screen."""
        found = check(run, edited(SIGNS, {"LabelingJobName": "a\x1b[2J", "b\x1b[2J\u202e": 1}))
        assert "\x1b" not in found.output
        assert "\u202e" not in found.output

    @pytest.mark.parametrize(
        ("unset", "why"),
        [
            (("AWS_DEFAULT_REGION",), "no AWS region is set"),
            (("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "there are no AWS credentials"),
        ],
    )
    def test_it_can_be_checked_without_an_account(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, unset: tuple[str, ...], why: str
    ) -> None:
        """As in a pull request; what was not looked at is said."""
        for name in unset:
            monkeypatch.delenv(name)
        found = run("submit", "labeling", "--cli-input-json", json.dumps(SIGNS), "--check")
        assert (found.exit_code, found.stderr) == (0, "")
        assert f"Nothing was looked at: {why}." in found.stdout

    def test_a_request_whose_form_is_wrong_is_not_looked_at(self, run: Run, services: JobServices) -> None:
        """There is nothing to look for yet."""
        found = run("submit", "labeling", "--role-arn", "me", "--check")
        assert "Nothing was looked at: the form of the request is wrong." in found.stdout
        assert services.calls == []

    def test_what_it_names_is_looked_at(self, run: Run, stack: Stack, services: JobServices) -> None:
        """A name that is taken, and a bucket that is not there, in one answer with what the rules say."""
        services.add(labeling_job("street-signs", created_at=datetime.now(UTC), account=ACCOUNT))
        request = edited(SIGNS, {"LabelAttributeName": "signs-metadata"})
        found = run("submit", "labeling", "--cli-input-json", json.dumps(request), "--check", "--json")
        told = dict(findings(found))
        assert told["look.name.taken"] == "LabelingJobName"
        assert told["attribute-metadata"] == "LabelAttributeName"
        assert any(path == "InputConfig.DataSource.S3DataSource.ManifestS3Uri" for path in told.values())

    def test_what_could_not_be_looked_at_is_counted_apart(
        self, run: Run, stack: Stack, services: JobServices
    ) -> None:
        """It is no fault of the request."""
        services.faults.deny("us-east-1", operation="DescribeWorkteam")
        found = run("submit", "labeling", "--cli-input-json", json.dumps(SIGNS), "--check")
        assert "? HumanTaskConfig.WorkteamArn  look.team.not-checked" in found.stdout
        assert "1 thing could not be checked." in found.stdout


class TestStarting:
    def test_a_job_is_started_and_the_deployment_is_told(
        self, run: Run, stack: Stack, services: JobServices
    ) -> None:
        """What was started is shown before, and who tells of it; its id after."""
        stack.deploy()
        watch(stack, Rule("all"))
        found = start(run, SIGNS)
        assert (found.exit_code, found.stderr) == (0, "")
        assert "task     bounding box: Street signs" in found.stdout
        assert "workers  3 for each object, of the private team signs" in found.stdout
        assert "told by  the stack jobherald" in found.stdout
        assert f"  {ARN}\nThe stack jobherald looks at it at once.\n" in found.stdout
        assert names(services) == ["Street-signs"]
        assert stack.looks() == [Look(PLACE, ARN, "Street-signs")]

    def test_with_an_error_nothing_is_started(self, run: Run, services: JobServices) -> None:
        """Whatever was said before."""
        found = start(run, edited(SIGNS, {"LabelAttributeName": "signs-metadata"}))
        assert found.exit_code == 1
        assert found.stderr == "jobherald: The request has 1 error. Nothing was started.\n"
        assert services.calls == []

    def test_owner_and_limit_are_tags_of_the_job(self, run: Run, services: JobServices) -> None:
        """In the place of those that the document has."""
        tags = [{"Key": "jobherald:owner", "Value": "ben"}, {"Key": "team", "Value": "vision"}]
        found = start(run, edited(SIGNS, {"Tags": tags}), "--owner", "ann", "--limit", "8h")
        assert found.exit_code == 0
        assert ["owner", "ann"] in [line.split() for line in found.stdout.splitlines()]
        (job,) = services.jobs()
        assert job.details["Tags"] == [
            {"Key": "team", "Value": "vision"},
            {"Key": "jobherald:owner", "Value": "ann"},
            {"Key": "jobherald:limit", "Value": "8h"},
        ]

    def test_scripts_get_the_job_as_json(self, run: Run, stack: Stack, services: JobServices) -> None:
        """Nothing else is on standard output."""
        stack.deploy()
        watch(stack, Rule("all"))
        found = start(run, SIGNS, "--json")
        assert found.exit_code == 0
        started = json.loads(found.stdout)["started"]
        created_at = datetime.fromisoformat(started.pop("created_at"))
        assert abs(datetime.now(UTC) - created_at).total_seconds() < 60
        assert started == {
            "source": "sagemaker.labeling",
            "id": ARN,
            "name": "Street-signs",
            "registered": True,
            "stack": "jobherald",
            "why_not_registered": None,
            "warnings": [],
        }

    def test_another_region_is_the_jobs(self, run: Run, stack: Stack, services: JobServices) -> None:
        """The stack may be in one and watch the other."""
        stack.deploy()
        there = Place("sagemaker.labeling", ACCOUNT, "eu-west-1")
        watch(stack, Rule("all"), place=there)
        request = json.loads(
            json.dumps(SIGNS).replace("us-east-1", "eu-west-1").replace("432418664414", "568282634449")
        )
        found = start(run, request, "--region", "eu-west-1", "--stack-region", "us-east-1")
        assert found.exit_code == 0, found.output
        (look,) = stack.looks()
        assert look.place == there
        assert services.jobs()[0].region == "eu-west-1"


class TestAsking:
    @pytest.fixture(autouse=True)
    def terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(submitting, "_at_terminal", lambda: True)

    def ask(self, run: Run, answer: str, document: str | None = None) -> Result:
        words = ("--cli-input-json", document or json.dumps(SIGNS), "--no-looks")
        return run("submit", "labeling", *words, stdin=answer)

    def test_a_yes_starts_it(self, run: Run, stack: Stack, services: JobServices) -> None:
        """After everything was shown."""
        found = self.ask(run, "y\n")
        assert found.exit_code == 0
        assert found.stdout.index("role     arn:") < found.stdout.index("Start it? [y/N]")
        assert names(services) == ["Street-signs"]

    @pytest.mark.parametrize("answer", ["n\n", "\n"])
    def test_anything_else_does_not(self, run: Run, stack: Stack, services: JobServices, answer: str) -> None:
        """Exit code 1, for a script that asked all the same."""
        found = self.ask(run, answer)
        assert found.exit_code == 1
        assert "Nothing was started." in found.stderr
        assert services.calls == []

    def test_a_document_from_standard_input_leaves_nobody_to_ask(
        self, run: Run, stack: Stack, services: JobServices
    ) -> None:
        """The document's own text must not be taken for an answer."""
        found = self.ask(run, json.dumps(SIGNS), "-")
        assert found.exit_code == 2
        assert "Nobody can be asked here, so nothing was started. Give --yes" in found.stderr
        assert services.calls == []

    def test_without_a_terminal_nobody_is_asked(
        self, run: Run, stack: Stack, services: JobServices, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A forgotten --yes in a script is no yes."""
        monkeypatch.setattr(submitting, "_at_terminal", lambda: False)
        assert self.ask(run, "y\n").exit_code == 2
        assert services.calls == []


class TestDeployments:
    def test_without_one_the_job_is_started_and_that_is_said(
        self, run: Run, stack: Stack, services: JobServices
    ) -> None:
        """Whoever has another deployment knows that its next poll finds the job."""
        found = start(run, SIGNS)
        assert found.exit_code == 0
        assert "told by  nobody: There is no stack jobherald in us-east-1" in found.stdout
        assert "a deployment that watches such jobs finds it at its next poll." in found.stdout

    def test_one_that_cannot_be_looked_for_is_said_so(
        self, run: Run, services: JobServices, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Starting a job takes other rights than reading stacks."""
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", "http://127.0.0.1:9")
        found = start(run, SIGNS)
        assert found.exit_code == 0
        assert "told by  nobody: " in found.stdout
        assert names(services) == ["Street-signs"]

    def test_one_that_is_named_has_to_be_there(self, run: Run, stack: Stack, services: JobServices) -> None:
        """Before anything is started."""
        found = start(run, SIGNS, "--stack", "nope", "--stack-region", "eu-west-1")
        assert found.exit_code == 2
        assert found.stderr == (
            "jobherald: There is no stack nope in eu-west-1. Name it with --stack, its region with --stack-region.\n"
        )
        assert services.calls == []

    @pytest.mark.parametrize(
        ("sources", "rules", "says"),
        [
            ("rekognition.media_analysis", (Rule("all"),), "does not watch sagemaker.labeling in us-east-1"),
            ("sagemaker.labeling", (), "has no watch over sagemaker.labeling in us-east-1"),
            (
                "sagemaker.labeling",
                (Rule("a", name_contains="cats"),),
                "that takes in a job called Street-signs",
            ),
        ],
    )
    def test_one_that_would_not_tell_is_not_said_to(
        self, run: Run, stack: Stack, services: JobServices, sources: str, rules: tuple[Rule, ...], says: str
    ) -> None:
        """Shown before the question, while the watch can still be mended."""
        stack.deploy(Sources=sources)
        watch(stack, *rules)
        found = start(run, SIGNS)
        assert found.exit_code == 0
        assert "told by  nobody: the stack jobherald " in found.stdout
        assert says in found.stdout
        assert stack.looks() == []

    def test_a_queue_that_is_gone_is_a_warning(self, run: Run, stack: Stack, services: JobServices) -> None:
        """The job runs."""
        stack.deploy()
        watch(stack, Rule("all"))
        sqs = boto3.client("sqs")
        sqs.delete_queue(QueueUrl=sqs.list_queues()["QueueUrls"][0])
        found = start(run, SIGNS)
        assert found.exit_code == 0
        assert f"  {ARN}\n" in found.stdout
        assert "looks at it at once" not in found.stdout
        assert found.stderr.startswith("Warning: The deployment could not be told of it at once (")

    def test_the_local_cloud_has_services_of_its_own(
        self, run: Run, stack: Stack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """SageMaker is where the demo says, and not where the emulator is."""
        with JobServices() as services:
            cloud = state.LocalCloud(
                "http://127.0.0.1:9", "jobherald", "us-east-1", 1, job_services=services.url
            )
            monkeypatch.setattr(state, "load", lambda: cloud)
            missing = start(run, SIGNS, "--local")
            monkeypatch.setattr(submitting, "_registry", lambda *_: submitting.Registry(why_not="it is away"))
            found = start(run, SIGNS, "--local")
            (job,) = services.jobs()
        assert missing.exit_code == 2
        assert "http://127.0.0.1:9" in missing.stderr
        assert found.exit_code == 0
        assert (job.account, job.region) == (LOCAL_ACCOUNT, "us-east-1")


class TestRefusals:
    @pytest.mark.parametrize(
        ("fault", "exit_code", "says"),
        [
            (Fault(Kind.REFUSE, code="ResourceInUse"), 1, "Choose another name"),
            (Fault(Kind.REFUSE, code="ValidationException", message="a\x1b[2Jb"), 1, "wrong: a[2Jb (Val"),
            (Fault(Kind.REFUSE, code="ResourceLimitExceeded"), 2, "Service Quotas"),
            (Fault(Kind.REFUSE, code="ThrottlingException"), 2, "Wait a minute"),
            (
                Fault(
                    Kind.REFUSE,
                    code="AccessDeniedException",
                    message="not authorized to perform: iam:PassRole",
                ),
                2,
                f"needs it on {ROLE}",
            ),
            (
                Fault(Kind.HANG, operation="CreateLabelingJob"),
                2,
                "nobody knows whether Street-signs was started",
            ),
        ],
    )
    def test_each_is_a_sentence(
        self, run: Run, stack: Stack, services: JobServices, fault: Fault, exit_code: int, says: str
    ) -> None:
        """The request's own fault is 1, what is around it 2; and the JSON has the kind."""
        services.faults.add(fault)
        fault.calls = None
        for words in ((), ("--json",)):
            found = start(run, SIGNS, *words)
            assert found.exit_code == exit_code
            assert says in found.stderr
            assert "\x1b" not in found.output
        answer = json.loads(found.stdout)
        assert answer["started"] is None
        assert answer["error"]["kind"] in {"taken", "refused", "limit", "throttled", "denied", "unknown"}
        assert services.jobs() == []

    def test_a_job_that_is_found_after_no_answer_was_started(
        self, run: Run, stack: Stack, services: JobServices, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With a warning, so that nobody wonders."""
        monkeypatch.setattr(submitting, "_START_PATIENCE", 0.5)
        services.faults.delay(seconds=5, operation="CreateLabelingJob")
        found = start(run, SIGNS)
        assert found.exit_code == 0
        assert f"  {ARN}\n" in found.stdout
        assert (
            "Warning: SageMaker did not answer the call (ReadTimeoutError), but the job is there"
            in found.stderr
        )

    def test_an_interrupted_start_is_not_said_to_be_none(
        self, run: Run, stack: Stack, services: JobServices, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Control-C while the call is on its way leaves it open."""

        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(submitting, "start", interrupted)
        found = start(run, SIGNS)
        assert found.exit_code == 2
        assert "look whether the job is there before you repeat it" in found.stderr

    def test_without_a_region_nothing_is_started(
        self, run: Run, services: JobServices, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The option is named."""
        monkeypatch.delenv("AWS_DEFAULT_REGION")
        found = start(run, SIGNS)
        assert found.exit_code == 2
        assert "No AWS region is set. Name one with --region" in found.stderr

    def test_without_credentials_nothing_is_started(
        self, run: Run, services: JobServices, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nor is it said that nobody knows."""
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        found = start(run, SIGNS)
        assert found.exit_code == 2
        assert "There are no AWS credentials" in found.stderr


class TestMediaAnalysis:
    def submit(self, run: Run, request: object, *words: str) -> Result:
        written = ("--cli-input-json", json.dumps(request), "--no-looks")
        return run("submit", "media-analysis", *written, *words)

    def test_a_job_is_started_and_the_deployment_is_told(
        self, run: Run, stack: Stack, services: JobServices
    ) -> None:
        """By its id."""
        stack.deploy(Sources="rekognition.media_analysis")
        place = Place("rekognition.media_analysis", ACCOUNT, "us-east-1")
        watch(stack, Rule("all"), place=place)
        found = self.submit(run, IMAGES, "--yes")
        assert (found.exit_code, found.stderr) == (0, "")
        assert "task     moderation labels from 50 % confidence on" in found.stdout
        assert "input    s3://my-media/in/batch.jsonl" in found.stdout
        (job,) = services.jobs()
        assert stack.looks() == [Look(place, job.id, "moderation")]

    def test_a_request_is_checked(self, run: Run, services: JobServices) -> None:
        """By its form and its rules."""
        found = self.submit(run, edited(IMAGES, {"OperationsConfig": {}, "Tags": []}), "--check", "--json")
        assert found.exit_code == 1
        assert sorted(findings(found)) == [
            ("media-operation", "OperationsConfig"),
            ("shape.unknown-member", "Tags"),
        ]

    def test_the_same_request_under_one_token_is_one_job(
        self, run: Run, stack: Stack, services: JobServices
    ) -> None:
        """After no answer it can be repeated."""
        words = ("--client-request-token", "once", "--yes", "--json")
        ids = {json.loads(self.submit(run, IMAGES, *words).stdout)["started"]["id"] for _ in range(2)}
        assert len(ids) == len(services.jobs()) == 1


class TestCategoryFile:
    def test_labels_become_a_file(self, run: Run) -> None:
        """On standard output, as CreateLabelingJob takes it."""
        found = run("submit", "category-file", "stop", "give way", "--task-type", "BoundingBox")
        assert found.exit_code == 0
        assert json.loads(found.stdout) == {
            "document-version": "2018-11-28",
            "labels": [{"label": "stop"}, {"label": "give way"}],
        }

    def test_labels_may_come_from_standard_input(self, run: Run) -> None:
        """One a line; a list of hundreds is no command line."""
        found = run("submit", "category-file", "-", stdin="é\n\nb\n")
        assert [each["label"] for each in json.loads(found.stdout)["labels"]] == ["é", "b"]

    def test_every_fault_is_told(self, run: Run) -> None:
        """And no file is printed."""
        found = run("submit", "category-file", "a", "a", "x" * 257, "--task-type", "ImageMultiClass")
        assert (found.exit_code, found.stdout) == (1, "")
        assert "labels[1].label" in found.stderr
        assert "labels[2].label" in found.stderr

    def test_verification_of_frames_has_its_own_form(self, run: Run) -> None:
        """With what only such files hold."""
        found = run(
            "submit", "category-file", "car",
            "--task-type", "AdjustmentVideoObjectTracking",
            "--verify",
            "--audit", "first-ref",
            "--annotation-type", "BoundingBox",
            "--instructions", "Look", "Look closely",
        )  # fmt: skip
        assert found.exit_code == 0, found.stderr
        document = json.loads(found.stdout)
        assert document["labels"] == [{"label": "car", "editsAllowed": "none"}]
        assert document["auditLabelAttributeName"] == "first-ref"
        assert document["annotationType"] == "BoundingBox"
        assert document["instructions"] == {"shortInstruction": "Look", "fullInstruction": "Look closely"}

    def test_an_unknown_task_type_is_told_the_known_ones(self, run: Run) -> None:
        """As its functions are called."""
        found = run("submit", "category-file", "a", "--task-type", "Boxes")
        assert found.exit_code == 2
        assert "BoundingBox" in found.stderr


def test_the_guide_s_example_for_the_cli_is_checked_as_it_stands(run: Run) -> None:
    """Its own flags, after the least edit that makes them parse: each fault in it is found.

    https://docs.aws.amazon.com/sagemaker/latest/dg/sms-create-labeling-job-api.html
    """
    words = shlex.split(edited_text("cli.txt", CLI_EDITS).replace("\\\n", " "))
    found = run("submit", "labeling", "--region", "us-east-1", "--check", "--no-looks", "--json", *words[5:])
    assert found.exit_code == 1
    assert set(findings(found)) == IN_BOTH


def test_the_guide_s_example_for_python_is_checked_as_it_stands(run: Run) -> None:
    """Its keyword arguments as a document."""
    document = json.dumps(python_example())
    found = run(
        "submit", "labeling", "--region", "us-east-1", "--check", "--no-looks", "--json",
        "--cli-input-json", "-", stdin=document,
    )  # fmt: skip
    assert found.exit_code == 1
    assert set(findings(found)) == IN_PYTHON


class TestPage:
    PAGE = (Path(__file__).parents[2] / "docs" / "submit.md").read_text(encoding="utf-8")

    def test_its_document_works(self, run: Run) -> None:
        """Somebody will copy it."""
        (document,) = re.findall(r"```json\n(.*?)```", self.PAGE, re.DOTALL)
        found = check(run, json.loads(document))
        assert (found.exit_code, found.stderr) == (0, "")
        assert found.stdout.startswith("Nothing is wrong with it.")

    def test_what_it_shows_is_what_is_told(self, run: Run) -> None:
        """Of a document with the two faults that it speaks of."""
        found = check(run, edited(SIGNS, {**MTURK, PRICE: GONE, "LabelAttributeName": "signs-metadata"}))
        told = [line.rstrip() for line in found.stdout.splitlines() if "looked at" not in line]
        assert "\n".join(told) in self.PAGE

    def test_every_kind_of_refusal_is_on_it(self) -> None:
        """For whoever reads them in a script."""
        assert f"why: {' '.join(f'`{kind}`' for kind in get_args(Refusal))}." in self.PAGE
