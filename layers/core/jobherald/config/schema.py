"""The document's JSON Schema, published so that editors can complete and check it."""

from __future__ import annotations

from typing import Any, Final

from jobherald.catalog import all_sources
from jobherald.config.document import Document

ID: Final = "urn:jobherald:schema:jobherald.config.v1"


def schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12, of the document once its TOML is read; times are RFC 3339 text."""
    made = Document.model_json_schema()
    for table in (made, made["$defs"]["Watch"]):
        table.pop("title")
        for key in table["properties"].values():
            key.pop("title")
            # most defaults stand for the key being left out; written down, they would be refused
            key.pop("default", None)
    known = {"enum": [source.id for source in all_sources(own=False)]}
    # Only a document that brings sources itself can name others than the catalogue's.
    made["if"] = {"not": {"required": ["source"]}}
    made["then"] = {"properties": {"watch": {"items": {"properties": {"source": known}}}}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "jobherald configuration",
        **made,
    }
