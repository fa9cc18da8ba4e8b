"""How the generated pages of the documentation read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import click

from jobherald.config.schema import schema
from jobherald.errors import ConfigError

WIDTH: Final = 88
"""Columns of the help in docs/cli.md, whatever terminal it was written at."""

_HEAD: Final = """\
<!-- Generated from the running command by `jobherald docs`; edit layers/core/jobherald/cli instead. -->

# The command
"""


def commands() -> str:
    """``docs/cli.md``: the help of every command."""
    from jobherald.cli.main import main

    return "\n".join([_HEAD, *_sections(main, None, "jobherald")])


def config_schema() -> str:
    """``docs/schemas/jobherald.config.v1.json``."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def configuration(page: str) -> str:
    """``docs/configuration.md`` with its generated part written anew. Raises ConfigError where its marks are gone."""
    return between(page, "keys", _keys())


def between(page: str, mark: str, text: str) -> str:
    """The page with this text between its two marks of that name."""
    begin, end = f"<!-- generated: {mark} -->\n", f"<!-- end of generated: {mark} -->"
    found = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if not found.search(page):
        raise ConfigError(
            f"docs/configuration.md has lost its marks {begin.strip()} and {end}. Put them back."
        )
    return found.sub(lambda _: begin + text + end, page)


def _sections(command: click.Command, parent: click.Context | None, name: str) -> Iterator[str]:
    settings = {**command.context_settings, "terminal_width": WIDTH, "max_content_width": WIDTH}
    context = click.Context(command, parent, info_name=name, **settings)
    yield f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            if found:
                yield from _sections(found, context, inner)


def _keys() -> str:
    watch = schema()["$defs"]["Watch"]
    rows = [
        f"| `{name}` | {_takes(key)} | {'yes' if name in watch['required'] else 'no'} | {key['description']} |"
        for name, key in watch["properties"].items()
    ]
    return "\n".join(["| key | takes | required | meaning |", "| --- | --- | --- | --- |", *rows, ""])


def _takes(key: Mapping[str, Any]) -> str:
    if key["type"] == "array":
        words = key["items"].get("enum")
        return f"list of {', '.join(f'`{word}`' for word in words)}" if words else "list of texts"
    if key.get("format") == "date-time":
        return "time"
    return "duration" if "pattern" in key else "text"
