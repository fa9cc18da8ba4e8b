"""docs/reliability.md, from the table of cases and the figures of a run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from faults.cases import CASES, Case

_FIGURE: Final = re.compile(r"^\| `(?P<name>[a-z_]+)` \| (?P<value>[\d,.]+)", re.MULTILINE)
_PLANTED: Final = re.compile(
    r"^\| (?P<name>[^|]+?) \| `(?P<file>[^`]+)` \| (?P<what>[^|]+?) \| `(?P<run>[^`]*)` \|$", re.MULTILINE
)
_COVERED: Final = re.compile(r"^\| coverage of `(?P<room>\w+)` \| (?P<share>[\d.]+) % \|$", re.MULTILINE)

_MEANING: Final = {
    "crash_runs": "runs of the whole system with a crash or an unanswered or refused call, or with two",
    "crash_points": "places for them: each call of each schedule, before and after its effect, and unanswered",
    "schedules": "schedules whose every call was tried",
    "lost": "changes owed by what the answers showed that did not arrive on SNS or in Slack",
    "duplicates_without_crash": "changes that came twice though nothing crashed and every call was answered",
    "max_duplicates_per_crash": "how often one change came again, at most, for each crash or unanswered call",
    "hypothesis_steps": "steps of two state machines over arbitrary jobs, texts, events, faults, restarts and changed watches",
    "cases": "cases of the table below, each with its tests",
}

_HEAD: Final = """\
# Reliability

<!-- Written by `make faults`: the words from faults/reliability.py, the cases from faults/cases.py, the figures its own. -->

What people may rely on when jobherald crashes, AWS throttles, Slack is down and events come twice; what they may not,
and why; and how both were tried.

## What is promised

1. **Nothing is lost.** A state worth telling that an answer showed us is told on SNS and in Slack, whatever crashes in
   between: queues and stream bring back what failed, and once a minute `schedule` sends anew what is owed for too long. A
   state that was overtaken before it was stored (a job was seen running by an invocation that died, and has ended by the
   next look) is not told by itself; what overtook it is.
2. **Nothing is told twice without a crash.** Doubled, late and reordered events, two polls at once, a call that is
   throttled, a batch that SNS takes in part, a Slack that says 429: none of them repeats a message.
3. **A crash repeats at most once what it interrupted.** Telling and recording are two calls. Where a function dies
   between them, or gets no answer, nobody knows whether the news was told: it is told again, with the same id.
4. **A place that cannot be seen is announced**, and what changed meanwhile is told as late news, with since when.

## What is not promised, and why

- **Exactly once on standard SNS and in Slack.** Neither takes an idempotency key. Every message carries the change's id
  (`id`, and as the block's id in Slack), so that a program can drop what it has had.
- **States that no answer showed.** A job that was queued, ran and was deleted between two looks was never seen. The
  outcome of one that is still listed after it ended is told, however short it was.
- **A change that its list shows more than five minutes late.** That is by how much one look goes back behind the last.
- **Within minutes, below a dataset that shows no sign.** A ModelArts task that began and ended between two polls, and
  left the dataset's row as it was, is told within an hour.
- **Slack, after fourteen days without it.** SQS keeps a message for fourteen days, those in the dead-letter queue
  included ([operations](operations.md#slackagealarm-slackgonealarm)). SNS was told all the same, and the table still
  tells each job's story.
- **A restored table forgets.** What was told after the moment of the backup is told again if its service still shows it,
  and an id can be given a second time ([operations](operations.md#restore-from-backup)).
- **A table that refuses every write for more than 3.5 seconds** between telling and recording repeats the message, as a
  crash there does ([ADR 0022](adr/0022-what-was-told-is-recorded-with-patience.md)).

## How it was tried

`make faults` runs the shipped functions (`functions/*/app.py`, flows, store, providers, channels, imported as they are)
in a simulated world ([`faults/`](../faults)). Every call to AWS, Slack and Huawei Cloud passes one gate, where it can be
refused, be left without an answer, or be the last thing that its function does. Time moves only by what is waited for,
and a run is decided by its seed. DynamoDB's conditions, streams that send again from the lowest failed record, queues
with visibility and FIFO groups, time-outs and retries follow AWS's documentation and the settings of `template.yaml`; the
table is compared with moto at random. What was due is reckoned from what the services' answers contained, without asking
the product. A run that breaks a promise prints a line such as

```sh
.venv/bin/python -m faults.run --replay 'seed=17 faults=53:crash-after'
```

shrunk to what matters, which runs it again and shows each of its calls. `make test` runs a smaller part.

"""


class Planted(NamedTuple):
    """A planted fault as the page shows it: its name, the file that was patched, what found it, and the run."""

    name: str
    file: str
    finding: str
    run: str


def page(
    figures: Mapping[str, int],
    covered: Mapping[str, float],
    planted: Iterable[Planted],
    cases: Sequence[Case] = CASES,
) -> str:
    """The whole page."""
    return _HEAD + "\n".join((*_figures(figures, covered), *_planted(planted), *_cases(cases)))


def read(text: str) -> tuple[dict[str, int], dict[str, float], list[Planted]]:
    """The figures, coverage and planted faults of a page."""
    figures = {
        found["name"]: int(found["value"].replace(",", ""))
        for found in _FIGURE.finditer(text)
        if found["name"] in _MEANING
    }
    covered = {found["room"]: float(found["share"]) for found in _COVERED.finditer(text)}
    planted = [
        Planted(found["name"], found["file"], found["what"], found["run"])
        for found in _PLANTED.finditer(text)
    ]
    return figures, covered, planted


def _figures(figures: Mapping[str, int], covered: Mapping[str, float]) -> Iterator[str]:
    yield "| figure | | |"
    yield "| --- | --- | --- |"
    yield from (f"| `{name}` | {figures[name]:,} | {meaning} |" for name, meaning in _MEANING.items())
    yield ""
    yield "| lines and branches that the tests of these cases and the state machines pass | |"
    yield "| --- | --- |"
    yield from (f"| coverage of `{room}` | {share:.1f} % |" for room, share in covered.items())
    yield ""


def _planted(planted: Iterable[Planted]) -> Iterator[str]:
    yield "## Faults that were planted, and found"
    yield ""
    yield "A proof that cannot fail proves nothing. Each of these is a patch to a line that we ship, and the same hunt finds"
    yield "nothing in what we ship."
    yield ""
    yield "| fault | patched | what found it | run |"
    yield "| --- | --- | --- | --- |"
    yield from (f"| {one.name} | `{one.file}` | {one.finding} | `{one.run}` |" for one in planted)
    yield ""


def _cases(cases: Sequence[Case]) -> Iterator[str]:
    yield "## The cases"
    yield ""
    yield "Ways in which such systems break. The tests are in [`tests/faults`](../tests/faults)."
    yield ""
    yield "| | case | what happens | tests |"
    yield "| --- | --- | --- | --- |"
    for case in cases:
        tests = "<br>".join(f"`{_short(test)}`" for test in case.tests)
        yield f"| {case.number} | {case.title} | {case.promise} | {tests} |"
    yield ""


def _short(test: str) -> str:
    """A test's name behind its file's: the folder is the same for all."""
    return test.removeprefix("tests/faults/")
