"""Faults that are planted in the shipped lines, one at a time: a proof that cannot fail proves nothing.

Each is what somebody could have written instead. It is put into a copy of the sources, and the hunt (`faults/hunt.py`)
runs there in a process of its own until a promise is broken; the same hunt through the sources as they are finds nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from faults.judge import UNEXPLAINED

ROOT: Final = Path(__file__).resolve().parent.parent
_COPIED: Final = ("layers/core/jobherald", "functions", "faults", "bench", "tests/project", "template.yaml")
_PATIENCE: Final = 300.0
"""Seconds for a hunt that takes two to ten."""


class MovedLineError(Exception):
    """The shipped text that a planted fault replaces is no longer there, or there more than once."""


class HuntError(Exception):
    """A hunt that came to no end, or one that found something in the sources as they are."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A planted fault: ``breaks`` says in a sentence what it does, ``hunts`` in which part of the list it is looked for first.

    ``shipped`` is the text of ``file`` (below layers/core/jobherald or functions) that ``instead`` replaces.
    """

    name: str
    breaks: str
    file: str
    shipped: str
    instead: str
    hunts: str

    def patched(self, text: str) -> str:
        """The file's text with the fault in it. Raises MovedLineError."""
        if (times := text.count(self.shipped)) != 1:
            raise MovedLineError(
                f"{self.name!r}: the line that it replaces is {times} times in {self.file}: the shipped line moved."
                f" Write the planted fault anew in faults/mutants.py, for what is there now in its place:\n{self.shipped}"
            )
        return text.replace(self.shipped, self.instead)


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a hunt: what was found first and in which run (both empty: nothing), after so many runs and seconds."""

    name: str
    file: str
    finding: str
    run: str
    runs: int
    seconds: float

    @property
    def found(self) -> bool:
        """Whether the hunt found anything."""
        return bool(self.finding)

    def __str__(self) -> str:
        if not self.found:
            return f"{self.name}: nothing found in {self.runs} runs ({self.seconds:.1f} s)"
        return f"{self.name}: {self.finding} ({self.run}; run {self.runs}, {self.seconds:.1f} s)"


MUTANTS: Final[Sequence[Mutant]] = (
    Mutant(
        "mark before send",
        "What is marked as told and then not taken, or never sent, is lost.",
        "layers/core/jobherald/flows/notify.py",
        """\
        _publish(owing, told, publisher, store, patience, result)
""",
        """\
        for item in owing:
            store.mark(item, [Delivery("sns", piece, piece.at) for piece in item.news])
        _publish(owing, told, publisher, store, patience, result)
""",
        "refusals",
    ),
    Mutant(
        "write before send",
        "The state is written, and what is owed of it in a second write: who dies between them tells it never.",
        "layers/core/jobherald/store/dynamodb.py",
        """\
        if change is not None:
            update.owe([change], since=change.seen_at)
        closed = not (job.state.is_open or job.owing or change)
        update.put("expires_at", self._expiry(job.seen_at) if closed else None)
        self._update(items.job_pk(job.key), items.JOB, update, condition=("version", job.version - 1))
""",
        """\
        closed = not (job.state.is_open or job.owing or change)
        update.put("expires_at", self._expiry(job.seen_at) if closed else None)
        self._update(items.job_pk(job.key), items.JOB, update, condition=("version", job.version - 1))
        if change is not None:
            owed = Update({})
            owed.owe([change], since=change.seen_at)
            self._update(items.job_pk(job.key), items.JOB, owed, condition=("version", job.version))
""",
        "crashes",
    ),
    Mutant(
        "no overlap",
        "What a list shows later than it happened lies before the next listing's limit.",
        "layers/core/jobherald/flows/survey.py",
        """\
        return news_at - timedelta(seconds=self.abilities.overlap)
""",
        """\
        return news_at
""",
        "schedules",
    ),
    Mutant(
        "acknowledge on 429",
        "What Slack is too busy for is taken out of the queue all the same.",
        "layers/core/jobherald/flows/slack.py",
        """\
                    self.refused = error
                    self._give_back(posts, error)
                    return False
""",
        """\
                    self.refused = error
                    return False
""",
        "refusals",
    ),
    Mutant(
        "whole-batch retry",
        "One refused entry brings the whole batch back, and what was taken of it is told again.",
        "layers/core/jobherald/flows/notify.py",
        """\
            result.failed[ref] = f"{type(answer).__name__}: {answer}"
""",
        """\
            raise answer
