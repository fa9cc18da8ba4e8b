from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pytest
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from jobherald.catalog import all_sources
from jobherald.catalog.source import Source
from jobherald.checks.models import row_shape, service_model
from jobherald.providers.requests import member_at

MODELLED = [source for source in all_sources() if source.provider == "aws"]

# What the last words of a member's name say of what people put there. Plurals are named where they are meant.
BEARING: Final = re.compile(
    r"""(^|_)(
      environment|env|envs|variables                                  # of the environment
    | (hyper_?)?param(eter)?s|overrides|arguments|args|user_data(_override)?
    | command|commands|script|body|buildspec|content|(dockerfile_)?template_data
    | sql|query|query_string|query_statement|statement|prompt|prompt_template
    | payload|connection_string|jdbc_url|(pre_?)?signed_url|download_url|upload_url
    | password|passphrase|secret|token|credentials?|(api|secret|private|decryption)_key|license
    )$ | ^(input|output|definition_document|external_id|additional_context)$""",
    re.VERBOSE,
)
# Of these only a table is meant: settings of Spark and of a log driver are where passwords are passed on.
TABLES: Final = re.compile(r"(^|_)(properties|options|spark)$")
# What a member is called whose name says nothing: what is above it does.
VALUES: Final = frozenset({"value", "values", "string_value", "text", "data"})
# They make a repeated request the same one, or lead to the next page.
HARMLESS: Final = frozenset({"client_token", "client_request_token", "next_token", "idempotency_token"})

VISIBLE: Final = {
    # Plain switches of the service, such as those of Windows VSS.
    ("backup.backup", "BackupOptions"),
    # The name or ARN of a secret, and not what is in it.
    *((f"codebuild.{kind}", "environment.registryCredential.credential") for kind in ("build", "batch")),
    *(
        ("mediaconvert.job", f"Settings.OutputGroups[].Outputs[].ContainerSettings.{kind}.CertificateSecret")
        for kind in ("CmfcSettings", "Mp4Settings", "MpdSettings")
    ),
    # What a request is known by.
    ("cloudcontrol.request", "RequestToken"),
    ("cloudcontrol.request", "HooksRequestToken"),
    # The id that a caller gave a deployment; elsewhere it is what a role is assumed with.
    ("codedeploy.deployment", "externalId"),
    # Which kind of target an action has, such as its Availability Zone.
    ("fis.experiment", "targets{}.parameters"),
    # What the service itself proposes to run.
    ("guardduty.investigation", "SummaryData.Countermeasures[].Actions[].CliCommands"),
    ("guardduty.investigation", "SummaryData.Recommendations[].CliCommands"),
    # The devices that are meant.
    ("iot_managed_integrations.ota_task", "OtaTargetQueryString"),
    # Measurements of a model.
    ("machinelearning.evaluation", "PerformanceMetrics.Properties"),
    # Where an image is.
    ("mediaconvert.job", "Settings.MotionImageInserter.Input"),
    ("mediaconvert.job", "Settings.MotionImageInserters[].Input"),
    # The types that the properties of a graph are exported as.
    ("neptune_graph.export", "exportFilter.vertexFilter{}.properties"),
    ("neptune_graph.export", "exportFilter.edgeFilter{}.properties"),
    # Results: the values that the service itself has chosen.
    ("personalize.solution_version", "tunedHPOParams.algorithmHyperParameters"),
    ("sagemaker.tuning", "BestTrainingJob.TunedHyperParameters"),
    ("sagemaker.tuning", "OverallBestTrainingJob.TunedHyperParameters"),
}
"""What is kept as it is in spite of its name, by source and path."""


def members(shape: Shape | None, above: str = "", seen: tuple[str, ...] = ()) -> Iterator[tuple[str, Shape]]:
    """Every member at every depth with its path: ``[]`` leads into a list, ``{}`` into a table.

    What is below itself is entered once more, so that what is seen there has to be masked as a whole.
    """
    if isinstance(shape, StructureShape):
        if seen.count(shape.name) > 1:
            return
        for name, member in shape.members.items():
            path = f"{above}.{name}" if above else name
            yield path, member
            yield from members(member, path, (*seen, shape.name))
    elif isinstance(shape, ListShape):
        yield from members(shape.member, f"{above}[]", seen)
    elif isinstance(shape, MapShape):
        yield from members(shape.value, f"{above}{{}}", seen)


