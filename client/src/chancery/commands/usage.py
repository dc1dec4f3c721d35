"""`chancery usage`."""

from __future__ import annotations

from datetime import date

import click

from chancery.commands.parameters import DateParameter
from chancery.commands.records import OpenRecords, pass_records, record_options
from chancery.commands.tables import print_json_lines, show
from chancery.messages import message
from chancery.models import MonthUse


@click.command()
@click.option(
    "--from", "first", type=DateParameter(), help="First day (UTC).  [default: of the month]"
)
@click.option("--to", "last", type=DateParameter(), help="Last day (UTC).  [default: today]")
@click.option("--csv", "as_csv", is_flag=True, help="CSV with all columns.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
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
    if as_json:
        print_json_lines(found)
        return
    show(
        (
            *("MONTH", "TASK", "MODEL", "DOCUMENTS", "PAGES", "TOKENS IN", "CACHED", "OUT"),
            *("REASONING", "GPU SECONDS", "KWH", "COST", "EACH"),
        ),
        [_row(each) for each in found],
        departments=[each.department for each in found] if records.all_departments else None,
    )


def _row(use: MonthUse) -> tuple[object, ...]:
    return (
        *(use.month, use.task, use.model, use.documents, use.pages),
        *(use.prompt_tokens, use.cached_tokens, use.completion_tokens, use.reasoning_tokens),
        *(use.gpu_seconds, use.energy_kwh, use.cost, use.cost_per_document),
    )
