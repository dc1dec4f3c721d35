"""What a department may ask for, on the command line: `--rate`, `--max-in-flight` and so on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import click

from jobs.ledger import Ledger
from jobs.model.department import Quota
from jobs.model.quotas import QuotaName

RATE = re.compile(r"(\d+(?:\.\d+)?)(?:/s)?")
FIELDS: Mapping[QuotaName, str] = {
    QuotaName.rate: "rate",
    QuotaName.in_flight: "max_in_flight",
    QuotaName.queued: "max_queued",
    QuotaName.tokens_per_day: "tokens_per_day",
}
# The options, without their dashes in front.
LIFTABLE = {field.replace("_", "-"): field for field in FIELDS.values()}
_count = click.IntRange(1, 10**12)

Command = TypeVar("Command", bound=Callable[..., Any])


class RateType(click.ParamType[float]):
    name = "N/s"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        match = RATE.fullmatch(str(value))
        if not match or float(match[1]) <= 0:
            self.fail(f"{value!r} is not a rate: write a number above 0, such as 20/s.", param, ctx)
        return float(match[1])


_OPTIONS = (
    click.option("--rate", type=RateType(), help="Submissions per second."),
    click.option("--max-in-flight", type=_count, help="Jobs accepted and not ended."),
    click.option(
        "--max-queued", type=_count, help="Jobs and lines of batches that have not begun."
    ),
    click.option("--tokens-per-day", type=_count, help="Tokens used in a day (UTC)."),
)


def quota_options(command: Command) -> Command:
    """Adds the options; what is not given has no limit, or stays as it is."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def given_quotas(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Those of a command's `arguments` that are quotas and were given."""
    return {
        field: arguments[field] for field in FIELDS.values() if arguments.get(field) is not None
    }


async def change_quota(
    ledger: Ledger, name: str, changes: Mapping[str, Any], lifted: tuple[str, ...]
) -> bool:
    """Change a department's quotas, and lift those named; False where there is no such one."""
    found = await ledger.departments.get(name)
    if found is None:
        return False
    none = {LIFTABLE[one]: None for one in lifted if one in LIFTABLE}
    if not (changes or none):
        return True
    return await ledger.departments.set_quota(name, replace(found.quota, **{**none, **changes}))


def shown(name: str, quota: Quota) -> str:
    """A quota, by the name of its field, as a person reads it."""
    value = getattr(quota, name)
    if value is None:
        return "no limit"
    return f"{value:g}/s" if name == "rate" else f"{value:,}"
