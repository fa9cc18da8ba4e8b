"""What the demo prints while it runs: a line for each thing that happens, and at the end what a reader of Slack saw."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from rich.console import Console
from rich.markup import escape

from jobherald.local.killer import Kill
from jobherald.local.ledger import Showing
from jobherald.local.reckoning import Reckoning
from jobherald.local.scenario import Scenario
from jobherald.local.slack import Message, SlackDouble, Spell
from jobherald.local.slack_screen import panel
from jobherald.local.submitting import NAME, POLLS, Submitted
from jobherald.model import State

_LOOKS: Final[Mapping[str, tuple[str, str]]] = {
    "running": ("▶", "cyan"),
    "succeeded": ("✔", "green"),
    "partial": ("◐", "yellow"),
    "failed": ("✘", "red"),
    "stopped": ("■", "yellow"),
    "gone": ("?", "magenta"),
}
# Which messages are shown at the end, by the words that they hold.
_SHOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "a labeling job that failed": ("failed", "Ground Truth"),
    "a task that failed in ModelArts": ("failed", "ModelArts"),
    "a job that succeeded": ("succeeded",),
}
_SPELLS: Final[Mapping[Spell, str]] = {
    Spell.RATE_LIMITED: "Slack answers 429 Too Many Requests for {seconds:g} s",
    Spell.SERVER_ERROR: "Slack answers 500 for {seconds:g} s",
    Spell.SWALLOW: "fault: Slack says ok to one post and forgets it; the SNS subscriber loses one message",
}


class DemoScreen:
    """Prints on a console; times are seconds since the demo began."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._posts = 0

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Say what takes a while, and how long it took."""
        began = time.monotonic()
        with self._console.status(what):
            yield
        self._say(f"{what} [dim]({time.monotonic() - began:.1f} s)[/]")

    def begins(self, jobs: Scenario) -> None:
        self._say(
            f"[bold]{len(jobs.before)} jobs were there before[/] the first look: nobody hears of those that are over"
        )
        self._say(
            f"[bold]{len(jobs.after)} jobs come now[/], and {len(jobs.events)} events, some twice, some late"
        )

    def told(self, message: Mapping[str, Any]) -> None:
        """One message that the SNS subscriber received."""
        if "alert" in message:
            self._say(f"[blue]●[/] {escape(str(message['text']))}")
            return
        sign, colour = _LOOKS.get(str(message["state"]), ("·", "white"))
        reason = " ".join(str(message.get("reason") or "").splitlines())
        why = f" [dim]{escape(reason)}[/]" if reason else ""
        name = escape(str(message["name"] or message["service_id"]))
        self._say(f"[{colour}]{sign}[/] {name} [{colour}]{message['state']}[/]{why}")

    def spell(self, spell: Spell, seconds: float) -> None:
        self._say(f"[yellow]⚡ {_SPELLS[spell].format(seconds=seconds)}[/]")

    def throttled(self, region: str, seconds: float) -> None:
        self._say(f"[yellow]⚡ ModelArts in {region} answers 429 (APIGW.0308) for {seconds:g} s[/]")

    def killed(self, kill: Kill, hosts: Mapping[str, str]) -> None:
        """Who died, and when in its work. ``hosts`` are those outside of AWS, by their addresses."""
        asked, _, host = kill.call.partition(" ")
        call = f"{asked} to {hosts[host]}" if host in hosts else kill.call
        when = f"when request {kill.requests} of its work had been answered"
        self._say(f"[bold red]☠ {kill.verb} was killed[/] {when}: {escape(call)}")

    def submits(self, words: Sequence[str]) -> None:
        """A command that is run now."""
        self._say(f"[bold]$ {escape(' '.join(words))}[/]")

    def submitted(self, submitted: Submitted) -> None:
        """What it found, and that it started the job."""
        for finding in submitted.findings:
            self._say(f"[yellow]![/] {escape(finding['path'])}: {escape(finding['message'])}")
        found = (
            f"{len(submitted.findings)} findings" if submitted.findings else "all was looked at, no findings"
        )
        by = f"told by the stack {submitted.stack}" if submitted.registered else "told by nobody"
        self._say(f"[bold]{NAME} started[/]: {submitted.not_looked or found}; {by}")

    def told_of_submitted(self, state: State | None, polls: int) -> None:
        """How soon Slack had the first message of the submitted job."""
        colour = "green" if polls <= POLLS else "red"
        when = ("before the next poll", "after 1 poll")[polls] if polls < POLLS else f"after {polls} polls"
        late = "" if polls <= POLLS else f", and {POLLS} are the most that it may take"
        self._say(f"[bold {colour}]{NAME} was {state or 'told'} in Slack {when}{late}[/]")

    def never_told(self) -> None:
        """That Slack had no message of the submitted job at all."""
        self._say(f"[bold red]{NAME} was never told in Slack[/]")

    def tick(self, slack: SlackDouble) -> None:
        """Say what Slack has got since the last tick."""
        messages = slack.messages
        fresh = messages[self._posts :]
        self._posts = len(messages)
        for message in fresh:
            told = len(message.anchors)
            many = f" [dim]({told} changes in one post)[/]" if told > 1 else ""
            self._say(f"[magenta]Slack[/] {escape(message.text.splitlines()[0])}{many}")

    def reckoned(self, reckoning: Reckoning, kills: Sequence[Kill], ledger: Iterable[Showing]) -> None:
        """What was due, of every source and in all, and what went wrong. ``ledger`` is what the answers showed."""
        findings = [*reckoning.lost, *reckoning.duplicated, *reckoning.unexpected]
        colour = "red" if findings else "green"
        self._console.print()
        if kills:
            of_each = ", ".join(
                f"{verb} {count}" for verb, count in Counter(kill.verb for kill in kills).items()
            )
            told = f"{len(reckoning.duplicated_by_crash)} changes were told again for it"
            self._say(
                f"[bold]{len(kills)} kills[/] ({of_each}): what they interrupted was done again, and {told}"
            )
        jobs = Counter(map(_source, dict.fromkeys(each.job for each in ledger)))
        due = Counter(_source(each.job) for each in reckoning.due)
        for source, count in jobs.items():
            self._say(f"{source}: {count} jobs shown, {due[source]} changes due")
        self._say(
            f"[bold {colour}]{len(reckoning.due)} changes were due by the services' own answers; "
            f"lost {len(reckoning.lost)}, told twice without a crash {len(reckoning.duplicated)}[/]"
        )
        for finding in findings:
            self._console.print(f"  [red]{escape(str(finding))}[/]", soft_wrap=True, highlight=False)

    def messages(self, slack: SlackDouble) -> None:
        """A failure in either cloud and a success as their reader sees them."""
        for what, words in _SHOWN.items():
            shown = _fullest(slack, words)
            if shown is not None:
                self._console.print(panel(shown.payload, title=f"{what}, in Slack"))

    def last_line(self, text: str) -> None:
        """For programs: unbroken and without colours."""
        self._console.file.write(f"{text}\n")
        self._console.file.flush()

    def keep(self, endpoint: str, slack: str) -> None:
        """Let everything run until Ctrl-C."""
        self._console.print(
            f"The local cloud runs on at {endpoint}, Slack's messages are at {slack}. Ctrl-C ends it."
        )
        self._console.print("In another terminal: jobherald jobs --local")
        with suppress(KeyboardInterrupt):
            while True:
                time.sleep(1)

    def _say(self, text: str) -> None:
        at = time.monotonic() - self._began
        self._console.print(f"[dim]{at:5.1f}s[/] {text}", soft_wrap=True, highlight=False)


def _source(job: str) -> str:
    """Whose job a key is."""
    return job.partition("/")[0]


def _fullest(slack: SlackDouble, words: Iterable[str]) -> Message | None:
    """The message about such a job that says most: one that stands alone, if there is one."""
    about = [one for one in slack.messages if all(word in one.text for word in words)]
    alone = [one for one in about if len(one.anchors) == 1]
    if alone:
        return max(alone, key=lambda one: len(str(one.payload)))
    return min(about, key=lambda one: len(one.anchors), default=None)
