"""Lists of records: their options, and how they are printed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import click

from chancery.commands.records import Records
from chancery.commands.tables import print_json_lines, show
from chancery.models import Batch, Callback, Job, MonthUse

Record = TypeVar("Record", Batch, Callback, Job, MonthUse)

limit_option = click.option(
    "--limit", type=click.IntRange(1), default=50, show_default=True, help="The number of rows."
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


def print_records(
    columns: Sequence[str],
    row: Callable[[Record], Sequence[object]],
    records: Records,
    found: Sequence[Record],
    *,
    as_json: bool,
) -> None:
    """Print what was `found` in `records`, as a table of `columns` or as JSON.

    Records of all departments get a further column with the department.
    """
    if as_json:
        print_json_lines(found)
        return
    departments = [each.department for each in found] if records.all_departments else None
    show(columns, [row(each) for each in found], departments=departments)
