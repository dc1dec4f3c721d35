"""`chancery callbacks` and `chancery callbacks redeliver`."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import click

from chancery.client import Chancery
from chancery.commands.connection import Connection, connection_options, pass_connection
from chancery.commands.parameters import TimeParameter
from chancery.commands.tables import print_json_lines, show
from chancery.errors import ChanceryError
from chancery.models import Callback


@click.group(invoke_without_command=True)
@click.option("--dead", is_flag=True, help="Only callbacks whose status is dead.")
@click.option("--job", "job_id", metavar="ID", help="Only callbacks of this job.")
@click.option(
    "--limit", type=click.IntRange(1), default=50, show_default=True, help="The number of rows."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@connection_options()
@click.pass_context
@pass_connection
def callbacks(
    connection: Connection,
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
    with connection.open() as chancery:
        items = chancery.callbacks(status="dead" if dead else None, job_id=job_id)
        found = list(islice(items, limit))
    if as_json:
        print_json_lines(found)
        return
    show(
        ("CALLBACK", "JOB", "TYPE", "STATUS", "ATTEMPTS", "LAST", "NEXT", "URL"),
        [_row(callback) for callback in found],
    )


@callbacks.command()
@click.argument("callback_ids", metavar="[ID]...", nargs=-1)
@click.option("--dead", is_flag=True, help="All dead callbacks of a time range.")
@click.option(
    "--since", type=TimeParameter(), help="With --dead: created since; a time, 24h or 3d ago."
)
@click.option("--until", type=TimeParameter(), help="With --dead: created before.  [default: now]")
@connection_options()
@click.pass_context
@pass_connection
def redeliver(
    connection: Connection,
    context: click.Context,
    *,
    callback_ids: tuple[str, ...],
    dead: bool,
    since: datetime | None,
    until: datetime | None,
) -> None:
    """Deliver callbacks again: those with the given IDs, or with --dead all dead ones."""
    if bool(callback_ids) == dead or dead != (since is not None) or (until and not dead):
        raise click.UsageError("Give the IDs of callbacks, or --dead with --since.")
    with connection.open() as chancery:
        if since is not None:
            _redeliver_dead(chancery, since, until or datetime.now(UTC))
        elif not _redeliver_named(chancery, callback_ids):
            context.exit(1)


def _redeliver_dead(chancery: Chancery, since: datetime, until: datetime) -> None:
    """The count of the first call is the limit: a callback that dies again is not repeated."""
    if until <= since:
        raise click.UsageError("--until must be after --since.")
    batch = chancery.redeliver_dead(since, until)
    sent, total = batch.redelivered, batch.redelivered + batch.remaining
    while batch.redelivered and batch.remaining and sent < total:
        batch = chancery.redeliver_dead(since, until)
        sent += batch.redelivered
    click.echo(f"{sent} dead callbacks are being delivered again")


def _redeliver_named(chancery: Chancery, callback_ids: tuple[str, ...]) -> bool:
    """Whether all of them will be delivered again."""
    failed = False
    for callback_id in callback_ids:
        try:
            click.echo(f"{callback_id} {chancery.redeliver(callback_id).status}")
        except ChanceryError as error:
            failed = True
            click.echo(f"{callback_id}: {error}", err=True)
    return not failed


def _row(callback: Callback) -> tuple[object, ...]:
    last = callback.attempts[-1] if callback.attempts else None
    return (
        callback.id,
        callback.job_id or callback.batch_id,
        callback.type,
        callback.status,
        len(callback.attempts),
        callback.error or ((last.error or last.status_code) if last else None),
        callback.next_attempt_at,
        callback.url,
    )
