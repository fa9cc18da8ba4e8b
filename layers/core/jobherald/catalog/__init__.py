"""What is particular to each kind of job, as data: one TOML file a service, and what reads it."""

from __future__ import annotations

from jobherald.catalog.load import all_sources, load

__all__ = ["all_sources", "load"]
