"""The `jobherald` command itself: which commands there are."""

from __future__ import annotations

import click

from jobherald import __version__
from jobherald.cli.config import config
from jobherald.cli.demo import demo
from jobherald.cli.docs import docs
from jobherald.cli.jobs import job, jobs
from jobherald.cli.redrive import redrive
from jobherald.cli.secret import secret
from jobherald.cli.sources import catalog, sources
from jobherald.cli.submit import submit
from jobherald.cli.template import iam, template
from jobherald.cli.trouble import Front


@click.group(
    cls=Front,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: jobherald jobs --since 2h",
)
@click.version_option(__version__, message="jobherald %(version)s")
def main() -> None:
    """Watch long-running cloud jobs, and tell people once, soon and readably what became of them.

    Exit codes: 0 all is well; 1 what was checked is wrong, or what was asked for is not there; 2 the command was
    not used as it can be, or something around it is missing.
    """


for command in (demo, jobs, job, submit, sources, catalog, template, iam, config, secret, redrive, docs):
    main.add_command(command)
