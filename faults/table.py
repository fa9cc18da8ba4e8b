"""A DynamoDB table within the process: what a botocore client of the real one takes, answers and raises.

Where the API's reference, the developer guide and what the service is seen to do say something about a rule, it holds
here; what is not simulated raises NotImplementedError, so that no test can rest on it.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias, cast

from botocore.exceptions import ClientError

from bench.units import item_size
from faults import views
from faults.expressions import (
    Condition,
    RangeCondition,
    Update,
    parse_condition,
    parse_key_condition,
    parse_update,
)
from faults.stream import Record
from faults.values import InvalidError, Item, Value, canonical, kind, number, order
from faults.views import Key, Position, Schema, View, span

Parameters: TypeAlias = Mapping[str, Any]
Answer: TypeAlias = dict[str, Any]
Operation: TypeAlias = Callable[["Table", Parameters], Answer]

LARGEST_ITEM: Final = 400 * 1024
LONGEST_HASH_KEY: Final = 2048
LONGEST_RANGE_KEY: Final = 1024
PAGE: Final = 1_048_576
READ_BATCH: Final = 100
LARGEST_READ_BATCH: Final = 16 * PAGE
WRITE_BATCH: Final = 25
TTL_LOOKS_BACK: Final = timedelta(days=5 * 365)
"""What expired longer ago than that is left alone: it may be a time in another unit."""
_TEXT_KEYS: Final = frozenset({"S", "B"})
_NO_VALUES: Final[Mapping[str, Any]] = {}
_METADATA: Final = {"RequestId": "0" * 52, "HTTPStatusCode": 200, "HTTPHeaders": {}, "RetryAttempts": 0}

_EXPRESSIONS: Final = frozenset(
    {
        "TableName",
        "ConditionExpression",
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
        "ReturnValues",
        "ReturnValuesOnConditionCheckFailure",
    }
)


class _Pending(NamedTuple):
    """A write that some views have not seen yet."""

    written: datetime
    key: Key
    item: Item | None


class Snapshot(NamedTuple):
    """A table at one moment."""

    views: tuple[views.Snapshot, ...]
    pending: tuple[tuple[_Pending, ...], ...]
    sequence: int
    unprocessed: int


class _Replica:
    """Views that see each write ``lag`` seconds after it was made, in the order of the writes."""

    def __init__(self, members: Sequence[View], lag: float) -> None:
        self.members = members
        self.lag = lag
        self.pending: tuple[_Pending, ...] = ()

    def write(self, written: datetime, key: Key, item: Item | None) -> None:
        if self.lag or self.pending:
            self.pending = (*self.pending, _Pending(written, key, item))
            return
        for view in self.members:
            view.put(key, item)

    def catch_up(self, now: datetime) -> None:
        if not self.pending:
            return
        lag, seen = timedelta(seconds=self.lag), 0
        for written, key, item in self.pending:
            if written + lag > now:
                break
            for view in self.members:
                view.put(key, item)
            seen += 1
        self.pending = self.pending[seen:]


def _answers(operation: str) -> Callable[[Operation], Operation]:
    """Turns what an operation refuses into the error that a client raises."""

    def wrap(function: Operation) -> Operation:
        def call(self: Table, parameters: Parameters) -> Answer:
            try:
                answer = function(self, parameters)
            except InvalidError as error:
                raise _error(operation, "ValidationException", str(error)) from None
            except _RefusedError as error:
                raise _error(operation, error.code, str(error), **error.more) from None
            answer["ResponseMetadata"] = _METADATA
            return answer

        return call

    return wrap


class _RefusedError(Exception):
    """What DynamoDB answers with an error of this code."""

    def __init__(self, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.code = code
        self.more = more


class Table:
    """One table with its indexes, made from the template's properties of it.

    ``clock`` says what time it is. With ``index_lag`` seconds an index shows writes only that much later, with
    ``read_lag`` so does every read of the table that is not consistent; both may be changed at any time. ``stream`` is
    given a record of each write that altered something. ``unprocessed`` is how many entries the next batch call leaves
    undone, the last ones. Answers share their values with the table: whoever alters them alters what is stored.
    """

    def __init__(
        self,
        properties: Mapping[str, Any],
        name: str,
        clock: Callable[[], datetime],
        *,
        index_lag: float = 0,
        read_lag: float = 0,
        stream: Callable[[Record], None] | None = None,
    ) -> None:
        types = {each["AttributeName"]: each["AttributeType"] for each in properties["AttributeDefinitions"]}
        keys = _schema(properties["KeySchema"])
        declared = {
            each["IndexName"]: _index(each, keys) for each in properties.get("GlobalSecondaryIndexes", ())
        }
        if properties.get("StreamSpecification", {}).get("StreamViewType", "NEW_IMAGE") != "NEW_IMAGE":
            raise NotImplementedError("the simulated stream carries new images alone")
        self.name = name
        self.unprocessed = 0
        self._clock = clock
        self._stream = stream
        self._keys = keys
        self._types: Mapping[str, str] = types
        self._expires: str | None = properties.get("TimeToLiveSpecification", {}).get("AttributeName")
        self._items = View(keys)
        self._late_items = View(keys)
        self._indexes = {index: View(schema) for index, schema in declared.items()}
        self._index_keys = [(index, name) for index, schema in declared.items() for name in schema.names]
        self._reads = _Replica([self._late_items], read_lag)
        self._lookups = _Replica(list(self._indexes.values()), index_lag)
        self._sequence = 0

    @property
    def index_lag(self) -> float:
        """By how many seconds indexes are behind."""
        return self._lookups.lag

    @index_lag.setter
    def index_lag(self, seconds: float) -> None:
        self._lookups.lag = seconds

    @property
    def read_lag(self) -> float:
        """By how many seconds reads that are not consistent are behind."""
        return self._reads.lag

    @read_lag.setter
    def read_lag(self, seconds: float) -> None:
        self._reads.lag = seconds

    def call(self, operation: str, parameters: Parameters) -> Answer:
        """An operation by its API's name, as ``_make_api_call`` has it. Raises NotImplementedError for another one."""
        if operation not in _OPERATIONS:
            raise NotImplementedError(f"the simulated table knows no operation {operation}")
        return _OPERATIONS[operation](self, parameters)

    # Writes

    @_answers("UpdateItem")
    def update_item(self, parameters: Parameters) -> Answer:
        self._known(parameters, _EXPRESSIONS | {"Key", "UpdateExpression"})
        update = parse_update(text) if (text := parameters.get("UpdateExpression")) else None
        condition = _condition(parameters)
        names, values = _bound(parameters, update, condition)
        key = self._key(parameters["Key"])
        before = self._items.get(key)
        _check(condition, before, names, values, parameters)
        old = before if before is not None else _canonical_item(parameters["Key"])
        after, touched = (dict(old), []) if update is None else update.apply(old, names, values)
        for name in self._keys.names:
            if name in touched:
                raise InvalidError(
                    f"One or more parameter values were invalid: Cannot update attribute {name}."
                    " This attribute is part of the key"
                )
        if before is None and update is not None and update.only_removes:
            return {}
        self._check_item(after, "Item size to update has exceeded the maximum allowed size")
        answer = _returned(parameters.get("ReturnValues", "NONE"), before, after, touched)
        self._write(key, before, after)
        return answer

    @_answers("PutItem")
    def put_item(self, parameters: Parameters) -> Answer:
        self._known(parameters, _EXPRESSIONS | {"Item"})
        condition = _condition(parameters)
        names, values = _bound(parameters, None, condition)
        key, item = self._item(parameters["Item"])
        before = self._items.get(key)
        _check(condition, before, names, values, parameters)
        answer = _old_value(parameters, before)
        self._write(key, before, item)
        return answer

    @_answers("DeleteItem")
    def delete_item(self, parameters: Parameters) -> Answer:
        self._known(parameters, _EXPRESSIONS | {"Key"})
        condition = _condition(parameters)
        names, values = _bound(parameters, None, condition)
        key = self._key(parameters["Key"])
        before = self._items.get(key)
        _check(condition, before, names, values, parameters)
        answer = _old_value(parameters, before)
        self._write(key, before, None)
        return answer

    @_answers("BatchWriteItem")
    def batch_write_item(self, parameters: Parameters) -> Answer:
        requests = self._batch(parameters)
        if len(requests) > WRITE_BATCH:
            raise InvalidError("Too many items requested for the BatchWriteItem call")
        writes: dict[Key, Item | None] = {}
        for request in requests:
            ((what, argument),) = request.items()
            if what == "PutRequest":
                key, item = self._item(argument["Item"])
            else:
                key, item = self._key(argument["Key"]), None
            if key in writes:
                raise InvalidError("Provided list of item keys contains duplicates")
            writes[key] = item
        done = self._processed(len(requests))
        for key, item in list(writes.items())[:done]:
            self._write(key, self._items.get(key), item)
        left = {self.name: list(requests[done:])} if done < len(requests) else {}
        return {"UnprocessedItems": left}

    def expire(self, now: datetime) -> int:
        """Delete what has expired, as DynamoDB does within days. Returns how many items that were."""
        if self._expires is None:
            return 0
        latest, earliest = now.timestamp(), (now - TTL_LOOKS_BACK).timestamp()
        expired = [
            (key, item)
            for key, item in self._items.items()
            if "N" in (when := item.get(self._expires, _NO_VALUES))
            and earliest <= number(when["N"]) <= latest
        ]
        for key, item in expired:
            self._write(key, item, None, expired=True)
        return len(expired)

    # Reads

    @_answers("GetItem")
    def get_item(self, parameters: Parameters) -> Answer:
        self._known(parameters, {"TableName", "Key", "ConsistentRead"})
        view = self._view(consistent=parameters.get("ConsistentRead", False))
        item = view.get(self._key(parameters["Key"]))
        return {} if item is None else {"Item": dict(item)}

    @_answers("BatchGetItem")
    def batch_get_item(self, parameters: Parameters) -> Answer:
        """In an order of its own, which need not be the request's."""
        request = self._batch(parameters)
        if unknown := set(request) - {"Keys", "ConsistentRead"}:
            raise NotImplementedError(f"the simulated BatchGetItem knows no {sorted(unknown)}")
        asked: Sequence[Item] = request["Keys"]
        if len(asked) > READ_BATCH:
            raise InvalidError("Too many items requested for the BatchGetItem call")
        keys = [self._key(key) for key in asked]
        if len(set(keys)) < len(keys):
            raise InvalidError("Provided list of item keys contains duplicates")
        view = self._view(consistent=request.get("ConsistentRead", False))
        done = self._processed(len(keys))
        found = [view.get(key) for key in keys[:done]]
        done = _fitting([item or {} for item in found], LARGEST_READ_BATCH)
        left = {self.name: {**request, "Keys": list(asked[done:])}} if done < len(keys) else {}
        items = [dict(item) for item in reversed(found[:done]) if item is not None]
        return {"Responses": {self.name: items}, "UnprocessedKeys": left}

    @_answers("Query")
    def query(self, parameters: Parameters) -> Answer:
        self._known(parameters, _QUERY)
        if "KeyConditionExpression" not in parameters:
            raise InvalidError(
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
            )
        parsed = parse_key_condition(parameters["KeyConditionExpression"])
        names, values = _given(parameters, parsed.names, parsed.values, "KeyConditionExpression")
        view = self._queried(parameters)
        hash_key, condition = self._hash_and_range(view, parsed.conditions, names, values)
        partition = view.partition(hash_key)
        low, high = 0, len(partition)
        if condition is not None:
            low, high = span(
                partition, condition.operator, [order(values[each]) for each in condition.values]
            )
        forward = parameters.get("ScanIndexForward", True)
        if start := parameters.get("ExclusiveStartKey"):
            behind = self._behind(view, start, hash_key)
            if forward:
                low = max(low, bisect_right(partition, behind))
            else:
                high = min(high, bisect_left(partition, behind))
        chosen: Sequence[Position] = partition[low:high] if forward else partition[low:high][::-1]
        return self._page(view, chosen, parameters.get("Limit"))

    # Snapshots

    def snapshot(self) -> Snapshot:
        """The table as it is; the clock is not part of it."""
        return Snapshot(
            tuple(view.snapshot() for view in self._views()),
            (self._reads.pending, self._lookups.pending),
            self._sequence,
            self.unprocessed,
        )

    def restore(self, snapshot: Snapshot) -> None:
        for view, state in zip(self._views(), snapshot.views, strict=True):
            view.restore(state)
        self._reads.pending, self._lookups.pending = snapshot.pending
        self._sequence, self.unprocessed = snapshot.sequence, snapshot.unprocessed

    # From outside

    def items(self) -> list[dict[str, Value]]:
        """Every item as it is, in no order."""
        return [dict(item) for _, item in self._items.items()]

    # The parts of a request

    def _known(self, parameters: Parameters, known: Iterable[str]) -> None:
        if unknown := parameters.keys() - known:
            raise NotImplementedError(f"the simulated table knows no {sorted(unknown)}")
        if parameters["TableName"] != self.name:
            _no_such_table()

    def _batch(self, parameters: Parameters) -> Any:
        if unknown := parameters.keys() - {"RequestItems"}:
            raise NotImplementedError(f"the simulated table knows no {sorted(unknown)} of a batch")
        if set(parameters["RequestItems"]) != {self.name}:
            _no_such_table()
        request = parameters["RequestItems"][self.name]
        if not request or not (request["Keys"] if isinstance(request, Mapping) else request):
            raise InvalidError(
                "1 validation error detected: Value at 'requestItems' failed to satisfy constraint:"
                " Member must have length greater than or equal to 1"
            )
        return request

    def _processed(self, asked: int) -> int:
        left, self.unprocessed = self.unprocessed, 0
        if left >= asked:
            raise _RefusedError(
                "ProvisionedThroughputExceededException",
                "The level of configured provisioned throughput for the table was exceeded.",
            )
        return asked - left

    def _key(self, key: Item) -> Key:
        if len(key) != len(self._keys.names) or any(name not in key for name in self._keys.names):
            raise InvalidError("The provided key element does not match the schema")
        return self._order_of(key, "The provided key element does not match the schema")

    def _item(self, given: Item) -> tuple[Key, Item]:
        item = _canonical_item(given)
        for name in self._keys.names:
            if name not in item:
                raise InvalidError(
                    f"One or more parameter values were invalid: Missing the key {name} in the item"
                )
        key = self._order_of(item)
        self._check_item(item, "Item size has exceeded the maximum allowed size")
        return key, item

    def _order_of(self, item: Item, mismatch: str = "") -> Key:
        key = []
        for name in self._keys.names:
            value, expected = item[name], self._types[name]
            if kind(value) != expected:
                raise InvalidError(
                    mismatch
                    or f"One or more parameter values were invalid: Type mismatch for key {name}"
                    f" expected: {expected} actual: {kind(value)}"
                )
            plain = order(value)
            if expected in _TEXT_KEYS:
                if not plain:
                    raise InvalidError(
                        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot"
                        f" contain an empty string value. Key: {name}"
                    )
                _check_length(plain, is_hash=name == self._keys.hash)
            key.append(plain)
        return tuple(key)

    def _check_item(self, item: Item, too_large: str) -> None:
        for index, name in self._index_keys:
            if name not in item:
                continue
            value = item[name]
            if kind(value) != self._types[name]:
                raise InvalidError(
                    f"One or more parameter values were invalid: Type mismatch for Index Key {name}"
                    f" Expected: {self._types[name]} Actual: {kind(value)} IndexName: {index}"
                )
            if self._types[name] in _TEXT_KEYS:
                plain = order(value)
                if not plain:
                    raise InvalidError(
                        "One or more parameter values are not valid. A value specified for a secondary index key is"
                        " not supported. The AttributeValue for a key attribute cannot contain an empty string value."
                        f" IndexName: {index}, IndexKey: {name}"
                    )
                _check_length(plain, is_hash=name == self._indexes[index].schema.hash)
        if _fitting([item], LARGEST_ITEM) == 0:
            raise InvalidError(too_large)

    # Writing

    def _write(self, key: Key, before: Item | None, after: Item | None, *, expired: bool = False) -> None:
        """A write that alters nothing leaves no record in the stream."""
        if before == after:
            return
        now = self._clock()
        self._items.put(key, after)
        self._reads.write(now, key, after)
        self._lookups.write(now, key, after)
        self._sequence += 1
        if self._stream is None:
            return
        shown = before if after is None else after
        assert shown is not None
        name = "INSERT" if before is None else "REMOVE" if after is None else "MODIFY"
        keys = {each: shown[each] for each in self._keys.names}
        self._stream(Record(name, keys, after, now, self._sequence, expired))

    # Reading

    def _views(self) -> tuple[View, ...]:
        return (self._items, self._late_items, *self._indexes.values())

    def _view(self, *, consistent: bool) -> View:
        if consistent:
            return self._items
        self._reads.catch_up(self._clock())
        return self._late_items

    def _queried(self, parameters: Parameters) -> View:
        consistent = parameters.get("ConsistentRead", False)
        name = parameters.get("IndexName")
        if name is None:
            return self._view(consistent=consistent)
        if name not in self._indexes:
            raise InvalidError(f"The table does not have the specified index: {name}")
        if consistent:
            raise InvalidError("Consistent reads are not supported on global secondary indexes")
        self._lookups.catch_up(self._clock())
        return self._indexes[name]

    def _hash_and_range(
        self,
        view: View,
        conditions: Sequence[RangeCondition],
        names: Mapping[str, str],
        values: Mapping[str, Value],
    ) -> tuple[Value, RangeCondition | None]:
        hash_key: Value | None = None
        on_range: RangeCondition | None = None
        for condition in conditions:
            name = names.get(condition.attribute, condition.attribute)
            if name == view.schema.hash and hash_key is None:
                if condition.operator != "=":
                    raise InvalidError("Query key condition not supported")
                hash_key = values[condition.values[0]]
            elif name == view.schema.range and on_range is None:
                on_range = condition
            elif name in view.schema.names:
                raise InvalidError("KeyConditionExpressions must only contain one condition per key")
            else:
                raise InvalidError("Query key condition not supported")
            self._check_bounds(name, condition, values)
        if hash_key is None:
            raise InvalidError(f"Query condition missed key schema element: {view.schema.hash}")
        return hash_key, on_range

    def _check_bounds(self, name: str, condition: RangeCondition, values: Mapping[str, Value]) -> None:
        bounds = [values[each] for each in condition.values]
        if any(kind(bound) != self._types[name] for bound in bounds):
            raise InvalidError(
                "One or more parameter values were invalid: Condition parameter type does not match schema type"
            )
        if condition.operator == "begins_with" and self._types[name] == "N":
            raise InvalidError(
                "Invalid KeyConditionExpression: Incorrect operand type for operator or function;"
                " operator or function: begins_with, operand type: N"
            )
        if condition.operator == "BETWEEN" and order(bounds[0]) > order(bounds[1]):
            raise InvalidError(
                "Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or"
                " equal to lower bound"
            )

    def _behind(self, view: View, start: Item, hash_key: Value) -> Position:
        names = {*self._keys.names, *view.schema.names}
        if start.keys() != names or any(kind(value) != self._types[name] for name, value in start.items()):
            raise InvalidError("The provided starting key is invalid")
        if order(start[view.schema.hash]) != order(hash_key):
            raise InvalidError(
                "The provided starting key is outside query boundaries based on provided conditions"
            )
        key = self._order_of({name: start[name] for name in self._keys.names})
        return view.position(key, start)

    def _page(self, view: View, chosen: Sequence[Position], limit: int | None) -> Answer:
        if limit is not None and limit < 1:
            raise InvalidError(
                f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint:"
                " Member must have value greater than or equal to 1"
            )
        entries = [view.carried(view.at(position)) for position in chosen[:limit]]
        del entries[_fitting(entries, PAGE) :]
        answer: Answer = {"Items": entries, "Count": len(entries), "ScannedCount": len(entries)}
        # DynamoDB does not look whether anything is left behind the last one that it was allowed to read.
        if len(entries) < len(chosen) or len(entries) == limit:
            names = (*self._keys.names, *view.schema.names)
            answer["LastEvaluatedKey"] = {name: entries[-1][name] for name in names}
        return answer


