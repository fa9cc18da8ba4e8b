from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, Shape, StructureShape

from jobherald.submit.examination import examine_labeling
from jobherald.submit.findings import Finding, Severity
from jobherald.submit.labeling import load, read
from jobherald.submit.rulebook import MOST, Fault, Rulebook
from jobherald.submit.rules import RULES, check
from tests.submit.broken import BROKEN, NEVER, Way, broken
from tests.submit.requests import (
    ACCOUNT,
    AVAILABLE,
    BOUNDING_BOX,
    CONSOLIDATION,
    CUSTOM,
    FRAMES,
    GONE,
    HUMAN,
    LIMIT,
    MTURK,
    PRE,
    PRICE,
    SOUND,
    STREAMING,
    TASK_UI,
    TEMPLATE,
    UI,
    edited,
    of_type,
    plain_path,
)

PAIRS = [pair for pair in combinations(BROKEN, 2) if frozenset(pair) not in NEVER]


def findings(document: dict[str, Any], region: str = "") -> tuple[Finding, ...]:
    request, report = examine_labeling(document, region)
    assert request is not None, [str(each) for each in report.findings]
    return report.findings


def found(*ways: Way) -> set[str]:
    return {finding.rule for finding in findings(broken(*ways))}


def paths(shape: Shape, path: str = "") -> Iterator[str]:
    yield path
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            yield from paths(member, f"{path}.{name}" if path else name)
    if isinstance(shape, ListShape):
        yield from paths(shape.member, path)


class TestBroken:
    def test_every_rule_is_broken_here(self) -> None:
        """A rule without a case would be a rule without a test."""
        assert set(BROKEN) == {rule.name for rule in RULES}

    @pytest.mark.parametrize("rule", BROKEN)
    def test_alone(self, rule: str) -> None:
        """One rule broken: it is found at its place, and what it cannot be broken without; nothing else."""
        case = BROKEN[rule]
        said = findings(broken(case.ways[0]))
        assert {finding.rule for finding in said} == {rule} | case.beside
        assert [finding.path for finding in said if finding.rule == rule] == [case.at]

    @pytest.mark.parametrize("rule", BROKEN)
    def test_every_way(self, rule: str) -> None:
        """Each of the ways breaks the rule; without the breach its setting does not."""
        for way in BROKEN[rule].ways:
            assert rule in found(way)
            assert rule not in found(Way({}, way.setting)) or not way.breach

    @pytest.mark.parametrize(("one", "other"), PAIRS)
    def test_in_pairs(self, one: str, other: str) -> None:
        """Two rules broken at once: both are found, the first fault hides no second."""
        both = {one, other}
        ways = product(BROKEN[one].ways, BROKEN[other].ways)
        assert any(both <= found(a, b) or both <= found(b, a) for a, b in ways)

    @pytest.mark.parametrize("pair", sorted(map(sorted, NEVER)), ids="-".join)
    def test_never_together(self, pair: list[str]) -> None:
        """What is said to exclude each other does, so that no pair is left out above for ease."""
        one, other = pair
        ways = product(BROKEN[one].ways, BROKEN[other].ways)
        assert not any({one, other} <= found(a, b) or {one, other} <= found(b, a) for a, b in ways)

    @pytest.mark.parametrize("kind", SOUND)
    def test_a_sound_request_has_no_error(self, kind: str) -> None:
        """For each kind of job; warnings there may be."""
        request, report = examine_labeling(SOUND[kind], "us-east-1")
        assert request is not None
        assert report.ok, [str(each) for each in report.errors]

    def test_where_something_is_found_there_is_such_a_member(self) -> None:
        """Every path of a finding is one of the service's, so that a form or an editor can show it there."""
        model = botocore.session.get_session().get_service_model("sagemaker")
        shape = model.operation_model("CreateLabelingJob").input_shape
        assert shape is not None
        known = set(paths(shape))
        for case in BROKEN.values():
            for way in case.ways:
                assert {plain_path(each.path) for each in findings(broken(way))} <= known


