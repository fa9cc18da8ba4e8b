from __future__ import annotations

import tomllib

import pytest

from jobherald.checks.schema import schema_problems
from tests.checks.entries import GLUE


def said_of(was: str, becomes: str) -> list[tuple[str, str]]:
    """What the schema has against an entry in which something is written otherwise."""
    assert was in GLUE, "the case still breaks something"
    (entry,) = tomllib.loads(GLUE.replace(was, becomes, 1))["source"]
    return schema_problems(entry)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("Started[", "is not JMESPath: it ends too early"),
        ("a ==", "is not JMESPath: it ends too early"),
        ("a.", "is not JMESPath: it ends too early"),
        ("a..b", "is not JMESPath: '.' cannot stand at character 3"),
        ("a b", "is not JMESPath: 'b' cannot stand at character 3"),
        ("$.a", "is not JMESPath: unknown token $ at character 1"),
        ("started-on", "is not JMESPath: unknown token '-' at character 8; a name with other signs than letters, digits and _ is put in double quotes"),
        ("jion('/', [Id])", "is not JMESPath: it has no function jion; near to it are: join"),
        ("[Id, {a: zzz(Id)}]", "is not JMESPath: it has no function zzz; valid are: abs, avg, "),
    ],
)  # fmt: skip
def test_what_is_no_path_is_said_in_a_sentence(path: str, said: str) -> None:
    """With the place in it, and without the words of the library that reads it."""
    ((member, sentence),) = said_of('created = "StartedOn"', f'created = "{path}"')

    assert member == "job.created"
    assert sentence.startswith(f"{path!r} {said}")
    assert "\n" not in sentence


def test_names_in_double_quotes_and_functions_are_paths() -> None:
    """What the sentences advise is taken."""
    assert said_of('created = "StartedOn"', r'''created = "join('/', [\"started-on\"])"''') == []


@pytest.mark.parametrize("number", ["inf", "-inf", "nan"])
@pytest.mark.parametrize(
    ("was", "becomes", "member"),
    [
        ('JobName = "{parent}" }', 'JobName = "{parent}", Limit = NUMBER }', "parameters.Limit"),
        ('JobName = "{parent}" }', 'JobName = "{parent}", Limits = [{ a = NUMBER }] }', "parameters.Limits"),
        ('JobName = "{parent}" }', 'JobName = "{parent}" }\nvariants = [{ Limit = NUMBER }]', "variants[0].Limit"),
        ('RunId = "id" }', 'RunId = "id" }\nconstants = { Limit = NUMBER }', "look.constants.Limit"),
    ],
)  # fmt: skip
def test_a_number_that_no_request_can_carry_is_found(
    was: str, becomes: str, member: str, number: str
) -> None:
    """TOML has infinity and what is no number, and JSON has neither."""
    said = [(member, f"has {number}, which no request can carry")]

    assert said_of(was, becomes.replace("NUMBER", number)) == said


@pytest.mark.parametrize(
    ("was", "becomes", "member", "said"),
    [
        ('title = "Glue job run"', "", "title", "is missing; docs/adding-a-source.md says what it is"),
        ('title = "Glue job run"', 'title = ""', "title", "is empty; write something there, or leave it out where it is not required"),
        ('title = "Glue job run"', 'title = "Glue "', "title", "is 'Glue '; it must be on one line, without blanks around it"),
        ('title = "Glue job run"', "title = 5", "title", "is 5; it must be a text in quotes"),
        ('id = "glue.job_run"', 'id = "Glue"', "id", "is 'Glue'; it must be service.kind of a-z, 0-9 and _, as in glue.job_run"),
        ('mask = ["Arguments"]', 'mask = "Arguments"', "mask", 'is "Arguments"; it must be a list in square brackets'),
        ('mask = ["Arguments"]', 'reusable_ids = "yes"', "reusable_ids", 'is "yes"; it must be true or false, without quotes'),
        ('mask = ["Arguments"]', "filters = { status = 3 }", "filters.status", "is 3; it must be a text in quotes"),
        ('mask = ["Arguments"]', 'filters = { status = { membr = "a" } }', "filters.status.membr", "is not known here; near to it are: member"),
        ("value = 200", 'value = "200"', "page_size.value", 'is "200"; it must be a whole number, without quotes'),
        ('mask = ["Arguments"]', 'events = { id = "a" }', "events", "must be written [[source.events]], in two pairs of brackets, once for each event"),
        ('gone = "Glue', 'lost = "Glue', "advice.lost", '"lost" is not known here; valid are: queued, running, stopping, succeeded, partial, failed, stopped, gone, unknown'),
    ],
)  # fmt: skip
def test_a_word_that_does_not_fit_is_named_with_its_place_and_remedy(
    was: str, becomes: str, member: str, said: str
) -> None:
    """None of the words of the library that compares it with the schema."""
    assert said_of(was, becomes) == [(member, said)]
