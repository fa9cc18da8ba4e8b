from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from jobherald import bootstrap
from jobherald.errors import ConfigError
from jobherald.model import Place

SOURCE = "modelarts.auto_labeling"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """That of the poll function in a deployment that watches Huawei Cloud."""
    for name, value in {
        "HUAWEI_SECRET": "ssm:/jobherald/huawei",
        "HUAWEI_ENDPOINTS": "cn-north-4=http://127.0.0.1:9,iam.cn-north-4=http://127.0.0.1:9",
        "HUAWEI_TIME_ZONE": "+08:00",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    _forget()
    yield
    _forget()


def _forget() -> None:
    for made in (
        bootstrap.lister,
        bootstrap.huaweicloud_lister,
        bootstrap.document,
        bootstrap.deployed_sources,
        bootstrap.sources,
    ):
        made.cache_clear()


def test_a_service_in_the_environment_means_all_its_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of names would not fit into it."""
    monkeypatch.setenv("SOURCES", "modelarts.*,sagemaker.labeling")
    found = [source.id for source in bootstrap.deployed_sources()]
    assert {"modelarts.training", SOURCE, "sagemaker.labeling"} <= set(found)
    assert {source.partition(".")[0] for source in found} == {"modelarts", "sagemaker"}


def test_a_poll_reads_no_other_entries_than_its_own() -> None:
    """What a deployment is made of concerns those who schedule and listen."""
    code = "import sys; import jobherald.bootstrap, jobherald.flows.poll;"
    code += " sys.exit(any(name in sys.modules for name in ('jobherald.catalog.selection', 'jobherald.checks', 'jobherald.deploying')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_source_of_huawei_cloud_has_its_lister() -> None:
    """What it can do is known before anything is called."""
    abilities = bootstrap.lister().abilities(SOURCE)
    assert (abilities.parents, abilities.credential) == ("dataset", "huaweicloud")


def test_a_poll_of_aws_imports_nothing_of_huawei_cloud() -> None:
    """A cold start pays for what it uses alone."""
    script = (
        "import sys; from jobherald import bootstrap;"
        " bootstrap.lister().abilities('sagemaker.labeling');"
        " print([name for name in sys.modules if 'huaweicloud' in name])"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        (
            "HUAWEI_SECRET",
            "",
            "The environment variable HUAWEI_SECRET is not set; give the stack its parameter HuaweiSecret.",
        ),
        (
            "HUAWEI_ENDPOINTS",
            "cn-north-4",
            "The environment variable HUAWEI_ENDPOINTS holds 'cn-north-4'; write REGION=https://HOST in the template's parameter HuaweiEndpoints.",
        ),
        (
            "HUAWEI_TIME_ZONE",
            "Asia/Shanghai",
            "The time zone of Huawei Cloud is 'Asia/Shanghai'; it must be an offset from UTC such as +08:00. Set the parameter HuaweiTimeZone (HUAWEI_TIME_ZONE) to that of the times which ModelArts shows.",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_named_with_its_parameter(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    """Who deploys knows parameters, and who runs a function by itself knows variables."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as refused:
        bootstrap.lister().abilities(SOURCE)
    assert str(refused.value) == says


def test_a_secret_in_the_place_of_its_reference_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """The template refuses it; a function that is run by itself has no template."""
    monkeypatch.setenv("HUAWEI_SECRET", '{"access_key": "AK", "secret_key": "verysecret"}')
    with pytest.raises(ConfigError) as refused:
        bootstrap.lister().abilities(SOURCE)
    assert "verysecret" not in str(refused.value)


@pytest.mark.parametrize(("text", "pairs"), [("", {}), (" a = b ,", {"a": "b"}), ("a=b=c", {"a": "b=c"})])
def test_pairs_are_read_from_a_list(
    monkeypatch: pytest.MonkeyPatch, text: str, pairs: dict[str, str]
) -> None:
    """The first sign of equality parts a pair: addresses may have others."""
    monkeypatch.setenv("PAIRS", text)
    assert bootstrap.env_pairs("PAIRS", parameter="Pairs") == pairs


def test_the_schedule_knows_the_projects(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are its places, beside those of AWS."""
    for name, value in {
        "ACCOUNT_ID": "111122223333",
        "SOURCES": f"sagemaker.labeling,{SOURCE}",
        "REGIONS": "us-east-1",
        "HUAWEI_PROJECTS": "cn-north-4/abc, cn-east-3/abd",
        "CONFIG_PARAMETER": "/jobherald/config",
    }.items():
        monkeypatch.setenv(name, value)
    assert set(bootstrap.document().default()) == {
        Place("sagemaker.labeling", "111122223333", "us-east-1"),
        Place(SOURCE, "abc", "cn-north-4"),
        Place(SOURCE, "abd", "cn-east-3"),
    }


def test_when_people_are_told_is_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """One time for a place that is blind or behind, for poll and schedule alike; no canary but where one is wanted."""
    made = (bootstrap.limits, bootstrap.notices, bootstrap.ping)
    for name, value in {"BLIND_AFTER": "90", "CANARY": "ENABLED", "PING_SECRET": ""}.items():
        monkeypatch.setenv(name, value)
    for each in made:
        each.cache_clear()
    assert (bootstrap.limits().blind_after, bootstrap.notices()) == (90.0, (90.0, True))
    assert bootstrap.ping() is None
    for name in ("BLIND_AFTER", "CANARY"):
        monkeypatch.delenv(name)
    for each in made:
        each.cache_clear()
    assert (bootstrap.limits().blind_after, bootstrap.notices()) == (600.0, (600.0, False))
    for each in made:
        each.cache_clear()
