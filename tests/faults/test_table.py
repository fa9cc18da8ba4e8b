from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from faults.stream import Record
from faults.table import Table
from jobherald.errors import ConflictError
from jobherald.model import JobKey, State
from jobherald.store.dynamodb import DynamoStore
from jobherald.store.items import job_pk, place_pk
from jobherald.store.wire import item_to_wire
from jobherald.watch import PlaceRecord
from tests.fakes.service import PLACE
from tests.fakes.table import NAME, client, create_table
from tests.fakes.things import KEY, alert, at, change, job, told
from tests.fakes.time import NOON
from tests.fakes.world import ALL
from tests.project.template import template

PROPERTIES: Final = template()["Resources"]["JobsTable"]["Properties"]
INDEXES: Final = {each["IndexName"]: each for each in PROPERTIES["GlobalSecondaryIndexes"]}


class Clock:
    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        return self.time

    def pass_by(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Bench:
    """A table, its clock and what it wrote to its stream."""

    def __init__(self, **more: Any) -> None:
        self.clock = Clock()
        self.records: list[Record] = []
        self.table = Table(PROPERTIES, NAME, self.clock.now, stream=self.records.append, **more)

    def put(self, pk: str = "p", sk: str = "s", **plain: Any) -> Any:
        return self("PutItem", Item=item_to_wire({"pk": pk, "sk": sk, **plain}))

    def update(self, text: str | None = None, pk: str = "p", sk: str = "s", **more: Any) -> Any:
        expression = {} if text is None else {"UpdateExpression": text}
        return self("UpdateItem", Key=item_to_wire({"pk": pk, "sk": sk}), **expression, **more)

    def get(self, pk: str = "p", sk: str = "s", *, consistent: bool = True) -> Any:
        return self("GetItem", Key=item_to_wire({"pk": pk, "sk": sk}), ConsistentRead=consistent).get("Item")

    def query(self, text: str, values: Mapping[str, Any], **more: Any) -> Any:
        return self(
            "Query", KeyConditionExpression=text, ExpressionAttributeValues=item_to_wire(values), **more
        )

    def place(self, name: str = "here", **more: Any) -> list[str]:
        """The open jobs of a place, by sort key."""
        names = {"#open": "open"}
        answer = self.query(
            "#open = :open", {":open": name}, IndexName="open", ExpressionAttributeNames=names, **more
        )
        return [item["sk"]["S"] for item in answer["Items"]]

    def batch(self, operation: str, requests: Any) -> Any:
        return self.batch_of(NAME, operation, requests)

    def batch_of(self, table: str, operation: str, requests: Any) -> Any:
        return self.table.call(operation, {"RequestItems": {table: requests}})

    def __call__(self, operation: str, **parameters: Any) -> Any:
        return self.table.call(operation, {"TableName": NAME, **parameters})


def refused(code: str, match: str = "") -> Any:
    return pytest.raises(ClientError, match=f"{code}.*{match}")


def puts(*rows: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"PutRequest": {"Item": item_to_wire(row)}} for row in rows]


# Against moto, where moto is right


class Twins:
    """One client of two tables, moto's and the simulated one. Every answer and every refusal has to be the same.

    Looser in moto, and so not compared: the text of a refusal, the order of items that nobody ordered,
    and whether there is anything behind a page that is full.
    """

    def __init__(self) -> None:
        self.real = client()
        self._ask: Callable[[str, Mapping[str, Any]], Any] = self.real._make_api_call
        self.empty()

    def empty(self) -> None:
        """Both tables anew: moto takes far longer to begin from nothing."""
        self.real._make_api_call = self._ask
        if self.real.list_tables()["TableNames"]:
            self.real.delete_table(TableName=NAME)
        create_table(self.real)
        self.simulated = Table(PROPERTIES, NAME, lambda: NOON)
        self.real._make_api_call = self.call

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Any:
        real, simulated = (_outcome(ask, operation, parameters) for ask in (self._ask, self.simulated.call))
        if _plain(real) != _plain(simulated):
            raise AssertionError(f"{operation} {parameters}:\nmoto      {real}\nsimulated {simulated}")
        if isinstance(simulated, ClientError):
            raise simulated
        return simulated


