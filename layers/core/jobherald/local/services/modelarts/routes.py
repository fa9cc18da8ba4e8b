"""Which request is which operation, and what it asks with."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from jobherald.local.services.api import ApiError
from jobherald.local.services.modelarts.questions import wrong
from jobherald.local.web import Request

PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")

# Operations are called as the pages call them, where those have short names.
_ROUTES: Final = (
    ("GET", "/v2/{project_id}/datasets", "ListDatasets"),
    ("GET", "/v2/{project_id}/datasets/{dataset_id}/tasks", "ListTasks"),
    ("GET", "/v2/{project_id}/datasets/{dataset_id}/tasks/{task_id}", "ShowTask"),
    ("GET", "/v2/{project_id}/datasets/{dataset_id}/import-tasks", "ListImportTasks"),
    ("GET", "/v2/{project_id}/datasets/{dataset_id}/import-tasks/{task_id}", "ShowImportTask"),
    ("GET", "/v2/{project_id}/datasets/{dataset_id}/export-tasks", "ListExportTasks"),
    ("GET", "/v2/{project_id}/datasets/{dataset_id}/export-tasks/{task_id}", "ShowExportTask"),
    ("GET", "/v2/{project_id}/processor-tasks", "ListProcessorTasks"),
    ("GET", "/v2/{project_id}/processor-tasks/{task_id}", "ShowProcessorTask"),
    ("POST", "/v2/{project_id}/training-job-searches", "SearchTrainingJobs"),
    ("GET", "/v2/{project_id}/training-jobs/{task_id}", "ShowTrainingJob"),
)
_PATTERNS: Final = tuple(
    (method, re.compile(PLACEHOLDER.sub(r"(?P<\1>[^/]+)", path)), operation)
    for method, path, operation in _ROUTES
)


@dataclass(frozen=True, slots=True)
class Route:
    """What a request is, before anything of it is believed."""

    operation: str
    project: str
    ids: Mapping[str, str]

    @classmethod
    def of(cls, request: Request) -> Route:
        """Raises ApiError where there is no such API."""
        for method, pattern, operation in _PATTERNS:
            found = pattern.fullmatch(request.path)
            if found and method == request.method:
                ids = {name: unquote(value) for name, value in found.groupdict().items()}
                return cls(operation, ids.pop("project_id"), ids)
        text = "The API does not exist or has not been published in the environment"
        raise ApiError("APIGW.0101", text, status=404)

    @property
    def dataset(self) -> str:
        """What it is below, or empty."""
        return self.ids.get("dataset_id", "")

    def parameters(self, request: Request) -> dict[str, Any]:
        """What it asks with, and the ids of its path. Raises ApiError where the body is no JSON object."""
        asked: dict[str, Any] = dict(parse_qsl(request.query, keep_blank_values=True))
        if request.body:
            try:
                asked |= dict(json.loads(request.body))
            except (ValueError, TypeError):
                raise wrong("The body", "is not a JSON object") from None
        return {**asked, **self.ids}
