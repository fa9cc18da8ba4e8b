"""What the role of a labeling job may do: read the input, write the output, call the functions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, NamedTuple

from jobherald.submit.arns import S3Object, arn_of, s3_object_of
from jobherald.submit.decoding import shown
from jobherald.submit.findings import Finding, Severity
from jobherald.submit.looks import categories, template
from jobherald.submit.looks.book import LABELING, Demand, LabelingScene, Question
from jobherald.submit.looks.buckets import MANIFEST, OUTPUT
from jobherald.submit.looks.data import objects_of
from jobherald.submit.looks.eyes import AbsentError, UnseenError
from jobherald.submit.looks.functions import own_functions
from jobherald.submit.looks.grants import reasoned, simulated
from jobherald.submit.looks.policies import Verdict, Wish, verdict
from jobherald.submit.looks.role import PATH
from jobherald.submit.looks.s3 import ask_bucket
from jobherald.submit.sources import guide

READ: Final = "s3:GetObject"
WRITE: Final = "s3:PutObject"
INVOKE: Final = "lambda:InvokeFunction"

_API: Final = guide("sms-create-labeling-job-api")
_PAGE: Final = guide("sms-security-permission-execution-role")
_CALLS: Final = guide("sms-custom-templates-step3-lambda-permissions")
_COVERED: Final = "sagemaker"

DENIED: Final = Demand(
    26,
    "look.access.denied",
    Severity.ERROR,
    "The role may read the manifest, the objects that it names, the template and the label category file, and write the"
    " output. AmazonSageMakerFullAccess covers only buckets with sagemaker in their names. Asked are IAM's simulation or,"
    " where that is denied, the role's policies; and the policy of a bucket that they do not open.",
    (_API, _PAGE),
)
INVOKES: Final = Demand(
    26,
    "look.access.functions",
    Severity.WARNING,
    "The role may call the functions of a custom task. A policy of the function may allow it too, which is not read.",
    (_PAGE, _CALLS),
)
CONDITION: Final = Demand(
    26,
    "look.access.condition",
    Severity.WARNING,
    "The role may do so without a condition that cannot be judged here, such as a tag of the object, which"
    " AmazonSageMakerFullAccess asks for in other buckets.",
    (_API, _PAGE),
)


class Need(NamedTuple):
    """Something that the role has to do. ``what`` names it for people; ``bucket`` is empty for functions."""

    path: str
    action: str
    resource: str
    what: str
    bucket: str = ""


@LABELING.look("access", DENIED, INVOKES, CONDITION)
def role_may_do_its_work(scene: LabelingScene) -> Iterator[Question]:
    yield Question(PATH, "whether the role may read the input and write the output", lambda: _may_work(scene))


def _may_work(scene: LabelingScene) -> Iterator[Finding]:
    needs = list(dict.fromkeys(_needs(scene)))
    wishes = [(need.action, need.resource) for need in needs]
    try:
        verdicts = _verdicts(scene, wishes)
    except AbsentError:  # the look at the role says so
        return
    for need in needs:
        said = verdicts[need.action, need.resource]
        if said is not Verdict.ALLOWED:
            yield from _judged(scene, need, said)


def _needs(scene: LabelingScene) -> Iterator[Need]:
    job = scene.job
    manifest = s3_object_of(job.manifest) if job.manifest is not None else None
    read = [(MANIFEST, manifest)]
    if manifest is not None:
        read += [(MANIFEST, each) for each in objects_of(scene.eyes, manifest)]
    for path, uri in (
        (categories.PATH, job.request.LabelCategoryConfigS3Uri),
        (template.PATH, job.human.UiConfig.UiTemplateS3Uri),
    ):
        read.append((path, s3_object_of(uri) if uri is not None else None))
    for path, found in read:
        if found is not None:
            yield Need(
                path, READ, _arn(scene, found), shown(f"s3://{found.bucket}/{found.key}"), found.bucket
            )
    uri = job.request.OutputConfig.S3OutputPath
    output = s3_object_of(uri)
    if output is not None:
        folder = f"{output.key.rstrip('/')}/{job.request.LabelingJobName}".lstrip("/")
        written = S3Object(output.bucket, f"{folder}/manifests/output/output.manifest")
        yield Need(OUTPUT, WRITE, _arn(scene, written), f"below {shown(uri)}", output.bucket)
    for path, function in own_functions(job):
        yield Need(path, INVOKE, function, shown(function))


def _arn(scene: LabelingScene, found: S3Object) -> str:
    role = arn_of(scene.job.request.RoleArn)
    partition = role.partition if role is not None else "aws"
    return f"arn:{partition}:s3:::{found.bucket}/{found.key}"


def _verdicts(scene: LabelingScene, wishes: list[tuple[str, str]]) -> dict[tuple[str, str], Verdict]:
    """What the role's policies say of each action on each resource. Raises AbsentError and UnseenError."""
    role = scene.job.request.RoleArn
    try:
        return simulated(scene.eyes, role, wishes)
    except UnseenError as error:
        denied = error
    try:
        return reasoned(scene.eyes, role, wishes)
    except UnseenError as error:
        raise UnseenError(f"{denied.reason}, and {error.reason}", denied.remedy) from None


