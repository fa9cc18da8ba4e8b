"""DynamoDB's tagged values to and from plain ones: the dozen lines of boto3 that a cold start need not import."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def to_wire(value: Any) -> dict[str, Any]:
    """One tagged value. Times become seconds since 1970, exact to the microsecond. Raises TypeError."""
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": str(value)}
        case bytes():
            return {"B": value}
        case int() | Decimal():
            return {"N": str(value)}
        case float():
            return {"N": repr(value)}
        case datetime():
            return {"N": seconds(value)}
        case Mapping():
            return {"M": {key: to_wire(inner) for key, inner in value.items()}}
        case list() | tuple():
            return {"L": [to_wire(inner) for inner in value]}
        case frozenset() | set():
            return {"SS": sorted(value)}
    raise TypeError(f"cannot store a {type(value).__name__}")


def from_wire(tagged: Mapping[str, Any]) -> Any:
    """The plain value; numbers become int where they are whole, else Decimal."""
    ((tag, value),) = tagged.items()
    match tag:
        case "N":
            number = Decimal(value)
            return int(number) if number == number.to_integral_value() else number
        case "M":
            return {key: from_wire(inner) for key, inner in value.items()}
        case "L":
            return [from_wire(inner) for inner in value]
        case "SS":
            return frozenset(value)
    return value


def item_to_wire(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item without its absent (None) members."""
    return {name: to_wire(value) for name, value in item.items() if value is not None}


def item_from_wire(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: from_wire(value) for name, value in item.items()}


def seconds(moment: datetime) -> str:
    """Seconds since 1970 as decimal text, exact to the microsecond."""
    return f"{Decimal((moment - EPOCH) // timedelta(microseconds=1)).scaleb(-6).normalize():f}"


def moment(value: int | Decimal | None) -> datetime | None:
    """The time of a stored number."""
    return None if value is None else EPOCH + timedelta(microseconds=int(Decimal(value).scaleb(6)))
