"""`jobherald redrive`: the dead letters of a deployment shown, explained, sent again or deleted."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from jobherald.cli.target import Target, Where, target_options
from jobherald.cli.trouble import Trouble, Wrong
from jobherald.deadletters.letter import Advice, Explained, Queue

if TYPE_CHECKING:
    from jobherald.deadletters.box import Box, Reading
    from jobherald.deadletters.explain import Explainer

_OF_POLLS_AND_WAKE_UPS: Final = "is not sent again: every later one says more. Delete these with --purge."


@dataclass(frozen=True, slots=True)
class Contents:
    """What was seen of one queue, explained."""

    queue: Queue
    reading: Reading
    letters: Sequence[Explained]


@click.command("redrive", epilog="Example: jobherald redrive slack --resend --stack jobherald")
@click.argument(
    "queue", type=click.Choice([queue.value for queue in Queue]), metavar="[QUEUE]", required=False
)
@click.option(
    "--resend", is_flag=True, help="Send them again, after asking. What was told is not told twice."
)
@click.option("--purge", is_flag=True, help="Delete them for good, after asking; only those that are shown.")
@click.option("--message", metavar="ID", default="", help="Only this one, by the beginning of its id.")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts, with the messages' bodies.")
@target_options()
def redrive(
    queue: str | None, resend: bool, purge: bool, message: str, yes: bool, as_json: bool, where: Where
) -> None:
    """Show what lies in the dead-letter queues, why, and what to do about it; send it again, or delete it.

    QUEUE is slack, notify, looks, polls, ingest or schedule; without it all are shown. Reading uses nothing up: what is
    shown is back in its queue at once.

    --resend sends news to Slack's queue and looks and events to that of looks, and writes the items once more that owe
    news (notify). A message is deleted when it is sent, and what cannot be sent again is kept. Polls and wake-ups are
    not sent again: those that came later said more.
    """
    _refuse_what_makes_no_sense(queue, resend=resend, purge=purge, message=message, yes=yes, as_json=as_json)
    desk = _Desk.of(where.find())
    if queue is None:
        _show_all(desk, where, as_json=as_json)
    elif not (resend or purge):
        _show(desk.contents(Queue(queue)), where, message, as_json=as_json)
    else:
        _work(desk, Queue(queue), where, message, resend=resend, yes=yes, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What the command needs of a deployment."""

    target: Target
    explainer: Explainer
    urls: dict[str, str]

    @classmethod
    def of(cls, target: Target) -> _Desk:
        from jobherald.config.reading import find
        from jobherald.deadletters.explain import Explainer

        # A source of somebody's own is known where it was deployed from; elsewhere its letters are shown as they are.
        sources = [source for source in map(find, target.deployment().sources) if source is not None]
        pages = target.client("cloudformation").get_paginator("list_stack_resources")
        found = (
            each
            for page in pages.paginate(StackName=target.stack)
            for each in page["StackResourceSummaries"]
            if each["ResourceType"] == "AWS::SQS::Queue"
        )
        urls = {each["LogicalResourceId"]: each.get("PhysicalResourceId", "") for each in found}
        return cls(target, Explainer(target.store(), sources, target.account, datetime.now(UTC)), urls)

    def box(self, queue: Queue) -> Box:
        from jobherald.deadletters.box import Box

        return Box(self.target.client("sqs"), self._url(queue.resource))

    def contents(self, queue: Queue) -> Contents:
        return self.explained(queue, self.box(queue).read())

    def every(self) -> list[Contents]:
        """All queues, read side by side: each makes sure for a second that there is no more."""
        boxes = {queue: self.box(queue) for queue in Queue}
        with ThreadPoolExecutor(len(boxes)) as pool:
            readings = list(pool.map(lambda box: box.read(), boxes.values()))
        return [self.explained(queue, reading) for queue, reading in zip(boxes, readings, strict=True)]

    def explained(self, queue: Queue, reading: Reading) -> Contents:
        return Contents(queue, reading, self.explainer.explain(queue, reading.letters))

    def work(self, queue: Queue, letters: Sequence[Explained], *, resend: bool) -> Iterator[Explained]:
        """Send these again, or delete them; each as it is done with."""
        from jobherald.deadletters.redrive import Senders
        from jobherald.deadletters.redrive import purge as purge_letters
        from jobherald.deadletters.redrive import resend as resend_letters
        from jobherald.queues import SqsQueues

        box = self.box(queue)
        if not resend:
            return purge_letters(box, letters)
        sqs = self.target.client("sqs")
        looks = SqsQueues(sqs, polls_url="", looks_url=self._url("LooksQueue"))
        senders = Senders(sqs, self._url("SlackQueue"), looks, self.explainer.memory)
        owing = self.explainer.owing() if queue is Queue.NOTIFY else ()
        return resend_letters(box, letters, senders, owing, self.explainer.now)

    def _url(self, resource: str) -> str:
        if resource not in self.urls:
            raise Trouble(
                f"The stack {self.target.stack} has no {resource}: it is no jobherald stack, or an older one."
            )
        return self.urls[resource]


