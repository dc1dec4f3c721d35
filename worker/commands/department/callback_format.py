"""`chancery department callback-format` and `callback-preview`: bodies for old receivers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from jobs.ledger import Ledger
from jobs.model.callback import Callback
from jobs.model.department import CallbackOptions, Department
from jobs.model.formats.callback_format import CallbackFormat, Charset, read_format
from jobs.model.job import Progress, Usage
from jobs.model.lanes import Lane
from jobs.model.problems import Problem
from jobs.model.states import CallbackStatus, JobStatus
from jobs.process.environment import read_or_exit
from jobs.process.settings import CallbackSettings, StoreSettings
from jobs.sealing.master_keys import MasterKeys
from jobs.sealing.secrets import Secrets
from jobs.views import JobView
from worker.callbacks.delivery import headers_of
from worker.callbacks.events import job_body
from worker.commands.department.arguments import NameType, no_such
from worker.commands.department.format_file import format_file, read_described
from worker.commands.messages import message
from worker.commands.system import system_options, with_ledger

_RESULT = {"summary": "3月5日磨坊街停水。", "sentences": []}
_ERROR = Problem(
    "document-encrypted", "It asks for a password. Remove it and send the document again."
).to_dict()


@click.command(
    "callback-format",
    epilog="\b\nExamples:\n"
    "  chancery department callback-format tax oa-format.toml\n"
    "  chancery department callback-format tax --remove",
)
@click.argument("name", type=NameType())
@click.argument("file", type=format_file, required=False)
@click.option("--remove", is_flag=True, help="Send the JSON event again.")
@system_options
def callback_format(
    *, name: str, file: Path | None, remove: bool, data_dir: Path, redis_url: str | None
) -> None:
    """Send callbacks of the department NAME in the format that FILE describes, or show the format.

    FILE is TOML: docs/integration/callback-formats.md. It applies from the next attempt on. Start
    all processes of this release before the first use.
    """
    if file and remove:
        raise click.UsageError(message("FILE and --remove exclude each other."))
    new = read_described(file, read_format) if file else None

    async def change(ledger: Ledger) -> CallbackOptions | None:
        if await ledger.departments.get(name) is None:
            return None
        options = await ledger.departments.callback_options(name)
        if file or remove:
            options = replace(options, format=new)
            await ledger.departments.set_callback_options(name, options)
        return options

    options = with_ledger(data_dir, redis_url, change)
    if options is None:
        raise no_such(name)
    click.echo(f"{name}: {format_text(options.format)}")


def format_text(callback_format: CallbackFormat | None) -> str:
    """The format in one line."""
    if callback_format is None:
        return message("callbacks have the JSON event")
    return message(
        "callbacks have {count} fields as {body} in {charset}",
        count=len(callback_format.fields),
        body=callback_format.body,
        charset=callback_format.charset,
    )


@click.command(
    "callback-preview",
    epilog="\b\nExamples:\n  chancery department callback-preview tax --file oa-format.toml",
)
@click.argument("name", type=NameType())
@click.option(
    "--file", type=format_file, help="Use the format in this file instead of the stored one."
)
@click.option("--failed", is_flag=True, help="Show the callback of a job that failed.")
@click.option(
    "--save",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the bytes of the body to this file.",
)
@system_options
def callback_preview(
    *,
    name: str,
    file: Path | None,
    failed: bool,
    save: Path | None,
    data_dir: Path,
    redis_url: str | None,
) -> None:
    """Show the headers and the body of a callback of the department NAME for a sample job.

    Nothing is sent. The signature is over the bytes of the body, and is valid for five minutes.
    Headers that were set with `chancery department set --header` are shown without their values.
    """
    new = read_described(file, read_format) if file else None

    async def read(ledger: Ledger) -> tuple[Department, CallbackOptions] | None:
        department = await ledger.departments.get(name)
        if department is None:
            return None
        return department, await ledger.departments.callback_options(name)

    found = with_ledger(data_dir, redis_url, read)
    if found is None:
        raise no_such(name)
    department, options = found
    secrets = Secrets(MasterKeys.from_settings(read_or_exit(StoreSettings)))
    options = secrets.opened_options(name, options)
    if new:
        options = replace(options, format=new)
    callback, job = _sample(name, failed=failed)
    limit = department.callback_max_bytes or CallbackSettings().max_bytes
    body = job_body(callback, job, options.format, public_url="", max_bytes=limit)
    shown = replace(options, headers=dict.fromkeys(options.headers, "***"))
    headers = headers_of(
        secrets.opened_department(department),
        shown,
        callback.id,
        body,
        at=datetime.now(UTC),
        number=1,
    )
    if save:
        _write(save, body)
    for header, value in headers.items():
        click.echo(f"{header}: {value}")
    click.echo()
    click.echo(body.decode(options.format.charset if options.format else Charset.utf8))


def _write(path: Path, body: bytes) -> None:
    try:
        path.write_bytes(body)
    except OSError as error:
        raise click.ClickException(
            message("{path} cannot be created: {error.strerror}", path=path, error=error)
        ) from error


def _sample(department: str, *, failed: bool) -> tuple[Callback, JobView]:
    """An ended job with its callback. Their ids are those of no record."""
    ended = datetime.now(UTC).replace(microsecond=0)
    status = JobStatus.failed if failed else JobStatus.succeeded
    job = JobView(
        id=f"job_{'0' * 26}",
        department=department,
        task="summarize",
        lane=Lane.interactive,
        document_id=f"doc_{'0' * 26}",
        metadata={"case": "2026-1187", "事项": "停水通知"},
        status=status,
        created_at=ended - timedelta(seconds=9),
        started_at=ended - timedelta(seconds=8),
        finished_at=ended,
        attempts=1,
        progress=Progress(1, 1),
        result=None if failed else _RESULT,
        error=_ERROR if failed else None,
        usage=Usage(412, 18),
    )
    callback = Callback(
        id=f"evt_{'0' * 26}",
        job_id=job.id,
        batch_id=None,
        department=department,
        type=f"job.{status}",
        url="http://oa.example/hooks/chancery",
        status=CallbackStatus.pending,
        attempts=(),
        next_attempt_at=None,
    )
    return callback, job
