"""`chancery batch watch`."""

from __future__ import annotations

import time

import click

from chancery.client import Chancery
from chancery.commands.batch.display import BatchDisplay, summary
from chancery.commands.connection import (
    INTERRUPTED,
    Connection,
    connection_options,
    pass_connection,
)
from chancery.messages import message
from chancery.models import Batch

FIRST_PAUSE_SECONDS = 0.5
MAX_PAUSE_SECONDS = 5.0


@click.command(
    epilog="\b\nExamples:\n  chancery batch watch batch_01jd3v8m5x",
)
@click.argument("batch_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print the ended batch as JSON.")
@connection_options()
@pass_connection
def watch(connection: Connection, *, batch_id: str, as_json: bool) -> None:
    """Show the progress of a batch until it ends.

    The exit status is 0 if the batch is completed, 1 if it failed, expired or was cancelled.
    """
    with connection.open() as chancery:
        batch = chancery.batch(batch_id)
    watch_to_end(connection, batch, as_json=as_json)


def watch_to_end(connection: Connection, batch: Batch, *, as_json: bool) -> None:
    """Watch a batch and exit with the status for its end."""
    context = click.get_current_context()
    try:
        with connection.open_to_watch() as chancery, BatchDisplay(batch) as display:
            batch = _follow(chancery, batch, display)
    except KeyboardInterrupt:
        click.echo(
            message(
                "Interrupted: {batch.id} continues; `chancery batch watch {batch.id}` "
                "shows it again.",
                batch=batch,
            ),
            err=True,
        )
        context.exit(INTERRUPTED)
    if as_json:
        click.echo(batch.model_dump_json())
    click.echo(summary(batch), err=True)
    if batch.status != "completed":
        context.exit(1)


def _follow(chancery: Chancery, batch: Batch, display: BatchDisplay) -> Batch:
    pause = FIRST_PAUSE_SECONDS
    while not batch.ended:
        time.sleep(pause)
        pause = min(MAX_PAUSE_SECONDS, pause * 1.5)
        batch = chancery.batch(batch.id)
        display.show(batch)
    return batch
