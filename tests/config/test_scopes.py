from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.catalog import load as source_of
from jobherald.catalog.events import match
from jobherald.config.deployment import Deployment
from jobherald.config.document import read
from jobherald.config.faults import DocumentError
from jobherald.config.scopes import astray, default, load
from jobherald.errors import ConfigError
from jobherald.model import Place, State
from jobherald.watch import Rule, Scope

ACCOUNT = "111122223333"
LABELING, MEDIA = "sagemaker.labeling", "rekognition.media_analysis"
INVALIDATION = "cloudfront.invalidation"
TASKS, TRAINING = "modelarts.auto_labeling", "modelarts.training"
DEPLOYED = Deployment(ACCOUNT, (LABELING, MEDIA), ("us-east-1", "eu-west-1"))


IN_PROJECTS = Deployment(
    ACCOUNT, (MEDIA, TASKS, TRAINING), ("us-east-1",), ("cn-north-4/abc", "cn-east-3/abd")
)
ids = st.text("abcXYZ019_-", min_size=1, max_size=4)


def place(source: str, region: str) -> Place:
    return Place(source, ACCOUNT, region)


class TestLoad:
    def test_a_watch_is_a_rule_over_each_of_its_places(self) -> None:
        """Source and regions become places; filters, states and interval become what is wanted of them."""
        found = load(
            f'[[watch]]\nid = "a"\nsource = "{LABELING}"\nregions = ["us-east-1", "eu-west-1"]\n'
            'name_contains = "prod-"\ntell = ["failed"]\nevery = "5m"\n',
            DEPLOYED,
        )
        scope = Scope((Rule("a", name_contains="prod-", tell=frozenset({State.FAILED})),), 300)
        assert found == {place(LABELING, "us-east-1"): scope, place(LABELING, "eu-west-1"): scope}

    def test_without_regions_a_watch_covers_all_that_were_deployed(self) -> None:
        """Leaving the regions out means every region of the deployment."""
        found = load(f'[[watch]]\nid = "a"\nsource = "{MEDIA}"\n', DEPLOYED)
        assert set(found) == {place(MEDIA, "us-east-1"), place(MEDIA, "eu-west-1")}

    def test_two_watches_over_one_place_come_together(self) -> None:
        """A place is polled once, as often as the more impatient watch asks, for the rules of both."""
        found = load(
            f'[[watch]]\nid = "b"\nsource = "{LABELING}"\nregions = ["us-east-1"]\nevery = "10m"\n'
            f'[[watch]]\nid = "a"\nsource = "{LABELING}"\nevery = "2m"\n',
            DEPLOYED,
        )
        assert found[place(LABELING, "us-east-1")] == Scope((Rule("a"), Rule("b")), 120)
        assert found[place(LABELING, "eu-west-1")] == Scope((Rule("a"),), 120)

    @given(st.permutations(["a", "b", "c", "d"]))
    def test_the_order_of_watches_does_not_matter(self, ids: list[str]) -> None:
        """Moving a watch within the document is no change of what is wanted, so it begins no new baseline."""
        text = "".join(f'[[watch]]\nid = "{name}"\nsource = "{LABELING}"\n' for name in ids)
        found = load(text, DEPLOYED)
        assert [rule.watch for rule in found[place(LABELING, "us-east-1")].rules] == ["a", "b", "c", "d"]

    def test_a_region_named_twice_is_one_place(self) -> None:
        """A repeated region is no second rule."""
        found = load(
            f'[[watch]]\nid = "a"\nsource = "{LABELING}"\nregions = ["us-east-1", "us-east-1"]\n', DEPLOYED
        )
        assert found == {place(LABELING, "us-east-1"): Scope((Rule("a"),), 60)}

    def test_the_deployment_says_how_often_where_a_watch_does_not(self) -> None:
        """A watch without an interval takes the deployment's."""
        found = load(f'[[watch]]\nid = "a"\nsource = "{LABELING}"\n', DEPLOYED, every=30)
        assert {scope.every for scope in found.values()} == {30}

    def test_a_document_without_keys_means_everything_deployed(self) -> None:
        """A fresh parameter that holds only a comment watches what an absent one does."""
        assert load("# nothing yet\n", DEPLOYED, every=90) == default(DEPLOYED, every=90)

    def test_beyond_the_deployment_is_a_config_error_with_the_command(self) -> None:
        """The schedule catches one class of error, and can say what to run."""
        with pytest.raises(
            ConfigError, match="sam deploy --parameter-overrides Regions=us-east-1,eu-west-1,us-west-2"
        ):
            load(f'[[watch]]\nid = "a"\nsource = "{LABELING}"\nregions = ["us-west-2"]\n', DEPLOYED)

    @given(st.text())
    def test_no_text_raises_anything_else(self, text: str) -> None:
        """Whatever somebody puts into the parameter ends in places or in a sentence."""
        found: dict[Place, Scope] | None
        try:
            found = load(text, DEPLOYED)
        except DocumentError as error:
            found, said = None, str(error)
        else:
            said = "nothing to say"
        assert said
        assert found in (None, default(DEPLOYED))


