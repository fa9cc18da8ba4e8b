"""`jobherald template` and `jobherald iam`: what a deployment is given for the sources that it watches."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from jobherald.cli.choosing import chosen
from jobherald.cli.own import install, known, uninstall
from jobherald.cli.trouble import Trouble, Wrong

if TYPE_CHECKING:
    from jobherald.catalog.source import Source

_FILE: Final = click.Path(dir_okay=False, path_type=Path)

_ACCOUNT: Final = re.compile(r"\d{12}", re.ASCII)

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _source_options(command: _Command) -> _Command:
    command = click.option(
        "--config",
        "document",
        type=_FILE,
        metavar="FILE",
        help="A configuration document: for the sources that its watches name, its own included.",
    )(command)
    command = click.option("--all", "every", is_flag=True, help="For every source of the catalogue.")(command)
    return click.option(
        "--source",
        "words",
        multiple=True,
        metavar="ID",
        help="For this source, as `jobherald sources` has it; 'glue.*' for all of a service. Can be repeated.",
    )(command)


@click.command("template", epilog="Example: jobherald template --source glue.job_run --source batch.job")
@_source_options
@click.option(
    "--file",
    type=_FILE,
    default=Path("template.yaml"),
    show_default=True,
    help="The template whose generated parts are written anew.",
)
@click.option("--print", "as_text", is_flag=True, help="Print the whole template, and write nothing.")
@click.option(
    "--check", is_flag=True, help="Write nothing; fail where the file is not what would be written."
)
def template(
    words: tuple[str, ...], every: bool, document: Path | None, file: Path, as_text: bool, check: bool
) -> None:
    """Write permissions and event rules for exactly these sources into the template.

    Without --source, --all and --config for those that it is published with. Only what stands between the marks
    "generated" changes. With --config sources of the document's own are put beside the catalogue too, to be deployed with
    it; without, those that it is not written for are removed from there. Build and deploy afterwards: sam build && sam
    deploy.
    """
    from jobherald.config.deployment import deploy_command
    from jobherald.deploying.defaults import DEFAULT_SOURCES
    from jobherald.deploying.template import render, sources_in

    sources = _meant(words, every, document, DEFAULT_SOURCES)
    try:
        kept = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise Trouble(f"{file} cannot be read. Name the template with --file.") from None
    fresh = render(kept, sources)
    if document is not None and not (as_text or check):
        install(document, file)
    elif not (as_text or check):
        for path in uninstall(file, (source.id for source in sources)):
            click.echo(
                f"{path} is removed: it has none of these sources. Its document is what it is written from."
            )
    if as_text:
        click.echo(fresh, nl=False)
    elif fresh == kept:
        click.echo(f"{file} is as it should be: {_number(len(sources), 'source')}.")
    elif check:
        raise Wrong(f"{file} is not as it would be written. Run: {_again(words, every, document, file)}")
    else:
        before = sources_in(kept)
        file.write_text(fresh, encoding="utf-8")
        click.echo(f"{file} is written for {_number(len(sources), 'source')}{_difference(before, sources)}.")
        # Without the parameters of another cloud a stack with its sources would be refused, and who asks for one knows.
        asked = [source.id for source in sources if words or every or document or source.provider == "aws"]
        click.echo(f"Next: {deploy_command(asked)}")


@click.command("iam", epilog="Example: jobherald iam --source glue.job_run --region eu-west-1")
@_source_options
@click.option(
    "--region",
    "regions",
    multiple=True,
    metavar="REGION",
    help="Where it is watched; without, everywhere. Can be repeated.",
)
@click.option("--account", default="*", metavar="ID", help="The account that it is watched in; without, any.")
@click.option("--partition", default="aws", show_default=True, help="aws, aws-cn or aws-us-gov.")
def iam(
    words: tuple[str, ...],
    every: bool,
    document: Path | None,
    regions: tuple[str, ...],
    account: str,
    partition: str,
) -> None:
    """Print the least IAM policy for watching these sources, for a role that is managed elsewhere.

    It is what the template gives the function that polls, besides its own queues and table. What IAM would refuse as too
    large becomes several policies, printed as a list.
    """
    from jobherald.cli import plain
    from jobherald.deploying.policies import document as as_document
    from jobherald.deploying.policies import policies

    if not (words or every or document):
        raise Trouble("Say what is to be watched: --source ID, --config FILE, or --all.")
    sources = _meant(words, every, document)
    for source in sources:
        if source.provider != "aws" and not every:
            click.echo(f"{source.id} takes nothing of AWS but: {', '.join(source.actions)}", err=True)
    _refuse_unknown_places(regions, account, partition)
    names = {"partition": partition, "account": account}
    made = [as_document(policy, names, regions) for policy in policies(sources)]
    if not made:
        raise Wrong("None of these sources is one of AWS, so that IAM has nothing to allow.")
    plain.echo_json(made[0] if len(made) == 1 else made)


def _refuse_unknown_places(regions: Sequence[str], account: str, partition: str) -> None:
    """IAM takes a policy for a place that is not there, which then allows nothing. Raises Trouble."""
    from jobherald.config.faults import instead
    from jobherald.config.regions import fault, partitions

    known = partitions()
    if partition not in known.values():
        raise Trouble(f"{partition} is no partition of AWS; {instead(partition, set(known.values()))}")
    for region in regions:
        if said := fault(region, ""):
            raise Trouble(said)
        if known[region] != partition:
            raise Trouble(f"{region} is in another partition than {partition}: --partition {known[region]}")
    if account != "*" and not _ACCOUNT.fullmatch(account):
        raise Trouble(f"{account} is no account; its id is 12 digits, and without --account it is any.")


def _meant(
    words: Sequence[str], every: bool, document: Path | None, otherwise: Sequence[str] = ()
) -> list[Source]:
    if every and words:
        raise Trouble("--all and --source exclude each other.")
    found, watched = known(document)
    if every:
        return list(found.values())
    if document is not None and not (words or watched):
        raise Wrong(f"{document} has no watch that names a source.")
    return chosen(words or watched or otherwise, found, has_own=document is not None)


def _difference(before: Sequence[str], sources: Sequence[Source]) -> str:
    after = [source.id for source in sources]
    more = [source for source in after if source not in before]
    less = [source for source in before if source not in after]
    said = [f"{word} {_listed(ids)}" for word, ids in (("added", more), ("removed", less)) if ids]
    return f" ({'; '.join(said)})" if said else ""


def _listed(ids: Sequence[str], most: int = 10) -> str:
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return f"{', '.join(ids[:most])}{more}"


def _again(words: Sequence[str], every: bool, document: Path | None, file: Path) -> str:
    from jobherald.config.deployment import quoted

    options = ["--all"] if every else [f"--source {quoted(word)}" for word in words]
    if document is not None:
        options.insert(0, f"--config {quoted(str(document))}")
    if file != Path("template.yaml"):
        options.append(f"--file {quoted(str(file))}")
    return " ".join(["jobherald template", *options])


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
