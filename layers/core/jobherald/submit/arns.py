"""Amazon resource names and addresses of S3 objects, taken apart."""

from __future__ import annotations

from typing import Final, NamedTuple

_PARTS: Final = 6
_OUTPUT_MANIFEST: Final = "/manifests/output/output.manifest"


class Arn(NamedTuple):
    """``resource`` is all after the account, as in ``workteam/private-crowd/my-team``."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @property
    def name(self) -> str:
        """What follows the kind of resource: ``PRE-BoundingBox`` of ``function:PRE-BoundingBox``."""
        kind = min((self.resource.partition(mark)[0] for mark in ":/"), key=len)
        return self.resource[len(kind) + 1 :]


def arn_of(text: str) -> Arn | None:
    """The parts of an ARN; None where the text is none."""
    parts = text.split(":", _PARTS - 1)
    return Arn(*parts[1:]) if len(parts) == _PARTS and parts[0] == "arn" else None


class S3Object(NamedTuple):
    """A bucket and a key, either of which may be empty."""

    bucket: str
    key: str


def s3_object_of(uri: str) -> S3Object | None:
    """The object that ``s3://bucket/key`` names; None for addresses of other schemes."""
    scheme, _, rest = uri.partition("://")
    if scheme != "s3":
        return None
    bucket, _, key = rest.partition("/")
    return S3Object(bucket, key)


def job_of(manifest: str) -> str:
    """The labeling job whose output a manifest is, by its address; empty where it is none's."""
    found = s3_object_of(manifest)
    if found is None or not f"/{found.key}".endswith(_OUTPUT_MANIFEST):
        return ""
    return f"/{found.key}".removesuffix(_OUTPUT_MANIFEST).rpartition("/")[2]