""",
        "refusals",
    ),
    Mutant(
        "unconditional mark",
        "What an item came to owe while its last news was published is marked as told with it.",
        "layers/core/jobherald/store/dynamodb.py",
        """\
        self._update(
            item.ref, items.sort_key_of(item.ref), update, condition=("unsent", item.unsent), still=still
        )
""",
        """\
        self._client.update_item(
            TableName=self._table,
            Key=item_to_wire({"pk": item.ref, "sk": items.sort_key_of(item.ref)}),
            **update.expression(),
        )
""",
        "races",
    ),
    Mutant(
        "progress while owed",
        "Each write of a job's progress wakes whoever tells what it owes, and can make his mark fail.",
        "layers/core/jobherald/accept.py",
        """\
    if job.owing or not (_progressed(job, seen) or _is_out_of_date(job, seen)):
""",
        """\
    if not (_progressed(job, seen) or _is_out_of_date(job, seen)):
""",
        "schedules",
    ),
    Mutant(
        "told from the record instead of the item",
        "A record says what was owed when it was written, and is brought again after that was told.",
        "functions/notify/app.py",
        """\
    done = notify((ref for ref, _ in records), bootstrap.store(), bootstrap.publisher(), patience)
""",
        """\
    from jobherald.store.dynamodb import _owing_from_item
    from jobherald.store.wire import item_from_wire

    images = [item_from_wire(record["dynamodb"]["NewImage"]) for record in event["Records"]]
    owed = {image["pk"]: _owing_from_item(image) for image in images}
    store = bootstrap.store()
    store.owing = lambda refs: [owed.pop(ref) for ref in refs if ref in owed]
    done = notify((ref for ref, _ in records), store, bootstrap.publisher(), patience)
""",
        "refusals",
    ),
    Mutant(
        "settled time ignored",
        "A finished job that was forgotten, and is still listed, passes for a new one.",
        "layers/core/jobherald/watch.py",
        """\
        known = [at for at in (self.baseline_at, self.settled_at) if at is not None]
""",
        """\
        known = [at for at in (self.baseline_at,) if at is not None]
""",
        "schedules",
    ),
    Mutant(
        "status filter alone",
        "A job that has ended by the next listing of what runs is never seen.",
        "layers/core/jobherald/flows/survey.py",
        """\
            query, enough = self._query(modified_after=since), _never
""",
        """\
            query, enough = self._query(modified_after=since, status="InProgress"), _never
""",
        "schedules",
    ),
)


def hunt(mutant: Mutant) -> Found:
    """Plant one fault, and hunt until something is found. Raises MovedLineError, HuntError."""
    with planted(mutant) as folder:
        found = hunted(mutant.name, mutant.file, folder, "--first", mutant.hunts)
    if UNEXPLAINED in found.finding:
        raise HuntError(f"what was planted as {mutant.name!r} breaks no promise, it breaks: {found}")
    return found


def control(part: str) -> Found:
    """Hunt through one part of the list in the sources as they are, of which the proof wants to hear nothing."""
    with _copy() as folder:
        return hunted(f"as shipped, {part}", "", folder, "--only", part)


@contextmanager
def planted(mutant: Mutant) -> Iterator[Path]:
    """A folder with a copy of the sources, in which the fault is. Raises MovedLineError."""
    with _copy() as folder:
        path = folder / mutant.file
        path.write_text(mutant.patched(path.read_text(encoding="utf-8")), encoding="utf-8")
        yield folder


@contextmanager
def _copy() -> Iterator[Path]:
    """The sources that a hunt needs. Their bytecode comes along, else most of a hunt's time would be spent on it."""
    with TemporaryDirectory(prefix="planted-") as name:
        folder = Path(name)
        for each in _COPIED:
            source, target = ROOT / each, folder / each
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target)
            else:
                shutil.copy2(source, target)
        yield folder


def hunted(name: str, file: str, folder: Path, *arguments: str) -> Found:
    """What `faults/hunt.py` finds with these arguments in the sources of a folder. Raises HuntError."""
    began = time.monotonic()
    paths = [folder, folder / "layers/core"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    try:
        ran = subprocess.run(
            [sys.executable, "-B", "-m", "faults.hunt", *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE,
        )
    except subprocess.TimeoutExpired:
        raise HuntError(f"the hunt for {name!r} came to no end within {_PATIENCE:g} s") from None
    if ran.returncode:
        raise HuntError(f"the hunt for {name!r} failed: {ran.stderr.strip()[-2000:]}")
    caught = json.loads(ran.stdout)
    return Found(name, file, **caught, seconds=time.monotonic() - began)
