"""Sources of one's own: from a document, through the command, to a job that the deployed functions' code polls."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from jobherald.catalog import all_sources, load
from jobherald.catalog.events import match
from jobherald.catalog.load import parse_entries
from jobherald.channels.message import source_of
from jobherald.checks.models import service_model
from jobherald.checks.reference import pages
from jobherald.checks.shapes import sample
from jobherald.cli.own import install
from jobherald.cli.trouble import Trouble
from jobherald.config import scopes
from jobherald.config.deployment import Deployment
from jobherald.config.document import own_sources, read
from jobherald.config.faults import DocumentError
from jobherald.config.schema import schema
from jobherald.deploying.template import sources_in
from jobherald.model import Place, State
from tests.cli.conftest import ACCOUNT, Run, Stack
from tests.cli.test_whole_way import poll_once

ROOT = Path(__file__).parents[2]
# The package has the function of this name in the module's place.
CATALOGUE = import_module("jobherald.catalog.load")
OWN = "team.dataset_import"
DOCUMENT = r"""
[[watch]]
id = "labeling"
source = "sagemaker.labeling"

[[watch]]
id = "imports"
source = "team.dataset_import"
tell = ["failed", "succeeded"]

[[source]]
id = "team.dataset_import"
title = "Team's dataset import"
client = "personalize"
operation = "ListDatasetImportJobs"
items = "datasetImportJobs"
token = { input = "nextToken", output = "nextToken" }
page_size = { parameter = "maxResults", value = 100 }

[source.job]
id = "datasetImportJobArn"
name = "jobName"
status = "status"
created = "creationDateTime"
modified = "lastUpdatedDateTime"
reason = "failureReason"

[source.states]
queued = ["CREATE PENDING"]
running = ["CREATE IN_PROGRESS"]
succeeded = ["ACTIVE"]
failed = ["CREATE FAILED"]

[source.look]
operation = "DescribeDatasetImportJob"
parameters = { datasetImportJobArn = "id" }
items = "datasetImportJob"
not_found = ["ResourceNotFoundException"]

[[source.events]]
detail_type = "Team Import State Change"
event_source = "aws.personalize"
match = { state = ["failed"] }
id = "detail.arn"

