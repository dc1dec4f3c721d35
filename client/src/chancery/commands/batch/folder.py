"""`chancery batch submit DIR`: a folder as one batch, with a progress bar."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from chancery.commands.batch.folder_submission import (
    FolderFile,
    FolderFiles,
    FolderSubmission,
    list_files,
    request_batch,
)
from chancery.commands.batch.journal import BatchRequest, Journal, Work
from chancery.commands.batch.upload_report import UploadReport
from chancery.commands.connection import INTERRUPTED, Connection
from chancery.errors import ChanceryError
from chancery.messages import message
from chancery.models import Batch

STATE_FILE = ".chancery-batch.jsonl"


@dataclass(frozen=True, slots=True)
class BatchTerms:
    """How a batch is run, whether it comes from a file or a folder."""

    completion_window: str
    callback_url: str | None
    lane: str | None
    window: str | None
    deadline: datetime | None
    metadata: Mapping[str, str]

    def as_arguments(self) -> dict[str, Any]:
        """As arguments of `Chancery.submit_batch`."""
        return asdict(self) | {"metadata": dict(self.metadata) or None}


@dataclass(frozen=True, slots=True)
class FolderOrder:
    """The files of a folder and the task to run on each."""

    folder: Path
    task: str
    options: Mapping[str, Any]
    model: str | None
    glob: str


def submit_folder(
    connection: Connection, order: FolderOrder, terms: BatchTerms, *, state: Path | None, new: bool
) -> tuple[Batch, bool]:
    """The batch, and whether it contains every file of the folder.

    `state` is the path of the journal; `new` clears it first.
    """
    state = state or order.folder / STATE_FILE
    files = _list_files(order, state)
    try:
        with Journal.opened(state, _work(connection, order), clear=new) as journal:
            if journal.batch_id is not None:
                return _submitted_before(connection, journal, journal.batch_id, files), True
            if journal.request is not None:
                return _request_again(connection, journal, journal.request), True
            return _submit(connection, journal, files, terms)
    except KeyboardInterrupt:
        click.echo(message("Run the same command again to continue."), err=True)
        click.get_current_context().exit(INTERRUPTED)


def _work(connection: Connection, order: FolderOrder) -> Work:
    return Work(
        api_url=connection.api_url,
        folder=os.fsencode(order.folder.resolve()).decode(errors="backslashreplace"),
        task=order.task,
        options=dict(order.options),
        model=order.model,
    )


def _list_files(order: FolderOrder, state: Path) -> FolderFiles:
    try:
        files = list_files(order.folder, order.glob, state)
    except (ValueError, NotImplementedError) as error:
        raise click.BadParameter(f"{error}", param_hint="--glob") from error
    if not files.files:
        raise click.UsageError(
            message("No file in {order.folder} matches {order.glob}.", order=order)
        )
    return files


def _submitted_before(
    connection: Connection, journal: Journal, batch_id: str, files: FolderFiles
) -> Batch:
    with connection.open() as chancery:
        batch = chancery.batch(batch_id)
    text = message(
        "This folder was already submitted as {batch_id}; --new submits it again", batch_id=batch_id
    )
    changed = sum(not _is_sent(journal, file) for file in files.files)
    if changed:
        text += message(", with {count} new or changed files", count=changed)
    click.echo(message("{summary}.", summary=text), err=True)
    return batch


def _request_again(connection: Connection, journal: Journal, request: BatchRequest) -> Batch:
    """Repeat the recorded request after an interruption."""
    click.echo(
        message(
            "Repeating the interrupted request for a batch of {count} files.",
            count=len(request.documents),
        ),
        err=True,
    )
    with connection.open_to_send() as chancery:
        return request_batch(chancery, journal, request)


def _submit(
    connection: Connection, journal: Journal, files: FolderFiles, terms: BatchTerms
) -> tuple[Batch, bool]:
    with connection.open() as chancery:
        chancery.task(journal.work.task)  # fails early for a wrong address, key or task
    report = UploadReport(files.count)
    for path in files.not_utf8:
        report.not_sent(ascii(path.name), message("Its name is not UTF-8. Rename it."))
    try:
        with report:
            documents = asyncio.run(_send(connection, journal, files, report))
    except KeyboardInterrupt:
        report.summarize(message("Interrupted"))
        raise
    except ChanceryError:
        report.summarize(message("Aborted"))
        raise
    report.summarize()
    if not documents:
        raise click.ClickException(message("No file could be sent. No batch was created."))
    request = journal.add_request(documents, **terms.as_arguments())
    with connection.open_to_send() as chancery:
        return request_batch(chancery, journal, request), not report.failures


async def _send(
    connection: Connection, journal: Journal, files: FolderFiles, report: UploadReport
) -> list[dict[str, Any]]:
    async with connection.open_async() as chancery:
        return await FolderSubmission(chancery, journal, report).send(files.files)


def _is_sent(journal: Journal, file: FolderFile) -> bool:
    try:
        stat = file.path.stat()
    except FileNotFoundError:
        return False
    return journal.sent_file(file.name, stat.st_size, stat.st_mtime_ns) is not None
