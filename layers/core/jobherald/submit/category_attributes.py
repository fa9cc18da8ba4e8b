"""What attributes of labels and frames in a label category file have to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from jobherald.submit.category_file import Attribute, FramesFile
from jobherald.submit.category_rules import BOOK, Categories
from jobherald.submit.decoding import path_of, shown
from jobherald.submit.findings import Severity
from jobherald.submit.member import Place
from jobherald.submit.rulebook import Fault
from jobherald.submit.sources import guide

MOST: Final = 10
MOST_FREE_TEXTS: Final = 5

_FRAMES = guide("sms-label-cat-config-attributes")


class Group(NamedTuple):
    """Attributes that are written together. ``beside`` are those for all labels, where these are of one."""

    place: Place
    attributes: Sequence[Attribute]
    beside: Sequence[Attribute] = ()


@BOOK.rule(
    20,
    "categories-attribute-kind",
    Severity.ERROR,
    "Choices (enum) are of a string attribute, minimum and maximum of a number, and in order.",
    _FRAMES,
)
def details_suit_the_type(given: Categories) -> Iterator[Fault]:
    for place, attribute in _placed(given.frames):
        ends = [end for end in (attribute.minimum, attribute.maximum) if end is not None]
        if attribute.enum is not None and attribute.type != "string":
            yield Fault(path_of((*place, "enum")), "a number has no choices", 'write "type": "string"')
        if ends and attribute.type != "number":
            yield Fault(path_of(place), "a string has neither minimum nor maximum", 'write "type": "number"')
        if ends != sorted(ends):
            yield Fault(path_of(place), "the minimum is above the maximum", "exchange the two")


@BOOK.rule(
    20,
    "categories-attribute-range",
    Severity.WARNING,
    "A number attribute has a minimum and a maximum. The documentation contradicts itself: its table asks for them, its"
    " examples have none.",
    _FRAMES,
)
def numbers_have_a_range(given: Categories) -> Iterator[Fault]:
    for place, attribute in _placed(given.frames):
        if attribute.type == "number" and None in {attribute.minimum, attribute.maximum}:
            yield Fault(path_of(place), "this number has no minimum or no maximum", "add both")


@BOOK.rule(
    20,
    "categories-attribute-names",
    Severity.ERROR,
    "No attribute of a label has the name of another of it or of one for all labels; frame attributes have names of"
    " their own.",
    _FRAMES,
)
def names_are_unique(given: Categories) -> Iterator[Fault]:
    for group in _groups(given.frames):
        names = {each.name for each in group.beside}
        for at, attribute in enumerate(group.attributes):
            if attribute.name in names:
                yield Fault(
                    path_of((*group.place, at, "name")),
                    f"there is another attribute {shown(attribute.name)} beside it",
                    "give each a name of its own",
                )
            names.add(attribute.name)


@BOOK.rule(
    20,
    "categories-attribute-names-apart",
    Severity.WARNING,
    "Attributes of different labels have different names. The documentation says that each name in the file is unique,"
    " but not whether that is meant for two labels.",
    _FRAMES,
)
def names_are_apart(given: Categories) -> Iterator[Fault]:
    owners: dict[str, Place] = {}
    for place, attribute in _placed(given.frames):
        if place[0] != "labels":
            continue
        owner = owners.setdefault(attribute.name, place[:2])
        if owner != place[:2]:
            yield Fault(
                path_of((*place, "name")),
                f"{path_of(owner)} has an attribute {shown(attribute.name)} too",
                "make it one of categoryGlobalAttributes, or give each a name of its own",
            )


@BOOK.rule(
    20,
    "categories-attribute-count",
    Severity.ERROR,
    "A label has at most 10 attributes, those for all labels among them, and so has a frame; at most 5 are free text.",
    _FRAMES,
    guide("input-data-limits"),
)
def are_not_too_many(given: Categories) -> Iterator[Fault]:
    for group in _groups(given.frames):
        if not group.attributes:
            continue
        together = [*group.beside, *group.attributes]
        free = sum(each.is_free_text for each in together)
        if len(together) > MOST:
            yield Fault(path_of(group.place), f"there are {len(together)} attributes in all", f"keep {MOST}")
        if free > MOST_FREE_TEXTS:
            yield Fault(
                path_of(group.place),
                f"{free} attributes are free text",
                f"keep {MOST_FREE_TEXTS}, or give others an enum",
            )


@BOOK.rule(
    20, "categories-frame-description", Severity.ERROR, "A frame attribute has a description.", _FRAMES
)
def frame_attributes_are_described(given: Categories) -> Iterator[Fault]:
    for place, attribute in _placed(given.frames):
        if place[0] == "frameAttributes" and attribute.description is None:
            yield Fault(path_of((*place, "description")), "there is none", "say what workers are to tell")


@BOOK.rule(
    20,
    "categories-ignored",
    Severity.WARNING,
    "Labels of 3D semantic segmentation have no attributes: they are ignored.",
    _FRAMES,
)
def none_is_ignored(given: Categories) -> Iterator[Fault]:
    if not given.task_type.name.endswith("3DPointCloudSemanticSegmentation"):
        return
    for group in _groups(given.frames):
        if group.attributes and group.place != ("frameAttributes",):
            yield Fault(
                path_of(group.place),
                f"{given.task_type.title} ignores these",
                "leave them out; frameAttributes are shown",
            )


def _groups(frames: FramesFile | None) -> Iterator[Group]:
    if frames is None:
        return
    everywhere = frames.category_global_attributes or []
    yield Group(("frameAttributes",), frames.frame_attributes or [])
    yield Group(("categoryGlobalAttributes",), everywhere)
    for at, label in enumerate(frames.labels):
        yield Group(("labels", at, "categoryAttributes"), label.category_attributes or [], everywhere)


def _placed(frames: FramesFile | None) -> Iterator[tuple[Place, Attribute]]:
    """Every attribute with its place."""
    for group in _groups(frames):
        for at, attribute in enumerate(group.attributes):
            yield (*group.place, at), attribute
