"""Tables on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import click
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

from chancery.commands.readable import printable
from chancery.messages import message

# Output to a pipe has no terminal width: wide enough that no cell is folded.
PIPE_COLUMNS = 240
MAX_FAILURES_SHOWN = 50


def show(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    departments: Sequence[str | None] | None = None,
    stderr: bool = False,
) -> None:
    """Print a table. The first column, an identifier, is never wrapped.

    `departments`: the department of each row, for a second column.
    """
    if departments is not None:
        columns = (columns[0], "DEPARTMENT", *columns[1:])
        rows = [
            (row[0], department, *row[1:])
            for row, department in zip(rows, departments, strict=True)
        ]
    console = Console(stderr=stderr)
    if not console.is_terminal:
        console = Console(stderr=stderr, width=PIPE_COLUMNS)
    table = Table(box=None, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(message(column), no_wrap=number == 0, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    console.print(table)


def show_failures(columns: Sequence[str], failures: Sequence[Sequence[object]]) -> None:
    """Print a table on stderr with the first 50 failures and the number of the others."""
    if not failures:
        return
    show(columns, failures[:MAX_FAILURES_SHOWN], stderr=True)
    if len(failures) > MAX_FAILURES_SHOWN:
        click.echo(
            message("... and {count} more", count=len(failures) - MAX_FAILURES_SHOWN), err=True
        )


def print_json_lines(models: Iterable[BaseModel]) -> None:
    """One JSON object a line on stdout."""
    for model in models:
        click.echo(model.model_dump_json())


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone().isoformat(sep=" ", timespec="seconds")
    return "\n".join(map(printable, str(value).split("\n")))
