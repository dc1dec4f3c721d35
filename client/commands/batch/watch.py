"""`chancery batch watch`."""

from __future__ import annotations

import time

import click

from client.client import Chancery
from client.commands.batch.display import BatchDisplay, summary
from client.commands.connection import Connection, connection_options, pass_connection
from client.commands.submit import INTERRUPTED
from client.models import Batch

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 5.0


@click.command()
@click.argument("batch_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print the batch at its end, as JSON.")
@connection_options()
@pass_connection
def watch(connection: Connection, *, batch_id: str, as_json: bool) -> None:
    """Show how far a batch has come, until it ends.

    The exit status is 0 when it is completed, 1 when it ended otherwise.
    """
    with connection.open() as chancery:
        batch = chancery.batch(batch_id)
    watch_to_the_end(connection, batch, as_json=as_json)


def watch_to_the_end(connection: Connection, batch: Batch, *, as_json: bool) -> None:
    """Ends the command with the status that says how the batch ended."""
    context = click.get_current_context()
    try:
        with connection.open_to_watch() as chancery, BatchDisplay(batch) as display:
            batch = _follow(chancery, batch, display)
    except KeyboardInterrupt:
        click.echo(
            f"Interrupted: {batch.id} goes on; `chancery batch watch {batch.id}` looks again.",
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
        pause = min(LONGEST_PAUSE_SECONDS, pause * 1.5)
        batch = chancery.batch(batch.id)
        display.show(batch)
    return batch
