"""Huawei's gateway, ModelArts behind it and the IAM beside it, over real HTTP."""

from jobherald.local.services.modelarts.dataset import DATASET, Dataset
from jobherald.local.services.modelarts.faults import ERRORS, ErrorAnswer, HuaweiFaults
from jobherald.local.services.modelarts.filled import filled
from jobherald.local.services.modelarts.identity import PROJECT, REGION, AccessKey, User
from jobherald.local.services.modelarts.neighbour_script import (
    export_task,
    import_task,
    processing_task,
    training_job,
)
from jobherald.local.services.modelarts.server import ModelArts
from jobherald.local.services.modelarts.settings import Settings
from jobherald.local.services.modelarts.task_script import auto_labeling_task, raw_task

__all__ = [
    "DATASET",
    "ERRORS",
    "PROJECT",
    "REGION",
    "AccessKey",
    "Dataset",
    "ErrorAnswer",
    "HuaweiFaults",
    "ModelArts",
    "Settings",
    "User",
    "auto_labeling_task",
    "export_task",
    "filled",
    "import_task",
    "processing_task",
    "raw_task",
    "training_job",
]
