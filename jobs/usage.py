"""Usage by month, task and model, with its energy and cost."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime
from io import StringIO

from jobs.csv_cells import csv_cell
from jobs.ledger import Ledger
from jobs.ledger.statistics import DayOfUse
from jobs.ledger.task_use import ModelUse
from jobs.model.job import Usage
from jobs.model.problems import ProblemError
from jobs.process.settings import PriceSettings

MAX_DAYS = 366
JOULES_PER_KWH = 3_600_000.0
SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class MonthUse:
    """A department's usage of one model by one task in one month (UTC).

    `model` is null for jobs that used none. `documents`: jobs that succeeded, each of one document,
    or of one chat completion; `pages` of those whose format has pages. Tokens and seconds include
    runs that failed, were repeated or were cancelled. `energy_kwh` and `wh_per_document` are null
    if the engine's power is not known, `cost` and `cost_per_document` if no price is set.
    """

    month: str
    department: str
    task: str
    model: str | None
    documents: int
    pages: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    engine_seconds: float
    gpu_seconds: float
    energy_kwh: float | None
    wh_per_document: float | None
    cost: float | None
    cost_per_document: float | None


Days = Mapping[str, Sequence[DayOfUse]]


def days_of(first: date | None, last: date | None) -> tuple[date, date]:
    """The first and the last day. Defaults: the first day of the month of `last`; today (UTC).

    Raises `ProblemError("invalid-request")` if the first is after the last, or the range too long.
    """
    end = last or datetime.now(UTC).date()
    begin = first or end.replace(day=1)
    if not 0 <= (end - begin).days < MAX_DAYS:
        raise ProblemError(
            "invalid-request",
            f"`from` must not be after `to`, and the range must not exceed {MAX_DAYS} days.",
            errors=[
                {"pointer": "#/query/from", "detail": "It is after `to`, or too long before it."}
            ],
        )
    return begin, end


async def read_days(ledger: Ledger, departments: Iterable[str], first: date, last: date) -> Days:
    """The days with usage of each department, from `first` to `last`."""
    return {name: await ledger.statistics.usage(name, first, last) for name in sorted(departments)}


def by_month(days: Days, prices: PriceSettings) -> Sequence[MonthUse]:
    """The rows of all departments: by month, department, task and model."""
    parts: dict[tuple[str, str, str, str], ModelUse] = {}
    for department, of_department in days.items():
        for day in of_department:
            for part in day.models:
                key = (f"{day.day:%Y-%m}", department, part.task, part.model)
                parts[key] = parts[key] + part if key in parts else part
    return [
        _month_use(month, department, part, prices)
        for (month, department, _, _), part in sorted(parts.items())
    ]


def to_csv(rows: Sequence[MonthUse]) -> str:
    """Rows below a line of column names (RFC 4180). An unknown amount is an empty field.

    The name of a model is the engine's, which may be any text.
    """
    text = StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(MonthUse)])
    writer.writeheader()
    for row in rows:
        writer.writerow(asdict(row) | {"model": csv_cell(row.model) if row.model else None})
    return text.getvalue()


def cost_of(usage: Usage, prices: PriceSettings) -> float | None:
    """The price of the GPUs' time and energy; None if no price is set."""
    if prices.per_kwh is None and prices.per_gpu_hour is None:
        return None
    energy = usage.joules / JOULES_PER_KWH * (prices.per_kwh or 0)
    return energy + usage.gpu_seconds / SECONDS_PER_HOUR * (prices.per_gpu_hour or 0)


def _month_use(month: str, department: str, part: ModelUse, prices: PriceSettings) -> MonthUse:
    usage = part.usage
    kwh = usage.joules / JOULES_PER_KWH if usage.joules else None
    cost = cost_of(usage, prices) if part.model else None
    return MonthUse(
        month=month,
        department=department,
        task=part.task,
        model=part.model or None,
        documents=part.documents,
        pages=part.pages,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cached_tokens=usage.cached_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        engine_seconds=round(usage.engine_seconds, 3),
        gpu_seconds=round(usage.gpu_seconds, 3),
        energy_kwh=_rounded(kwh),
        wh_per_document=_each(kwh and kwh * 1000, part.documents),
        cost=_rounded(cost),
        cost_per_document=_each(cost, part.documents),
    )


def _each(amount: float | None, documents: int) -> float | None:
    return _rounded(amount / documents) if amount is not None and documents else None


def _rounded(amount: float | None) -> float | None:
    return None if amount is None else round(amount, 6)
