"""Slack's limits on a message, so that the double refuses what Slack would refuse.

Sources: https://docs.slack.dev/reference/block-kit/blocks, https://docs.slack.dev/reference/methods/chat.postMessage
and, for the limit over all blocks that no page states, https://github.com/slackapi/bolt-js/issues/2509.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

MAX_BLOCKS: Final = 50
MAX_TEXT: Final = 40_000
MAX_TOTAL: Final = 13_200
# An empty block counts as well: a message of nearly that length was refused for a divider more.
BLOCK_OVERHEAD: Final = 20
MAX_BLOCK_ID: Final = 255

_TEXT_KEYS: Final = {"plain_text": {"type", "text", "emoji"}, "mrkdwn": {"type", "text", "verbatim"}}
_TEXT_TYPES: Final = frozenset({"plain_text", "mrkdwn"})
_PLAIN: Final = frozenset({"plain_text"})
_BUTTON_KEYS: Final = frozenset(
    {"type", "text", "action_id", "url", "value", "style", "confirm", "accessibility_label"}
)


def refusal_of(message: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Slack's word for what is wrong with a message (empty if nothing is), and where."""
    text, blocks = message.get("text") or "", message.get("blocks") or []
    attachments = message.get("attachments") or []
    if not (text or blocks or attachments):
        return "no_text", []
    if not isinstance(text, str) or units(text) > MAX_TEXT:
        return "msg_too_long", []
    if not isinstance(blocks, list) or not isinstance(attachments, list):
        return "invalid_blocks_format", []
    wrong = [*_in_blocks(blocks, "/blocks"), *_in_blocks(_attached(message), "/attachments/blocks")]
    if wrong:
        return "invalid_blocks", wrong
    if total(blocks) > MAX_TOTAL:
        return "msg_blocks_too_long", []
    return "", []


def total(blocks: object) -> int:
    """What a message's blocks count towards the limit over all of them."""
    if isinstance(blocks, list):
        return sum(BLOCK_OVERHEAD + _text_units(block) for block in blocks)
    return 0