[source.advice]
failed = "Read the \"reason\"\nand mend it."
gone = "It was deleted."
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A checkout in the current folder, whose catalogue is the one that is read."""
    catalogue = tmp_path / "layers/core/jobherald/catalog"
    shutil.copytree(ROOT / "layers/core/jobherald/catalog", catalogue)
    shutil.copy(ROOT / "template.yaml", tmp_path)
    (tmp_path / "watches.toml").write_text(DOCUMENT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(CATALOGUE, "files", lambda _: catalogue)
    _forget()
    yield tmp_path
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    CATALOGUE.load.cache_clear()
    CATALOGUE._read.cache_clear()


def written(checkout: Path, old: str = "", new: str = "") -> None:
    assert old in DOCUMENT
    (checkout / "watches.toml").write_text(DOCUMENT.replace(old, new), encoding="utf-8")


class TestCommands:
    def test_a_document_with_a_source_of_its_own_is_good(self, run: Run, checkout: Path) -> None:
        """By itself, without any deployment."""
        found = run("config", "check", "watches.toml")
        assert (found.exit_code, found.stderr) == (
            0,
            "watches.toml is good: 2 watches, 1 source of its own.\n",
        )

    def test_sources_that_no_watch_names_are_said(self, run: Run, checkout: Path) -> None:
        """Whoever wrote one wants it watched."""
        written(checkout, 'source = "team.dataset_import"', 'source = "glue.job_run"')
        assert run("config", "check", "watches.toml").stderr == (
            "watches.toml is good: 2 watches, 1 source of its own (not watched: team.dataset_import).\n"
        )

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("creationDateTime", "creationTime", "job.created: DatasetImportJobSummary has no member creationTime; it has: "),
            ('client = "personalize"', 'client = "personalise"', "client: 'personalise' is no client of botocore"),
            ('client = "personalize"', 'klient = "personalize"', "klient: is not known here; near to it are: client"),
            ('succeeded = ["ACTIVE"]', 'succeeded = ["CREATE FAILED"]', "states."),
            ('gone = "It was deleted."', "", "advice.gone"),
            ("team.dataset_import", "sagemaker.labeling", "id: is taken by the catalogue's own"),
            ("Team Import State Change", "Batch Job State Change", "events[0]: can match what batch.job matches; make its match narrower, or leave it out."),
        ],
    )  # fmt: skip
    def test_its_faults_are_those_of_an_entry_of_the_catalogue(
        self, run: Run, checkout: Path, old: str, new: str, said: str
    ) -> None:
        """File, entry, member, and what would have been valid, whichever command reads the document."""
        written(checkout, old, new)
        if new == "Batch Job State Change":
            text = (checkout / "watches.toml").read_text(encoding="utf-8")
            text = text.replace('"aws.personalize"', '"aws.batch"').replace(
                'state = ["failed"]', 'status = ["FAILED"]'
            )
            (checkout / "watches.toml").write_text(text, encoding="utf-8")
        for words in (("config", "check", "watches.toml"), ("template", "--config", "watches.toml")):
            found = run(*words)
            assert (found.exit_code, found.stdout) == (1, "")
            name = "sagemaker.labeling" if new == "sagemaker.labeling" else OWN
            assert f"\n  watches.toml: {name}: " in found.stderr
            assert said in found.stderr
        assert not (checkout / "layers/core/jobherald/catalog/own").exists()

    def test_the_template_is_written_for_what_a_document_watches(self, run: Run, checkout: Path) -> None:
        """Permissions, rules and the entry itself, each where it is deployed from."""
        found = run("template", "--config", "watches.toml")
        assert found.exit_code == 0, found.stderr
        text = (checkout / "template.yaml").read_text(encoding="utf-8")
        assert sources_in(text) == ("sagemaker.labeling", OWN)
        assert "personalize:DescribeDatasetImportJob" in text
        assert "Team Import State Change" in text
        (own,) = (checkout / "layers/core/jobherald/catalog/own").iterdir()
        (source,) = parse_entries(tomllib.loads(own.read_text(encoding="utf-8"))["source"], own.name)
        assert (source,) == own_sources(tomllib.loads(DOCUMENT)["source"])
        assert (
            run("catalog", "check").exit_code == run("catalog", "check", "--config", "watches.toml").exit_code
        )

    def test_what_a_document_no_longer_has_goes_with_the_next_one(self, run: Run, checkout: Path) -> None:
        """Only what the document brings stays beside the catalogue."""
        run("template", "--config", "watches.toml")
        written(checkout, "team.dataset_import", "other.kind")
        assert run("template", "--config", "watches.toml").exit_code == 0
        assert [path.name for path in (checkout / "layers/core/jobherald/catalog/own").iterdir()] == [
            "other.toml"
        ]

    @pytest.mark.parametrize("words", [("template",), ("iam",), ("sources",), ("config", "check")])
    def test_a_watch_of_a_source_that_the_document_lost_is_named(
        self, run: Run, checkout: Path, words: tuple[str, ...]
    ) -> None:
        """What it once had still lies beside the catalogue, and goes with the next template."""
        run("template", "--config", "watches.toml")
        before = (checkout / "template.yaml").read_bytes()
        (checkout / "watches.toml").write_text(DOCUMENT.partition("[[source]]")[0], encoding="utf-8")
        found = run(*words, *(() if words[0] == "config" else ("--config",)), "watches.toml")
        assert (found.exit_code, found.stdout) == (1, "")
        assert found.stderr == (
            "jobherald: watches.toml cannot be used:\n"
            '  watch[1].source: "team.dataset_import" is no source of the catalogue, nor of this document;'
            " did you mean m2.data_set_import or forecast.dataset_import or m2.data_set_export?\n"
        )
        assert (checkout / "template.yaml").read_bytes() == before
        assert (checkout / "layers/core/jobherald/catalog/own/team.toml").exists()

    @pytest.mark.parametrize("words", [("template",), ("iam",), ("sources",)])
    def test_faults_of_watches_are_named_by_every_command(
        self, run: Run, checkout: Path, words: tuple[str, ...]
    ) -> None:
        """As `config check` names them: what cannot be in force is nothing to deploy."""
        written(checkout, 'tell = ["failed", "succeeded"]', 'tell = ["faild"]')
        found = run(*words, "--config", "watches.toml")
        assert (found.exit_code, found.stdout) == (1, "")
        assert "  watch[1].tell[0]: " in found.stderr
        assert found.stderr == run("config", "check", "watches.toml").stderr

    def test_one_pair_of_brackets_is_named(self, run: Run, checkout: Path) -> None:
        """A table would be a document without any watch."""
        written(
            checkout,
            DOCUMENT.partition("[[source]]")[0],
            '[watch]\nid = "x"\nsource = "team.dataset_import"\n',
        )
        found = run("template", "--config", "watches.toml")
        assert (
            "watch: must be written [[watch]], in two pairs of brackets, once for each watch" in found.stderr
        )

    def test_sources_alone_are_a_document_for_the_template(self, run: Run, checkout: Path) -> None:
        """A source can be tried before anything watches it."""
        written(checkout, DOCUMENT.partition("[[source]]")[0])
        assert OWN in run("sources", "team", "--config", "watches.toml").stdout
        assert run("template", "--config", "watches.toml", "--source", OWN).exit_code == 0
        assert "has no watch that names a source" in run("template", "--config", "watches.toml").stderr

    @pytest.mark.parametrize("broken", ["[[source]]\nid = ", f'[[source]]\nid = "{OWN}"\n', "x = 1\n"])
    def test_what_lies_broken_beside_the_catalogue_is_written_anew(
        self, run: Run, checkout: Path, broken: str
    ) -> None:
        """By the command that writes it, and every other one names that."""
        run("template", "--config", "watches.toml")
        file = checkout / "layers/core/jobherald/catalog/own/team.toml"
        good = file.read_text(encoding="utf-8")
        file.write_text(broken, encoding="utf-8")
        _forget()
        remedy = "Write this file anew with `jobherald template --config FILE`, or delete it."
        for words in (("sources",), ("catalog", "check"), ("template", "--source", OWN)):
            found = run(*words)
            assert "catalog/own/team.toml: " in found.stderr
            assert remedy in found.stderr
        assert run("template", "--config", "watches.toml").exit_code == 0
        assert file.read_text(encoding="utf-8") == good

    def test_a_template_without_any_of_them_leaves_none_behind(self, run: Run, checkout: Path) -> None:
        """They would be built into the layer, and nobody would know where they come from."""
        run("template", "--config", "watches.toml")
        _forget()
        own = checkout / "layers/core/jobherald/catalog/own"
        found = run("template", "--source", OWN)
        assert (found.exit_code, [path.name for path in own.iterdir()]) == (0, ["team.toml"])
        assert "removed:" not in found.stdout
        assert run("template", "--check").exit_code == 1
        assert [path.name for path in own.iterdir()] == ["team.toml"]
        found = run("template")
        assert found.stdout.startswith(
            "layers/core/jobherald/catalog/own/team.toml is removed: it has none of these sources."
        )
        assert list(own.iterdir()) == []

    def test_two_sources_of_one_id_are_named_with_their_places(self, run: Run, checkout: Path) -> None:
        """The second one would never be read."""
        again = DOCUMENT + DOCUMENT[DOCUMENT.index("[[source]]") :].replace(
            "Team Import State", "Other State"
        )
        (checkout / "watches.toml").write_text(again, encoding="utf-8")
        for words in (("config", "check"), ("template", "--config")):
            assert run(*words, "watches.toml").stderr == (
                "jobherald: watches.toml cannot be used:\n  watches.toml: team.dataset_import: id:"
                " is the id of 2 sources (source[0], source[1]); give each its own.\n"
            )

    @pytest.mark.parametrize(
        ("content", "said"),
        [(None, "There is no file watches.toml."), (b"\xff", "watches.toml is no UTF-8 text.")],
    )
    def test_why_a_document_cannot_be_read_is_said(
        self, run: Run, checkout: Path, content: bytes | None, said: str
    ) -> None:
        """A name that was mistyped is another matter than a file of another kind."""
        (checkout / "watches.toml").unlink()
        if content:
            (checkout / "watches.toml").write_bytes(content)
        found = run("template", "--config", "watches.toml")
        assert (found.exit_code, found.stderr) == (2, f"jobherald: {said}\n")

    def test_printing_and_checking_put_nothing_beside_the_catalogue(self, run: Run, checkout: Path) -> None:
        """They write nothing at all."""
        run("template", "--config", "watches.toml", "--print")
        found = run("template", "--config", "watches.toml", "--check")
        assert "Run: jobherald template --config watches.toml\n" in found.stderr
        assert not (checkout / "layers/core/jobherald/catalog/own").exists()

    def test_outside_a_checkout_there_is_nowhere_to_put_it(self, run: Run, checkout: Path) -> None:
        """And the template stays as it was."""
        shutil.rmtree(checkout / "layers")
        before = (checkout / "template.yaml").read_bytes()
        (checkout / "watches.toml").write_text(DOCUMENT, encoding="utf-8")
        shutil.copytree(ROOT / "layers/core/jobherald/catalog", checkout / "layers/core/jobherald/catalog")
        (checkout / "elsewhere").mkdir()
        other = shutil.copy(checkout / "template.yaml", checkout / "elsewhere")
        found = run("template", "--config", "watches.toml", "--file", str(other))
        assert found.exit_code == 2
        assert "lies in no checkout of the project" in found.stderr
        assert Path(other).read_bytes() == before

    def test_it_is_found_and_granted_like_any_other(self, run: Run, checkout: Path) -> None:
        """In the table, as JSON, and in the least policy."""
        assert OWN in run("sources", "--config", "watches.toml", "team").stdout
        assert run("sources", "team").exit_code == 1
        assert "personalize:ListDatasetImportJobs" in run("iam", "--config", "watches.toml").stdout

    def test_one_that_is_not_deployed_comes_with_the_commands(
        self, run: Run, checkout: Path, stack: Stack
    ) -> None:
        """Which name the document, since the source is nowhere else."""
        stack.deploy()
        found = run("config", "push", "watches.toml", "--stack", "jobherald")
        assert found.exit_code == 1
        assert (
            "To widen the deployment: jobherald template --config watches.toml --source sagemaker.labeling"
            f" --source {OWN} && sam build && sam deploy --parameter-overrides Sources=sagemaker.labeling,{OWN}"
        ) in found.stderr


class TestDeployed:
    @pytest.fixture(autouse=True)
    def deployed(self, run: Run, checkout: Path) -> None:
        assert run("template", "--config", "watches.toml").exit_code == 0
        _forget()

    def test_the_schedule_finds_its_places(self) -> None:
        """As those of any source."""
        found = scopes.load(DOCUMENT, Deployment(ACCOUNT, ("sagemaker.labeling", OWN), ("us-east-1",)))
        assert Place(OWN, ACCOUNT, "us-east-1") in found

    def test_a_document_that_says_something_else_is_refused(self) -> None:
        """Whatever polls runs with what was deployed, and nobody would know of the difference."""
        deployed = Deployment(ACCOUNT, ("sagemaker.labeling", OWN), ("us-east-1",))
        other = DOCUMENT.replace('queued = ["CREATE PENDING"]', 'queued = ["CREATE PENDING", "NEW"]')
        assert read(other) is not None
        with pytest.raises(DocumentError) as refused:
            scopes.load(other, deployed)
        assert [str(fault) for fault in refused.value.faults] == [
            f"{OWN}: is not as it was when it was deployed"
        ]
        assert refused.value.widen == (
            f"jobherald template --config FILE --source sagemaker.labeling --source {OWN}"
            f" && sam build && sam deploy --parameter-overrides Sources=sagemaker.labeling,{OWN}"
        )

    def test_its_jobs_are_polled_and_told(self, run: Run, stack: Stack) -> None:
        """Over real HTTP into the table: title, state, reason and advice are the entry's."""
        stack.deploy(Sources=OWN)
        source = load(OWN)
        answer: dict[str, Any] = sample(
            service_model("personalize").operation_model(source.operation).output_shape
        )
        answer[source.items][0]["status"] = "CREATE FAILED"
        poll_once(stack, Place(OWN, ACCOUNT, "us-east-1"), answer)
        (job,) = stack.store().recent(OWN, None, 10)
        assert (job.state, job.name) == (State.FAILED, answer[source.items][0]["jobName"])
        assert job.name in run("jobs").stdout
        shown = run("job", job.key.id)
        assert "Team's dataset import" in shown.stdout
        assert "and mend it." in shown.stdout
        assert source_of(OWN).title == "Team's dataset import"

    def test_its_events_lead_to_a_look(self) -> None:
        """As ingest matches them, which knows sources by the ids that were deployed."""
        event = {
            "account": ACCOUNT,
            "region": "us-east-1",
            "source": "aws.personalize",
            "detail-type": "Team Import State Change",
            "detail": {"state": "failed", "arn": "arn:aws:personalize:x"},
        }
        look = match(event, [load(OWN)])
        assert look is not None
        assert (look.place.source, look.id) == (OWN, "arn:aws:personalize:x")


