"""`chancery callbacks` and `chancery callbacks redeliver`."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import click

from client.client import Chancery
from client.commands.connection import Connection, connection_options, pass_connection
from client.commands.moments import MomentType
from client.commands.tables import show
from client.errors import ChanceryError
from client.models import Callback


@click.group(invoke_without_command=True)
@click.option("--dead", is_flag=True, help="Only those that were given up.")
@click.option("--job", "job_id", metavar="ID", help="Only those of this job.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many.")
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
    """List the department's callbacks, or send some again."""
    if context.invoked_subcommand is not None:
        return
    with connection.open() as chancery:
        listed = chancery.callbacks(status="dead" if dead else None, job_id=job_id)
        found = list(islice(listed, limit))
    if as_json:
        for each in found:
            click.echo(each.model_dump_json())
        return
    show(
        ("CALLBACK", "JOB", "TYPE", "STATUS", "TRIES", "LAST", "NEXT", "URL"),
        [_row(each) for each in found],
    )


@callbacks.command()
@click.argument("callback_ids", metavar="[ID]...", nargs=-1)
@click.option("--dead", is_flag=True, help="All dead ones that were made in a time range.")
@click.option("--since", type=MomentType(), help="With --dead: made then or later; also 24h, 3d.")
@click.option("--until", type=MomentType(), help="With --dead: made before then.  [default: now]")
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
    """Have callbacks delivered again: those named, or with --dead all that were given up."""
    if bool(callback_ids) == dead or dead != (since is not None) or (until and not dead):
        raise click.UsageError("Name callbacks by ID, or give --dead with --since.")
    with connection.open() as chancery:
        if since is not None:
            _redeliver_dead(chancery, since, until or datetime.now(UTC))
        elif not _redeliver_named(chancery, callback_ids):
            context.exit(1)


def _redeliver_dead(chancery: Chancery, since: datetime, until: datetime) -> None:
    """What dies again meanwhile is not sent a second time."""
    if until <= since:
        raise click.UsageError("--until must be after --since.")
    done = chancery.redeliver_dead(since, until)
    sent, asked = done.redelivered, done.redelivered + done.remaining
    while done.redelivered and done.remaining and sent < asked:
        done = chancery.redeliver_dead(since, until)
        sent += done.redelivered
    click.echo(f"{sent} dead callbacks are being delivered again")


def _redeliver_named(chancery: Chancery, callback_ids: tuple[str, ...]) -> bool:
    """Whether all of them are being delivered again."""
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