class TestProjects:
    def test_a_project_is_a_place_of_its_own(self) -> None:
        """The project stands where the account does: ids are unique, and permissions are given for it."""
        found = load(f'[[watch]]\nid = "a"\nsource = "{TASKS}"\nprojects = ["abc"]\n', IN_PROJECTS)
        assert found == {Place(TASKS, "abc", "cn-north-4"): Scope((Rule("a"),), 60)}

    def test_without_projects_a_watch_covers_all_that_were_deployed(self) -> None:
        """Leaving the projects out means every project of the deployment, and no region of AWS."""
        found = load(f'[[watch]]\nid = "a"\nsource = "{TASKS}"\n', IN_PROJECTS)
        assert set(found) == {Place(TASKS, "abc", "cn-north-4"), Place(TASKS, "abd", "cn-east-3")}

    def test_by_default_each_source_is_watched_where_it_is(self) -> None:
        """Sources of AWS in the regions, those of Huawei Cloud in the projects."""
        assert set(default(IN_PROJECTS)) == {
            place(MEDIA, "us-east-1"),
            *(Place(source, "abc", "cn-north-4") for source in (TASKS, TRAINING)),
            *(Place(source, "abd", "cn-east-3") for source in (TASKS, TRAINING)),
        }

    def test_a_source_that_the_catalogue_does_not_have_stays_a_place(self) -> None:
        """A slip in the stack's parameter is told by the poll of that place, and stops no other."""
        deployed = Deployment(ACCOUNT, ("modelarts.auto_labelling", MEDIA), ("us-east-1",))
        assert set(default(deployed)) == {
            place("modelarts.auto_labelling", "us-east-1"),
            place(MEDIA, "us-east-1"),
        }


