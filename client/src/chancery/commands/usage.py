"""`chancery usage`."""

from __future__ import annotations

from datetime import date

import click

from chancery.commands.listing import json_option, print_records
from chancery.commands.parameters import DateParameter
from chancery.commands.records import OpenRecords, pass_records, record_options
from chancery.messages import message
from chancery.models import MonthUse


@click.command()
@click.option(
    "--from", "first", type=DateParameter(), help="First day (UTC).  [default: of the month]"
)
@click.option("--to", "last", type=DateParameter(), help="Last day (UTC).  [default: today]")
@click.option("--csv", "as_csv", is_flag=True, help="CSV with all columns.")
@json_option
@record_options
@pass_records
def usage(
    open_records: OpenRecords,
    *,
    first: date | None,
    last: date | None,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Show documents, tokens, energy and cost by month, task and model.

    \b
    Examples:
      chancery usage
      chancery usage --from 2026-01-01 --csv
      chancery usage --all --data-dir var
    """
    if as_csv and as_json:
        raise click.UsageError(message("--csv and --json exclude each other."))
    with open_records() as records:
        if as_csv:
            click.echo(records.usage_csv(first, last), nl=False)
            return
        found = records.usage(first, last)
    print_records(
        (
            *("MONTH", "TASK", "MODEL", "DOCUMENTS", "PAGES", "TOKENS IN", "CACHED", "OUT"),
            *("REASONING", "GPU SECONDS", "KWH", "COST", "EACH"),
        ),
        _row,
        records,
        found,
        as_json=as_json,
    )


def _row(use: MonthUse) -> tuple[object, ...]:
    return (
        *(use.month, use.task, use.model, use.documents, use.pages),
        *(use.prompt_tokens, use.cached_tokens, use.completion_tokens, use.reasoning_tokens),
        *(use.gpu_seconds, use.energy_kwh, use.cost, use.cost_per_document),
    )
