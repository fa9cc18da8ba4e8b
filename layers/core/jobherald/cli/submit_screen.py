"""What was found in a request, and what it would start, as a person reads it at a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rich.table import Table
from rich.text import Text

from jobherald.channels.text import one_line
from jobherald.cli.screen import console
from jobherald.submit.findings import Finding, Report, Severity

_UNSEEN: Final = ".not-checked"
_WHOLE: Final = "the request"


def report(found: Report) -> None:
    """Each finding by its place, with its rule, what is wrong and what would do; then how many there are."""
    out = console()
    for finding in found.findings:
        mark, style = _mark(finding)
        head = Text(one_line(finding.path) or _WHOLE, "bold")
        # The address of the page that says so, where the terminal knows links.
        head.append(f"  {finding.rule}", f"not bold dim link {finding.source.partition(' ')[0]}")
        table = Table.grid(padding=(0, 1))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        table.add_row(Text(mark, style), head)
        table.add_row("", Text(one_line(finding.message)))
        table.add_row(Text("→", "cyan"), Text(one_line(finding.remedy), "cyan"))
        out.print(table, "")
    out.print(counted(found) + ".")


def counted(found: Report) -> str:
    """``2 errors, 1 warning, 3 things could not be checked``."""
    unseen = sum(_is_unseen(each) for each in found.warnings)
    warnings = len(found.warnings) - unseen
    counts = [
        _many(len(found.errors), "error", "errors"),
        _many(warnings, "warning", "warnings"),
        _many(unseen, "thing could not be checked", "things could not be checked"),
    ]
    return ", ".join(count for count in counts if count) or "Nothing is wrong with it"


def brief(rows: Iterable[tuple[str, str]]) -> None:
    """What would be started; rows without a value are left out."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        if value:
            table.add_row(Text(f"  {name}"), Text(one_line(value)))
    console().print(table)


def _mark(finding: Finding) -> tuple[str, str]:
    if finding.severity is Severity.ERROR:
        return "✗", "bold red"
    return ("?", "magenta") if _is_unseen(finding) else ("!", "bold yellow")


def _is_unseen(finding: Finding) -> bool:
    """Whether it says that something could not be looked at, rather than what was seen."""
    return finding.rule.endswith(_UNSEEN)


def _many(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}" if count else ""