class TestWhatIsNamed:
    def test_parents_are_a_part_of_the_rule(self) -> None:
        """The engine looks below these alone."""
        found = load(
            f'[[watch]]\nid = "a"\nsource = "{TASKS}"\nprojects = ["abc"]\nparents = ["d2", "d1"]\n',
            IN_PROJECTS,
        )
        (scope,) = found.values()
        assert scope.rules == (Rule("a", parents=frozenset({"d1", "d2"})),)
        assert scope.named_parents == {"d1", "d2"}
        assert not scope.named_jobs

    def test_jobs_without_a_parent_are_one_rule(self) -> None:
        """Their ids are all that there is to say."""
        found = load(
            f'[[watch]]\nid = "a"\nsource = "{TRAINING}"\nprojects = ["abc"]\njobs = ["j1", "j2"]\n',
            IN_PROJECTS,
        )
        (scope,) = found.values()
        assert scope.rules == (Rule("a", jobs=frozenset({"j1", "j2"})),)

    @given(st.lists(st.tuples(ids, ids), min_size=1, max_size=8))
    def test_a_job_is_looked_for_below_its_own_parent_only(self, pairs: list[tuple[str, str]]) -> None:
        """Whatever ids the jobs of other parents have: one that is not there would be a place in trouble."""
        named = ", ".join(f'"{parent}/{job}"' for parent, job in pairs)
        found = load(
            f'[[watch]]\nid = "a"\nsource = "{TASKS}"\nprojects = ["abc"]\njobs = [{named}]\n', IN_PROJECTS
        )
        (scope,) = found.values()
        assert scope.named_parents == {parent for parent, _ in pairs}
        for parent in scope.named_parents:
            assert scope.below(parent).named_jobs == {job for below, job in pairs if below == parent}

    @pytest.mark.parametrize(
        ("source", "job", "parent", "job_id"),
        [
            ("glue.job_run", "nightly/jr_1", "nightly", "jr_1"),
            ("amplify.job", "d123/main/7", "d123/main", "7"),
            ("amplify.job", "d123/feature%2Fone/7", "d123/feature/one", "7"),
            ("batch.job", "arn:aws:batch:::job-queue%2Fhigh/j/1", "arn:aws:batch:::job-queue/high", "j/1"),
        ],
    )
    def test_a_job_is_named_with_all_that_it_lies_below(
        self, source: str, job: str, parent: str, job_id: str
    ) -> None:
        """By the id that the lists of parents give to what it lies below: else nobody would look there."""
        deployed = Deployment(ACCOUNT, (source,), ("us-east-1",))
        found = load(f'[[watch]]\nid = "a"\nsource = "{source}"\njobs = ["{job}"]\n', deployed)
        assert [scope.rules for scope in found.values()] == [
            (Rule("a", parents=frozenset({parent}), jobs=frozenset({job_id})),)
        ]

    @given(st.permutations(["d1/j1", "d1/j2", "d2/j1"]))
    def test_the_order_of_jobs_does_not_matter(self, jobs: list[str]) -> None:
        """Moving one within its list is no change of what is wanted, so it begins no new baseline."""
        named = ", ".join(f'"{job}"' for job in jobs)
        found = load(
            f'[[watch]]\nid = "a"\nsource = "{TASKS}"\nprojects = ["abc"]\njobs = [{named}]\n', IN_PROJECTS
        )
        assert [scope.rules for scope in found.values()] == [
            (
                Rule("a", parents=frozenset({"d1"}), jobs=frozenset({"j1", "j2"})),
                Rule("a", parents=frozenset({"d2"}), jobs=frozenset({"j1"})),
            )
        ]

    def test_a_watch_that_names_jobs_beside_one_that_lists_all(self) -> None:
        """Below a parent that both cover everything is listed; below the others there is only what is listed."""
        found = load(
            f'[[watch]]\nid = "a"\nsource = "{TASKS}"\nprojects = ["abc"]\njobs = ["d1/j1"]\ntell = ["running"]\n'
            f'[[watch]]\nid = "b"\nsource = "{TASKS}"\nprojects = ["abc"]\nparents = ["d1", "d2"]\n',
            IN_PROJECTS,
        )
        (scope,) = found.values()
        assert scope.named_parents == {"d1", "d2"}
        assert not scope.below("d1").named_jobs
        assert not scope.below("d2").named_jobs


