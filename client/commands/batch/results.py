"""`chancery batch results`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from client.client import Chancery
from client.commands.batch.display import summary
from client.commands.batch.places import place_for
from client.commands.connection import Connection, connection_options, pass_connection
from client.commands.tables import show
from client.downloads import written_whole
from client.errors import NotFound
from client.models import Batch, BatchLine
from client.result_lines import line_of

LONGEST_TABLE = 50


@click.command()
@click.argument("batch_id", metavar="ID")
@click.option(
    "--out",
    metavar="FILE|DIR",
    help="Where the results go: a file, or one file a line into a folder.  [default: stdout]",
)
@click.option(
    "--errors",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the lines that failed go.",
)
@connection_options()
@click.pass_context
@pass_connection
def results(
    connection: Connection,
    context: click.Context,
    *,
    batch_id: str,
    out: str | None,
    errors: Path | None,
) -> None:
    """Collect the results of a batch that ended, one JSON object a line.

    With --out and a folder that is there, or a name that ends with /, each result is written to a
    file of its own, DIR/CUSTOM_ID.json. A file is there only once it is whole.
    """
    with connection.open() as chancery:
        batch = chancery.batch(batch_id)
    if not batch.ended and batch.output_file_id is None and batch.error_file_id is None:
        raise click.ClickException(
            f"{batch.id} is still {batch.status}: its results come when it has ended. "
            f"`chancery batch watch {batch.id}` waits for that."
        )
    with connection.open_to_send() as chancery:
        failures = _deliver(chancery, batch.output_file_id, out)
        if errors is not None:
            _save(chancery, batch.error_file_id, errors)
    _tell(batch, failures, errors)
    if failures:
        context.exit(1)


def _deliver(chancery: Chancery, file_id: str | None, out: str | None) -> list[tuple[str, str]]:
    """What could not be delivered, and why."""
    if out is None:
        for line in chancery.file_lines(file_id) if file_id else ():
            sys.stdout.buffer.write(line.encode() + b"\n")
        sys.stdout.buffer.flush()
    elif out.endswith("/") or Path(out).is_dir():
        return list(_unfold(chancery, file_id, Path(out)))
    else:
        _save(chancery, file_id, Path(out))
    return []


def _save(chancery: Chancery, file_id: str | None, place: Path) -> None:
    """An empty file where there is nothing, so that who reads it finds that."""
    with _told_as_usage(place):
        if file_id is not None:
            chancery.file_content(file_id, place)
            return
        with written_whole(place):
            pass


def _unfold(chancery: Chancery, file_id: str | None, folder: Path) -> Iterator[tuple[str, str]]:
    with _told_as_usage(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for written in chancery.file_lines(file_id) if file_id else ():
        line = line_of(written, file_id or "")
        name = line.custom_id or line.id or "line"
        try:
            _write(place_for(folder, name), _result_of(chancery, line))
        except (NotFound, OSError) as error:
            yield name, str(error)


def _result_of(chancery: Chancery, line: BatchLine) -> Any:
    body = line.response.body if line.response else None
    try:
        job = line.job
    except TypeError:
        return body
    if job.result is None and job.result_url is not None:
        return chancery.result(job.id)
    return job.result


def _write(place: Path, result: Any) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(place) as file:
        file.write(json.dumps(result, ensure_ascii=False, indent=2).encode() + b"\n")


def _tell(batch: Batch, failures: list[tuple[str, str]], errors: Path | None) -> None:
    if failures:
        show(("LINE", "WHY IT WAS NOT WRITTEN"), failures[:LONGEST_TABLE], stderr=True)
        if len(failures) > LONGEST_TABLE:
            click.echo(f"... and {len(failures) - LONGEST_TABLE} more", err=True)
    click.echo(summary(batch, errors_saved=errors is not None), err=True)


@contextmanager
def _told_as_usage(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"{place} cannot be written: {error}") from error