_QUERY: Final = frozenset(
    {
        "TableName",
        "IndexName",
        "KeyConditionExpression",
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
        "Limit",
        "ExclusiveStartKey",
        "ScanIndexForward",
        "ConsistentRead",
    }
)
_OPERATIONS: Final[Mapping[str, Callable[[Table, Parameters], Answer]]] = {
    "BatchGetItem": Table.batch_get_item,
    "BatchWriteItem": Table.batch_write_item,
    "DeleteItem": Table.delete_item,
    "GetItem": Table.get_item,
    "PutItem": Table.put_item,
    "Query": Table.query,
    "UpdateItem": Table.update_item,
}


def _schema(keys: Sequence[Mapping[str, str]]) -> Schema:
    by_kind = {each["KeyType"]: each["AttributeName"] for each in keys}
    return Schema(by_kind["HASH"], by_kind.get("RANGE"))


def _index(declared: Mapping[str, Any], table: Schema) -> Schema:
    keys, projection = _schema(declared["KeySchema"]), declared["Projection"]
    if projection["ProjectionType"] == "ALL":
        return keys
    carried = {*table.names, *keys.names, *projection.get("NonKeyAttributes", ())}
    return keys._replace(carried=frozenset(carried))


def _condition(parameters: Parameters) -> Condition | None:
    text = parameters.get("ConditionExpression")
    return None if text is None else parse_condition(text)


