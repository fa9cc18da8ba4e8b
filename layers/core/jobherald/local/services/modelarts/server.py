"""ModelArts behind its gateway, and the IAM beside it, on one port."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jobherald.local.clock import Clock
from jobherald.local.ledger import Ledger
from jobherald.local.services.jobs import ScriptedJob
from jobherald.local.services.modelarts.datasets import Dataset
from jobherald.local.services.modelarts.identity import PROJECT, REGION, AccessKey, User
from jobherald.local.services.modelarts.settings import Settings
from jobherald.local.web import LocalServer


class ModelArts(LocalServer):
    """A ModelArts for ``projects`` (id: region), whose gateway takes ``keys`` and the tokens of ``users``."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        ledger: Ledger | None = None,
        projects: Mapping[str, str] | None = None,
        keys: Iterable[AccessKey] = (AccessKey(),),
        users: Iterable[User] = (User(),),
        settings: Settings | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(clock=clock, port=port)
        self.ledger = ledger if ledger is not None else Ledger()
        self.projects = dict(projects or {PROJECT: REGION})
        self.keys = {key.access_key: key for key in keys}
        self.users = {user.name: user for user in users}
        self.settings = settings or Settings()

    @property
    def project(self) -> str:
        """The first project's id."""
        return next(iter(self.projects))

    @property
    def region(self) -> str:
        """The first project's region."""
        return self.projects[self.project]

    @property
    def endpoint(self) -> str:
        """The base address of every region's ModelArts and IAM."""
        return self.url

    @property
    def endpoints(self) -> str:
        """What HUAWEI_ENDPOINTS has to be: ``region=address`` and ``iam.region=address``, joined by commas."""
        regions = dict.fromkeys(self.projects.values())
        return ",".join(f"{name}={self.url}" for region in regions for name in (region, f"iam.{region}"))

    def environment(self) -> dict[str, str]:
        """What the product needs to find these projects here; the secret's value is ``keys[…].secret`` or ``users[…].secret``."""
        projects = ",".join(f"{region}/{project}" for project, region in self.projects.items())
        return {"HUAWEI_PROJECTS": projects, "HUAWEI_ENDPOINTS": self.endpoints}

    def add(self, *what: ScriptedJob | Dataset) -> None:
        """Put datasets into their projects and jobs into theirs; a job's dataset is made where there is none."""
        raise NotImplementedError

    def vanish(self, job_id: str) -> None:
        """The service no longer knows this job, from now on. Raises KeyError where it never did."""
        raise NotImplementedError

    def drop_dataset(self, dataset_id: str) -> None:
        """The service no longer knows this dataset, from now on. Raises KeyError where it never did."""
        raise NotImplementedError
