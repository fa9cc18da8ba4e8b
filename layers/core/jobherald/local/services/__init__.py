"""The job services that no emulator has, over real HTTP, whose jobs really move through their states."""

from jobherald.local.services.batch import batch_job
from jobherald.local.services.batch_inference import batch_inference_job
from jobherald.local.services.faults import Fault, Faults
from jobherald.local.services.glue import glue_job_run
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
from jobherald.local.services.parents import Parent
from jobherald.local.services.server import JobServices
from jobherald.local.services.training import sagemaker_training_job
from jobherald.local.services.transcription import transcription_job

__all__ = [
    "Fault",
    "Faults",
    "JobServices",
    "ModelArts",
    "Parent",
    "ScriptedJob",
    "Step",
    "auto_labeling_task",
    "batch_inference_job",
    "batch_job",
    "export_task",
    "glue_job_run",
    "import_task",
    "labeling_job",
    "media_analysis_job",
    "processing_task",
    "sagemaker_training_job",
    "training_job",
    "transcription_job",
]
