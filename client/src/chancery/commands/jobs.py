"""`chancery jobs`, `chancery job`, `chancery cancel`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from chancery.commands.connection import Connection, connection_options, pass_connection
from chancery.commands.listing import json_option, limit_option, print_records
from chancery.commands.readable import format_option, is_text, lines_of
from chancery.commands.records import OpenRecords, pass_records, record_options, report_outcomes
from chancery.commands.result_files import Folder, made_files
from chancery.messages import message
from chancery.models import Job

STATUSES = ["scheduled", "queued", "running", "succeeded", "failed", "cancelled", "expired"]


@click.command(
    epilog="\b\nExamples:\n"
    "  chancery jobs --status failed --limit 10\n"
    "  chancery jobs --all --data-dir var",
)
@click.option("--status", type=click.Choice(STATUSES), help="Only jobs with this status.")
@click.option("--task", help="Only jobs of this task.")
@limit_option
@json_option
@record_options
@pass_records
def jobs(
    open_records: OpenRecords, *, status: str | None, task: str | None, limit: int, as_json: bool
) -> None:
    """List the department's jobs."""
    with open_records() as records:
        found = records.jobs(status=status, task=task, limit=limit)
    print_records(
        ("JOB", "TASK", "STATUS", "LANE", "CREATED", "ENDED", "PROGRESS", "ERROR"),
        _row,
        records,
        found,
        as_json=as_json,
    )


@click.command(
    epilog="\b\nExamples:\n"
    "  chancery job job_01jd3v8m5x --wait 60\n"
    "  chancery job job_01jd3v8m5x --out results/",
)
@click.argument("job_id", metavar="ID")
@click.option("--wait", type=click.FloatRange(0), help="Wait up to this many seconds for its end.")
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the result to DIR/ID.json, and save the files that the task made.",
)
@format_option
@connection_options()
@pass_connection
def job(
    connection: Connection,
    *,
    job_id: str,
    wait: float | None,
    out: Path | None,
    form: str | None,
) -> None:
    """Show a job with its result or error: on a terminal as text, else as JSON."""
    with connection.open() as chancery:
        found = chancery.job(job_id) if wait is None else chancery.wait(job_id, wait)
    if is_text(form):
        click.echo("\n".join(lines_of(found.model_dump(mode="json"))))
    else:
        click.echo(found.model_dump_json(indent=2))
    if out is not None:
        _save(connection, found, out)


def _save(connection: Connection, job: Job, out: Path) -> None:
    """The result and the files that the task made."""
    if not job.succeeded:
        raise click.ClickException(
            message("{job.id} has no result: it is {status}.", job=job, status=message(job.status))
        )
    folder = Folder(out)
    with connection.open_to_send() as chancery:
        result = job.result if job.result is not None else chancery.result(job.id)
        text = json.dumps(result, ensure_ascii=False, indent=2) + "\n"
        try:
            out.mkdir(parents=True, exist_ok=True)
            path = folder.new_path(f"{job.id}.json")
            path.write_text(text, encoding="utf-8")
            click.echo(message("Saved {path}", path=path), err=True)
            for made in made_files(result):
                path = folder.new_path(made.filename)
                chancery.document_content(made.document_id, path)
                click.echo(message("Saved {path}", path=path), err=True)
        except OSError as error:
            raise click.ClickException(
                message("{out} cannot be written: {error}", out=out, error=error)
            ) from error


@click.command(
    epilog="\b\nExamples:\n"
    "  chancery cancel job_01jd3v8m5x\n"
    "  chancery cancel job_01jd3v8m5x --department tax --data-dir var",
)
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
    return (
        job.id,
        job.task,
        message(job.substatus or job.status),
        message(job.lane or ""),
        job.created_at,
        job.finished_at,
        done,
        error,
    )
