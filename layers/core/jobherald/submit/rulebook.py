"""Rules as named values: what each demands, how much it weighs, and which page says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, NamedTuple, TypeVar

from jobherald.submit.findings import Finding, Severity

Subject = TypeVar("Subject")

MOST: Final = 20
"""At how many places a rule is found broken before the rest is only counted."""


class UnreadableError(AttributeError):
    """A rule asked for something that could not be read, so it has no opinion: the fault there is reported already."""


class Fault(NamedTuple):
    """What a rule says of one place; what else belongs to a finding is the rule's own."""

    path: str
    message: str
    remedy: str


Find = Callable[[Subject], Iterable[Fault]]


@dataclass(frozen=True, slots=True)
class Rule(Generic[Subject]):
    """One rule over one kind of subject.

    ``number`` groups the rules that read one paragraph of the documentation. ``name`` is stable: scripts may rely on
    it. ``demands`` is one sentence for people. ``sources`` are addresses.
    """

    number: int
    name: str
    severity: Severity
    demands: str
    sources: tuple[str, ...]
    find: Find[Subject]

    def findings(self, subject: Subject) -> list[Finding]:
        """What this rule finds; nothing where what it asks for could not be read."""
        try:
            faults = list(self.find(subject))
        except UnreadableError:
            return []
        if len(faults) > MOST:
            rest = f"{len(faults) - MOST:,} further places break this rule"
            faults = [*faults[:MOST], Fault("", rest, "mend these first")]
        source = " ".join(self.sources)
        return [Finding(self.name, self.severity, *fault, source) for fault in faults]


class Rulebook(Generic[Subject]):
    """The rules over one kind of subject, each added by decorating its function."""

    def __init__(self) -> None:
        self._rules: dict[str, Rule[Subject]] = {}

    def rule(
        self, number: int, name: str, severity: Severity, demands: str, *sources: str
    ) -> Callable[[Find[Subject]], Find[Subject]]:
        """Add the decorated function as a rule. A name that is taken is an error of the programmer."""

        def add(find: Find[Subject]) -> Find[Subject]:
            if name in self._rules:
                raise ValueError(f"two rules are called {name}")
            self._rules[name] = Rule(number, name, severity, demands, sources, find)
            return find

        return add

    @property
    def rules(self) -> tuple[Rule[Subject], ...]:
        return tuple(sorted(self._rules.values(), key=lambda rule: (rule.number, rule.name)))

    def findings(self, subject: Subject) -> list[Finding]:
        """What all rules find, in the order of their numbers."""
        return [finding for rule in self.rules for finding in rule.findings(subject)]