def _refuse_what_makes_no_sense(
    queue: str | None, *, resend: bool, purge: bool, message: str, yes: bool, as_json: bool
) -> None:
    if queue is None and (resend or purge or message):
        raise Trouble("Say of which queue: jobherald redrive slack --resend.")
    if resend and purge:
        raise Trouble("Either --resend or --purge: what was sent again is deleted by itself.")
    if resend and queue in {Queue.POLLS, Queue.SCHEDULE}:
        what = "A poll" if queue == Queue.POLLS else "A wake-up"
        raise Trouble(f"{what} {_OF_POLLS_AND_WAKE_UPS}")
    if as_json and (resend or purge) and not yes:
        raise Trouble("With --json nobody is asked. Give --yes too.")


def _show_all(desk: _Desk, where: Where, *, as_json: bool) -> None:
    from jobherald.cli import redrive_screen as screen

    found = desk.every()
    if as_json:
        screen.echo_json(found)
    else:
        screen.overview(found, desk.target.stack, options_of(where))


def _show(found: Contents, where: Where, message: str, *, as_json: bool) -> None:
    from jobherald.cli import redrive_screen as screen

    found = _narrowed(found, message)
    if as_json:
        screen.echo_json([found])
    else:
        screen.contents(found, options_of(where))


def _work(
    desk: _Desk, queue: Queue, where: Where, message: str, *, resend: bool, yes: bool, as_json: bool
) -> None:
    from jobherald.cli import redrive_screen as screen

    worked = _Worked()
    try:
        found = _round(desk, queue, message, worked, resend=resend, yes=yes)
        # Of a FIFO queue more comes to light only when what lay before it is gone.
        while yes and not (resend or message) and found.reading.unseen and found.letters:
            found = _round(desk, queue, message, worked, resend=resend, yes=yes)
    finally:
        # Also where something failed under way: what was done is said.
        if as_json:
            screen.echo_done(queue, worked.done, worked.kept, resend=resend)
        elif worked.done:
            owing = len(desk.explainer.owing()) if queue is Queue.NOTIFY else 0
            click.echo(screen.done_words(queue, len(worked.done), owing, resend=resend))
    if worked.missing:
        raise Wrong(f"{worked.missing} of them had left the queue, or another reader hides them.")
    if worked.kept:
        raise Wrong(
            f"Kept: {len(worked.kept)} that cannot be sent again. See with --json what they are; --purge deletes them."
        )
    if yes and not (worked.done or as_json):
        screen.contents(found, options_of(where))


@dataclass(slots=True)
class _Worked:
    """What became of the letters so far; ``missing`` counts those that were not to be had any more."""

    done: list[Explained] = field(default_factory=list)
    kept: list[Explained] = field(default_factory=list)
    missing: int = 0


def _round(desk: _Desk, queue: Queue, message: str, worked: _Worked, *, resend: bool, yes: bool) -> Contents:
    """Work off what can be seen at once, after asking."""
    from jobherald.cli import redrive_screen as screen

    found = _narrowed(desk.contents(queue), message)
    worked.kept = [each for each in found.letters if resend and not each.resendable]
    meant = [each for each in found.letters if each.resendable or not resend]
    if not yes:
        screen.contents(found, "")
        _ask(meant, resend=resend)
    worked.missing = len(meant)
    for each in desk.work(queue, meant, resend=resend):
        worked.done.append(each)
        worked.missing -= 1
    return found


def _narrowed(found: Contents, message: str) -> Contents:
    """The one letter that the user named. Raises Trouble where there is none, or more than one."""
    if not message:
        return found
    meant = [each for each in found.letters if each.letter.id.startswith(message)]
    if not meant:
        raise Wrong(f"No dead letter that SQS shows in {found.queue} has an id that begins with {message}.")
    if len(meant) > 1:
        raise Trouble(f"{len(meant)} dead letters have ids that begin with {message}. Write more of it.")
    return Contents(found.queue, found.reading, meant)


def _ask(meant: Sequence[Explained], *, resend: bool) -> None:
    if not meant:
        return
    if not _at_terminal():
        raise Trouble("Nobody can be asked here, so nothing was done. Give --yes to do it.")
    count, lost = len(meant), sum(each.resendable and each.advice is not Advice.PURGE for each in meant)
    them = "it" if count == 1 else f"these {count}"
    could = "It" if count == 1 else "All of them" if lost == count else f"{lost} of them"
    warning = f" {could} could be sent again." if lost and not resend else ""
    if not click.confirm(f"Send {them} again?" if resend else f"Delete {them} for good?{warning}"):
        raise Wrong("Nothing was done.")


def _at_terminal() -> bool:
    return sys.stdin.isatty()


def options_of(where: Where) -> str:
    """What names the same deployment in another command."""
    words = ["--local"] if where.local else ["--stack", where.stack]
    for option, value in (("--region", where.region), ("--profile", where.profile)):
        words += [option, value] if value and not where.local else []
    return " ".join(words)
