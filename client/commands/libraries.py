"""`chancery library add`, `list` and `remove`."""

from __future__ import annotations

from pathlib import Path

import click

from client.client import Chancery
from client.commands.connection import Connection, connection_options, pass_connection
from client.commands.tables import show
from client.errors import ChanceryError, Unauthorized, Unreachable


@click.group()
def library() -> None:
    """Keep documents, such as laws, under a name that tasks use.

    What is in a library does not expire.
    """


@library.command()
@click.argument("name")
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@connection_options()
@click.pass_context
@pass_connection
def add(
    connection: Connection, context: click.Context, *, name: str, files: tuple[Path, ...]
) -> None:
    """Send documents and put them into the library NAME, which is made with the first one."""
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


@library.command("list")
@click.argument("name", required=False)
@connection_options()
@pass_connection
def list_(connection: Connection, *, name: str | None) -> None:
    """List the libraries, or with NAME the documents of one."""
    with connection.open() as chancery:
        if name is None:
            libraries = [(each.name, each.documents) for each in chancery.libraries()]
            show(("LIBRARY", "DOCUMENTS"), libraries)
            return
        documents = chancery.library(name)
    show(("DOCUMENT", "FILE", "BYTES"), [(one.id, one.filename, one.bytes) for one in documents])


@library.command()
@click.argument("name")
@click.argument("document_ids", metavar="ID...", nargs=-1, required=True)
@connection_options()
@click.pass_context
@pass_connection
def remove(
    connection: Connection, context: click.Context, *, name: str, document_ids: tuple[str, ...]
) -> None:
    """Take documents out of the library NAME; they are kept as long as any other."""
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