def _bound(
    parameters: Parameters, update: Update | None, condition: Condition | None
) -> tuple[Mapping[str, str], Mapping[str, Value]]:
    """The names and values of a write, each of them used."""
    if update is None and condition is None:
        for parameter in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
            if parameter in parameters:
                raise InvalidError(f"{parameter} can only be specified when using expressions")
        return _NO_VALUES, _NO_VALUES
    if condition is None:
        assert update is not None
        return _given(parameters, update.names, update.values, "UpdateExpression")
    if update is None:
        return _given(parameters, condition.names, condition.values, "ConditionExpression")
    names, values = update.names | condition.names, update.values | condition.values
    return _given(parameters, names, values, "UpdateExpression")


def _given(
    parameters: Parameters, names: frozenset[str], values: frozenset[str], where: str
) -> tuple[Mapping[str, str], Mapping[str, Value]]:
    given_names = _exactly(
        parameters, "ExpressionAttributeNames", names, where, "name used in the document path"
    )
    given_values = _exactly(
        parameters, "ExpressionAttributeValues", values, where, "value used in expression"
    )
    return given_names, {name: _canonical_value(name, value) for name, value in given_values.items()}


def _exactly(
    parameters: Parameters, parameter: str, used: frozenset[str], where: str, what: str
) -> Mapping[str, Any]:
    given: Mapping[str, Any] | None = parameters.get(parameter)
    if given is None:
        given = _NO_VALUES
    elif not given:
        raise InvalidError(f"{parameter} must not be empty")
    if given.keys() == used:
        return given
    if missing := used - given.keys():
        noun = what.split(maxsplit=1)[0]
        raise InvalidError(
            f"Invalid {where}: An expression attribute {what} is not defined; attribute {noun}: {min(missing)}"
        )
    unused = ", ".join(sorted(given.keys() - used))
    raise InvalidError(f"Value provided in {parameter} unused in expressions: keys: {{{unused}}}")


