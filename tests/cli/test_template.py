from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from jobherald.deploying.defaults import DEFAULT_SOURCES
from jobherald.deploying.template import sources_in
from tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The template in a folder of its own, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copy(ROOT / "template.yaml", tmp_path))


class TestTemplate:
    def test_it_is_written_for_the_named_sources(self, run: Run, file: Path) -> None:
        """And says what is added, what is removed, and what comes next."""
        found = run("template", "--source", "sagemaker.labeling", "--source", "modelarts.training")
        assert sources_in(file.read_text(encoding="utf-8")) == ("sagemaker.labeling", "modelarts.training")
        first, second = found.stdout.splitlines()
        assert first.startswith("template.yaml is written for 2 sources (removed rekognition.media_analysis")
        assert second == (
            "Next: sam build && sam deploy --parameter-overrides Sources=sagemaker.labeling,modelarts.training"
        )

    def test_without_sources_it_is_the_published_one(self, run: Run, file: Path) -> None:
        """Back again, byte by byte."""
        published = file.read_bytes()
        run("template", "--source", "sagemaker.labeling")
        assert file.read_bytes() != published
        assert run("template").exit_code == 0
        assert file.read_bytes() == published
        assert (
            run("template").stdout == f"template.yaml is as it should be: {len(DEFAULT_SOURCES)} sources.\n"
        )

    def test_all_are_written_for(self, run: Run, file: Path) -> None:
        """Whole services are named as such where one by one would be too long."""
        found = run("template", "--all")
        assert found.exit_code == 0, found.stderr
        assert "sagemaker.*" in found.stdout
        assert len(found.stdout) < 4000

    def test_a_whole_service_can_be_named(self, run: Run, file: Path) -> None:
        """As many sources as the catalogue has of it."""
        run("template", "--source", "modelarts.*")
        assert set(sources_in(file.read_text(encoding="utf-8"))) == {
            source for source in DEFAULT_SOURCES if source.startswith("modelarts.")
        }

    def test_printing_writes_nothing(self, run: Run, file: Path) -> None:
        """The whole template goes to standard output, and nothing else does."""
        before = file.read_bytes()
        found = run("template", "--source", "sagemaker.labeling", "--print")
        assert file.read_bytes() == before
        assert sources_in(found.stdout) == ("sagemaker.labeling",)
        assert found.stdout.startswith("AWSTemplateFormatVersion")

    def test_checking_writes_nothing_and_fails_where_it_is_stale(self, run: Run, file: Path) -> None:
        """With the command that mends it."""
        assert run("template", "--check").exit_code == 0
        before = file.read_bytes()
        found = run("template", "--check", "--source", "modelarts.*")
        assert (found.exit_code, file.read_bytes()) == (1, before)
        assert found.stderr == (
            "jobherald: template.yaml is not as it would be written. Run: jobherald template --source 'modelarts.*'\n"
        )

    def test_another_file_can_be_named(self, run: Run, file: Path) -> None:
        """The one in the current folder is left alone."""
        other = file.rename(file.with_name("other.yaml"))
        assert run("template").exit_code == 2
        assert run("template", "--file", "other.yaml", "--source", "sagemaker.labeling").exit_code == 0
        assert sources_in(other.read_text(encoding="utf-8")) == ("sagemaker.labeling",)

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--source", "sagemaker.labelling"), "sagemaker.labelling is no source; did you mean sagemaker.labeling"),
            (("--source", "sagemakr.*"), "sagemakr is no service; did you mean sagemaker"),
            (("--source", "zzz.kind"), "zzz.kind is no source; `jobherald sources` shows what there is. A source of your own needs --config FILE."),
            (("--source", "glue.zzz"), "glue.zzz is no source; `jobherald sources` shows what there is.\n"),
            (("--source", "glue"), "glue is no source; 'glue.*' means all of a service."),
            (("--source", "glue*"), "glue* is no source; 'glue.*' means all of a service."),
            (("--source", "glue.job_run,batch.job"), "glue.job_run,batch.job is no source; repeat --source for each of several."),
            (("--source", ""), "--source was given no text; name a source"),
            (("--source", "sagemaker.labeling", "--all"), "--all and --source exclude each other."),
            (("--file", "none.yaml"), "none.yaml cannot be read. Name the template with --file."),
            (("--file", "empty.yaml"), "The template has lost the marks around its part 'sources'"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_done_is_said_in_a_sentence(
        self, run: Run, file: Path, words: tuple[str, ...], said: str
    ) -> None:
        """And nothing is written."""
        (file.parent / "empty.yaml").touch()
        before = file.read_bytes()
        found = run("template", *words)
        assert (found.exit_code, found.stdout, file.read_bytes()) == (2, "", before)
        assert found.stderr.startswith(f"jobherald: {said}")


class TestIam:
    def test_the_least_policy_is_printed(self, run: Run) -> None:
        """As IAM takes it, for the named regions."""
        found = run("iam", "--source", "rekognition.media_analysis", "--region", "us-east-1")
        assert json.loads(found.stdout) == {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "InWatchedRegions",
                    "Effect": "Allow",
                    "Action": ["rekognition:GetMediaAnalysisJob", "rekognition:ListMediaAnalysisJobs"],
                    "Resource": "*",
                    "Condition": {"StringEquals": {"aws:RequestedRegion": ["us-east-1"]}},
                }
            ],
        }

    def test_more_than_one_policy_is_a_list(self, run: Run) -> None:
        """Each of which IAM takes."""
        made = json.loads(run("iam", "--all").stdout)
        assert len(made) > 1
        assert all(len(json.dumps(each, separators=(",", ":"))) <= 6144 for each in made)

    def test_what_another_cloud_takes_is_said_beside_it(self, run: Run) -> None:
        """IAM of AWS can grant none of that."""
        found = run("iam", "--source", "modelarts.training", "--source", "rekognition.media_analysis")
        assert "modelarts" not in found.stdout
        assert "modelarts.training takes nothing of AWS but: modelarts:trainJob:list" in found.stderr
        alone = run("iam", "--source", "modelarts.training")
        assert (alone.exit_code, alone.stdout) == (1, "")

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--region", "us-esat-1"), '"us-esat-1" is no region of AWS; did you mean us-'),
            (("--region", "cn-north-1"), "cn-north-1 is in another partition than aws: --partition aws-cn\n"),
            (("--partition", "awss"), "awss is no partition of AWS; did you mean aws"),
            (("--account", "abc"), "abc is no account; its id is 12 digits"),
            (("--account", "12345678901"), "12345678901 is no account; its id is 12 digits"),
        ],
    )
    def test_a_place_that_is_not_there_is_refused(self, run: Run, words: tuple[str, ...], said: str) -> None:
        """IAM would take the policy, which would allow nothing."""
        found = run("iam", "--source", "sagemaker.labeling", *words)
        assert (found.exit_code, found.stdout) == (2, "")
        assert found.stderr.startswith(f"jobherald: {said}")

    def test_a_place_of_another_partition_is_taken_with_it(self, run: Run) -> None:
        """Resources and regions are those of the partition."""
        where = ("--region", "cn-north-1", "--partition", "aws-cn", "--account", "111122223333")
        found = run("iam", "--source", "sagemaker.labeling", *where)
        assert found.exit_code == 0, found.stderr
        assert "arn:aws-cn:sagemaker:*:111122223333:" in found.stdout

    def test_something_has_to_be_named(self, run: Run) -> None:
        """A policy for everything is not what anybody meant."""
        found = run("iam")
        assert (found.exit_code, found.stdout) == (2, "")
        assert found.stderr == "jobherald: Say what is to be watched: --source ID, --config FILE, or --all.\n"