LIMITS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "Mechanical Turk's 12 hours": ({**MTURK, AVAILABLE: 43_200}, set()),
    "30 days of waiting": ({AVAILABLE: 2_592_000}, set()),
    "an hour": ({LIMIT: 3_600}, set()),
    "8 hours": ({LIMIT: 28_800}, {"role-session"}),
    "8 hours for a clip": ({**of_type("VideoMultiClass"), LIMIT: 28_800}, {"role-session"}),
    "a week for frames": ({**FRAMES, LIMIT: 604_800}, {"role-session"}),
    "30 days for frames": ({**FRAMES, LIMIT: 2_592_000}, {"role-session", "time-limit-week"}),
    "a thousand at a time": ({f"{HUMAN}.MaxConcurrentTaskCount": 1_000}, set()),
    "the dearest task": ({**MTURK, PRICE: {"AmountInUsd": {"Dollars": 1, "Cents": 20}}}, set()),
    "the cheapest custom task": (
        {**MTURK, **CUSTOM, PRICE: {"AmountInUsd": {"Cents": 1, "TenthFractionsOfACent": 2}}},
        set(),
    ),
}
"""The last values that are allowed, and what is found all the same."""


class TestLimits:
    @pytest.mark.parametrize("limit", LIMITS)
    def test_the_last_allowed_value_is_allowed(self, limit: str) -> None:
        """One more is what breaks the rule, in the cases above."""
        edits, said = LIMITS[limit]
        assert {each.rule for each in findings(edited(BOUNDING_BOX, edits))} == said


class TestRules:
    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
    def test_a_rule_says_what_it_demands_and_where_it_is_written(self, rule: Any) -> None:
        """Its table has a sentence, addresses and a name that can be typed."""
        assert rule.demands.endswith(".")
        assert rule.sources
        assert all(source.startswith("https://") for source in rule.sources)
        assert rule.name == rule.name.lower()
        assert " " not in rule.name

    def test_no_subject_is_without_a_rule(self) -> None:
        """The numbers of the paragraphs that rules are read from run without a gap."""
        assert {rule.number for rule in RULES} == set(range(1, 26))

    def test_what_contradicts_itself_is_a_warning(self) -> None:
        """Nobody is kept from starting a job by a page that another page denies, or that was taken back."""
        doubtful = [
            rule for rule in RULES if "contradicts" in rule.demands or "old documentation" in rule.demands
        ]
        assert len(doubtful) >= 6
        assert {rule.severity for rule in doubtful} == {Severity.WARNING}

    def test_two_rules_cannot_share_a_name(self) -> None:
        """Else one of them would silently be none."""
        book: Rulebook[object] = Rulebook()
        add = book.rule(1, "one", Severity.ERROR, "Is one.")
        add(lambda _: ())
        with pytest.raises(ValueError, match="two rules are called one"):
            add(lambda _: ())

    def test_a_rule_that_is_broken_everywhere_is_told_and_counted(self) -> None:
        """A file may have thousands of lines or labels."""
        book: Rulebook[int] = Rulebook()
        book.rule(1, "one", Severity.WARNING, "Is none.")(
            lambda count: (Fault(f"[{at}]", "it is", "remove it") for at in range(count))
        )
        assert len(book.findings(MOST)) == MOST
        told = book.findings(MOST + 5)
        assert len(told) == MOST + 1
        assert (told[-1].path, told[-1].message) == ("", "5 further places break this rule")

    def test_check_takes_what_read_gives(self) -> None:
        """The two halves are of use alone."""
        request, _ = read(broken(BROKEN["mturk-price"].ways[0]))
        assert request is not None
        assert [each.rule for each in check(request)] == ["mturk-price"]


