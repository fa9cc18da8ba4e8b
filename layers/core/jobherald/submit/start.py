"""Starting a job that was checked: one call, and one message by which the deployment looks at it at once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final, NoReturn
from uuid import uuid4

from botocore.exceptions import ClientError

from jobherald.model import Place
from jobherald.ports import Queues
from jobherald.submit.labeling import LabelingRequest
from jobherald.submit.media_analysis import MediaAnalysisRequest
from jobherald.submit.refusals import Attempt, StartError, UnansweredError, refused
from jobherald.watch import Look

LABELING: Final = "sagemaker.labeling"
MEDIA_ANALYSIS: Final = "rekognition.media_analysis"

_NO_SUCH_JOB: Final = "Requested resource not found"
# The Date of an answer has whole seconds, and clocks of one service differ a little.
_MARGIN: Final = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Started:
    """A job that was started.

    ``source`` is its entry of the catalogue, ``id`` the service's (an ARN, or a job id). ``created_at`` (aware, UTC) is the
    date of the answer. ``registered`` says that a look at it was queued. ``warnings`` are sentences.
    """

    source: str
    id: str
    name: str
    created_at: datetime
    registered: bool = False
    warnings: tuple[str, ...] = ()


def start(
    request: LabelingRequest | MediaAnalysisRequest,
    client: Any,
    queues: Queues | None = None,
    place: Place | None = None,
) -> Started:
    """Start the job of a request that was checked, and queue a look at it.

    ``client`` is the service's, in the job's region; it has to try a call once, since a repetition of one that was not
    answered finds the name taken by the very job that it started. ``place`` is where a deployment watches such jobs, and
    ``queues`` are its queues; without them the job is found by the next poll, as it is where queueing fails or this
    process ends between the two. Raises StartError, and botocore's errors where no call could be made.
    """
    started = _labeling(request, client) if isinstance(request, LabelingRequest) else _media(request, client)
    return started if queues is None or place is None else _register(started, queues, place)


def _labeling(request: LabelingRequest, client: Any) -> Started:
    name = request.LabelingJobName
    attempt = Attempt("CreateLabelingJob", "SageMaker", client.meta.region_name, name, request.RoleArn)
    began = time.monotonic()
    try:
        answer = _call(attempt, client.create_labeling_job, request.parameters(), "LabelingJobArn")
    except UnansweredError as fault:
        return _looked_for(attempt, client, str(fault), began)
    return Started(LABELING, answer["LabelingJobArn"], name, _date(answer) or datetime.now(UTC))


def _media(request: MediaAnalysisRequest, client: Any) -> Started:
    """The token is ours, and not botocore's: whoever repeats an unanswered request needs to know it."""
    token = request.ClientRequestToken or str(uuid4())
    parameters = {**request.parameters(), "ClientRequestToken": token}
    name = request.JobName or ""
    attempt = Attempt("StartMediaAnalysisJob", "Rekognition", client.meta.region_name, name)
    try:
        answer = _call(attempt, client.start_media_analysis_job, parameters, "JobId")
    except UnansweredError as fault:
        raise StartError(
            f"Rekognition in {attempt.region} gave no answer ({fault}), so nobody knows whether the job was started. Send"
            f" the same request again with the ClientRequestToken {token}: whatever happened, it then starts one job.",
            kind="unknown",
            code=str(fault),
        ) from fault.__cause__
    return Started(MEDIA_ANALYSIS, answer["JobId"], name, _date(answer) or datetime.now(UTC))


def _call(attempt: Attempt, operation: Any, parameters: Mapping[str, Any], wanted: str) -> Mapping[str, Any]:
    """The answer of the one call. Raises StartError, UnansweredError, or what botocore could not even send."""
    try:
        answer: Mapping[str, Any] = operation(**parameters)
    # Whatever the client, its parser or its connection raises: the job may have been started by then.
    except Exception as error:
        raise refused(attempt, error) from error
    # botocore reads a proxy's page of HTML as an answer without members.
    if not answer.get(wanted):
        raise UnansweredError(f"an answer without {wanted}")
    return answer


def _looked_for(attempt: Attempt, client: Any, fault: str, began: float) -> Started:
    """The job of a call that was not answered, if it is there: a name is taken only once."""
    try:
        found = client.describe_labeling_job(LabelingJobName=attempt.name)
    # What the look lacks, too, is told to a person in the end.
    except Exception as error:  # noqa: BLE001
        _nobody_knows(attempt, fault, "" if _is_absent(error) else type(error).__name__)
    if not found.get("LabelingJobArn"):
        _nobody_knows(attempt, fault, "an answer without LabelingJobArn")
    created_at, date = found["CreationTime"].astimezone(UTC), _date(found)
    took = timedelta(seconds=time.monotonic() - began)
    # Both times are the service's: how our clock is set says nothing of who made the job.
    if date is None or date - created_at > took + _MARGIN:
        raise StartError(
            f"{attempt.name} was not started, though SageMaker gave no answer ({fault}): a job of that name was created in"
            f" {attempt.region} before, at {created_at:%Y-%m-%d %H:%M} UTC. Choose another name.",
            kind="taken",
            code=fault,
        )
    warning = f"SageMaker did not answer the call ({fault}), but the job is there: it was started."
    return Started(LABELING, found["LabelingJobArn"], attempt.name, created_at, warnings=(warning,))


def _nobody_knows(attempt: Attempt, fault: str, look_failed: str) -> NoReturn:
    seen = (
        f"looking for it failed as well ({look_failed})"
        if look_failed
        else "no job of that name is to be seen yet"
    )
    raise StartError(
        f"SageMaker in {attempt.region} gave no answer ({fault}), so nobody knows whether {attempt.name} was started;"
        f" {seen}. Look in a minute: aws sagemaker describe-labeling-job --labeling-job-name {attempt.name} --region"
        f" {attempt.region}. To start it again is safe: no two jobs get one name.",
        kind="unknown",
        code=fault,
    )


def _is_absent(error: Exception) -> bool:
    if not isinstance(error, ClientError):
        return False
    told = error.response.get("Error", {})
    return told.get("Code") == "ResourceNotFound" or _NO_SUCH_JOB in str(told.get("Message", ""))


def _register(started: Started, queues: Queues, place: Place) -> Started:
    try:
        queues.looks([Look(place, started.id, started.name)])
    # The job runs, whatever is wrong with the queue.
    except Exception as error:  # noqa: BLE001
        code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None
        warning = f"The deployment could not be told of it at once ({code or type(error).__name__}); its next poll finds the job."
        return replace(started, warnings=(*started.warnings, warning))
    return replace(started, registered=True)


def _date(answer: Mapping[str, Any]) -> datetime | None:
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        date = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return None
    return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)
