"""`chancery batch results`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from chancery.client import Chancery
from chancery.commands.batch.display import summary
from chancery.commands.batch.result_paths import result_path
from chancery.commands.connection import Connection, connection_options, pass_connection
from chancery.commands.result_files import Folder, made_files
from chancery.commands.tables import show_failures
from chancery.downloads import parse_batch_line, written_atomically
from chancery.errors import NotFound
from chancery.messages import message
from chancery.models import Batch, BatchLine


@click.command(
    epilog="\b\nExamples:\n"
    "  chancery batch results batch_01jd3v8m5x --out results.jsonl --errors errors.jsonl\n"
    "  chancery batch results batch_01jd3v8m5x --out results/",
)
@click.argument("batch_id", metavar="ID")
@click.option(
    "--out",
    metavar="FILE|DIR",
    help="Write the results to a file, or each line to a file in a folder.  [default: stdout]",
)
@click.option(
    "--errors",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the failed lines to a file.",
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
    """Download the results of a batch that has ended, one JSON object a line.

    If --out is an existing folder or ends with /, each result is written to its own file,
    DIR/CUSTOM_ID.json, and the files that the task made are saved beside it. A file appears only
    when it is complete.
    """
    with connection.open() as chancery:
        batch = chancery.batch(batch_id)
    if not batch.ended and batch.output_file_id is None and batch.error_file_id is None:
        raise click.ClickException(
            message(
                "{batch.id} is still {status}. Its results are available when it "
                "has ended: `chancery batch watch {batch.id}` waits for it.",
                batch=batch,
                status=message(batch.status),
            )
        )
    with connection.open_to_send() as chancery:
        failures = _deliver(chancery, batch.output_file_id, out)
        if errors is not None:
            _save(chancery, batch.error_file_id, errors)
    _report(batch, failures, errors)
    if failures:
        context.exit(1)


def _deliver(chancery: Chancery, file_id: str | None, out: str | None) -> list[tuple[str, str]]:
    """The lines whose results could not be written, and why."""
    if out is None:
        for line in chancery.file_lines(file_id) if file_id else ():
            sys.stdout.buffer.write(line.encode() + b"\n")
        sys.stdout.buffer.flush()
    elif out.endswith("/") or Path(out).is_dir():
        return list(_write_each(chancery, file_id, Path(out)))
    else:
        _save(chancery, file_id, Path(out))
    return []


def _save(chancery: Chancery, file_id: str | None, path: Path) -> None:
    """Download to `path`; without a file, write an empty one."""
    with _write_errors(path):
        if file_id is not None:
            chancery.file_content(file_id, path)
            return
        with written_atomically(path):
            pass


def _write_each(chancery: Chancery, file_id: str | None, folder: Path) -> Iterator[tuple[str, str]]:
    with _write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    folders: dict[Path, Folder] = {}
    for text in chancery.file_lines(file_id) if file_id else ():
        line = parse_batch_line(text, file_id or "")
        name = line.custom_id or line.id or "line"
        path = result_path(folder, name)
        try:
            result = _result_of(chancery, line)
            _write(path, result)
            for made in made_files(result):
                made_into = folders.setdefault(path.parent, Folder(path.parent))
                chancery.document_content(made.document_id, made_into.new_path(made.filename))
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


def _write(path: Path, result: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_atomically(path) as file:
        file.write(json.dumps(result, ensure_ascii=False, indent=2).encode() + b"\n")


def _report(batch: Batch, failures: list[tuple[str, str]], errors: Path | None) -> None:
    show_failures(("LINE", "WHY IT WAS NOT WRITTEN"), failures)
    click.echo(summary(batch, errors_saved=errors is not None), err=True)


@contextmanager
def _write_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise click.ClickException(
            message("{path} cannot be written: {error}", path=path, error=error)
        ) from error