def is_bearing(path: str, shape: Shape) -> bool:
    """Whether a member holds what people write freely, under a name that secrets are written under."""
    inner = shape
    while isinstance(inner, ListShape):
        inner = inner.member
    free = isinstance(inner, MapShape) or inner.type_name == "blob"
    free = free or (isinstance(inner, StringShape) and not inner.enum)
    free = free or (isinstance(inner, StructureShape) and not inner.members)  # a document of any form
    if not free:
        return False
    names = [words(name) for name in re.split(r"[.\[\]{}]+", path) if name]
    name = names[-2] if names[-1] in VALUES and len(names) > 1 else names[-1]
    if name in HARMLESS:
        return False
    return bool(BEARING.search(name) or (isinstance(inner, MapShape) and TABLES.search(name)))


def words(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def is_masked(source: Source, path: str) -> bool:
    return any(re.match(rf"{re.escape(trail.removesuffix('[]'))}($|[.\[{{])", path) for trail in source.mask)


def kept(source: Source) -> dict[str, Shape]:
    """The members of a row and of the answer to a look, all of which are in a job's details."""
    look = source.look
    shapes = [row_shape(source)]
    if look is not None:
        answer = service_model(look.client or source.client).operation_model(look.operation).output_shape
        shapes.append(member_at(answer, look.items) if look.items else answer)
    return {path: member for shape in shapes for path, member in members(shape)}


def bearing() -> Iterator[tuple[str, str]]:
    for source in MODELLED:
        for path, shape in kept(source).items():
            if is_bearing(path, shape) and not is_masked(source, path):
                yield source.id, path


def test_what_people_put_secrets_into_is_masked() -> None:
    """A row and a look are kept whole, so a new member of a model or a new entry is found here by its name."""
    found = list(bearing())

    assert [one for one in found if one not in VISIBLE] == []
    assert [one for one in VISIBLE if one not in found] == [], "no longer there, or masked"


@pytest.mark.parametrize(
    ("client", "shape", "path", "bears"),
    [
        ("sagemaker", "DescribeTrainingJobResponse", "Environment", True),
        ("sagemaker", "DescribeTrainingJobResponse", "TrainingJobArn", False),
        ("glue", "JobRun", "Arguments", True),
        ("batch", "ContainerDetail", "environment[].value", True),  # a name of what is above
        ("batch", "ContainerDetail", "environment[].name", False),
        ("emr", "Cluster", "Configurations[].Configurations[].Properties", True),  # below itself
        ("codebuild", "Build", "environment.computeType", False),  # of an enum
        ("dynamodb", "ExportDescription", "ClientToken", False),
        (
            "wellarchitected",
            "GetAgentRecommendationGenerationResponse",
            "additionalContext",
            True,
        ),  # of any form
    ],
)
def test_a_name_tells_what_bears_secrets(client: str, shape: str, path: str, bears: bool) -> None:
    """At any depth, in texts, lists, tables and documents."""
    found = dict(members(service_model(client).shape_for(shape)))

    assert is_bearing(path, found[path]) is bears


@pytest.mark.parametrize(
    ("trail", "path", "masked"),
    [
        ("a", "a", True),
        ("a", "a.b", True),
        ("a", "a[].b", True),
        ("a", "a{}.b", True),
        ("a[].b", "a[].b", True),
        ("a[]", "a[].b", True),
        ("a", "ab", False),
        ("a.b", "a", False),
    ],
)
def test_a_mask_covers_what_is_below_it(trail: str, path: str, masked: bool) -> None:
    """And nothing that only begins with the same letters."""
    assert is_masked(replace(MODELLED[0], mask=(trail,)), path) is masked