@pytest.fixture(scope="module")
def twins() -> Iterator[Twins]:
    with mock_aws():
        yield Twins()


def _outcome(
    ask: Callable[[str, Mapping[str, Any]], Any], operation: str, parameters: Mapping[str, Any]
) -> Any:
    try:
        return ask(operation, parameters)
    except ClientError as error:
        return error


def _plain(outcome: Any) -> Any:
    if isinstance(outcome, ClientError):
        return outcome.response["Error"]["Code"], outcome.response.get("Item")
    kept = {name: outcome[name] for name in ("Item", "Attributes", "Count") if name in outcome}
    if "Responses" in outcome:
        kept["Responses"] = sorted(outcome["Responses"].get(NAME, []), key=repr)
    if "Items" in outcome:
        kept["Items"] = [item["pk"] for item in outcome["Items"]], sorted(map(sorted, outcome["Items"]))
    return {name: value for name, value in kept.items() if value}


KEYS: Final = [KEY, JobKey(PLACE, "other")]
STATES: Final = [State.QUEUED, State.RUNNING, State.FAILED]
Step = Callable[[DynamoStore], object]


def _write(key: JobKey, state: State, version: int, *, owing: bool, tells: bool) -> Step:
    made = job(state, version, key, created_at=at(KEYS.index(key)), owing=owing)
    return lambda store: store.write(made, change(made) if tells else None)


def _mark(store: DynamoStore, key: JobKey, part: int) -> None:
    for owing in store.owing([job_pk(key)]):
        store.mark(owing, [told(news) for news in owing.news[:part]])


def _save_place(store: DynamoStore, revision: int, *, tells: bool) -> None:
    store.save_place(PlaceRecord(PLACE, ALL, at(0), revision), [alert(revision)] if tells else [])


def steps() -> st.SearchStrategy[Step]:
    keys, versions, parts = st.sampled_from(KEYS), st.integers(1, 4), st.integers(1, 3)
    writes = st.builds(
        _write, keys, st.sampled_from(STATES), versions, owing=st.booleans(), tells=st.booleans()
    )
    reads: list[Step] = [
        lambda store: store.open_jobs(PLACE),
        lambda store: store.jobs([*KEYS, JobKey(PLACE, "none")]),
        lambda store: store.recent(PLACE.source, None, 1),
        lambda store: store.recent(PLACE.source, at(0.5), 5),
        lambda store: store.listed(PLACE.source, 5, until=at(0.5)),
        lambda store: store.listed(PLACE.source, 5, newest_first=False),
        lambda store: store.owed_since(at(2.5), 5),
        lambda store: store.story(KEY.text),
        lambda store: store.place(PLACE),
        lambda store: store.owing([place_pk(PLACE), *map(job_pk, KEYS)]),
    ]
    return st.one_of(
        writes,
        writes,
        st.sampled_from(reads),
        st.builds(
            lambda key, version: lambda store: store.release(job(State.RUNNING, version, key)), keys, versions
        ),
        st.builds(lambda key, part: lambda store: _mark(store, key, part), keys, parts),
        st.builds(lambda key, when: lambda store: store.touch(job_pk(key), at(when)), keys, versions),
        st.builds(
            lambda version, tells: lambda store: _save_place(store, version, tells=tells),
            versions,
            st.booleans(),
        ),
        st.builds(lambda key: lambda store: store.record([told(change(job(key=key)))]), keys),
        st.builds(lambda key: lambda store: store.delivered(told(change(job(key=key)))), keys),
        st.builds(lambda key: lambda store: store.write_details([(job(key=key), {"a": key.id})]), keys),
    )


@settings(max_examples=25)
@given(st.lists(steps(), min_size=5, max_size=25))
def test_whatever_the_store_asks_is_answered_as_moto_answers(twins: Twins, run: list[Step]) -> None:
    """Every expression that the store writes, in any order, over items that may or may not be there."""
    twins.empty()
    store = DynamoStore(twins.real, NAME)
    for step in run:
        with suppress(ConflictError):
            step(store)
    for item in twins.simulated.items():
        assert "Item" in twins.call("GetItem", {"TableName": NAME, "Key": _keys(item)})