class TestOneEndpoint:
    """A service whose one endpoint is in us-east-1, whatever region asks."""

    DEPLOYED = Deployment(ACCOUNT, (INVALIDATION, LABELING), ("eu-west-1", "us-east-1"))

    @pytest.mark.parametrize(
        ("regions", "home"),
        [
            (("eu-west-1",), "us-east-1"),
            (("us-east-1",), "us-east-1"),
            (("eu-west-1", "us-east-1", "ap-south-1"), "us-east-1"),
            (("cn-north-1", "cn-northwest-1"), "cn-northwest-1"),
            (("us-gov-east-1",), "us-gov-west-1"),
        ],
    )
    def test_it_is_one_place_whatever_was_deployed(self, regions: tuple[str, ...], home: str) -> None:
        """Two would be two keys for each of its jobs, and everything told twice."""
        deployed = Deployment(ACCOUNT, (INVALIDATION, LABELING), regions)
        assert set(default(deployed)) == {
            place(INVALIDATION, home),
            *(place(LABELING, region) for region in regions),
        }

    @pytest.mark.parametrize(
        "regions", ["", '"us-east-1"', '"eu-west-1"', '"eu-west-1", "us-east-1"', '"ap-south-1"']
    )
    def test_it_is_one_place_whatever_is_named(self, regions: str) -> None:
        """Who named us-east-1 keeps that place, with all that is known of it."""
        named = f"regions = [{regions}]\n" if regions else ""
        found = load(f'[[watch]]\nid = "a"\nsource = "{INVALIDATION}"\n{named}', self.DEPLOYED)
        assert found == {place(INVALIDATION, "us-east-1"): Scope((Rule("a"),), 60)}

    def test_its_region_need_not_be_deployed(self) -> None:
        """The permission for it is bound to no region."""
        deployed = Deployment(ACCOUNT, (INVALIDATION,), ("eu-west-1",))
        found = load(f'[[watch]]\nid = "a"\nsource = "{INVALIDATION}"\nregions = ["us-east-1"]\n', deployed)
        assert set(found) == {place(INVALIDATION, "us-east-1")}

    def test_another_partition_is_beyond_the_deployment(self) -> None:
        """It has an endpoint, and accounts, of its own."""
        with pytest.raises(ConfigError, match="not among the deployed regions"):
            load(
                f'[[watch]]\nid = "a"\nsource = "{INVALIDATION}"\nregions = ["cn-northwest-1"]\n',
                self.DEPLOYED,
            )

    def test_one_place_is_where_an_id_is_known(self) -> None:
        """However many regions were deployed."""
        found = load(f'[[watch]]\nid = "a"\nsource = "{INVALIDATION}"\nparents = ["E1"]\n', self.DEPLOYED)
        assert set(found) == {place(INVALIDATION, "us-east-1")}

    @pytest.mark.parametrize("home", ["us-east-1", "us-gov-west-1"])
    def test_its_events_lead_to_that_place(self, home: str) -> None:
        """They come in the region of the endpoint, and say so."""
        source = "organizations.account_creation"
        event = {
            "detail-type": "AWS API Call via CloudTrail",
            "source": "aws.organizations",
            "account": ACCOUNT,
            "region": home,
            "detail": {
                "eventSource": "organizations.amazonaws.com",
                "eventName": "CreateAccount",
                "responseElements": {"createAccountStatus": {"id": "car-1"}},
            },
        }
        look = match(event, [source_of(source)])
        assert look is not None
        assert set(default(Deployment(ACCOUNT, (source,), (home,)))) == {look.place}

    def test_regions_of_which_nothing_comes_are_said(self) -> None:
        """With the one in which it is watched, for those watches alone that name others."""
        document = read(
            f'[[watch]]\nid = "a"\nsource = "{LABELING}"\nregions = ["eu-west-1", "us-west-2"]\n'
            f'[[watch]]\nid = "b"\nsource = "{INVALIDATION}"\nregions = ["us-east-1", "eu-west-1"]\n'
            f'[[watch]]\nid = "c"\nsource = "{INVALIDATION}"\nregions = ["us-east-1"]\n'
            f'[[watch]]\nid = "d"\nsource = "{INVALIDATION}"\n'
        )
        assert document is not None
        (said,) = map(str, astray(document))
        assert said == (
            "watch[1].regions: cloudfront has one endpoint for all regions, so that it is watched once, in us-east-1;"
            " nothing comes of eu-west-1"
        )


class TestDefault:
    def test_everything_deployed_is_watched_alike(self) -> None:
        """With no document at all the template's parameters are enough."""
        found = default(DEPLOYED, every=60)
        assert set(found) == {
            place(source, region) for source in DEPLOYED.sources for region in DEPLOYED.regions
        }
        assert set(found.values()) == {Scope((Rule("everything deployed"),), 60)}


class TestWidened:
    def test_nothing_missing_needs_no_command(self) -> None:
        """What is deployed already is not deployed again."""
        assert DEPLOYED.widened([LABELING], ["us-east-1"]) == ""
