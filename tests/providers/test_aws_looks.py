from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from jobherald.catalog import load
from jobherald.checks.models import row_shape, service_model
from jobherald.checks.shapes import sample
from jobherald.errors import ListingError
from jobherald.model import Place
from jobherald.ports import Query, Sight
from jobherald.providers import aws
from jobherald.providers.aws import AwsLister
from jobherald.watch import Look
from tests.providers.jobservice import LABELING, MEDIA, Answer, Service, error

ARN = "arn:aws:sagemaker:us-east-1:111122223333:labeling-job/Prod-Cats"


def described(place: Place, **members: Any) -> dict[str, Any]:
    """An answer of the describe operation that fills every member."""
    source = load(place.source)
    assert source.look is not None
    answer: dict[str, Any] = sample(
        service_model(source.client).operation_model(source.look.operation).output_shape
    )
    return answer | members


def labeling_pair() -> tuple[dict[str, Any], dict[str, Any]]:
    """The same job as DescribeLabelingJob and as ListLabelingJobs show it."""
    answer = described(LABELING, LabelingJobArn=ARN, LabelingJobName="Prod-Cats")
    task = answer["HumanTaskConfig"]
    same = set(sample(row_shape(load(LABELING.source)))) & set(answer)
    row = {name: answer[name] for name in same} | {
        "WorkteamArn": task["WorkteamArn"],
        "PreHumanTaskLambdaArn": task["PreHumanTaskLambdaArn"],
        "AnnotationConsolidationLambdaArn": task["AnnotationConsolidationConfig"][
            "AnnotationConsolidationLambdaArn"
        ],
    }
    return answer, row


def without_extras(sight: Sight) -> Any:
    assert sight.seen is not None
    kept = {name: value for name, value in sight.seen.details.items() if name not in sight.extras}
    return replace(sight.seen, details=kept)


def test_a_look_and_a_row_of_one_job_are_equal(lister: AwsLister, service: Service) -> None:
    """But for what only a look shows: else the two would overwrite each other for ever."""
    answer, row = labeling_pair()
    service.on("DescribeLabelingJob", answer)
    service.on("ListLabelingJobs", {"LabelingJobSummaryList": [row]})

    sight = lister.look(Look(LABELING, id=ARN))
    listed = lister.page(LABELING, Query(), "").rows[0]

    assert without_extras(sight) == listed
    assert sight.seen is not None
    assert sight.seen.key == listed.key


def test_what_only_a_look_shows_is_kept_beside(lister: AwsLister, service: Service) -> None:
    """Extras stay under their own names, in the same normal form, and are named."""
    answer, row = labeling_pair()
    service.on("DescribeLabelingJob", answer)

    sight = lister.look(Look(LABELING, id=ARN))

    assert sight.seen is not None
    assert sight.extras == set(answer) - set(row)
    assert {"RoleArn", "HumanTaskConfig", "Tags", "JobReferenceCode"} <= sight.extras
    assert "ResponseMetadata" not in sight.seen.details
    for name in sight.extras:
        assert sight.seen.details[name] == answer[name]


def test_a_media_look_and_row_are_equal(lister: AwsLister, service: Service) -> None:
    """GetMediaAnalysisJob shows what the list shows and nothing more."""
    answer = described(MEDIA)
    service.on("GetMediaAnalysisJob", answer)
    service.on("ListMediaAnalysisJobs", {"MediaAnalysisJobs": [answer]})

    sight = lister.look(Look(MEDIA, id=answer["JobId"]))

    assert sight.extras == frozenset()
    assert sight.seen == lister.page(MEDIA, Query(), "").rows[0]
    assert service.asked[0] == ("GetMediaAnalysisJob", {"JobId": answer["JobId"]})


@pytest.mark.parametrize(
    "look", [Look(LABELING, id=ARN), Look(LABELING, name="Prod-Cats"), Look(LABELING, ARN, "Prod-Cats")]
)
def test_a_labeling_job_is_asked_for_by_name(look: Look, lister: AwsLister, service: Service) -> None:
    """By the name in the look, else by the one in the ARN, in the case that it has there; the key is the ARN."""
    service.on("DescribeLabelingJob", labeling_pair()[0])

    sight = lister.look(look)

    assert service.asked == [("DescribeLabelingJob", {"LabelingJobName": "Prod-Cats"})]
    assert sight.seen is not None
    assert sight.seen.key.id == ARN


def test_an_answer_without_an_id_is_about_the_job_looked_for(lister: AwsLister, service: Service) -> None:
    """The id of the look stands in, so that the job stays the same."""
    answer, _ = labeling_pair()
    del answer["LabelingJobArn"]
    service.on("DescribeLabelingJob", answer)

    sight = lister.look(Look(LABELING, id=ARN))

    assert sight.seen is not None
    assert sight.seen.key.id == ARN


def test_an_answer_without_any_id_is_refused(lister: AwsLister, service: Service) -> None:
    """Asked by name and answered without id, nobody knows which job it is."""
    answer, _ = labeling_pair()
    del answer["LabelingJobArn"]
    service.on("DescribeLabelingJob", answer)

    with pytest.raises(ListingError, match="without LabelingJobArn"):
        lister.look(Look(LABELING, name="Prod-Cats"))


@pytest.mark.parametrize(
    ("look", "operation", "refusal"),
    [
        (Look(LABELING, id=ARN), "DescribeLabelingJob", error("ResourceNotFound")),
        (
            Look(LABELING, id=ARN),
            "DescribeLabelingJob",
            error("ValidationException", "Requested resource not found."),
        ),
        (Look(MEDIA, id="job-1"), "GetMediaAnalysisJob", error("ResourceNotFoundException")),
    ],
)
def test_a_vanished_job_is_seen_as_none(
    look: Look, operation: str, refusal: Answer, lister: AwsLister, service: Service
) -> None:
    """With the date of the answer that said so, which is when the job was gone."""
    service.on(operation, refusal)

    assert lister.look(look) == Sight(None, datetime(2026, 11, 22, 11, tzinfo=UTC))


@pytest.mark.parametrize(
    "refusal",
    [
        error("ValidationException", "1 validation error detected"),
        error("ResourceNotFoundException"),
        error("ThrottlingException"),
    ],
)
def test_any_other_refusal_does_not_make_a_job_vanish(
    refusal: Answer, lister: AwsLister, service: Service
) -> None:
    """A job is called gone only by the words that its own operation has for it."""
    service.on("DescribeLabelingJob", refusal)

    with pytest.raises(ListingError):
        lister.look(Look(LABELING, id=ARN))


@pytest.mark.parametrize(
    "look", [Look(LABELING), Look(LABELING, id="not-an-arn"), Look(MEDIA, name="by name alone")]
)
def test_a_look_that_cannot_be_asked_is_a_sentence(look: Look, lister: AwsLister, service: Service) -> None:
    """Without the id or name that the operation takes no call is made."""
    with pytest.raises(ListingError, match="cannot be looked at") as caught:
        lister.look(look)

    assert caught.value.kind == "failed"
    assert service.asked == []


def test_a_source_without_a_look_says_so(
    lister: AwsLister, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some services have a list and nothing else."""
    entry = replace(load(MEDIA.source), look=None)
    monkeypatch.setattr(aws, "load", lambda source_id: entry)

    with pytest.raises(ListingError, match="cannot be looked at"):
        lister.look(Look(MEDIA, id="job-1"))
