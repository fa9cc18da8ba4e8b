from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jobherald.catalog import all_sources
from jobherald.config import words
from jobherald.config.deployment import Deployment
from jobherald.config.document import read
from jobherald.config.faults import DocumentError, Fault
from jobherald.config.schema import schema
from jobherald.model import TOLD_BY_DEFAULT, State

ROOT = Path(__file__).parents[2]
DEPLOYED = Deployment("111122223333", ("sagemaker.labeling",), ("us-east-1", "us-west-2"))
LABELING, PROCESSING = '"modelarts.auto_labeling"', '"modelarts.processing"'
NORTH, EAST = "cn-north-4/0a1b2c3d4e5f60718293a4b5c6d7e8f9", "cn-east-3/7f00c2f1e8d94a0b9c1d2e3f4a5b6c7d"
IN_PROJECTS = Deployment(
    "111122223333", ("sagemaker.labeling", "modelarts.auto_labeling"), ("us-east-1",), (NORTH, EAST)
)


def watch(**keys: str) -> str:
    """One watch as TOML; a key with an empty value is left out."""
    given = {"id": '"one"', "source": '"sagemaker.labeling"', "regions": '["us-east-1"]'} | keys
    return "[[watch]]\n" + "".join(f"{key} = {value}\n" for key, value in given.items() if value)


def huawei(**keys: str) -> str:
    """One watch of a source of Huawei Cloud as TOML."""
    return watch(**{"source": LABELING, "regions": ""} | keys)


def faults(text: str, deployed: Deployment | None = None) -> tuple[Fault, ...]:
    with pytest.raises(DocumentError) as refused:
        read(text, deployed)
    return refused.value.faults


def only_fault(text: str, deployed: Deployment | None = None) -> Fault:
    found = faults(text, deployed)
    assert len(found) == 1, found
    return found[0]