def _keys(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in ("pk", "sk")}


# Of one type each, since moto fails over an order between types, where DynamoDB says that there is none.
ATTRIBUTES: Final[Mapping[str, st.SearchStrategy[Any]]] = {
    "version": st.sampled_from(["1", "2", "10", "-3", "2.5"]).map(lambda text: {"N": text}),
    "state": st.sampled_from(["", "run", "running", "é"]).map(lambda text: {"S": text}),
    "owed": st.lists(st.just({"S": "x"}), max_size=2).map(lambda members: {"L": members}),
}


Values = dict[str, Any]
Text = Callable[[Values], str]
"""Part of an expression, which adds the values that it uses."""

ANY: Final = (
    "{name} = {value}",
    "{name} <> {value}",
    "attribute_exists({name})",
    "attribute_not_exists({name})",
)
ORDERED: Final = tuple(f"{{name}} {sign} {{value}}" for sign in ("<", "<=", ">", ">="))
FORMS: Final = {
    "version": (*ANY, *ORDERED),
    "state": (*ANY, *ORDERED, "begins_with({name}, {value})"),
    "owed": ANY,
}
SETS: Final = {
    "version": ("{name} = {value}", "{name} = if_not_exists({name}, {value})", "{name} = {name} + {value}"),
    "state": ("{name} = {value}", "{name} = if_not_exists({name}, {value})"),
    "owed": ("{name} = {value}", "{name} = list_append(if_not_exists({name}, {value}), {value})"),
}


def _text(name: str, form: str, value: Any) -> Text:
    def text(values: Values) -> str:
        alias = f":v{len(values)}"
        if "{value}" in form:
            values[alias] = value
        return form.format(name=f"#{name}", value=alias)

    return text


def _joined(form: str, *parts: Text) -> Text:
    return lambda values: form.format(*(part(values) for part in parts))


def parts(forms: Mapping[str, tuple[str, ...]], name: str) -> st.SearchStrategy[Text]:
    return st.builds(_text, st.just(name), st.sampled_from(forms[name]), ATTRIBUTES[name])


def conditions() -> st.SearchStrategy[Text]:
    return st.recursive(
        st.one_of([parts(FORMS, name) for name in FORMS]),
        lambda inner: st.one_of(
            st.builds(_joined, st.sampled_from(["({}) AND ({})", "({}) OR ({})"]), inner, inner),
            st.builds(_joined, st.just("NOT ({})"), inner),
        ),
        max_leaves=4,
    )


def updates() -> st.SearchStrategy[Text]:
    """Each attribute is set, removed or left alone; the version may be added to."""
    return st.fixed_dictionaries({name: _action(name) for name in SETS}).filter(_acts).map(_update)


def _action(name: str) -> st.SearchStrategy[tuple[str, Text]]:
    removed = _text(name, "{name}", None)
    return st.one_of(
        st.tuples(st.just("SET"), parts(SETS, name)), st.sampled_from([("REMOVE", removed), ("", removed)])
    )


def _acts(actions: Mapping[str, tuple[str, Text]]) -> bool:
    """Whether there is any expression: moto fails where there is none."""
    return any(section for section, _ in actions.values())


def _update(actions: Mapping[str, tuple[str, Text]]) -> Text:
    def text(values: Values) -> str:
        sections = {
            section: ", ".join(made(values) for wanted, made in actions.values() if wanted == section)
            for section in ("SET", "REMOVE")
        }
        return " ".join(f"{section} {listed}" for section, listed in sections.items() if listed)

    return text


def _request(update: Text, condition: Text, sk: str, returned: str) -> dict[str, Any]:
    values: Values = {}
    expressions = {"UpdateExpression": update(values), "ConditionExpression": condition(values)}
    expressions = {name: text for name, text in expressions.items() if text}
    names = {alias: alias[1:] for alias in re.findall(r"#\w+", " ".join(expressions.values()))}
    more = {"ExpressionAttributeValues": values} if values else {}
    return {
        "TableName": NAME,
        "Key": item_to_wire({"pk": "p", "sk": sk}),
        **expressions,
        "ExpressionAttributeNames": names,
        "ReturnValues": returned,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        **more,
    }


