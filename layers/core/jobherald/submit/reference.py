"""The page of the documentation that lists every rule, made from the rules themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from jobherald.submit import categories, manifest, media_analysis, rules
from jobherald.submit.decoding import FORMAT
from jobherald.submit.findings import Severity
from jobherald.submit.reading import DEMANDS
from jobherald.submit.sources import model, rekognition_model

TESTS: Final = "tests/submit"

_HEAD: Final = """\
<!-- Generated from the rules by `jobherald docs`; edit `layers/core/jobherald/submit` instead. -->

# The rules of a labeling request

What is checked before a labeling job or a media analysis job is started, and where it is written. With an error nothing
is started; a warning is shown, and a person decides. Where the documentation contradicts itself, or only an old edition
of it says something, the rule is a warning that says so.

Rules with the same number were read from the same paragraphs. Nothing here was tried against AWS: the rules are what its
documentation and its service models say. The test of a rule is the one of its file that bears its name.
"""
_FORM: Final = """\
## Form

Types, requiredness, lengths, ranges, patterns and choices are those of botocore's models of CreateLabelingJob and
StartMediaAnalysisJob, and of label category files as they are documented. A key that a label category file has and no
page knows is a warning.
"""

_OUR_LIMITS: Final = frozenset({"shape.size", "shape.depth", "shape.many"})
_OF_JSON: Final = frozenset({"shape.json", "shape.given-twice"})


class Listed(Protocol):
    """What the page says of a rule."""

    @property
    def number(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def severity(self) -> Severity: ...
    @property
    def demands(self) -> str: ...
    @property
    def sources(self) -> tuple[str, ...]: ...


class Section(NamedTuple):
    """A part of the page: rules over one kind of thing, with the file of their tests."""

    title: str
    about: str
    test: str
    rules: Sequence[Listed]


SECTIONS: Final = (
    Section(
        "Labeling jobs",
        "Across the members of a request to CreateLabelingJob.",
        "test_rules.py",
        rules.RULES,
    ),
    Section(
        "Label category files",
        "The file that `LabelCategoryConfigS3Uri` names.",
        "test_categories.py",
        categories.RULES,
    ),
    Section(
        "Input manifests",
        "The file that `ManifestS3Uri` names. Large ones are sampled.",
        "test_manifest.py",
        (*manifest.LINE_RULES, *manifest.TOTAL_RULES),
    ),
    Section(
        "Media analysis jobs",
        "Across the members of a request to StartMediaAnalysisJob.",
        "test_media_analysis.py",
        media_analysis.RULES,
    ),
)


def render_rules() -> str:
    """``docs/labeling-rules.md``: every rule with its weight, what it demands, its sources and its test."""
    form = (
        (f"`{name}`", Severity.ERROR, demands, _form_source(name), _test("test_reading.py"))
        for name, demands in DEMANDS.items()
    )
    parts = [_HEAD, _FORM, _table(("rule", "severity", "what it demands", "source", "its test"), form)]
    for section in SECTIONS:
        ordered = sorted(section.rules, key=lambda rule: (rule.number, rule.name))
        head = ("no.", "rule", "severity", "what it demands", "source", "its test")
        rows = ((str(rule.number), *_row(rule, section.test)) for rule in ordered)
        parts += [f"## {section.title}\n\n{section.about}\n", _table(head, rows)]
    return "\n".join(parts)


def _row(rule: Listed, test: str) -> tuple[str, ...]:
    sources = ", ".join(_link(source) for source in rule.sources)
    return f"`{rule.name}`", rule.severity, rule.demands, sources, _test(test)


def _form_source(name: str) -> str:
    if name in _OUR_LIMITS:
        return "a limit of jobherald's own"
    if name in _OF_JSON:
        return _link(FORMAT)
    return f"{_link(model('CreateLabelingJob'))}, {_link(rekognition_model('StartMediaAnalysisJob'))}"


def _link(source: str) -> str:
    """A page by its name: ``sms-data-output``, ``UiConfig``, and for an old edition its year."""
    page = source.rpartition("/")[2].removesuffix(".html").removesuffix(".md").removeprefix("API_")
    return f"[{page}{' (2020)' if 'github.com' in source else ''}]({source})"


def _test(file: str) -> str:
    return f"[{file}](../{TESTS}/{file})"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


GENERATED: Final[Mapping[str, Callable[[], str]]] = {"docs/labeling-rules.md": render_rules}
"""Generated pages by their paths, as `jobherald docs` takes them."""
