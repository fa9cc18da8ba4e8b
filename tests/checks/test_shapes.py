from __future__ import annotations

import pytest
from botocore.model import ServiceModel, Shape

from jobherald.catalog.paths import find
from jobherald.checks.shapes import first_members, leaves, made_words, missing_members, sample, used_members

MODEL = ServiceModel(
    {
        "metadata": {"serviceId": "Made Up"},
        "operations": {},
        "shapes": {
            "Job": {
                "type": "structure",
                "members": {
                    "Id": {"shape": "Text"},
                    "Steps": {"shape": "Steps"},
                    "Tags": {"shape": "Tags"},
                    "Parent": {"shape": "Job"},
                    "Blob": {"shape": "Blob"},
                    "On": {"shape": "Flag"},
                },
            },
            "Steps": {"type": "list", "member": {"shape": "Step"}},
            "Step": {
                "type": "structure",
                "members": {"Name": {"shape": "Text"}, "State": {"shape": "State"}},
            },
            "State": {"type": "string", "enum": ["ON", "OFF"]},
            "Tags": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}},
            "Text": {"type": "string"},
            "Blob": {"type": "blob"},
            "Flag": {"type": "boolean"},
        },
    }
)


@pytest.fixture
def job() -> Shape:
    return MODEL.shape_for("Job")


@pytest.mark.parametrize(
    "path",
    [
        "Id",
        "Steps[0].Name",
        "Steps[].State",
        "Steps[*].Name | [0]",
        "Steps[?State=='ON'].Name | [0]",
        "Tags.anything",
        "join('/', [Id, Steps[0].Name])",
        "length(Steps)",
        "@.Id",
        "Parent.Id",
    ],
)
def test_a_path_of_known_members_is_whole(path: str, job: Shape) -> None:
    """Through lists, maps, filters, functions and structures within themselves."""
    assert missing_members(path, job) == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("Name", "Job has no member Name; it has: Id, Steps, Tags"),
        ("Steps[0].Nmae", "Step has no member Nmae; it has: Name, State"),
        ("Steps[].Nmae", "Step has no member Nmae"),
        ("Steps[?Sate=='ON'].Name", "Step has no member Sate"),
        ("Steps.Name", "Steps has no member Name; it is a list"),
        ("Id.Deeper", "Text has no member Deeper; it is a string"),
        ("Id || Missing", "Job has no member Missing"),
        ("(Id && Missing) || Id", "Job has no member Missing"),
        ("join('/', [Id, Steps[0].Nmae])", "Step has no member Nmae"),
        ("{a: Missing}", "Job has no member Missing"),
    ],
)
def test_a_misspelt_member_is_found_wherever_it_stands(path: str, said: str, job: Shape) -> None:
    """Also in the branch of an expression that no sample would reach."""
    assert any(problem.startswith(said) for problem in missing_members(path, job))


def test_a_sample_fills_every_member(job: Shape) -> None:
    """Each leaf with a value of its own; a structure within itself ends after one turn."""
    filled = sample(job)

    assert set(filled) == {"Id", "Steps", "Tags", "Blob", "On"}
    assert filled["Steps"][0]["State"] in {"ON", "OFF"}
    assert isinstance(filled["Blob"], bytes)
    texts = [filled["Id"], filled["Steps"][0]["Name"], *filled["Tags"].values()]
    assert len(set(texts)) == len(texts)


def test_leaves_are_the_paths_of_a_sample(job: Shape) -> None:
    """Every path that holds a value, lists marked."""
    paths = [path for path, _ in leaves(job)]

    assert paths == ["Id", "Steps[].Name", "Steps[].State", "Tags", "Blob", "On"]
    assert all(find(path, sample(job)) for path in paths)


def test_used_members_are_those_that_an_expression_reads() -> None:
    """Whole dotted names, from every branch."""
    assert used_members("(A.B && C) || join('', [D.E.F, 'x'])") == {"A.B", "C", "D.E.F"}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("A || B.C", set()),
        ("(A == 'x' && contains(`[\"y\"]`, B) && 'made') || A", {"made"}),
        ("(!A && 'one') || (B > `0` && 'two') || 'three'", {"one", "two", "three"}),
        ("[A][?@ != 'x'] | [0]", set()),
    ],
)
def test_made_words_are_those_that_an_expression_gives_of_its_own(path: str, words: set[str]) -> None:
    """Not those that it compares with."""
    assert made_words(path) == words


@pytest.mark.parametrize(
    ("path", "members"),
    [
        ("a.b.c", {"a"}),
        ("@.a.b", {"a"}),
        ("a[].b.c | [0]", {"a"}),
        ("a[?b=='x'].c", {"a"}),
        ("a[-1].b", {"a"}),
        ("a.*.b", {"a"}),
        ("join(' ', [a, b.c][?@])", {"a", "b"}),
        ("(a == `2` && b) || c.d", {"a", "b", "c"}),
        ("!a", {"a"}),
        ("a | (starts_with(@, '/') && b) || @", {"a"}),
        ("{x: a, y: b.c}", {"a", "b"}),
        ("max_by(a, &b)", {"a"}),
        ("@", set()),
        ("'a'", set()),
    ],
)
def test_first_members_are_what_an_expression_begins_with(path: str, members: set[str]) -> None:
    """Of the value itself: what follows a projection, a pipe or an & is a member of something below it."""
    assert first_members(path) == members
