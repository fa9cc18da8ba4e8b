from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.config.deployment import Deployment
from jobherald.config.faults import DocumentError
from jobherald.config.scopes import default, load
from jobherald.errors import ConfigError
from jobherald.model import Place, State
from jobherald.watch import Rule, Scope

ACCOUNT = "111122223333"
LABELING, MEDIA = "sagemaker.labeling", "rekognition.media_analysis"
DEPLOYED = Deployment(ACCOUNT, (LABELING, MEDIA), ("us-east-1", "eu-west-1"))


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
