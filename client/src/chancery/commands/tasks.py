"""`chancery tasks`."""

from __future__ import annotations

import click

from chancery.commands.connection import Connection, connection_options, pass_connection
from chancery.commands.tables import show


@click.command(
    epilog="\b\nExamples:\n  chancery tasks\n  chancery tasks format_fix --lang zh",
)
@click.argument("name", required=False)
@connection_options()
@pass_connection
def tasks(connection: Connection, *, name: str | None) -> None:
    """List the tasks. With NAME, show the JSON Schemas of its options and its result."""
    with connection.open() as chancery:
        if name is not None:
            click.echo(chancery.task(name).model_dump_json(indent=2))
            return
        infos = chancery.tasks()
    show(
        ("TASK", "VERSION", "ORIGIN", "NAME", "DESCRIPTION"),
        [(each.name, each.version, each.origin, each.title, each.description) for each in infos],
    )
