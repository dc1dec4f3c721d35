"""`chancery approval`: results that wait for a person."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import click

from chancery.commands.connection import Connection, connection_options, pass_connection
from chancery.commands.listing import json_option
from chancery.commands.tables import print_json_lines, show
from chancery.messages import message

CASES_FILE = "cases.json"
_by = click.option(
    "--by", required=True, envvar="CHANCERY_REVIEWER", help="Who decides, for the provenance."
)


@click.group()
def approval() -> None:
    """Read, approve, correct or reject results that wait for a person.

    \b
    Examples:
      chancery approval list
      chancery approval show job_01m858vwdrw07k0198937535dv
      chancery approval approve job_01m858vwdrw07k0198937535dv --by 韩梅梅
    """


@approval.command("list")
@click.option("--task", help="Only results of this task.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Most rows.")
@json_option
@connection_options()
@pass_connection
def list_(connection: Connection, *, task: str | None, limit: int, as_json: bool) -> None:
    """List the jobs whose results wait, oldest first.

    \b
    Examples:
      chancery approval list --task redact
    """
    with connection.open() as chancery:
        jobs = list(islice(chancery.approvals(task=task), limit))
    if as_json:
        print_json_lines(jobs)
        return
    show(
        ("JOB", "TASK", "CREATED", "EXPIRES", "BATCH"),
        [(job.id, job.task, job.created_at, job.awaiting_until, job.batch_id) for job in jobs],
    )


@approval.command("show")
@click.argument("job_id", metavar="ID")
@connection_options()
@pass_connection
def show_(connection: Connection, *, job_id: str) -> None:
    """Show a result that waits, with its source and doubts, as JSON.

    \b
    Examples:
      chancery approval show job_01m858vwdrw07k0198937535dv
    """
    with connection.open() as chancery:
        click.echo(chancery.approval(job_id).model_dump_json(indent=2))


@approval.command()
@click.argument("job_id", metavar="ID")
@_by
@click.option(
    "--result",
    type=click.File(encoding="utf-8"),
    help="The whole corrected result as JSON; `-` reads stdin. It replaces the result of the run.",
)
@click.option("--reason", help="A note for the provenance.")
@connection_options()
@pass_connection
def approve(
    connection: Connection, *, job_id: str, by: str, result: Any, reason: str | None
) -> None:
    """Approve a result, or a corrected one in its place.

    \b
    Examples:
      chancery approval approve job_01m858vwdrw07k0198937535dv --by 韩梅梅 --result corrected.json
    """
    corrected = _parsed(result) if result is not None else None
    with connection.open() as chancery:
        job = chancery.approve(job_id, by=by, result=corrected, reason=reason)
    click.echo(f"{job.id} {message(job.status)}")


@approval.command()
@click.argument("job_id", metavar="ID")
@_by
@click.option("--reason", required=True, help="Why; the system that sent the job gets it too.")
@connection_options()
@pass_connection
def reject(connection: Connection, *, job_id: str, by: str, reason: str) -> None:
    """Reject a result: the job fails with the reason.

    \b
    Examples:
      chancery approval reject job_01m858vwdrw07k0198937535dv --by 李雷 --reason 金额有误
    """
    with connection.open() as chancery:
        job = chancery.reject(job_id, by=by, reason=reason)
    click.echo(f"{job.id} {message(job.status)}")


@approval.command()
@click.argument("task")
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write; it is created if necessary.",
)
@connection_options()
@pass_connection
def cases(connection: Connection, *, task: str, out: Path) -> None:
    """Save the corrected results of TASK as test cases, with their documents.

    \b
    Examples:
      chancery approval cases letters --out letters-cases
      chancery task test letters.yaml --cases letters-cases/cases.json
    """
    found: list[dict[str, Any]] = []
    missing = 0
    out.mkdir(parents=True, exist_ok=True)
    with connection.open_to_send() as chancery:
        for page in chancery.approval_cases(task):
            missing += page.missing
            for case in page.cases:
                document_id = case.pop("document_id", None)
                if document_id is not None:
                    chancery.document_content(document_id, out / Path(case["file"]).name)
                found.append(case)
    path = out / CASES_FILE
    path.write_text(json.dumps({"cases": found}, ensure_ascii=False, indent=2) + "\n", "utf-8")
    count = len(found)
    text = (
        message("{path}: 1 case", path=path)
        if count == 1
        else message("{path}: {count} cases", path=path, count=count)
    )
    click.echo(text)
    if missing:
        click.echo(
            message("{missing} left out: their documents are gone", missing=missing), err=True
        )


def _parsed(file: Any) -> Any:
    try:
        return json.load(file)
    except ValueError as error:
        raise click.BadParameter(
            message("not JSON: {error}", error=error), param_hint="--result"
        ) from error
