"""`chancery batch`, with `batch list` and `batch cancel`."""

from __future__ import annotations

import click

from chancery.commands.batch.display import expected_end
from chancery.commands.batch.results import results
from chancery.commands.batch.submit import submit
from chancery.commands.batch.watch import watch
from chancery.commands.listing import json_option, limit_option, print_records
from chancery.commands.records import OpenRecords, pass_records, record_options, report_outcomes
from chancery.messages import message
from chancery.models import Batch


@click.group(
    epilog="\b\nExamples:\n"
    "  chancery batch submit letters/ --task redact --watch\n"
    "  chancery batch results batch_01jd3v8m5x --out results/",
)
def batch() -> None:
    """Submit many jobs as one batch, watch it, and download its results."""


batch.add_command(submit)
batch.add_command(watch)
batch.add_command(results)


@batch.command(
    "list",
    epilog="\b\nExamples:\n  chancery batch list\n  chancery batch list --all --data-dir var",
)
@limit_option
@json_option
@record_options
@pass_records
def list_(open_records: OpenRecords, *, limit: int, as_json: bool) -> None:
    """List the department's batches."""
    with open_records() as records:
        found = records.batches(limit=limit)
    print_records(
        (
            *("BATCH", "STATUS", "CREATED", "EXPECTED", "ENDED"),
            *("LINES", "SUCCEEDED", "FAILED", "ENDPOINT"),
        ),
        _row,
        records,
        found,
        as_json=as_json,
    )


@batch.command(
    epilog="\b\nExamples:\n  chancery batch cancel batch_01jd3v8m5x",
)
@click.argument("batch_ids", metavar="ID...", nargs=-1, required=True)
@record_options
@pass_records
def cancel(open_records: OpenRecords, *, batch_ids: tuple[str, ...]) -> None:
    """Cancel batches. Finished results are kept."""
    with open_records() as records:
        report_outcomes(records.cancel_batches(batch_ids))


def _row(batch: Batch) -> tuple[object, ...]:
    counts = batch.counts
    expected = None if batch.ended else batch.expected_at or expected_end(batch)
    return (
        batch.id,
        message(batch.status),
        batch.created_at,
        expected,
        batch.ended_at,
        counts.total,
        counts.completed,
        counts.failed,
        batch.endpoint,
    )