class TestGoodDocuments:
    def test_every_key_is_read(self) -> None:
        """A document that uses every key comes back as values: times in UTC, states as states, seconds as numbers."""
        document = read(
            watch(
                name_contains='"prod-"',
                created_after="2026-11-01T02:00:00+02:00",
                created_before="2026-12-01",
                modified_after='"2026-11-02T00:00:00Z"',
                modified_before="2026-12-02T00:00:00Z",
                tell='["failed", "partial"]',
                every='"5m"',
            )
        )
        assert document is not None
        (found,) = document.watch
        assert found.model_dump() == {
            "id": "one",
            "source": "sagemaker.labeling",
            "regions": ["us-east-1"],
            "projects": [],
            "parents": [],
            "jobs": [],
            "name_contains": "prod-",
            "created_after": datetime(2026, 11, 1, tzinfo=UTC),
            "created_before": datetime(2026, 12, 1, tzinfo=UTC),
            "modified_after": datetime(2026, 11, 2, tzinfo=UTC),
            "modified_before": datetime(2026, 12, 2, tzinfo=UTC),
            "tell": [State.FAILED, State.PARTIAL],
            "every": 300,
        }

    def test_what_is_left_out_has_its_default(self) -> None:
        """A watch of id and source alone covers every deployed region and tells what is told by default."""
        document = read(watch(regions=""))
        assert document is not None
        assert document.watch[0].regions == document.watch[0].projects == []
        assert set(document.watch[0].tell) == TOLD_BY_DEFAULT
        assert document.watch[0].every is None

    @pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n"])
    def test_a_document_without_any_key_is_none(self, text: str) -> None:
        """A parameter that holds only a comment, as a new one may, is as good as no document."""
        assert read(text) is None

    @pytest.mark.parametrize("page", ["README.md", "docs/configuration.md", "docs/modelarts.md"])
    def test_the_examples_are_good(self, page: str) -> None:
        """What the docs show can be used as it is."""
        examples = re.findall(r"```toml\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
        assert examples
        assert all(read(example) is not None for example in examples)

    def test_a_source_of_huawei_cloud_is_watched_in_projects(self) -> None:
        """Projects stand in the place of regions; datasets, or jobs below them, can be named."""
        document = read(huawei(projects=f'["{NORTH}"]', parents='["gfghHSokody6AJigS5A"]'))
        assert document is not None
        assert document.watch[0].projects == [NORTH]
        assert document.watch[0].parents == ["gfghHSokody6AJigS5A"]
        document = read(huawei(projects=f'["{NORTH}"]', jobs='["gfghHSokody6AJigS5A/r0jT2zwxBDKf8KEnSuG"]'))
        assert document is not None
        assert document.watch[0].jobs == ["gfghHSokody6AJigS5A/r0jT2zwxBDKf8KEnSuG"]

    @pytest.mark.parametrize(
        ("source", "job"),
        [
            ("modelarts.processing", "4cf5a2d8-1f0e-4f6e-9e7a-0d6f4b0e5c11"),
            ("sagemaker.labeling", "arn:aws:sagemaker:us-east-1:111122223333:labeling-job/one"),
            ("rekognition.media_analysis", "f00dfeed-0000-4000-8000-000000000001"),
        ],
    )
    def test_jobs_without_a_parent_are_named_by_their_ids(self, source: str, job: str) -> None:
        """As the service itself names them, whatever that looks like."""
        document = read(watch(source=f'"{source}"', regions="", jobs=f'["{job}"]'))
        assert document is not None
        assert document.watch[0].jobs == [job]

    def test_a_region_that_must_be_opted_into_is_a_region(self) -> None:
        """Cape Town is off in a new account and still a region of the service."""
        assert read(watch(regions='["af-south-1"]')) is not None


class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "path", "says"),
        [
            (watch(regoins='["us-east-1"]'), "watch[0].regoins", "did you mean regions?"),
            (watch() + "[settings]\nx = 1\n", "settings", "no key that jobherald knows"),
            (watch(mutes='["x"]'), "watch[0].mutes", "not there yet"),
            (watch() + "[limits]\nposts = 1\n", "limits", "not there yet"),
            (watch() + '[[routes]]\nto = "x"\n', "routes", "not there yet"),
            (watch(source=""), "watch[0].source", "missing"),
            (watch(id=""), "watch[0].id", "missing"),
            (watch(id="7"), "watch[0].id", "text in quotes"),
            (watch(id='""'), "watch[0].id", "must not be empty"),
            (watch(id='" one"'), "watch[0].id", "without blanks"),
            (watch(id='"one\\ntwo"'), "watch[0].id", "on one line"),
            (watch(source='"sagemaker.labelling"'), "watch[0].source", "did you mean sagemaker.labeling"),
            (watch(source='"no such thing"'), "watch[0].source", "`jobherald sources` shows"),
            (
                watch(regions='["us-east-1", "us-esat-2"]'),
                "watch[0].regions[1]",
                "did you mean us-west-2 or us-east-2",
            ),
            (watch(regions='"us-east-1"'), "watch[0].regions", "list in square brackets"),
            (watch(regions="[]"), "watch[0].regions", "leave the key out"),
            (
                watch(source='"rekognition.media_analysis"', regions='["eu-north-1"]'),
                "watch[0].regions[0]",
                "rekognition has no endpoint in eu-north-1; it has in",
            ),
            (watch(every="60"), "watch[0].every", 'write "60s"'),
            (watch(every='"60"'), "watch[0].every", "no duration"),
            (watch(every='"0s"'), "watch[0].every", "no duration"),
            (watch(every='"2d"'), "watch[0].every", "too long"),
            (watch(every='"one hour"'), "watch[0].every", "no duration"),
            (watch(tell='"failed"'), "watch[0].tell", "list in square brackets"),
            (watch(tell='["failed", "complete"]'), "watch[0].tell[1]", "is no state"),
            (watch(tell="[]"), "watch[0].tell", "leave the key out"),
            (watch(tell='["unknown"]'), "watch[0].tell[0]", "always told"),
            (
                watch(source='"rekognition.media_analysis"', tell='["stopped"]'),
                "watch[0].tell",
                "its states are queued, running, succeeded, failed, gone",
            ),
            (watch(created_after="2026-11-01T00:00:00"), "watch[0].created_after", "in which time zone"),
            (watch(created_after='"yesterday"'), "watch[0].created_after", "is no time"),
            (watch(created_after="12"), "watch[0].created_after", "is no time"),
            (
                watch(created_after="2026-11-02", created_before="2026-11-01"),
                "watch[0].created_before",
                "not later than created_after",
            ),
            (
                watch(source='"rekognition.media_analysis"', modified_after="2026-11-01"),
                "watch[0].modified_after",
                "has no modified time",
            ),
            (watch(name_contains='"prod_"'), "watch[0].name_contains", "can be in no name"),
            (watch(name_contains=f'"{"x" * 64}"'), "watch[0].name_contains", "longer than the 63"),
            (watch(name_contains='""'), "watch[0].name_contains", "must not be empty"),
            (
                watch(source='"rekognition.media_analysis"', password='"x"'),
                "watch[0].password",
                "belongs in no document; `jobherald secret set`",
            ),
            ('[watch]\nid = "one"\n', "watch", "[[watch]]"),
            ("watch = [1]\n", "watch[0]", "begun with [[watch]]"),
            ("watch = []\n", "watch", "must name at least one"),
            ("[[watch]\n", "line 1, column 8", "this is no TOML"),
            ('id = "', "end of document", "this is no TOML"),
        ],
    )
    def test_a_bad_document_names_the_path_and_the_remedy(self, text: str, path: str, says: str) -> None:
        """Each fault is one sentence: where exactly, and what would be right instead."""
        found = only_fault(text)
        assert found.path == path
        assert says in found.text

    def test_two_watches_with_one_id_are_refused(self) -> None:
        """An id is the identity of a watch, so the second one is named, and the first one with it."""
        found = only_fault(watch() + watch(id='"two"') + watch())
        assert str(found) == 'watch[2].id: "one" is taken by watch[0]; give each watch an id of its own'

    def test_all_faults_come_at_once(self) -> None:
        """Somebody who mends a document should not have to come back for each fault."""
        found = faults(watch(every='"x"', regions='["xx"]', tol="1") + watch(source='"x"') + "[routes]\n")
        assert [fault.path for fault in found] == [
            "watch[0].regions[0]",
            "watch[0].every",
            "watch[0].tol",
            "watch[1].source",
            "routes",
            "watch[1].id",
        ]

    @pytest.mark.parametrize("secret", ["https://hooks.slack.com/services/T0/B0/abc", "xoxb-1-2-abc"])
    @pytest.mark.parametrize("key", ["webhook", "source", "every", "regions"])
    def test_a_secret_in_the_wrong_place_is_not_repeated(self, key: str, secret: str) -> None:
        """A document is no place for a secret; who puts one there must not find it in a log as well."""
        with pytest.raises(DocumentError) as refused:
            read(watch(**{key: json.dumps([secret] if key == "regions" else secret)}))
        assert "abc" not in str(refused.value)


