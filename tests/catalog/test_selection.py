from __future__ import annotations

import pytest

from jobherald.catalog import all_sources
from jobherald.catalog.selection import expanded, nearest, services_of, whole_services, written
from jobherald.errors import ConfigError

ALL = tuple(source.id for source in all_sources())
SERVICES = services_of(ALL)


def test_ids_are_taken_as_they_are() -> None:
    """Each once and in order, also one that the catalogue does not have."""
    assert expanded(["b.b", "a.a", "b.b"]) == ("b.b", "a.a")


def test_a_service_means_all_its_sources() -> None:
    """Beside ids, of which none is there twice."""
    found = expanded(["modelarts.training", "modelarts.*", "x.y"])
    assert found[0] == "modelarts.training"
    assert sorted(found) == [*SERVICES["modelarts"], "x.y"]


def test_an_unknown_service_comes_with_what_is_near() -> None:
    """A service that is misspelt would else be watched by nobody."""
    with pytest.raises(ConfigError, match=r"'modelart' .*did you mean modelarts\?"):
        expanded(["modelart.*"])


def test_few_are_written_out() -> None:
    """So that people can read what they deployed."""
    assert written(["a.a", "sagemaker.labeling"]) == "a.a,sagemaker.labeling"


def test_many_are_shortened_and_mean_the_same() -> None:
    """All together fit into a function's environment."""
    text = written(ALL)
    assert len(text) < 2560
    assert set(expanded(text.split(","))) == set(ALL)


def test_a_service_of_which_one_source_is_missing_is_written_out() -> None:
    """Else that one would be watched as well."""
    most = [one for one in ALL if one != "modelarts.training"]
    assert "modelarts.*" not in written(most).split(",")
    assert set(expanded(written(most).split(","))) == set(most)
    assert "modelarts.*" not in whole_services(most)


def test_more_than_an_environment_holds_is_refused() -> None:
    """With what would be shorter."""
    with pytest.raises(ConfigError, match=r"1000 sources take .* Take whole services, such as own\.\*"):
        written([f"own.kind_{number}" for number in range(1000)])


def test_a_typo_comes_with_what_was_meant() -> None:
    """A word that resembles nothing comes with where to look."""
    assert nearest("rekognition.media_analisis", ALL) == "; did you mean rekognition.media_analysis?"
    assert nearest("zzz", ALL) == "; `jobherald sources` shows what there is."
