"""`chancery library add`, `list` and `remove`."""

from __future__ import annotations

from pathlib import Path

import click

from chancery.client import Chancery
from chancery.commands.connection import Connection, connection_options, pass_connection
from chancery.commands.parameters import files_argument
from chancery.commands.tables import show
from chancery.errors import ChanceryError, Unauthorized, Unreachable


@click.group(epilog="\b\nExamples:\n  chancery library add laws laws/*.docx")
def library() -> None:
    """Store documents, such as laws, under a name for use by tasks.

    Documents in a library do not expire.
    """


@library.command(
    epilog="\b\nExamples:\n  chancery library add laws laws/*.docx",
)
@click.argument("name")
@files_argument
@connection_options()
@click.pass_context
@pass_connection
def add(
    connection: Connection, context: click.Context, *, name: str, files: tuple[Path, ...]
) -> None:
    """Send documents and add them to the library NAME. The first one creates the library."""
    with connection.open_to_send() as chancery:
        done = [_add(chancery, name, file) for file in files]
    if not all(done):
        context.exit(1)


def _add(chancery: Chancery, name: str, file: Path) -> bool:
    try:
        document = chancery.upload(file)
        chancery.put_in_library(name, document.id)
    except (Unreachable, Unauthorized):
        raise
    except (ChanceryError, OSError) as error:
        click.echo(f"{file}: {error}", err=True)
        return False
    click.echo(f"{document.id} {file}")
    return True


@library.command(
    "list",
    epilog="\b\nExamples:\n  chancery library list\n  chancery library list laws",
)
@click.argument("name", required=False)
@connection_options()
@pass_connection
def list_(connection: Connection, *, name: str | None) -> None:
    """List the libraries, or the documents of the library NAME."""
    with connection.open() as chancery:
        if name is None:
            rows = [(library.name, library.documents) for library in chancery.libraries()]
            show(("LIBRARY", "DOCUMENTS"), rows)
            return
        documents = chancery.library(name)
    show(
        ("DOCUMENT", "FILE", "BYTES"), [(each.id, each.filename, each.bytes) for each in documents]
    )


@library.command(
    epilog="\b\nExamples:\n  chancery library remove laws doc_01jd3v8m5x",
)
@click.argument("name")
@click.argument("document_ids", metavar="ID...", nargs=-1, required=True)
@connection_options()
@click.pass_context
@pass_connection
def remove(
    connection: Connection, context: click.Context, *, name: str, document_ids: tuple[str, ...]
) -> None:
    """Remove documents from the library NAME. They then expire like any other document."""
    failed = False
    with connection.open() as chancery:
        for document_id in document_ids:
            try:
                chancery.take_out_of_library(name, document_id)
            except ChanceryError as error:
                failed = True
                click.echo(f"{document_id}: {error}", err=True)
    if failed:
        context.exit(1)