REQUESTS: Final = st.builds(
    _request, updates(), conditions(), st.sampled_from("ab"), st.sampled_from(["NONE", "ALL_NEW", "ALL_OLD"])
)


@settings(max_examples=25)
@given(st.lists(REQUESTS, min_size=3, max_size=15))
def test_conditions_and_updates_do_what_they_do_in_moto(twins: Twins, requests: list[dict[str, Any]]) -> None:
    """Any condition, any update, over items of any history."""
    twins.empty()
    for sk in "ab":
        twins.call("PutItem", {"TableName": NAME, "Item": item_to_wire({"pk": "p", "sk": sk, "version": 1})})
    for request in requests:
        with suppress(ClientError):
            twins.call("UpdateItem", request)
        twins.call("GetItem", {"TableName": NAME, "Key": request["Key"], "ConsistentRead": True})


# DynamoDB's rules, most of which moto does not hold


def test_a_condition_that_fails_shows_the_item_only_where_it_is_asked_for() -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html."""
    bench = Bench()
    bench.put(version=1)
    asked: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
    with refused("ConditionalCheckFailedException", "The conditional request failed") as silent:
        bench.update("SET a = pk", **asked)
    assert "Item" not in silent.value.response
    with refused("ConditionalCheckFailedException") as told_all:
        bench.update("SET a = pk", **asked, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert told_all.value.response["Item"] == bench.get()
    with refused("ConditionalCheckFailedException") as nothing:
        bench.update(
            "SET a = pk",
            sk="none",
            ConditionExpression="attribute_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert "Item" not in nothing.value.response
    assert [record.name for record in bench.records] == ["INSERT"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("NONE", None),
        ("ALL_OLD", {"pk": "p", "sk": "s", "a": 1, "b": 2}),
        ("ALL_NEW", {"pk": "p", "sk": "s", "a": 5}),
        ("UPDATED_NEW", {"a": 5}),
        ("UPDATED_OLD", {"a": 1, "b": 2}),
    ],
)
def test_an_update_answers_what_is_asked_for(wanted: str, expected: Mapping[str, Any] | None) -> None:
    """ReturnValues; an answer without attributes has no member for them."""
    bench = Bench()
    bench.put(a=1, b=2)
    values: dict[str, Any] = {"ExpressionAttributeValues": {":a": {"N": "5"}}}
    answer = bench.update("SET a = :a REMOVE b", ReturnValues=wanted, **values)
    assert answer.get("Attributes") == (None if expected is None else item_to_wire(expected))


def test_an_update_of_nothing_makes_an_item_unless_it_only_removes() -> None:
    """An item is made by what is set, and by an update without an expression."""
    bench = Bench()
    bench.update("REMOVE a", sk="removed")
    bench.update(sk="bare")
    assert [item["sk"]["S"] for item in bench.table.items()] == ["bare"]


@pytest.mark.parametrize(
    ("update", "more", "problem"),
    [
        ("SET pk = sk", {}, "Cannot update attribute pk. This attribute is part of the key"),
        ("REMOVE sk", {}, "Cannot update attribute sk"),
        ("SET a = :a", {}, "value used in expression is not defined; attribute value: :a"),
        ("SET #a = pk", {}, "not defined; attribute name: #a"),
        (
            "SET a = pk",
            {"ExpressionAttributeValues": {":a": {"S": "x"}}},
            "ExpressionAttributeValues unused in expressions: keys: {:a}",
        ),
        ("SET a = pk", {"ExpressionAttributeNames": {"#a": "x"}}, "Names unused in expressions: keys: {#a}"),
        ("SET a = pk", {"ExpressionAttributeValues": {}}, "ExpressionAttributeValues must not be empty"),
        (None, {"ExpressionAttributeNames": {"#a": "x"}}, "can only be specified when using expressions"),
        (
            "SET a = :a",
            {"ExpressionAttributeValues": {":a": {"SS": []}}},
            "An string set  may not be empty for key :a",
        ),
        (
            "SET #open = :a",
            {"ExpressionAttributeValues": {":a": {"N": "1"}}, "ExpressionAttributeNames": {"#open": "open"}},
            "Type mismatch for Index Key open Expected: S Actual: N IndexName: open",
        ),
        (
            "SET outbox = :a",
            {"ExpressionAttributeValues": {":a": {"S": ""}}},
            "empty string value. IndexName: unsent, IndexKey: outbox",
        ),
        ("SET a = pk", {"ReturnValues": "SOME"}, "invalid value: SOME"),
    ],
)
def test_a_request_that_dynamodb_refuses_is_refused_in_its_words(
    update: str | None, more: Mapping[str, Any], problem: str
) -> None:
    """And alters nothing."""
    bench = Bench()
    with refused("ValidationException", re.escape(problem)):
        bench.update(update, **more)
    assert bench.table.items() == []


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ({"pk": "p"}, "does not match the schema"),
        ({"pk": "p", "sk": 1}, "does not match the schema"),
        ({"pk": "p", "sk": "s", "a": "x"}, "does not match the schema"),
        ({"pk": "", "sk": "s"}, "cannot contain an empty string value. Key: pk"),
        ({"pk": "é" * 1025, "sk": "s"}, "hashkey has exceeded the maximum size"),
        ({"pk": "p", "sk": "s" * 1025}, "range keys has exceeded the size limit"),
    ],
)
def test_a_key_that_is_none_is_refused(key: Mapping[str, Any], problem: str) -> None:
    """2,048 bytes for the one, 1,024 for the other."""
    with refused("ValidationException", problem):
        Bench()("GetItem", Key=item_to_wire(key))


def test_an_item_is_at_most_400_kb_large() -> None:
    """Names and values together, in UTF-8."""
    bench = Bench()
    room = 400 * 1024 - len("pkpsksa")
    bench.put(a="x" * room)
    for text in ("x" * (room + 1), "é" * (room // 2 + 1)):
        with refused("ValidationException", "Item size has exceeded"):
            bench.put(a=text)
    with refused("ValidationException", "Item size to update has exceeded"):
        bench.update("SET b = pk")


def test_another_table_is_not_found() -> None:
    """And so is a batch for another one."""
    bench = Bench()
    with refused("ResourceNotFoundException"):
        bench.table.call("GetItem", {"TableName": "other"})
    with refused("ResourceNotFoundException"):
        bench.batch_of("other", "BatchGetItem", {"Keys": []})


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("TransactWriteItems", {}),
        ("Scan", {}),
        ("Query", {"FilterExpression": "a = :a"}),
        ("GetItem", {"ProjectionExpression": "a"}),
        ("UpdateItem", {"AttributeUpdates": {}}),
    ],
)
def test_what_is_not_simulated_says_so(operation: str, parameters: Mapping[str, Any]) -> None:
    """Rather than to pass over it."""
    with pytest.raises(NotImplementedError, match="the simulated table knows no"):
        Bench()(operation, **parameters)


# Indexes


def test_an_index_holds_what_has_its_keys_and_shows_what_it_carries() -> None:
    """KEYS_ONLY has the keys of both, INCLUDE what is named besides."""
    bench = Bench()
    bench.put(sk="1", open="here", created=1, name="n", version=3, source="x")
    bench.put(sk="2", open="here")
    bench.put(sk="3", created=1)
    names = {"ExpressionAttributeNames": {"#key": "open"}}
    found = bench.query("#key = :v", {":v": "here"}, IndexName="open", **names)
    assert found["Items"] == [
        item_to_wire({"pk": "p", "sk": "1", "open": "here", "created": 1, "version": 3})
    ]
    names = {"ExpressionAttributeNames": {"#key": "source"}}
    found = bench.query("#key = :v", {":v": "x"}, IndexName="recent", **names)
    assert found["Items"] == [item_to_wire({"pk": "p", "sk": "1", "source": "x", "created": 1})]


def test_an_index_of_all_attributes_shows_all() -> None:
    """The template has none, the table takes one."""
    index = {**INDEXES["recent"], "Projection": {"ProjectionType": "ALL"}}
    table = Table({**PROPERTIES, "GlobalSecondaryIndexes": [index]}, NAME, lambda: NOON)
    item = item_to_wire({"pk": "p", "sk": "s", "source": "x", "created": 1, "name": "n"})
    table.put_item({"TableName": NAME, "Item": item})
    answer = table.query(
        {
            "TableName": NAME,
            "IndexName": "recent",
            "KeyConditionExpression": "#key = :v",
            "ExpressionAttributeNames": {"#key": "source"},
            "ExpressionAttributeValues": {":v": {"S": "x"}},
        }
    )
    assert answer["Items"] == [item]


def test_an_index_is_behind_the_table_by_its_lag() -> None:
    """Indexes are eventually consistent; what was written first shows first."""
    bench = Bench(index_lag=2)
    bench.put(sk="1", open="here", created=1)
    bench.clock.pass_by(1)
    bench.update("REMOVE #open", sk="1", ExpressionAttributeNames={"#open": "open"})
    assert bench.place() == []
    bench.clock.pass_by(1)
    assert bench.place() == ["1"]
    bench.clock.pass_by(1)
    assert bench.place() == []
    assert bench.get(sk="1") is not None


def test_a_read_that_is_not_consistent_is_behind_by_the_lag_of_reads() -> None:
    """GetItem, BatchGetItem and Query alike; a consistent one is not."""
    bench = Bench(read_lag=5)
    bench.put(a=1)
    keys = {"Keys": [item_to_wire({"pk": "p", "sk": "s"})]}

    def seen(*, consistent: bool) -> list[bool]:
        batch = bench.batch("BatchGetItem", {**keys, "ConsistentRead": consistent})["Responses"][NAME]
        queried = bench.query("pk = :pk", {":pk": "p"}, ConsistentRead=consistent)["Items"]
        return [bench.get(consistent=consistent) is not None, bool(batch), bool(queried)]

    assert seen(consistent=False) == [False] * 3
    assert seen(consistent=True) == [True] * 3
    bench.clock.pass_by(5)
    assert seen(consistent=False) == [True] * 3


@given(st.lists(st.integers(-5, 15), max_size=12), st.integers(1, 4), st.booleans())
def test_pages_show_everything_once_and_in_order(created: list[int], limit: int, forward: bool) -> None:
    """Each page goes on behind the last key of the one before, also between items of one range key."""
    bench = Bench()
    for number, when in enumerate(created):
        bench.put(sk=f"{number:02}", source="x", created=when)
    request: dict[str, Any] = {
        "IndexName": "recent",
        "Limit": limit,
        "ScanIndexForward": forward,
        "ExpressionAttributeNames": {"#key": "source"},
    }
    found: list[tuple[int, str]] = []
    while True:
        answer = bench.query("#key = :v", {":v": "x"}, **request)
        assert len(answer["Items"]) <= limit
        found += [(int(item["created"]["N"]), item["sk"]["S"]) for item in answer["Items"]]
        if "LastEvaluatedKey" not in answer:
            break
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    rows = sorted((when, f"{number:02}") for number, when in enumerate(created))
    assert found == (rows if forward else rows[::-1])


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("sk = :b", ["ab"]),
        ("sk < :b", ["a"]),
        ("sk <= :b", ["a", "ab"]),
        ("sk > :b", ["abc", "b"]),
        ("sk >= :b", ["ab", "abc", "b"]),
        ("begins_with(sk, :b)", ["ab", "abc"]),
    ],
)
def test_a_condition_on_the_range_key_bounds_the_answer(condition: str, expected: list[str]) -> None:
    """In whichever order the two conditions are written."""
    bench = Bench()
    for sk in ("b", "abc", "a", "ab"):
        bench.put(sk=sk)
    for text in (f"pk = :pk AND {condition}", f"({condition}) AND (pk = :pk)"):
        found = bench.query(text, {":pk": "p", ":b": "ab"})
        assert [item["sk"]["S"] for item in found["Items"]] == expected


def test_a_page_is_at_most_a_megabyte() -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html."""
    bench = Bench()
    for number in range(4):
        bench.put(sk=str(number), row=b"x" * 300_000)
    first = bench.query("pk = :pk", {":pk": "p"})
    assert first["Count"] == 3
    rest = bench.query("pk = :pk", {":pk": "p"}, ExclusiveStartKey=first["LastEvaluatedKey"])
    assert [item["sk"]["S"] for item in rest["Items"]] == ["3"]
    assert "LastEvaluatedKey" not in rest