def units(text: str) -> int:
    """Length in UTF-16 units: what Slack counts is not documented, and this is the stricter reading."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def block_ids(message: Mapping[str, Any]) -> list[str]:
    """Every block_id that the sender gave, those within attachments included."""
    blocks = [*(message.get("blocks") or []), *_attached(message)]
    return [block["block_id"] for block in blocks if block.get("block_id")]


def _attached(message: Mapping[str, Any]) -> list[Any]:
    parts = [part for part in _listed(message.get("attachments")) if isinstance(part, Mapping)]
    return [block for part in parts for block in _listed(part.get("blocks"))]


def _listed(value: Any) -> list[Any]:
    """A list as it is; what should be one and is not, as none."""
    return value if isinstance(value, list) else []


def _text_units(value: Any) -> int:
    if isinstance(value, Mapping):
        own = sum(units(value[name]) for name in ("text", "alt_text") if isinstance(value.get(name), str))
        return own + sum(_text_units(inner) for inner in value.values())
    return sum(_text_units(inner) for inner in value) if isinstance(value, list) else 0


def _in_blocks(blocks: list[Any], path: str) -> Iterator[str]:
    if len(blocks) > MAX_BLOCKS:
        yield f"no more than {MAX_BLOCKS} items allowed [json-pointer:{path}]"
    seen: set[str] = set()
    for position, block in enumerate(blocks):
        here = f"{path}/{position}"
        if not isinstance(block, Mapping):
            yield f"must be an object [json-pointer:{here}]"
            continue
        yield from _block_id(block, here, seen)
        check = _BLOCKS.get(str(block.get("type")))
        if check is None:
            yield f"unsupported type: {block.get('type')} [json-pointer:{here}/type]"
        else:
            yield from check(block, here)


def _block_id(block: Mapping[str, Any], here: str, seen: set[str]) -> Iterator[str]:
    block_id = block.get("block_id")
    if block_id is None:
        return
    yield from _string(block_id, f"{here}/block_id", MAX_BLOCK_ID)
    if str(block_id) in seen:
        yield f"block_id {block_id} already exists [json-pointer:{here}/block_id]"
    seen.add(str(block_id))


def _section(block: Mapping[str, Any], here: str) -> Iterator[str]:
    yield from _keys(block, here, {"text", "fields", "accessory", "expand"})
    if "text" not in block and "fields" not in block:
        yield f"missing required field: text or fields [json-pointer:{here}]"
    if "text" in block:
        yield from _text(block["text"], f"{here}/text", 3000, _TEXT_TYPES)
    if "fields" in block:
        yield from _items(block["fields"], f"{here}/fields", 10)
        for position, part in _numbered(block["fields"]):
            yield from _text(part, f"{here}/fields/{position}", 2000, _TEXT_TYPES)
    if "accessory" in block:
        yield from _element(block["accessory"], f"{here}/accessory")


def _header(block: Mapping[str, Any], here: str) -> Iterator[str]:
    yield from _keys(block, here, {"text"})
    yield from _text(block.get("text"), f"{here}/text", 150, _PLAIN)


def _context(block: Mapping[str, Any], here: str) -> Iterator[str]:
    yield from _keys(block, here, {"elements"})
    yield from _items(block.get("elements"), f"{here}/elements", 10)
    for position, part in _numbered(block.get("elements")):
        if isinstance(part, Mapping) and part.get("type") == "image":
            yield from _image(part, f"{here}/elements/{position}")
        else:
            yield from _text(part, f"{here}/elements/{position}", 3000, _TEXT_TYPES)


def _actions(block: Mapping[str, Any], here: str) -> Iterator[str]:
    yield from _keys(block, here, {"elements"})
    yield from _items(block.get("elements"), f"{here}/elements", 25)
    for position, part in _numbered(block.get("elements")):
        yield from _element(part, f"{here}/elements/{position}")


def _element(part: Any, here: str) -> Iterator[str]:
    if not isinstance(part, Mapping):
        yield f"must be an object [json-pointer:{here}]"
    elif part.get("type") == "image":
        yield from _image(part, here)
    elif part.get("type") == "button":
        yield from _unknown(part, here, _BUTTON_KEYS)
        yield from _text(part.get("text"), f"{here}/text", 75, _PLAIN)
        for name, limit in (("url", 3000), ("value", 2000), ("action_id", 255)):
            if name in part:
                yield from _string(part[name], f"{here}/{name}", limit)
        if part.get("style", "primary") not in {"primary", "danger"}:
            yield f"unsupported style [json-pointer:{here}/style]"
    else:
        yield f"unsupported element: {part.get('type')} [json-pointer:{here}/type]"


def _image(block: Mapping[str, Any], here: str) -> Iterator[str]:
    yield from _keys(block, here, {"image_url", "slack_file", "alt_text", "title"})
    yield from _string(block.get("image_url"), f"{here}/image_url", 3000)
    yield from _string(block.get("alt_text"), f"{here}/alt_text", 2000)
    if "title" in block:
        yield from _text(block["title"], f"{here}/title", 2000, _PLAIN)


def _divider(block: Mapping[str, Any], here: str) -> Iterator[str]:
    yield from _keys(block, here, set())


def _markdown(block: Mapping[str, Any], here: str) -> Iterator[str]:
    yield from _keys(block, here, {"text"})
    yield from _string(block.get("text"), f"{here}/text", 12_000)


_BLOCKS: Final[Mapping[str, Callable[[Mapping[str, Any], str], Iterator[str]]]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "image": _image,
    "divider": _divider,
    "markdown": _markdown,
}


def _text(value: Any, here: str, limit: int, types: frozenset[str]) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"missing required field: text [json-pointer:{here}]"
    elif value.get("type") not in types:
        yield f"must be one of {', '.join(sorted(types))} [json-pointer:{here}/type]"
    else:
        yield from _unknown(value, here, _TEXT_KEYS[value["type"]])
        yield from _string(value.get("text"), f"{here}/text", limit)


def _string(value: Any, here: str, limit: int) -> Iterator[str]:
    if not isinstance(value, str) or not value:
        yield f"must be more than 0 characters [json-pointer:{here}]"
    elif units(value) > limit:
        yield f"must be less than {limit + 1} characters [json-pointer:{here}]"


def _items(value: Any, here: str, limit: int) -> Iterator[str]:
    if not isinstance(value, list) or not value:
        yield f"must be a list with at least one item [json-pointer:{here}]"
    elif len(value) > limit:
        yield f"no more than {limit} items allowed [json-pointer:{here}]"


def _numbered(value: Any) -> Iterator[tuple[int, Any]]:
    return enumerate(value) if isinstance(value, list) else enumerate(())


def _keys(block: Mapping[str, Any], here: str, known: set[str]) -> Iterator[str]:
    yield from _unknown(block, here, {"type", "block_id", *known})


def _unknown(value: Mapping[str, Any], here: str, known: set[str] | frozenset[str]) -> Iterator[str]:
    for name in value:
        if name not in known:
            yield f"invalid additional property: {name} [json-pointer:{here}]"
