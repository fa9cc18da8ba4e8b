"""The environment that every function has from the template, set before any function is imported: Metrics reads it then."""

from __future__ import annotations

import os

os.environ["POWERTOOLS_SERVICE_NAME"] = "jobherald"
os.environ["POWERTOOLS_METRICS_NAMESPACE"] = "jobherald"