def _judged(scene: LabelingScene, need: Need, own: Verdict) -> Iterator[Finding]:
    """What to say of a need that the role's own policies do not allow without condition."""
    does = {READ: "read", WRITE: "write", INVOKE: "call"}[need.action]
    if not need.bucket:
        if own is Verdict.CONDITIONAL:
            yield CONDITION.found(need.path, _only_if(does, need), _grant(need))
        else:
            yield INVOKES.found(need.path, f"the role may not {does} {need.what}", _grant(need))
        return
    if own is Verdict.DENIED:
        yield DENIED.found(
            need.path,
            f"a policy denies the role to {does} {need.what}",
            "remove the denial, or choose another bucket",
        )
        return
    try:
        open_to_it = _of_bucket(scene, need)
    except UnseenError as error:
        message = (
            f"the role's policies do not let it {does} {need.what}; the bucket's may, but {error.reason}"
        )
        yield CONDITION.found(need.path, message, _grant(need))
        return
    if open_to_it is Verdict.DENIED:
        message = f"the bucket's policy denies the role to {does} {need.what}"
        yield DENIED.found(need.path, message, "change the bucket's policy")
    elif open_to_it is not Verdict.ALLOWED:
        if Verdict.CONDITIONAL in {own, open_to_it}:
            yield CONDITION.found(need.path, _only_if(does, need), _grant(need))
        else:
            yield DENIED.found(need.path, f"the role may not {does} {need.what}{_hint(need)}", _grant(need))


def _of_bucket(scene: LabelingScene, need: Need) -> Verdict:
    """What the bucket's policy says to the role."""
    text = scene.job.request.RoleArn
    arn = arn_of(text)
    context = {
        "aws:securetransport": "true",
        "aws:principalarn": text,
        "aws:principalaccount": arn.account if arn is not None else "",
    }
    try:
        policy = ask_bucket(scene.eyes, "GetBucketPolicy", need.bucket)["Policy"]
    except AbsentError:
        return Verdict.NOT_ALLOWED
    return verdict([json.loads(policy)], Wish(need.action, need.resource, frozenset({text}), context))


def _only_if(does: str, need: Need) -> str:
    return f"the role may {does} {need.what} only under a condition of a policy{_hint(need)}"


def _hint(need: Need) -> str:
    if not need.bucket or _COVERED in need.bucket.lower():
        return ""
    return f"; AmazonSageMakerFullAccess covers only buckets with {_COVERED} in their names"


def _grant(need: Need) -> str:
    """The policy that the guide shows, for what is needed."""
    resource = need.resource
    if need.bucket:
        resource = f"{resource.partition(need.bucket)[0]}{need.bucket}/*"
    statement = {"Effect": "Allow", "Action": [need.action], "Resource": [resource]}
    return f"attach to the role: {json.dumps({'Version': '2012-10-17', 'Statement': [statement]})}"
