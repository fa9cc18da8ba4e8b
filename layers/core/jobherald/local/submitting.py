"""The labeling job that the demo starts: what it needs, the shipped command that starts it, and how soon Slack told of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from jobherald.errors import JobheraldError
from jobherald.local.cloud import LocalCloud
from jobherald.local.services.labeling_script import Life
from jobherald.local.services.recording import Asked
from jobherald.submit.categories import write
from jobherald.submit.category_rules import Purpose
from jobherald.submit.task_types import TASK_TYPES

NAME: Final = "submit-street-signs"
POLLS: Final = 2
"""Within how many polls Slack has to tell of it."""

LIFE: Final = Life(starts_after=0.2, lasts=6.5, objects=3)
"""How it lives once it is started."""

_BUCKET: Final = "acme-labels"
_FOLDER: Final = f"s3://{_BUCKET}/{NAME}"
_ROLE: Final = "labeling"
_TASK: Final = "BoundingBox"
_FUNCTIONS: Final = "arn:aws:lambda:us-east-1:432418664414:function"
_IMAGES: Final = ("crossing.jpg", "roundabout.jpg", "school.jpg")
_TEMPLATE: Final = """\
<script src="https://assets.crowd.aws/crowd-html-elements.js"></script>
<crowd-form>
  <crowd-bounding-box name="boundingBox" src="{{ task.input.taskObject | grant_read_access }}"
    header="Draw a box around each street sign" labels="{{ task.input.labels | to_json | escape }}">
    <full-instructions header="Street signs">One tight box around each sign.</full-instructions>
    <short-instructions>One box around each sign</short-instructions>
  </crowd-bounding-box>
</crowd-form>
"""


def prepare(cloud: LocalCloud) -> Path:
    """Put all that the job needs into the cloud: role, bucket, and what is in it. Returns the file of the request."""
    s3, iam = cloud.client("s3"), cloud.client("iam")
    s3.create_bucket(Bucket=_BUCKET)
    cors = {
        "AllowedMethods": ["GET"],
        "AllowedOrigins": ["*"],
        "ExposeHeaders": ["Access-Control-Allow-Origin"],
    }
    s3.put_bucket_cors(Bucket=_BUCKET, CORSConfiguration={"CORSRules": [cors]})
    for name, text in _objects().items():
        s3.put_object(Bucket=_BUCKET, Key=f"{NAME}/{name}", Body=text.encode())
    trust = _policy({"Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"})
    role = iam.create_role(RoleName=_ROLE, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    work = {"Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::{_BUCKET}/*"}
    iam.put_role_policy(RoleName=_ROLE, PolicyName="labels", PolicyDocument=_policy(work))
    file = cloud.folder / f"{NAME}.json"
    file.write_text(json.dumps(request(role, cloud.account, cloud.region), indent=2), encoding="utf-8")
    return file


def request(role: str, account: str, region: str) -> dict[str, Any]:
    """What CreateLabelingJob is to be asked for, with the ARN of the job's role."""
    return {
        "LabelingJobName": NAME,
        "LabelAttributeName": "street-signs",
        "InputConfig": {"DataSource": {"S3DataSource": {"ManifestS3Uri": f"{_FOLDER}/input.manifest"}}},
        "OutputConfig": {"S3OutputPath": f"{_FOLDER}/output/"},
        "RoleArn": role,
        "LabelCategoryConfigS3Uri": f"{_FOLDER}/labels.json",
        "HumanTaskConfig": {
            "WorkteamArn": f"arn:aws:sagemaker:{region}:{account}:workteam/private-crowd/annotators",
            "UiConfig": {"UiTemplateS3Uri": f"{_FOLDER}/template.liquid"},
            "PreHumanTaskLambdaArn": f"{_FUNCTIONS}:PRE-{_TASK}",
            "AnnotationConsolidationConfig": {
                "AnnotationConsolidationLambdaArn": f"{_FUNCTIONS}:ACS-{_TASK}"
            },
            "TaskTitle": "Street signs",
            "TaskDescription": "Draw a box around each street sign",
            "NumberOfHumanWorkersPerDataObject": 3,
            "TaskTimeLimitInSeconds": 600,
        },
    }


def _objects() -> Mapping[str, str]:
    """What lies in the job's folder, by name. Nobody opens the images."""
    lines = [json.dumps({"source-ref": f"{_FOLDER}/images/{image}"}) for image in _IMAGES]
    return {
        "input.manifest": "".join(f"{line}\n" for line in lines),
        "labels.json": write(["stop", "give way"], Purpose(TASK_TYPES[_TASK])),
        "template.liquid": _TEMPLATE,
        **{f"images/{image}": image for image in _IMAGES},
    }


def _policy(statement: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


@dataclass(frozen=True, slots=True)
class Submitted:
    """What the command said: the job's ``id`` (an ARN), what was found and not looked at, and whom it told."""

    id: str
    findings: tuple[Mapping[str, str], ...]
    not_looked: str
    stack: str
    registered: bool

    @classmethod
    def of(cls, printed: str) -> Self:
        """From the command's JSON."""
        said = json.loads(printed)
        started = said["started"]
        return cls(
            id=started["id"],
            findings=tuple(said["findings"]),
            not_looked=said["not_looked"] or "",
            stack=started["stack"] or "",
            registered=started["registered"],
        )


class SubmitCommand:
    """`jobherald submit labeling` as from another terminal, in the local cloud that the request's folder tells of.

    Its process never outlives the ``with`` block.
    """

    def __init__(self, file: Path, *, program: Path | None = None) -> None:
        """``file`` holds the request. ``program`` is the one beside this Python, if left out."""
        # Flags of the command alone: what is printed of it is what somebody would type.
        self.words = (
            *("jobherald", "submit", "labeling", "--cli-input-json", file.name),
            *("--owner", "ann", "--limit", "8h", "--local", "--yes", "--json"),
        )
        self._program = program or Path(sys.executable).with_name("jobherald")
        self._folder = file.parent
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            with self._process as process:
                process.kill()

    @property
    def begun(self) -> bool:
        """Whether it was run."""
        return self._process is not None

    def begin(self) -> None:
        """Run it, and do not wait for it."""
        self._process = subprocess.Popen(
            [str(self._program), *self.words[1:]],
            cwd=self._folder,
            env={**os.environ, "XDG_RUNTIME_DIR": str(self._folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def result(self) -> Submitted | None:
        """What it said; None while it has not ended. Raises JobheraldError where it started nothing."""
        if self._process is None or self._process.poll() is None:
            return None
        printed, complained = self._process.communicate()
        if self._process.returncode:
            raise JobheraldError(f"`{' '.join(self.words)}` started nothing: {complained.strip()}\n{printed}")
        return Submitted.of(printed)


def polls_between(calls: Iterable[Asked], region: str, since: datetime, until: datetime) -> int:
    """How many polls of this region's labeling jobs began after one moment and before the other: first pages of lists."""
    return sum(
        call.operation == "ListLabelingJobs"
        and call.region == region
        and "NextToken" not in call.parameters
        and since < call.at <= until
        for call in calls
    )
