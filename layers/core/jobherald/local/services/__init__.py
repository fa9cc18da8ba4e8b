"""The job services that no emulator has, over real HTTP, whose jobs really move through their states."""

from jobherald.local.services.faults import Fault, Faults
from jobherald.local.services.jobs import ScriptedJob, Step
from jobherald.local.services.labeling_script import labeling_job
from jobherald.local.services.media_analysis import media_analysis_job
from jobherald.local.services.modelarts import (
    ModelArts,
    auto_labeling_task,
    export_task,
    import_task,
    processing_task,
    training_job,
)
from jobherald.local.services.server import JobServices

__all__ = [
    "Fault",
    "Faults",
    "JobServices",
    "ModelArts",
    "ScriptedJob",
    "Step",
    "auto_labeling_task",
    "export_task",
    "import_task",
    "labeling_job",
    "media_analysis_job",
    "processing_task",
    "training_job",
]
