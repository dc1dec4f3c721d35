"""`chancery document get`."""

from __future__ import annotations

from pathlib import Path

import click

from chancery.commands.connection import Connection, connection_options, pass_connection
from chancery.commands.result_files import plain_name
from chancery.messages import message


@click.group(epilog="\b\nExamples:\n  chancery document get doc_01jd3v8m5x --out corrected.docx")
def document() -> None:
    """Download documents, such as the files that tasks make."""


@document.command(
    epilog="\b\nExamples:\n"
    "  chancery document get doc_01jd3v8m5x\n"
    "  chancery document get doc_01jd3v8m5x --out corrected.docx",
)
@click.argument("document_id", metavar="ID")
@click.option(
    "--out",
    metavar="FILE|DIR",
    type=click.Path(path_type=Path),
    help="Where to write it.  [default: its own name, in the current folder]",
)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@connection_options()
@pass_connection
def get(connection: Connection, *, document_id: str, out: Path | None, force: bool) -> None:
    """Download a document: one that was uploaded, or a file that a task made."""
    with connection.open() as chancery:
        found = chancery.document(document_id)
    path = out if out is not None else Path()
    if path.is_dir():
        path /= plain_name(found.filename or found.id)
    if path.is_file() and not force:
        raise click.ClickException(
            message("{path} exists. Choose another --out, or give --force.", path=path)
        )
    with connection.open_to_send() as chancery:
        try:
            chancery.document_content(document_id, path)
        except OSError as error:
            raise click.ClickException(
                message("{path} cannot be written: {error}", path=path, error=error)
            ) from error
    click.echo(message("Saved {path} ({found.bytes:,} bytes)", path=path, found=found), err=True)