class TestRefusalsOfWhatIsNamed:
    @pytest.mark.parametrize(
        ("text", "says"),
        [
            (
                huawei(regions='["cn-north-4"]'),
                'watch[0].regions: modelarts.auto_labeling is watched in projects; write projects = ["REGION/PROJECT_ID"] instead, or leave both out for every deployed one',
            ),
            (
                watch(regions="", projects=f'["{NORTH}"]'),
                'watch[0].projects: sagemaker.labeling is watched in regions; write regions = ["us-east-1"] instead, or leave both out for every deployed one',
            ),
            (
                huawei(projects='["cn-north-4"]'),
                'watch[0].projects[0]: "cn-north-4" is a region; write the project in it, as in "cn-north-4/PROJECT_ID"',
            ),
            (
                huawei(projects='["my project"]'),
                'watch[0].projects[0]: "my project" is no project; write "REGION/PROJECT_ID"',
            ),
            (
                huawei(projects='["North 4/0a1b"]'),
                'watch[0].projects[0]: "North 4" is no region of Huawei Cloud; write "REGION/PROJECT_ID", as in "cn-north-4/PROJECT_ID"',
            ),
            (
                huawei(projects='["cn-north-4/cn-north-4"]'),
                'watch[0].projects[0]: "cn-north-4" is no project id; the console shows it under My Credentials, beside the project\'s name',
            ),
            (
                huawei(projects='["cn-north-4/0a1b?x=1"]'),
                'watch[0].projects[0]: "0a1b?x=1" is no project id; the console shows it under My Credentials, beside the project\'s name',
            ),
            (
                watch(parents='["gfgh"]'),
                "watch[0].parents: sagemaker.labeling is listed whole, with nothing to look below; remove this key",
            ),
            (
                huawei(source=PROCESSING, parents='["gfgh"]'),
                "watch[0].parents: modelarts.processing is listed whole, with nothing to look below; remove this key",
            ),
            (
                huawei(parents='["gfgh", "my photos"]'),
                'watch[0].parents[1]: "my photos" is no dataset id; write the id, of letters, digits, - and _, and not a name',
            ),
            (
                huawei(parents='["../gfgh"]'),
                'watch[0].parents[0]: "../gfgh" is no dataset id; write the id, of letters, digits, - and _, and not a name',
            ),
            (
                huawei(jobs='["r0jT"]'),
                'watch[0].jobs[0]: "r0jT" does not say below which dataset it is; write "<dataset id>/<its own id>"',
            ),
            (
                huawei(jobs='["gfgh/r0jT/2"]'),
                'watch[0].jobs[0]: "r0jT/2" is no ModelArts auto labeling task id; write the id, of letters, digits, - and _, and not a name',
            ),
            (
                huawei(jobs='["/r0jT"]'),
                'watch[0].jobs[0]: "" is no dataset id; write the id, of letters, digits, - and _, and not a name',
            ),
            (
                huawei(source=PROCESSING, jobs='["two words"]'),
                'watch[0].jobs[0]: "two words" is no ModelArts data processing task id; write the id, of letters, digits, - and _, and not a name',
            ),
            (
                watch(jobs='["one"]'),
                'watch[0].jobs[0]: "one" is no Ground Truth labeling job id; write the service\'s own, which is text like labeling-job/(.+)$',
            ),
            (
                watch(source='"rekognition.media_analysis"', jobs='[" f00d"]'),
                'watch[0].jobs[0]: " f00d" is no Rekognition media analysis job id; write it on one line, without blanks around it',
            ),
            (
                watch(source='"amplify.job"', parents='["main"]'),
                'watch[0].parents[0]: "main" does not say below which app it is; write "<app id>/<its own id>"',
            ),
            (
                watch(source='"amplify.job"', parents='["d123/main", "d123/"]'),
                'watch[0].parents[1]: "d123/" does not say below which app it is; write "<app id>/<its own id>"',
            ),
            (
                watch(source='"amplify.job"', jobs='["main/7"]'),
                'watch[0].jobs[0]: "main/7" does not say below which branch it is; write "<app id>/<branch id>/<its own id>"',
            ),
            (
                watch(source='"datazone.data_source_run"', parents='["dzd-1/source"]'),
                'watch[0].parents[0]: "dzd-1/source" does not say below which project and domain it is; write "<domain id>%2F<project id>/<its own id>"',
            ),
            (
                huawei(parents='["gfgh"]', jobs='["gfgh/r0jT"]'),
                "watch[0].jobs: each of these names its dataset already; remove `parents`",
            ),
            (
                huawei(projects=f'["{NORTH}", "{EAST}"]', parents='["gfgh"]'),
                f"watch[0].parents: an id is known in one place only, and this watch covers 2 ({EAST}, {NORTH}); name that one in `projects`",
            ),
            (
                watch(
                    source='"rekognition.media_analysis"',
                    regions='["us-east-1", "eu-west-1"]',
                    jobs='["f00d"]',
                ),
                "watch[0].jobs: an id is known in one place only, and this watch covers 2 (eu-west-1, us-east-1); name that one in `regions`",
            ),
        ],
    )
    def test_each_says_what_would_do(self, text: str, says: str) -> None:
        """The sentence is the whole of the help that a person gets."""
        assert str(only_fault(text)) == says

    def test_one_project_named_twice_is_one_place(self) -> None:
        """A repetition is no contradiction."""
        assert read(huawei(projects=f'["{NORTH}", "{NORTH}"]', parents='["gfgh"]')) is not None

    @given(st.lists(st.text("aZ9_-./?%# \nß", max_size=3), max_size=4).map("/".join))
    def test_what_is_named_leads_nowhere_else(self, job: str) -> None:
        """An id becomes a part of a path: exactly what cannot end or leave that part is taken."""
        try:
            accepted = read(huawei(jobs=json.dumps([job]))) is not None
        except DocumentError:
            accepted = False
        assert accepted == bool(re.fullmatch(r"[A-Za-z0-9_-]+/[A-Za-z0-9_-]+", job))


