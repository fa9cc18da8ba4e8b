"""Checks that need a look at the world: optional, read-only, and open about what they could not see.

Each look stands for itself: what one finds or cannot see hides nothing of the others. Together they make at most
`Limits.calls` calls, read at most `Limits.octets` bytes of objects, and begin no call after `Limits.seconds`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from jobherald.submit.findings import Finding
from jobherald.submit.labeling import LabelingRequest
from jobherald.submit.looks import (  # noqa: F401 (each writes its looks into the book)
    access,
    buckets,
    categories,
    cors,
    functions,
    manifest,
    name,
    original,
    role,
    streaming,
    team,
    template,
)
from jobherald.submit.looks.book import LABELING, MEDIA, Demand, Look, Scene
from jobherald.submit.looks.eyes import OPERATIONS, ClientFactory, Eyes, Limits
from jobherald.submit.media_analysis import MediaAnalysisRequest, MediaSubmission
from jobherald.submit.submission import Submission

LABELING_LOOKS: Final[tuple[Look[Submission], ...]] = LABELING.looks
"""All looks at a labeling request."""

MEDIA_LOOKS: Final[tuple[Look[MediaSubmission], ...]] = MEDIA.looks
"""All looks at a request to start a media analysis job."""

DEMANDS: Final[tuple[Demand, ...]] = (
    *(demand for look in LABELING_LOOKS for demand in (*look.demands, look.not_checked)),
    *(demand for look in MEDIA_LOOKS for demand in (*look.demands, look.not_checked)),
)
"""All that looks may find wrong, in the order of the looks."""

PERMISSIONS: Final[tuple[str, ...]] = tuple(sorted(set(OPERATIONS.values())))
"""What whoever checks has to be allowed for every look; each is optional."""


def run(
    request: LabelingRequest | MediaAnalysisRequest,
    clients: ClientFactory,
    region: str,
    limits: Limits | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> list[Finding]:
    """What looking finds, and what could not be looked at. Raises nothing of AWS's.

    ``clients`` makes botocore clients that try once with short time-outs; what they may read is what is seen. ``region``
    is where the request is to be sent.
    """
    eyes = Eyes(clients, region, limits, clock)
    if isinstance(request, LabelingRequest):
        scene = Scene(Submission(request, region), eyes)
        found = [each for look in LABELING_LOOKS for each in look.findings(scene)]
    else:
        media = Scene(MediaSubmission(request, region), eyes)
        found = [each for look in MEDIA_LOOKS for each in look.findings(media)]
    return list(dict.fromkeys(found))