class TestTexts:
    """What a person reads, where more than the rule's name matters."""

    def only(self, rule: str, document: dict[str, Any], region: str = "") -> Finding:
        (finding,) = (each for each in findings(document, region) if each.rule == rule)
        return finding

    def test_the_queue_is_named(self) -> None:
        """In small letters, as Ground Truth names it."""
        said = self.only("streaming-queue", edited(BOUNDING_BOX, STREAMING))
        assert "GroundTruth-street-signs" in said.message

    def test_prices_are_listed(self) -> None:
        """The list of the task type, in dollars."""
        said = self.only(
            "price-list", edited(BOUNDING_BOX, {**MTURK, PRICE: {"AmountInUsd": {"Dollars": 2}}})
        )
        assert "2.000 is no price for a bounding box task" in said.message
        assert said.remedy.startswith("choose one of 0.036, 0.048, ")

    def test_a_price_for_a_private_team_may_be_left_out(self) -> None:
        """It has no meaning there."""
        said = self.only("price-list", edited(BOUNDING_BOX, {PRICE: {"AmountInUsd": {"Dollars": 2}}}))
        assert "or leave it out" in said.remedy

    def test_the_needed_session_is_said(self) -> None:
        """As long as the task, and 8 hours for longer ones."""
        said = self.only("role-session", edited(BOUNDING_BOX, {LIMIT: 5_000}))
        assert said.remedy.endswith("at least 5000")
        said = self.only("role-session", edited(BOUNDING_BOX, {**FRAMES, LIMIT: 100_000}))
        assert said.remedy.endswith("at least 28800")

    def test_the_right_account_is_said(self) -> None:
        """Somebody changed the region of an example and forgot the account."""
        irish = edited(BOUNDING_BOX, of_type("BoundingBox", region="eu-west-1"))
        said = [each for each in findings(irish) if each.rule == "function-account"]
        assert [each.remedy for each in said] == ["write 568282634449 for eu-west-1"] * 2

    def test_the_stranger_of_two_functions_is_named(self) -> None:
        """Whichever of the two is not Ground Truth's, and what the other is for."""
        for own in (PRE, CONSOLIDATION):
            said = self.only("functions-mixed", edited(BOUNDING_BOX, {own: CUSTOM[own]}))
            assert said.path == own
            assert "one function is Ground Truth's for bounding box" in said.message

    def test_one_user_interface_too_few_or_too_many(self) -> None:
        """It is said which."""
        ui = f"{UI}NamedEntityRecognition"
        assert self.only("ui-one", edited(BOUNDING_BOX, {TASK_UI: ui})).message.startswith("both are given")
        assert self.only("ui-one", edited(BOUNDING_BOX, {TEMPLATE: GONE})).message.startswith(
            "neither is given"
        )

    def test_a_misspelt_function_is_told_its_neighbour(self) -> None:
        """Each of the two by itself, with its own prefix."""
        said = findings(edited(BOUNDING_BOX, of_type("ImageMultiClas")))
        assert {(each.rule, each.path) for each in said} == {
            ("function-known", PRE),
            ("function-known", CONSOLIDATION),
        }
        assert all("-ImageMultiClass or " in each.remedy for each in said)

    def test_a_function_of_ones_own_may_have_any_name(self) -> None:
        """One that no built-in function has."""
        own = "arn:aws:lambda:us-east-1:111122223333:function:PRE-signs"
        document = edited(BOUNDING_BOX, {PRE: own, CONSOLIDATION: own})
        assert findings(document) == ()

    def test_the_region_that_it_is_sent_to_decides(self) -> None:
        """What lies elsewhere is named; without a region, what most of it says."""
        assert {each.path for each in findings(BOUNDING_BOX, "eu-west-1")} == {
            PRE,
            CONSOLIDATION,
            f"{HUMAN}.WorkteamArn",
        }
        assert findings(BOUNDING_BOX, "us-east-1") == ()
        odd = edited(BOUNDING_BOX, {PRE: f"arn:aws:lambda:us-west-1:{ACCOUNT}:function:mine"})
        assert self.only("one-region", odd).path == PRE

    def test_words_that_look_like_an_arn_are_not_somewhere(self) -> None:
        """A title may say anything."""
        assert findings(edited(BOUNDING_BOX, {f"{HUMAN}.TaskTitle": "arn:of:a:b:c:d"})) == ()

    def test_an_address_by_https_is_not_taken_apart(self) -> None:
        """The service takes it; which bucket it names is not read here."""
        for place in ("InputConfig.DataSource.S3DataSource.ManifestS3Uri", "OutputConfig.S3OutputPath"):
            document = edited(
                SOUND["adjustment"], {**STREAMING, place: "https://my-bucket.s3.amazonaws.com/"}
            )
            assert {each.rule for each in findings(document)} == {"streaming-queue"}

    def test_an_audit_of_another_name_is_fine(self) -> None:
        """Only the same name is doubtful, whatever the manifest."""
        document = edited(SOUND["adjustment"], {"LabelAttributeName": "second-round"})
        assert findings(document) == ()

    def test_unknown_functions_leave_the_task_type_open(self) -> None:
        """Rules that need the task type say nothing, all others do."""
        document = edited(
            BOUNDING_BOX,
            {**of_type("tasktype"), LIMIT: 10**6, TEMPLATE: GONE, "LabelAttributeName": "a-metadata"},
        )
        assert {each.rule for each in findings(document)} == {
            "function-known",
            "role-session",
            "ui-one",
            "attribute-metadata",
        }

    def test_text_is_judged_as_a_document_is(self) -> None:
        """`load` and `read` are one."""
        assert load("{}")[1] == read({})[1]