class TestBeyondTheDeployment:
    def test_the_command_that_widens_comes_with_the_refusal(self) -> None:
        """Roles and rules are granted at deploy time: the message says what is missing and the one command for it."""
        text = watch(
            source='"rekognition.media_analysis"', regions='["us-west-2", "eu-west-1", "eu-central-1"]'
        )
        with pytest.raises(DocumentError) as refused:
            read(text, DEPLOYED)
        assert [str(fault) for fault in refused.value.faults] == [
            'watch[0].source: "rekognition.media_analysis" is not among the deployed sources (sagemaker.labeling)',
            'watch[0].regions[1]: "eu-west-1" is not among the deployed regions (us-east-1, us-west-2)',
            'watch[0].regions[2]: "eu-central-1" is not among the deployed regions (us-east-1, us-west-2)',
        ]
        assert refused.value.widen == (
            "jobherald template --source sagemaker.labeling --source rekognition.media_analysis"
            " && sam build && sam deploy --parameter-overrides Sources=sagemaker.labeling,rekognition.media_analysis"
            " Regions=us-east-1,us-west-2,eu-west-1,eu-central-1"
        )
        assert str(refused.value).endswith(f"To widen the deployment: {refused.value.widen}")

    def test_only_more_sources_take_another_template(self) -> None:
        """Regions and projects are parameters: nothing has to be built for them."""
        with pytest.raises(DocumentError) as refused:
            read(watch(regions='["eu-west-1"]'), DEPLOYED)
        assert refused.value.widen == "sam deploy --parameter-overrides Regions=us-east-1,us-west-2,eu-west-1"

    def test_hundreds_of_sources_fit_into_the_command(self) -> None:
        """Whole services are named as such, since neither a parameter nor an environment holds them one by one."""
        ids = tuple(source.id for source in all_sources())
        widened = Deployment("1", ids[1:], ("us-east-1",)).widened(ids[:1])
        assert "--source 'sagemaker.*'" in widened
        assert "sagemaker.labeling" not in widened
        assert len(widened) < 8000

    def test_a_project_can_be_named_by_its_id_alone(self) -> None:
        """Where it was deployed, its region is known."""
        document = read(huawei(projects=f'["{NORTH.split("/")[1]}", "{EAST}"]'), IN_PROJECTS)
        assert document is not None
        assert document.watch[0].projects == [NORTH, EAST]

    def test_an_id_in_two_regions_has_to_be_written_in_full(self) -> None:
        """An id alone must never mean the wrong place."""
        deployed = Deployment("1", ("modelarts.auto_labeling",), (), ("cn-north-4/abc", "cn-east-3/abc"))
        found = only_fault(huawei(projects='["abc"]'), deployed)
        assert str(found) == (
            'watch[0].projects[0]: "abc" is an id in several regions; write one of cn-north-4/abc, cn-east-3/abc'
        )

    def test_another_project_comes_with_the_command_that_adds_it(self) -> None:
        """As another region does; an id alone has to say its region first."""
        with pytest.raises(DocumentError) as refused:
            read(huawei(projects=f'["{NORTH}", "la-south-2/abc", "abd"]'), IN_PROJECTS)
        assert str(refused.value).splitlines() == [
            f'watch[0].projects[1]: "la-south-2/abc" is not among the deployed projects ({NORTH}, {EAST})',
            f'watch[0].projects[2]: "abd" is not among the deployed projects ({NORTH}, {EAST}); to add it, write it with its region, "REGION/abd"',
            f"To widen the deployment: sam deploy --parameter-overrides HuaweiProjects={NORTH},{EAST},la-south-2/abc",
        ]

    def test_the_first_source_of_huawei_cloud_brings_its_project_and_secret(self) -> None:
        """One command takes a deployment that watches AWS alone all the way."""
        with pytest.raises(DocumentError) as refused:
            read(huawei(projects=f'["{NORTH}"]'), DEPLOYED)
        assert str(refused.value).splitlines() == [
            'watch[0].source: "modelarts.auto_labeling" is not among the deployed sources (sagemaker.labeling)',
            f'watch[0].projects[0]: "{NORTH}" is not among the deployed projects (none)',
            f"To widen the deployment: {refused.value.widen}",
        ]
        assert refused.value.widen == (
            "jobherald template --source sagemaker.labeling --source modelarts.auto_labeling"
            " && sam build && sam deploy --parameter-overrides Sources=sagemaker.labeling,modelarts.auto_labeling"
            f" HuaweiProjects={NORTH} HuaweiSecret=ssm:/jobherald/huawei"
        )

    @pytest.mark.parametrize("sources", [("sagemaker.labeling",), ("sagemaker.labeling", "modelarts.import")])
    def test_where_no_project_is_named_the_command_has_a_place_for_it(self, sources: tuple[str, ...]) -> None:
        """Watching nothing in silence would be worse than a refusal."""
        deployed = Deployment("1", sources, ("us-east-1",))
        with pytest.raises(DocumentError) as refused:
            read(huawei(source='"modelarts.import"'), deployed)
        assert len(refused.value.faults) == 1
        assert refused.value.widen.endswith(
            "HuaweiProjects=REGION/PROJECT_ID HuaweiSecret=ssm:/jobherald/huawei"
        )

    @pytest.mark.parametrize("text", [huawei(parents='["gfgh"]'), huawei(jobs='["gfgh/r0jT"]')])
    def test_what_is_named_says_in_which_of_the_deployed_projects_it_is(self, text: str) -> None:
        """Else it would be looked for in the others as well, and be missed there for ever."""
        assert f"this watch covers 2 ({EAST}, {NORTH})" in only_fault(text, IN_PROJECTS).text
        one = Deployment("1", ("modelarts.auto_labeling",), (), (NORTH,))
        assert read(text, one) is not None

    def test_nothing_is_widened_for_a_region_that_does_not_exist(self) -> None:
        """A slip of the pen must not become a deployment."""
        with pytest.raises(DocumentError) as refused:
            read(watch(regions='["us-esat-1"]'), DEPLOYED)
        assert refused.value.widen == ""

    def test_what_was_deployed_is_good(self) -> None:
        """A document within the deployment is not refused."""
        assert read(watch(), DEPLOYED) is not None