def _canonical_value(name: str, value: Value) -> Value:
    try:
        return canonical(value)
    except InvalidError as error:
        raise InvalidError(
            f"ExpressionAttributeValues contains invalid value: {error} for key {name}"
        ) from None


def _canonical_item(item: Item) -> dict[str, Value]:
    return {name: canonical(value) for name, value in item.items()}


def _check(
    condition: Condition | None,
    before: Item | None,
    names: Mapping[str, str],
    values: Mapping[str, Value],
    parameters: Parameters,
) -> None:
    """Raises what a condition that does not hold is answered with."""
    if condition is None or condition.holds(before or {}, names, values):
        return
    shows = parameters.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and before is not None
    more = {"Item": dict(before)} if shows and before is not None else {}
    raise _RefusedError("ConditionalCheckFailedException", "The conditional request failed", **more)


def _returned(wanted: str, before: Item | None, after: Item, touched: Sequence[str]) -> Answer:
    shown: Mapping[str, Value] | None
    match wanted:
        case "NONE":
            return {}
        case "ALL_NEW":
            shown = after
        case "ALL_OLD":
            shown = before
        case "UPDATED_NEW":
            shown = {name: after[name] for name in touched if name in after}
        case "UPDATED_OLD":
            shown = {name: before[name] for name in touched if name in before} if before else None
        case _:
            raise InvalidError(f"Return values set to invalid value: {wanted}")
    return {"Attributes": dict(shown)} if shown else {}