@pytest.mark.parametrize(
    ("text", "more", "problem"),
    [
        ("sk = :v", {}, "missed key schema element: pk"),
        ("pk > :v", {}, "Query key condition not supported"),
        ("pk = :v AND outbox = :v", {}, "Query key condition not supported"),
        ("pk = :v AND sk > :v AND sk < :v", {}, "length 1 or 2 only"),
        ("pk = :v AND pk = :v", {}, "only contain one condition per key"),
        ("outbox = :v", {"IndexName": "gone"}, "does not have the specified index: gone"),
        (
            "outbox = :v",
            {"IndexName": "unsent", "ConsistentRead": True},
            "Consistent reads are not supported",
        ),
        ("outbox = :v AND owed_since > :v", {"IndexName": "unsent"}, "does not match schema type"),
        ("pk = :v", {"Limit": 0}, "greater than or equal to 1"),
        ("pk = :v", {"ExclusiveStartKey": {"pk": {"S": "v"}}}, "starting key is invalid"),
        (
            "pk = :v",
            {"ExclusiveStartKey": item_to_wire({"pk": "w", "sk": "s"})},
            "outside query boundaries",
        ),
    ],
)
def test_a_query_that_dynamodb_refuses_is_refused(text: str, more: Mapping[str, Any], problem: str) -> None:
    """With the words of a ValidationException."""
    with refused("ValidationException", re.escape(problem)):
        Bench().query(text, {":v": "v"}, **more)


