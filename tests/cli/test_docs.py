from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from jobherald.cli import pages
from jobherald.cli.main import main
from jobherald.config.document import Watch, read
from jobherald.errors import ConfigError
from tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


ALL = dict(commands(main, "jobherald"))


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with its pages as they are kept."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    monkeypatch.chdir(tmp_path / "docs")
    return tmp_path


class TestPages:
    def test_they_are_current(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is kept is what the code would write."""
        monkeypatch.chdir(ROOT)
        found = run("docs", "--check")
        assert found.exit_code == 0, found.stderr

    def test_a_stale_page_is_named_and_left_alone(self, run: Run, checkout: Path) -> None:
        """--check writes nothing."""
        (checkout / "docs" / "cli.md").write_text("old", encoding="utf-8")
        found = run("docs", "--check")
        assert (found.exit_code, found.stdout) == (1, "")
        assert "docs/cli.md" in found.stderr
        assert (checkout / "docs" / "cli.md").read_text(encoding="utf-8") == "old"

    def test_a_stale_page_is_written_anew(self, run: Run, checkout: Path) -> None:
        """From anywhere within the checkout; a second run has nothing to do."""
        (checkout / "docs" / "cli.md").unlink()
        assert run("docs").stdout == "Written anew: docs/cli.md.\n"
        assert run("docs").stdout == "All generated pages are current.\n"

    def test_a_page_of_a_service_that_is_gone_is_removed(self, run: Run, checkout: Path) -> None:
        """--check names it, and leaves it where it is."""
        page = checkout / "docs" / "sources" / "no_such_service.md"
        page.write_text("old", encoding="utf-8")
        found = run("docs", "--check")
        assert (found.exit_code, page.exists()) == (1, True)
        assert "docs/sources/no_such_service.md" in found.stderr
        assert "docs/sources/no_such_service.md" in run("docs").stdout
        assert not page.exists()

    def test_outside_a_checkout_there_are_none(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An installed command has no pages to write."""
        monkeypatch.chdir(tmp_path)
        found = run("docs")
        assert found.exit_code == 2
        assert "in no checkout" in found.stderr

    def test_a_page_without_its_marks_is_said_so(self) -> None:
        """Else the generated part would silently stay as it was."""
        with pytest.raises(ConfigError, match="has lost its marks"):
            pages.configuration("# Configuration\n")


class TestCommandPage:
    @pytest.mark.parametrize("path", ALL)
    def test_every_command_has_help_with_an_example(self, path: str, run: Run) -> None:
        """An example that names the command itself, or one of its own commands."""
        found = run(*path.split()[1:], "--help")
        assert found.exit_code == 0
        assert f"Example: {path}" in found.stdout

    @pytest.mark.parametrize("path", ALL)
    def test_every_option_says_what_it_does(self, path: str) -> None:
        """An option without a word of help is a riddle."""
        assert all(option.help for option in ALL[path].params if isinstance(option, click.Option))

    @pytest.mark.parametrize("path", ALL)
    def test_every_command_is_on_the_page(self, path: str) -> None:
        """In its own section."""
        assert f"\n## {path}\n" in pages.commands()


class TestConfigurationPage:
    def test_every_key_is_there(self) -> None:
        """The generated table has a row for each key of a watch."""
        assert all(f"| `{key}` |" in CONFIGURATION for key in Watch.model_fields)

    def test_its_example_is_good(self) -> None:
        """Somebody will copy it."""
        examples = re.findall(r"```toml\n(.*?)```", CONFIGURATION, re.DOTALL)
        assert len(examples) == 1
        document = read(examples[0])
        assert document is not None
        assert [watch.id for watch in document.watch] == ["production labeling", "moderation"]

    def test_it_has_the_environment_that_the_template_sets(self) -> None:
        """Every variable of every function, and none besides."""
        template = (ROOT / "template.yaml").read_text(encoding="utf-8")
        variables = set(re.findall(r"^ {8,}([A-Z][A-Z_]{3,}): ", template, re.MULTILINE))
        assert variables, "the template sets nothing"
        assert variables == named_in("## The functions' environment")

    def test_it_has_the_parameters_of_the_template(self) -> None:
        """Every one, and none besides."""
        template = (ROOT / "template.yaml").read_text(encoding="utf-8")
        section = template[template.index("\nParameters:\n") : template.index("\nConditions:\n")]
        assert named_in("## Parameters of the stack") == set(re.findall(r"^  (\w+):$", section, re.MULTILINE))


def named_in(heading: str) -> set[str]:
    """What the first column of the table below this heading names."""
    section = CONFIGURATION[CONFIGURATION.index(heading) :].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}
