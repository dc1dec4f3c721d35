"""A folder as one batch, with a progress bar."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from client.commands.batch.terms import Terms
from client.commands.batch.uploads import Uploads
from client.commands.connection import Connection
from client.commands.submit import INTERRUPTED
from client.errors import ChanceryError
from client.folders import FolderSubmission, Found, FoundFile, ask, find
from client.journal import BatchRequest, Journal, Work
from client.models import Batch

STATE_NAME = ".chancery-batch.jsonl"


@dataclass(frozen=True, slots=True)
class FolderOrder:
    """What is to be done to which files of a folder."""

    folder: Path
    task: str
    options: Mapping[str, Any]
    model: str | None
    glob: str


def submit_folder(
    connection: Connection, order: FolderOrder, terms: Terms, *, state: Path | None, afresh: bool
) -> tuple[Batch, bool]:
    """The batch, and whether every file that was found is in it."""
    place = state or order.folder / STATE_NAME
    found = _found(order, place)
    try:
        with Journal.opened(place, _work(connection, order), afresh=afresh) as journal:
            if journal.batch_id is not None:
                return _submitted_before(connection, journal, journal.batch_id, found), True
            if journal.request is not None:
                return _ask_again(connection, journal, journal.request), True
            return _submit(connection, journal, found, terms)
    except KeyboardInterrupt:
        click.echo("The same command goes on from here.", err=True)
        click.get_current_context().exit(INTERRUPTED)


def _work(connection: Connection, order: FolderOrder) -> Work:
    return Work(
        api_url=connection.api_url,
        folder=os.fsencode(order.folder.resolve()).decode(errors="backslashreplace"),
        task=order.task,
        options=dict(order.options),
        model=order.model,
    )


def _found(order: FolderOrder, state: Path) -> Found:
    try:
        found = find(order.folder, order.glob, state)
    except (ValueError, NotImplementedError) as error:
        raise click.BadParameter(f"{error}", param_hint="--glob") from error
    if not found.files:
        raise click.UsageError(f"There is no file in {order.folder} that fits {order.glob}.")
    return found


def _submitted_before(
    connection: Connection, journal: Journal, batch_id: str, found: Found
) -> Batch:
    with connection.open() as chancery:
        batch = chancery.batch(batch_id)
    said = f"This folder was submitted before, as {batch_id}; --new submits it afresh"
    changed = sum(not _is_known(journal, file) for file in found.files)
    if changed:
        said += f", with {changed} files that are new or changed since"
    click.echo(f"{said}.", err=True)
    return batch


def _ask_again(connection: Connection, journal: Journal, request: BatchRequest) -> Batch:
    """What was asked for before a break, in the words that it was asked for."""
    click.echo(
        f"Going on with the batch of {len(request.documents)} files that was asked for before.",
        err=True,
    )
    with connection.open_to_send() as chancery:
        return ask(chancery, journal, request)


def _submit(
    connection: Connection, journal: Journal, found: Found, terms: Terms
) -> tuple[Batch, bool]:
    with connection.open() as chancery:
        chancery.task(journal.work.task)  # one clear word, before anything is sent
    uploads = Uploads(found)
    try:
        with uploads:
            documents = asyncio.run(_send(connection, journal, found, uploads))
    except KeyboardInterrupt:
        uploads.summarize("Interrupted")
        raise
    except ChanceryError:
        uploads.summarize("Broken off")
        raise
    uploads.summarize()
    if not documents:
        raise click.ClickException("No file could be sent, so there is no batch.")
    request = journal.add_request(documents, **terms.asked())
    with connection.open_to_send() as chancery:
        return ask(chancery, journal, request), not uploads.refused


async def _send(
    connection: Connection, journal: Journal, found: Found, uploads: Uploads
) -> list[dict[str, Any]]:
    async with connection.open_async() as chancery:
        return await FolderSubmission(chancery, journal, uploads).send(found.files)


def _is_known(journal: Journal, file: FoundFile) -> bool:
    try:
        seen = file.path.stat()
    except FileNotFoundError:
        return False
    return journal.sent(file.name, seen.st_size, seen.st_mtime_ns) is not None