def test_a_range_has_its_lower_end_first() -> None:
    """BETWEEN of nothing is refused, not answered with nothing."""
    with refused("ValidationException", "upper bound to be greater"):
        Bench().query("pk = :pk AND sk BETWEEN :b AND :a", {":pk": "p", ":a": "a", ":b": "b"})


# Batches


def test_a_batch_leaves_undone_what_it_is_told_to() -> None:
    """As a throttled table does with an answer of 200; only the next call, and the leftovers can be sent as they are."""
    bench = Bench()
    requests = puts(*({"pk": "p", "sk": sk} for sk in "abc"))
    bench.table.unprocessed = 2
    left = bench.batch("BatchWriteItem", requests)["UnprocessedItems"]
    assert left == {NAME: requests[1:]}
    assert bench.batch("BatchWriteItem", left[NAME])["UnprocessedItems"] == {}
    keys = [item_to_wire({"pk": "p", "sk": sk}) for sk in "abcd"]
    asked = {"Keys": keys, "ConsistentRead": True}
    bench.table.unprocessed = 1
    answer = bench.batch("BatchGetItem", asked)
    assert sorted(item["sk"]["S"] for item in answer["Responses"][NAME]) == ["a", "b", "c"]
    assert answer["UnprocessedKeys"] == {NAME: {**asked, "Keys": keys[3:]}}