def _old_value(parameters: Parameters, before: Item | None) -> Answer:
    wanted = parameters.get("ReturnValues", "NONE")
    if wanted not in {"NONE", "ALL_OLD"}:
        raise InvalidError("Return values set to invalid value")
    return {"Attributes": dict(before)} if wanted == "ALL_OLD" and before is not None else {}


def _check_length(plain: str | bytes, *, is_hash: bool) -> None:
    size = len(plain if isinstance(plain, bytes) else plain.encode())
    if is_hash and size > LONGEST_HASH_KEY:
        raise InvalidError(
            "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"
        )
    if not is_hash and size > LONGEST_RANGE_KEY:
        raise InvalidError(
            "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of"
            " 1024 bytes"
        )


def _fitting(items: Sequence[Item], limit: int) -> int:
    """How many of these, from the first on, are no larger than that together."""
    # No item is larger than its Python text with four bytes a character, which is far cheaper to make.
    if 4 * sum(len(repr(item)) for item in items) <= limit:
        return len(items)
    total = 0
    for count, item in enumerate(items):
        total += item_size(item)
        if total > limit:
            return count
    return len(items)


def _no_such_table() -> NoReturn:
    raise _RefusedError("ResourceNotFoundException", "Requested resource not found")


def _error(operation: str, code: str, message: str, **more: Any) -> ClientError:
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {**_METADATA, "HTTPStatusCode": 400},
        "message": message,
        **more,
    }
    return ClientError(cast("Any", response), operation)
