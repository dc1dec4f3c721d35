"""`chancery batch`, with `batch list` and `batch cancel`."""

from __future__ import annotations

from itertools import islice

import click

from chancery.commands.batch.results import results
from chancery.commands.batch.submit import submit
from chancery.commands.batch.watch import watch
from chancery.commands.connection import Connection, connection_options, pass_connection
from chancery.commands.tables import print_json_lines, show
from chancery.errors import ChanceryError
from chancery.models import Batch


@click.group()
def batch() -> None:
    """Submit many jobs as one batch, watch it, and download its results."""


batch.add_command(submit)
batch.add_command(watch)
batch.add_command(results)


@batch.command("list")
@click.option(
    "--limit", type=click.IntRange(1), default=50, show_default=True, help="The number of rows."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@connection_options()
@pass_connection
def list_(connection: Connection, *, limit: int, as_json: bool) -> None:
    """List the department's batches."""
    with connection.open() as chancery:
        batches = list(islice(chancery.batches(), limit))
    if as_json:
        print_json_lines(batches)
        return
    show(
        (
            "BATCH",
            "STATUS",
            "CREATED",
            "EXPECTED",
            "ENDED",
            "LINES",
            "SUCCEEDED",
            "FAILED",
            "ENDPOINT",
        ),
        [_row(batch) for batch in batches],
    )


@batch.command()
@click.argument("batch_ids", metavar="ID...", nargs=-1, required=True)
@connection_options()
@click.pass_context
@pass_connection
def cancel(connection: Connection, context: click.Context, *, batch_ids: tuple[str, ...]) -> None:
    """Cancel batches. Finished results are kept."""
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
