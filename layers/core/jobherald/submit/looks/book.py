"""Looks as named values: what each asks of the world, what it demands, and what it says where it cannot see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Generic, NamedTuple, TypeVar

from jobherald.submit.findings import Finding, Severity
from jobherald.submit.looks.eyes import Eyes, UnseenError
from jobherald.submit.media_analysis import MediaSubmission
from jobherald.submit.rulebook import UnreadableError
from jobherald.submit.submission import Submission

Subject = TypeVar("Subject")

NOT_CHECKED: Final = "not-checked"

# What reading an answer raises that lacks members or has others: one such answer is one question without an answer.
_ODD: Final = (AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Demand:
    """One thing that a look may find wrong. ``number`` is that of the rules that read the same paragraph."""

    number: int
    name: str
    severity: Severity
    demands: str
    sources: tuple[str, ...]

    def found(self, path: str, message: str, remedy: str) -> Finding:
        return Finding(self.name, self.severity, path, message, remedy, " ".join(self.sources))


class Question(NamedTuple):
    """One question about the member at ``path``. ``about`` is a clause, as in *whether the team is there*."""

    path: str
    about: str
    answer: Callable[[], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Scene(Generic[Subject]):
    """What a look is given: a request with where it is sent, and the eyes to look with."""

    job: Subject
    eyes: Eyes


@dataclass(frozen=True, slots=True)
class Look(Generic[Subject]):
    """One look. Its questions are answered one by one: what cannot be seen of one hides nothing of the others."""

    name: str
    demands: tuple[Demand, ...]
    questions: Callable[[Scene[Subject]], Iterable[Question]]

    @property
    def not_checked(self) -> Demand:
        """The warning that a question had no answer."""
        first = self.demands[0]
        return Demand(
            first.number,
            f"look.{self.name}.{NOT_CHECKED}",
            Severity.WARNING,
            "Whoever checks may look: what could not be looked at is said, with the permission that it takes.",
            first.sources,
        )

    def findings(self, scene: Scene[Subject]) -> list[Finding]:
        """What this look finds; nothing where the request itself cannot be read, which is reported already."""
        found: list[Finding] = []
        try:
            for question in self.questions(scene):
                found.extend(self._answers(question))
        except UnreadableError:
            pass
        return found

    def _answers(self, question: Question) -> Iterator[Finding]:
        try:
            yield from question.answer()
        except UnreadableError:
            raise
        except UnseenError as error:
            reason, remedy = error.reason, error.remedy
        except _ODD as error:
            reason = f"an answer did not have the form of its API ({type(error).__name__})"
            remedy = "look for a proxy or emulator that changes answers"
        else:
            return
        yield self.not_checked.found(question.path, f"{question.about} was not checked: {reason}", remedy)


class Lookbook(Generic[Subject]):
    """The looks at one kind of request, each added by decorating its function."""

    def __init__(self) -> None:
        self._looks: dict[str, Look[Subject]] = {}

    def look(
        self, name: str, *demands: Demand
    ) -> Callable[
        [Callable[[Scene[Subject]], Iterable[Question]]], Callable[[Scene[Subject]], Iterable[Question]]
    ]:
        """Add the decorated function as a look. A name that is taken is an error of the programmer."""

        def add(
            questions: Callable[[Scene[Subject]], Iterable[Question]],
        ) -> Callable[[Scene[Subject]], Iterable[Question]]:
            if name in self._looks:
                raise ValueError(f"two looks are called {name}")
            self._looks[name] = Look(name, demands, questions)
            return questions

        return add

    @property
    def looks(self) -> tuple[Look[Subject], ...]:
        """All looks, in the order in which they were added."""
        return tuple(self._looks.values())


LabelingScene = Scene[Submission]
MediaScene = Scene[MediaSubmission]

LABELING: Final[Lookbook[Submission]] = Lookbook()
"""The looks at a labeling request."""

MEDIA: Final[Lookbook[MediaSubmission]] = Lookbook()
"""The looks at a request to start a media analysis job."""
