"""`chancery callbacks` and `chancery callbacks redeliver`."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from chancery.commands.listing import json_option, limit_option, print_records
from chancery.commands.parameters import TimeParameter
from chancery.commands.records import OpenRecords, pass_records, record_options, report_outcomes
from chancery.messages import message
from chancery.models import Callback


@click.group(
    invoke_without_command=True,
    epilog="\b\nExamples:\n"
    "  chancery callbacks --dead\n"
    "  chancery callbacks --all --dead --data-dir var",
)
@click.option("--dead", is_flag=True, help="Only callbacks whose status is dead.")
@click.option("--job", "job_id", metavar="ID", help="Only callbacks of this job.")
@limit_option
@json_option
@record_options
@click.pass_context
@pass_records
def callbacks(
    open_records: OpenRecords,
    context: click.Context,
    *,
    dead: bool,
    job_id: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List the department's callbacks, or deliver some again."""
    if context.invoked_subcommand is not None:
        return
    with open_records() as records:
        found = records.callbacks(status="dead" if dead else None, job_id=job_id, limit=limit)
    print_records(
        ("CALLBACK", "JOB", "TYPE", "STATUS", "ATTEMPTS", "LAST", "NEXT", "URL"),
        _row,
        records,
        found,
        as_json=as_json,
    )


@callbacks.command(
    epilog="\b\nExamples:\n"
    "  chancery callbacks redeliver evt_01m858vwdrw07k0198937535dw\n"
    "  chancery callbacks redeliver --dead --since 24h\n"
    "  chancery callbacks redeliver --dead --since 24h --all --data-dir var",
)
@click.argument("callback_ids", metavar="[ID]...", nargs=-1)
@click.option("--dead", is_flag=True, help="All dead callbacks of a time range.")
@click.option(
    "--since", type=TimeParameter(), help="With --dead: created since; a time, 24h or 3d ago."
)
@click.option("--until", type=TimeParameter(), help="With --dead: created before.  [default: now]")
@record_options
@pass_records
def redeliver(
    open_records: OpenRecords,
    *,
    callback_ids: tuple[str, ...],
    dead: bool,
    since: datetime | None,
    until: datetime | None,
) -> None:
    """Deliver callbacks again: those with the given IDs, or with --dead all dead ones."""
    if bool(callback_ids) == dead or dead != (since is not None) or (until and not dead):
        raise click.UsageError(message("Give the IDs of callbacks, or --dead with --since."))
    if until is not None and since is not None and until <= since:
        raise click.UsageError(message("--until must be after --since."))
    with open_records() as records:
        if since is None:
            report_outcomes(records.redeliver(callback_ids))
            return
        sent = records.redeliver_dead(since, until or datetime.now(UTC))
    click.echo(message("{sent} dead callbacks are being delivered again", sent=sent))


def _row(callback: Callback) -> tuple[object, ...]:
    last = callback.attempts[-1] if callback.attempts else None
    return (
        callback.id,
        callback.job_id or callback.batch_id,
        callback.type,
        message(callback.status),
        len(callback.attempts),
        callback.error or ((last.error or last.status_code) if last else None),
        callback.next_attempt_at,
        callback.url,
    )
