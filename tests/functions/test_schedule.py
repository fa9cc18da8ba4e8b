from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest

from functions.schedule import app
from jobherald import bootstrap
from jobherald.errors import ConfigError
from jobherald.model import Place
from tests.channels.test_ping import Watchman, watching
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


class TestPing:
    @pytest.fixture
    def watchman(self, deployed: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watchman]:
        """One that a secret of the account leads to."""
        monkeypatch.setenv("PING_SECRET", "ssm:/jobherald/ping")
        with watching() as made:
            boto3.client("ssm").put_parameter(Name="/jobherald/ping", Value=made.url, Type="SecureString")
            yield made

    @pytest.fixture
    def log(self, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
        """What the function logs."""
        written = io.StringIO()
        monkeypatch.setattr(app.logger.registered_handler, "stream", written)
        return written

    def look(self) -> None:
        """Every place has had its complete look."""
        app.handler({}, CONTEXT)
        store = bootstrap.store()
        for record in store.places(EVERYWHERE).values():
            now = bootstrap.clock().now()
            store.save_place(replace(record, revision=record.revision + 1, looked_at=now, polled_at=now))

    def test_it_is_sent_when_every_place_was_seen_in_time(self, watchman: Watchman) -> None:
        """Not before the first looks are complete, and once in a minute."""
        app.handler({}, CONTEXT)
        assert watchman.asked == []
        self.look()
        assert app.handler({}, CONTEXT)["in_time"]
        app.handler({}, CONTEXT)
        assert len(watchman.asked) == 1

    def test_a_failure_is_a_line_without_the_url(
        self, watchman: Watchman, log: io.StringIO, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """What was to be done is done, and the watchman outside says the rest."""
        watchman.status = 404
        self.look()
        app.handler({}, CONTEXT)
        written = log.getvalue() + capsys.readouterr().out
        assert "ping failed" in written
        assert "HTTP 404" in written
        assert watchman.url not in written

    def test_a_reference_that_is_none_fails_no_tick(
        self, watchman: Watchman, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Somebody wrote the URL itself where its reference belongs."""
        monkeypatch.setenv("PING_SECRET", watchman.url)
        self.look()
        assert app.handler({}, CONTEXT)["in_time"]
        written = log.getvalue()
        assert "ping failed" in written
        assert watchman.url not in written


def test_a_canary_is_owed_once_a_day(deployed: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the configuration's item, where the stream finds it."""
    monkeypatch.setenv("CANARY", "ENABLED")
    app.handler({}, CONTEXT)
    TestPing().look()
    app.handler({}, CONTEXT)
    app.handler({}, CONTEXT)
    (owing,) = bootstrap.store().owing(["config"])
    (alert,) = owing.news
    assert alert.is_canary


@pytest.mark.filterwarnings("ignore:No application metrics")
def test_a_missing_variable_is_named(deployed: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who changed the template has to read what it lacks."""
    monkeypatch.delenv("CONFIG_PARAMETER")
    with pytest.raises(ConfigError, match="CONFIG_PARAMETER is not set"):
        app.handler({}, CONTEXT)
