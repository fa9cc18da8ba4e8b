"""`jobherald demo`: the whole of it on this machine, without an account."""

from __future__ import annotations

import importlib
import sys

import click

from jobherald.cli.trouble import Trouble


@click.command("demo", epilog="Example: jobherald demo --fault swallow")
@click.option(
    "--fault", type=click.Choice(["swallow"]), help="Lose one message on purpose: the reckoning must see it."
)
@click.option(
    "--seed",
    type=int,
    default=1,
    show_default=True,
    help="Another seed draws another scenario and other kills.",
)
@click.option(
    "--keep", is_flag=True, help="Stay up afterwards, for `jobherald jobs --local` in another terminal."
)
@click.option(
    "--kills/--no-kills",
    default=True,
    show_default=True,
    help="Kill functions in the middle of their work. With --fault nothing is killed.",
)
def demo(fault: str | None, seed: int, keep: bool, kills: bool) -> None:
    """Run a scenario on a local cloud: deploy, watch jobs, tell, kill functions, and reckon what was lost or told twice.

    Needs a checkout of the project, and no AWS account. The last line is the reckoning, as JSON.
    """
    try:
        scenario = importlib.import_module("jobherald.local.demo")
    except ModuleNotFoundError as error:
        raise Trouble(f"The demo runs from a checkout of the project, after `make venv` ({error}).") from None
    sys.exit(scenario.main(fault=fault or "", seed=seed, keep=keep, kills=kills))