class TestWords:
    @pytest.mark.parametrize(
        ("text", "seconds"), [("1s", 1), ("60s", 60), ("5m", 300), ("1h", 3600), ("1d", 86400)]
    )
    def test_durations_are_seconds(self, text: str, seconds: int) -> None:
        """A duration is a whole number and its unit."""
        assert words.seconds(text) == seconds

    @given(st.text(max_size=8))
    def test_any_text_is_a_duration_within_bounds_or_refused(self, text: str) -> None:
        """No text becomes an interval of nothing, or of more than a day."""
        try:
            found = words.seconds(text)
        except ValueError:
            return
        assert 1 <= found <= 86_400

    @given(st.datetimes(), st.timedeltas(timedelta(hours=-23), timedelta(hours=23)))
    def test_a_moment_stays_the_same_moment(self, at: datetime, offset: timedelta) -> None:
        """Whatever its offset, a time is kept as the same moment in UTC, or refused where UTC has no such year."""
        given_at = at.replace(tzinfo=timezone(offset))
        try:
            found = words.moment(given_at)
        except ValueError:
            assume(at.year not in {1, 9999})
            raise
        assert (found, found.tzinfo) == (given_at, UTC)


class TestPublishedSchema:
    def test_it_is_the_one_in_the_docs(self) -> None:
        """Editors check against the published file, so it is what the code says."""
        kept = ROOT / "docs" / "schemas" / "jobherald.config.v1.json"
        assert json.loads(kept.read_text(encoding="utf-8")) == schema(), "run: jobherald docs"

    def test_it_is_a_schema(self) -> None:
        """The published file follows its own draft."""
        jsonschema.Draft202012Validator.check_schema(schema())

    @pytest.mark.parametrize(
        "change",
        [
            {"regoins": ["us-east-1"]},
            {"id": ""},
            {"source": "sagemaker.labelling"},
            {"regions": "us-east-1"},
            {"regions": []},
            {"tell": ["complete"]},
            {"tell": []},
            {"every": 60},
            {"every": "0s"},
            {"created_after": 12},
            {"projects": "cn-north-4/0a1b"},
            {"projects": []},
            {"parents": []},
            {"jobs": [1]},
        ],
    )
    def test_it_refuses_what_we_refuse(self, change: dict[str, Any]) -> None:
        """What an editor can know about a mistake, it knows from the schema; the same document without it is good."""
        good = {"id": "one", "source": "sagemaker.labeling", "every": "60s", "tell": ["failed"]}
        jsonschema.validate({"watch": [good]}, schema())
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"watch": [good | change]}, schema())
