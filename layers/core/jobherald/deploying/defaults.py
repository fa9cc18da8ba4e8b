"""The sources of the template as it is published: common ones, so that a first deployment has nothing to render."""

from __future__ import annotations

from typing import Final

DEFAULT_SOURCES: Final = (
    "sagemaker.labeling",
    "rekognition.media_analysis",
    "sagemaker.training",
    "bedrock.batch_inference",
    "glue.job_run",
    "batch.job",
    "transcribe.job",
    "modelarts.auto_labeling",
    "modelarts.export",
    "modelarts.import",
    "modelarts.processing",
    "modelarts.training",
)
