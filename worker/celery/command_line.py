"""Runs one command of Celery's command line in this process."""

from __future__ import annotations

from collections.abc import Sequence

import click
from celery import Celery
from celery.bin.base import CLIContext


def run_command(command: click.Command, app: Celery, arguments: Sequence[str]) -> None:
    """Run `command` until it ends.

    Celery's own command line also imports all other commands, among them an interactive one: a
    tenth of the start of each process.
    """
    context = CLIContext(app, no_color=True, workdir=None, quiet=True)
    group = click.Group("celery", commands=[command])
    argv = [str(command.name), *arguments]
    group.main(argv, prog_name="celery", standalone_mode=False, obj=context)
