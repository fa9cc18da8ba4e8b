from __future__ import annotations

import boto3
import pytest

from functions.schedule import app
from jobherald import bootstrap
from jobherald.errors import ConfigError
from jobherald.model import Place
from tests.functions.stage import CONTEXT, Stage
from tests.providers.jobservice import LABELING, MEDIA

EVERYWHERE = {LABELING, MEDIA}


def configure(text: str) -> None:
    boto3.client("ssm").put_parameter(Name="/jobherald/config", Value=text, Type="String", Overwrite=True)


def queued(deployed: Stage) -> set[Place]:
    return {Place(**message["place"]) for message in deployed.taken(deployed.polls_url)}


def test_a_tick_without_a_document_watches_all_that_was_deployed(deployed: Stage) -> None:
    """The template's parameters are enough."""
    done = app.handler({}, CONTEXT)
    assert (done["places"], done["queued"], done["touched"], done["refused"]) == (2, 2, 0, "")
    assert queued(deployed) == EVERYWHERE
    assert set(bootstrap.store().places(EVERYWHERE)) == EVERYWHERE


def test_a_tick_follows_the_document(deployed: Stage) -> None:
    """What a place is watched for is what its watch says."""
    configure(
        '[[watch]]\nid = "prod"\nsource = "sagemaker.labeling"\nname_contains = "prod-"\nevery = "120s"\n'
    )
    app.handler({}, CONTEXT)
    assert queued(deployed) == {LABELING}
    record = bootstrap.store().place(LABELING)
    assert record is not None
    (rule,) = record.scope.rules
    assert (rule.watch, rule.name_contains, record.scope.every) == ("prod", "prod-", 120)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[watch]]\nid = 'x'\nsource = 'sagemaker.nothing'\n", "sagemaker.nothing"),
        ("[[watch]]\nid = 'x'\nsource = 'sagemaker.labeling'\nregions = ['eu-west-1']\n", "eu-west-1"),
        ("[[watch]]\nid = 'x'\nsource = 'sagemaker.labeling'\nevery = 'soon'\n", "every"),
        ("[[watch]]\nid = 'x'\nsource = 'sagemaker.labeling'\nroute = 'ops'\n", "route"),
        ("this is no TOML", "line 1"),
    ],
)
def test_a_bad_document_keeps_the_last_good_one_in_force(deployed: Stage, text: str, says: str) -> None:
    """And the answer says exactly what is wrong."""
    configure('[[watch]]\nid = "prod"\nsource = "sagemaker.labeling"\n')
    app.handler({}, CONTEXT)
    configure(text)
    done = app.handler({}, CONTEXT)
    assert done["places"] == 1
    assert says in done["refused"]
    (owing,) = bootstrap.store().owing(["config"])
    app.handler({}, CONTEXT)
    assert bootstrap.store().owing(["config"]) == [owing]


def test_the_age_of_the_oldest_look_is_a_metric(deployed: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """One alarm watches it, missing data being as bad as old."""
    app.handler({}, CONTEXT)
    assert '"OldestLookAge"' in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore:No application metrics")
def test_a_missing_variable_is_named(deployed: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who changed the template has to read what it lacks."""
    monkeypatch.delenv("CONFIG_PARAMETER")
    with pytest.raises(ConfigError, match="CONFIG_PARAMETER is not set"):
        app.handler({}, CONTEXT)