def test_elsewhere_its_jobs_are_shown_all_the_same(run: Run, checkout: Path, stack: Stack) -> None:
    """By whoever has the command but not the document: with the id in the place of the title."""
    run("template", "--config", "watches.toml")
    _forget()
    stack.deploy(Sources=OWN)
    operation = service_model("personalize").operation_model("ListDatasetImportJobs")
    answer: dict[str, Any] = sample(operation.output_shape)
    poll_once(stack, Place(OWN, ACCOUNT, "us-east-1"), answer)
    shutil.rmtree(checkout / "layers/core/jobherald/catalog/own")
    _forget()
    name = answer["datasetImportJobs"][0]["jobName"]
    assert name in run("jobs").stdout
    assert OWN in run("job", name).stdout


@pytest.mark.parametrize(
    "value",
    [
        "1979-05-27T07:32:00Z",
        "1979-05-27",
        "07:32:00",
        "1e16",
        "[1, 0.5, true]",
        '{"a.b" = [{c = "\\u007f"}]}',
        '{"\\u007f" = "x"}',
    ],
)
def test_what_is_put_beside_the_catalogue_says_what_the_document_said(checkout: Path, value: str) -> None:
    """Whatever TOML has can be a parameter of a request."""
    text = DOCUMENT.replace("[source.job]", f"[source.parameters]\nasked = {value}\n[source.job]")
    (checkout / "watches.toml").write_text(text, encoding="utf-8")
    install(checkout / "watches.toml", checkout / "template.yaml")
    file = checkout / "layers/core/jobherald/catalog/own/team.toml"
    assert tomllib.loads(file.read_text(encoding="utf-8"))["source"] == tomllib.loads(text)["source"]


def test_what_would_not_say_the_same_is_not_put_beside_the_catalogue(checkout: Path) -> None:
    """A file that nobody can read would stop everything that is deployed."""
    install(checkout / "watches.toml", checkout / "template.yaml")
    file = checkout / "layers/core/jobherald/catalog/own/team.toml"
    before = file.read_bytes()
    written(checkout, "[source.job]", "[source.parameters]\nasked = inf\n[source.job]")
    with pytest.raises(Trouble, match=r"team\.dataset_import cannot be put beside the catalogue"):
        install(checkout / "watches.toml", checkout / "template.yaml")
    assert file.read_bytes() == before


def test_no_page_is_written_from_sources_of_ones_own(run: Run, checkout: Path) -> None:
    """The documentation is the same wherever somebody deploys from."""
    run("template", "--config", "watches.toml")
    _forget()
    assert OWN in {source.id for source in all_sources()}
    pages.cache_clear()
    assert OWN not in "".join(pages().values())
    assert OWN not in str(schema())
    pages.cache_clear()
