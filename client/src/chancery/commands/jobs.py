"""`chancery jobs`, `chancery job`, `chancery cancel`."""

from __future__ import annotations

from itertools import islice

import click

from chancery.commands.connection import Connection, connection_options, pass_connection
from chancery.commands.tables import print_json_lines, show
from chancery.errors import ChanceryError
from chancery.models import Job

STATUSES = ["scheduled", "queued", "running", "succeeded", "failed", "cancelled", "expired"]


@click.command()
@click.option("--status", type=click.Choice(STATUSES), help="Only jobs with this status.")
@click.option("--task", help="Only jobs of this task.")
@click.option(
    "--limit", type=click.IntRange(1), default=50, show_default=True, help="The number of rows."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@connection_options()
@pass_connection
def jobs(
    connection: Connection, *, status: str | None, task: str | None, limit: int, as_json: bool
) -> None:
    """List the department's jobs."""
    with connection.open() as chancery:
        found = list(islice(chancery.jobs(status=status, task=task), limit))
    if as_json:
        print_json_lines(found)
        return
    show(
        ("JOB", "TASK", "STATUS", "LANE", "CREATED", "ENDED", "PROGRESS", "ERROR"),
        [_row(job) for job in found],
    )


@click.command()
@click.argument("job_id", metavar="ID")
@click.option("--wait", type=click.FloatRange(0), help="Wait up to this many seconds for its end.")
@connection_options()
@pass_connection
def job(connection: Connection, *, job_id: str, wait: float | None) -> None:
    """Show a job with its result or error as JSON."""
    with connection.open() as chancery:
        found = chancery.job(job_id) if wait is None else chancery.wait(job_id, wait)
    click.echo(found.model_dump_json(indent=2))


@click.command()
@click.argument("job_ids", metavar="ID...", nargs=-1, required=True)
@connection_options()
@click.pass_context
@pass_connection
def cancel(connection: Connection, context: click.Context, *, job_ids: tuple[str, ...]) -> None:
    """Cancel jobs that have not ended."""
    failed = False
    with connection.open() as chancery:
        for job_id in job_ids:
            try:
                click.echo(f"{job_id} {chancery.cancel(job_id).status}")
            except ChanceryError as error:
                failed = True
                click.echo(f"{job_id}: {error}", err=True)
    if failed:
        context.exit(1)


def _row(job: Job) -> tuple[object, ...]:
    progress = job.progress
    done = f"{progress.done}/{progress.total}" if progress and progress.total else ""
    error = (job.error or {}).get("title", "")
    return (
        job.id,
        job.task,
        job.substatus or job.status,
        job.lane,
        job.created_at,
        job.finished_at,
        done,
        error,
    )
