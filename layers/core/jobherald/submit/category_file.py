"""The label category file, in its two forms: a list of labels, and that with attributes for 3D and video frames."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from jobherald.submit.findings import Severity
from jobherald.submit.member import Member
from jobherald.submit.reading import Form
from jobherald.submit.sources import guide, model

VERSION: Final = "2018-11-28"
FRAMES_VERSION: Final = "2020-03-01"

Edits = Literal["none", "any"]
Choices = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=16)]], Field(min_length=1, max_length=10)
]


class Entry(Member):
    """A structure of the file. In the file its keys are written as ``categoryAttributes``, say."""

    model_config = ConfigDict(alias_generator=to_camel)


class Instructions(Entry):
    """What workers are told, as text or HTML."""

    short_instruction: str
    full_instruction: str


class Choice(Entry):
    """What both forms know of a label."""

    label: str


class Label(Choice):
    """One label to choose."""

    label: Annotated[str, Field(min_length=1, max_length=256)]
    short_display_name: str | None = None


class LabelFile(Entry):
    """The form for all task types but 3D point clouds and video frames."""

    document_version: Annotated[Literal["2018-11-28"], Field(alias="document-version")]
    labels: Annotated[list[Label], Field(min_length=1)]
    instructions: Instructions | None = None


class Attribute(Entry):
    """Something that workers say of an object or a frame beside its label."""

    name: Annotated[str, Field(min_length=1, max_length=16)]
    type: Literal["string", "number"]
    description: Annotated[str, Field(max_length=128)] | None = None
    enum: Choices | None = None
    minimum: int | None = None
    maximum: int | None = None
    edits_allowed: Edits | None = None
    is_required: bool | None = None

    @property
    def is_free_text(self) -> bool:
        """Whether workers write what they like."""
        return self.type == "string" and self.enum is None


class FramesLabel(Choice):
    """One label to choose, with attributes of its own."""

    label: Annotated[str, Field(min_length=1, max_length=16)]
    category_attributes: list[Attribute] | None = None
    edits_allowed: Edits | None = None


class FramesInstructions(Entry):
    """What workers are told, as text or HTML. Short ones have less than 255 characters, full ones less than 2,048."""

    short_instruction: Annotated[str, Field(max_length=254)]
    full_instruction: Annotated[str, Field(max_length=2047)]


class FramesFile(Entry):
    """The form for 3D point clouds and video frames.

    The version is under one key on one page of the documentation, under another on another; either will do.
    """

    document_version: Literal["2020-03-01"] | None = None
    hyphenated_version: Annotated[Literal["2020-03-01"] | None, Field(alias="document-version")] = None
    frame_attributes: list[Attribute] | None = None
    category_global_attributes: list[Attribute] | None = None
    labels: Annotated[list[FramesLabel], Field(min_length=1)]
    annotation_type: Any = None
    instructions: FramesInstructions | None = None
    audit_label_attribute_name: str | None = None


LABELS: Final = Form(LabelFile, model("CreateLabelingJob"), {}, unknown=Severity.WARNING)
FRAMES: Final = Form(FramesFile, guide("sms-label-cat-config-attributes"), {}, unknown=Severity.WARNING)
