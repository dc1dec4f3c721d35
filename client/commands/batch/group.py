"""`chancery batch`, with `batch list` and `batch cancel`."""

from __future__ import annotations

from itertools import islice

import click

from client.commands.batch.results import results
from client.commands.batch.submit import submit
from client.commands.batch.watch import watch
from client.commands.connection import Connection, connection_options, pass_connection
from client.commands.tables import show
from client.errors import ChanceryError
from client.models import Batch


@click.group()
def batch() -> None:
    """Submit many jobs as one, watch them, and collect the results."""


batch.add_command(submit)
batch.add_command(watch)
batch.add_command(results)


@batch.command("list")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@connection_options()
@pass_connection
def list_(connection: Connection, *, limit: int, as_json: bool) -> None:
    """List the department's batches."""
    with connection.open() as chancery:
        found = list(islice(chancery.batches(), limit))
    if as_json:
        for each in found:
            click.echo(each.model_dump_json())
        return
    show(
        ("BATCH", "STATUS", "CREATED", "EXPECTED", "ENDED", "LINES", "DONE", "FAILED", "FOR"),
        [_row(each) for each in found],
    )


@batch.command()
@click.argument("batch_ids", metavar="ID...", nargs=-1, required=True)
@connection_options()
@click.pass_context
@pass_connection
def cancel(connection: Connection, context: click.Context, *, batch_ids: tuple[str, ...]) -> None:
    """Have no more lines of batches run. What is done is kept."""
    failed = False
    with connection.open() as chancery:
        for batch_id in batch_ids:
            try:
                click.echo(f"{batch_id} {chancery.cancel_batch(batch_id).status}")
            except ChanceryError as error:
                failed = True
                click.echo(f"{batch_id}: {error}", err=True)
    if failed:
        context.exit(1)


def _row(batch: Batch) -> tuple[object, ...]:
    counts = batch.counts
    expected = None if batch.ended else batch.expected_at
    return (
        batch.id,
        batch.status,
        batch.created_at,
        expected,
        batch.ended_at,
        counts.total,
        counts.completed,
        counts.failed,
        batch.endpoint,
    )