def test_a_batch_of_which_nothing_is_done_is_an_error() -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html."""
    bench = Bench()
    bench.table.unprocessed = 1
    with refused("ProvisionedThroughputExceededException"):
        bench.batch("BatchWriteItem", puts({"pk": "p", "sk": "s"}))
    assert bench.table.items() == []


def test_a_batch_of_large_items_is_cut_at_16_mb() -> None:
    """The rest comes back as unprocessed keys."""
    bench = Bench()
    for number in range(42):
        bench.put(sk=str(number), row=b"x" * 400_000)
    asked = {"Keys": [item_to_wire({"pk": "p", "sk": str(number)}) for number in range(42)]}
    answer = bench.batch("BatchGetItem", asked)
    assert len(answer["Responses"][NAME]) == 41
    assert answer["UnprocessedKeys"][NAME]["Keys"] == asked["Keys"][41:]


def test_a_batch_holds_a_key_once_and_no_more_than_it_may() -> None:
    """25 writes, 100 reads."""
    bench = Bench()
    twice, many = [{"pk": "p", "sk": "s"}] * 2, [{"pk": "p", "sk": str(number)} for number in range(101)]
    for rows, problem in ((twice, "duplicates"), (many[:26], "Too many items")):
        with refused("ValidationException", problem):
            bench.batch("BatchWriteItem", puts(*rows))
    for rows, problem in ((twice, "duplicates"), (many, "Too many items")):
        with refused("ValidationException", problem):
            bench.batch("BatchGetItem", {"Keys": list(map(item_to_wire, rows))})


def test_a_batch_deletes_as_well() -> None:
    """Also what is not there."""
    bench = Bench()
    bench.put(sk="1")
    deletes = [{"DeleteRequest": {"Key": item_to_wire({"pk": "p", "sk": sk})}} for sk in "12"]
    bench.batch("BatchWriteItem", deletes)
    assert bench.table.items() == []
    assert [record.name for record in bench.records] == ["INSERT", "REMOVE"]


# The stream, TTL and snapshots


def test_every_write_that_alters_something_leaves_a_record() -> None:
    """A write that changes no data leaves none: Streams.html, "Reading and processing a stream"."""
    bench = Bench()
    bench.put(a=1)
    bench.put(a=1)
    bench.update("SET a = :a", ExpressionAttributeValues={":a": {"N": "1.0"}})
    bench.update("SET a = :a", ExpressionAttributeValues={":a": {"N": "2"}})
    bench("DeleteItem", Key=item_to_wire({"pk": "p", "sk": "s"}), ReturnValues="ALL_OLD")
    assert [(record.name, record.image and record.image["a"]["N"]) for record in bench.records] == [
        ("INSERT", "1"),
        ("MODIFY", "2"),
        ("REMOVE", None),
    ]
    assert [record.number for record in bench.records] == [1, 2, 3]
    assert all(record.keys == item_to_wire({"pk": "p", "sk": "s"}) for record in bench.records)


def test_what_has_expired_is_deleted_in_the_name_of_dynamodb() -> None:
    """A time of more than five years ago is taken for an error, and one that is no number for none."""
    bench = Bench()
    now = int(NOON.timestamp())
    times: dict[str, Any] = {"past": now, "future": now + 1, "old": 1_000_000_000, "text": str(now)}
    for sk, expires in times.items():
        bench.put(sk=sk, expires_at=expires)
    bench.put(sk="none")
    bench.records.clear()
    assert bench.table.expire(NOON) == 1
    assert [(record.name, record.keys["sk"], record.expired) for record in bench.records] == [
        ("REMOVE", {"S": "past"}, True)
    ]
    assert bench.get(sk="past") is None


def test_a_restored_table_is_as_it_was() -> None:
    """Items, indexes, what they have not shown yet and the stream's numbers; as often as one likes."""
    bench = Bench(index_lag=2)
    bench.put(sk="1", open="here", created=1)
    bench.clock.pass_by(2)
    bench.put(sk="2", open="here", created=2)
    before, items = bench.table.snapshot(), bench.table.items()
    for _ in range(2):
        bench.update("SET created = :c", sk="1", ExpressionAttributeValues={":c": {"N": "9"}})
        bench("DeleteItem", Key=item_to_wire({"pk": "p", "sk": "2"}))
        bench.clock.pass_by(2)
        assert bench.place() == ["1"]
        bench.table.restore(before)
        assert bench.table.items() == items
        bench.clock.time = NOON + timedelta(seconds=3)
        assert bench.place() == ["1"]
        bench.clock.time = NOON + timedelta(seconds=4)
        assert bench.place() == ["1", "2"]
        bench.table.restore(before)
        bench.clock.time = NOON + timedelta(seconds=2)
        bench.put(sk="3")
        assert bench.records[-1].number == 3
        bench.table.restore(before)


def test_what_was_given_is_not_what_is_kept() -> None:
    """A request's list that its owner goes on with does not reach into the table."""
    bench = Bench()
    members = [{"S": "x"}]
    bench("PutItem", Item={**item_to_wire({"pk": "p", "sk": "s"}), "l": {"L": members}})
    members.append({"S": "y"})
    assert bench.get()["l"] == {"L": [{"S": "x"}]}
