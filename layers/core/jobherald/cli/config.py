"""`jobherald config`: check a configuration document, put it in force, and show its schema."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import click

from jobherald.cli.document import checked
from jobherald.cli.target import Target, Where, target_options
from jobherald.cli.trouble import Trouble, Wrong

if TYPE_CHECKING:
    from jobherald.config.deployment import Deployment
    from jobherald.config.document import Document

_FILE: Final = click.File("rb")


@click.group("config", epilog="Example: jobherald config check watches.toml")
def config() -> None:
    """Work on the configuration document."""


@config.command("check", epilog="Example: jobherald config check watches.toml --stack jobherald")
@click.argument("file", type=_FILE)
@target_options(default="")
def check(file: BinaryIO, where: Where) -> None:
    """Check a document; with --stack or --local also against what was deployed there.

    FILE may be - for standard input.
    """
    target = where.find() if where.given else None
    _checked(file, target)


@config.command("push", epilog="Example: jobherald config push watches.toml --stack jobherald")
@click.argument("file", type=_FILE)
@target_options(default="")
def push(file: BinaryIO, where: Where) -> None:
    """Check a document and put it in force; within a minute the deployment follows it.

    It is written to the stack's SSM parameter, or to its ConfigBucket where it is larger than 8 KB.
    """
    if not where.given:
        raise Trouble("Say where it is to be in force: --stack NAME or --local.")
    target = where.find()
    text = _checked(file, target)
    if not text.strip():
        raise Trouble(
            f"An empty document cannot be kept. Delete the parameter {target.output('ConfigParameter')} instead."
        )
    click.echo(f"Written to {_write(target, text)}. It is in force within a minute.")


@config.command("schema", epilog="Example: jobherald config schema > jobherald.config.v1.json")
def schema() -> None:
    """Print the document's JSON Schema, for editors."""
    from jobherald.cli import plain
    from jobherald.config import schema as published

    plain.echo_json(published.schema())


def _checked(file: BinaryIO, target: Target | None) -> str:
    """The document's text, if it is good. Raises Trouble with its faults."""
    from jobherald.config.scopes import astray

    name = getattr(file, "name", "<stdin>")
    name = "standard input" if name == "<stdin>" else name
    deployed: Deployment | None = target.deployment() if target else None
    try:
        text = file.read().decode()
    except UnicodeDecodeError:
        raise Wrong(f"{name} is no UTF-8 text.") from None
    # What came by standard input has no name that a command could be given.
    document = checked(text, name, deployed, "FILE" if name == "standard input" else name)
    if document is None:
        click.echo(f"{name} has no key: everything that is deployed is watched.", err=True)
    else:
        click.echo(f"{name} is good: {_counted(document)}.", err=True)
        for remark in astray(document):
            click.echo(f"  {remark}.", err=True)
    return text


def _counted(document: Document) -> str:
    count = len(document.watch)
    said = f"{count} watch{'es' if count != 1 else ''}"
    own = [str(entry["id"]) for entry in document.source]
    if own:
        said += f", {len(own)} source{'s' if len(own) != 1 else ''} of its own"
        watched = {watch.source for watch in document.watch}
        unwatched = [source_id for source_id in own if source_id not in watched]
        said += f" (not watched: {', '.join(unwatched)})" if unwatched else ""
    return said


def _write(target: Target, text: str) -> str:
    from jobherald.config.source import OBJECT_BYTES, PARAMETER_BYTES

    parameter = target.output("ConfigParameter")
    body = text.encode()
    if len(body) <= PARAMETER_BYTES:
        _put(target.client("ssm"), parameter, text)
        return parameter
    if len(body) > OBJECT_BYTES:
        raise Wrong(f"The document has {len(body)} bytes; {OBJECT_BYTES} are the most that is read.")
    bucket = target.outputs.get("ConfigBucketName", "")
    if not bucket:
        raise Trouble(
            f"The document has {len(body)} bytes, and SSM takes {PARAMETER_BYTES}. Make it shorter, or name a bucket for it: "
            "sam deploy --parameter-overrides ConfigBucket=NAME"
        )
    # A key of its own for each text: parameter and object can never be of two different documents.
    key = f"jobherald/{target.stack}/config-{sha256(body).hexdigest()[:32]}.toml"
    target.client("s3").put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/toml")
    _put(target.client("ssm"), parameter, f"s3://{bucket}/{key}")
    return f"s3://{bucket}/{key}, named by {parameter}"


def _put(ssm: Any, name: str, value: str) -> None:
    ssm.put_parameter(Name=name, Value=value, Type="String", Tier="Intelligent-Tiering", Overwrite=True)
