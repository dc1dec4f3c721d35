"""`chancery jobs`, `chancery job`, `chancery cancel`."""

from __future__ import annotations

import click

from chancery.commands.connection import Connection, connection_options, pass_connection
from chancery.commands.records import OpenRecords, pass_records, record_options, report_outcomes
from chancery.commands.tables import print_json_lines, show
from chancery.models import Job

STATUSES = ["scheduled", "queued", "running", "succeeded", "failed", "cancelled", "expired"]


@click.command()
@click.option("--status", type=click.Choice(STATUSES), help="Only jobs with this status.")
@click.option("--task", help="Only jobs of this task.")
@click.option(
    "--limit", type=click.IntRange(1), default=50, show_default=True, help="The number of rows."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@record_options
@pass_records
def jobs(
    open_records: OpenRecords, *, status: str | None, task: str | None, limit: int, as_json: bool
) -> None:
    """List the department's jobs."""
    with open_records() as records:
        found = records.jobs(status=status, task=task, limit=limit)
    if as_json:
        print_json_lines(found)
        return
    show(
        ("JOB", "TASK", "STATUS", "LANE", "CREATED", "ENDED", "PROGRESS", "ERROR"),
        [_row(job) for job in found],
        departments=[job.department for job in found] if records.all_departments else None,
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
@record_options
@pass_records
def cancel(open_records: OpenRecords, *, job_ids: tuple[str, ...]) -> None:
    """Cancel jobs that have not ended."""
    with open_records() as records:
        report_outcomes(records.cancel(job_ids))


def _row(job: Job) -> tuple[object, ...]:
    progress = job.progress
    done = f"{progress.done}/{progress.total}" if progress and progress.total else ""
    error = (job.error or {}).get("title", "")
    return job.id, job.task, job.status, job.lane, job.created_at, job.finished_at, done, error
