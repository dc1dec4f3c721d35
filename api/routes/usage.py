"""The usage of a department: jobs, documents, tokens, time, energy, cost, quotas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.access.authentication import ReaderDep
from api.responses.json_responses import as_json, problems
from api.services import ServicesDep
from jobs.ledger.statistics import DayOfUse
from jobs.ledger.task_use import TaskUse, total_by_task
from jobs.model.job import Usage
from jobs.model.quotas import QuotaName
from jobs.usage import MonthUse, by_month, days_of, read_days, to_csv

router = APIRouter(prefix="/v1/usage", tags=["usage"])

CSV_TYPE = "text/csv"


class Format(StrEnum):
    json = "json"
    csv = "csv"


class AmountView(BaseModel):
    """`jobs` counts ended jobs by status. `engine_seconds` is the time spent in engine requests."""

    jobs: Mapping[str, int]
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    engine_seconds: float


class DayView(AmountView):
    day: date


class QuotaView(BaseModel):
    """`limit` is per second for `rate`, per day (UTC) for `tokens-per-day`, else a total.

    `left` is the remaining amount. It increases in `seconds`, if that is known.
    """

    name: QuotaName
    limit: float
    left: int
    seconds: float | None


class TaskUseView(BaseModel):
    """`jobs` counts ended jobs by status.

    For jobs given to the fast model: its answer was `kept`, or the job was `escalated` to the full
    model. `doubts` counts the reasons by code. `share_escalated` is null without such jobs.
    """

    jobs: Mapping[str, int]
    kept: int
    escalated: int
    share_escalated: float | None
    doubts: Mapping[str, int]
    fast: Usage
    full: Usage


class UsageView(BaseModel):
    """`data` has the days (UTC) with usage, `quota` the quotas that are set, `tasks` the sums over
    all days, `months` the rows by month, department, task and model, with costs in `currency`.

    For operators, who read the usage of all departments, `department` is null.
    """

    object: Literal["usage"] = "usage"
    department: str | None
    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    total: AmountView
    tasks: Mapping[str, TaskUseView]
    months: Sequence[MonthUse]
    currency: str
    data: Sequence[DayView]
    quota: Sequence[QuotaView] = ()


@router.get(
    "",
    summary="Get documents, tokens, time, energy and cost, and the state of the quotas",
    responses={
        200: {
            "model": UsageView,
            "content": {CSV_TYPE: {"schema": {"type": "string"}}},
        },
        **problems("invalid-request"),
    },
)
async def get_usage(
    services: ServicesDep,
    reader: ReaderDep,
    first: Annotated[
        date | None,
        Query(
            alias="from",
            description="First day (UTC). Default: the first day of the month of `to`.",
        ),
    ] = None,
    last: Annotated[
        date | None, Query(alias="to", description="Last day (UTC). Default: today.")
    ] = None,
    answer_format: Annotated[
        Format, Query(alias="format", description="`csv`: the rows of `months` alone.")
    ] = Format.json,
) -> Response:
    begin, end = days_of(first, last)
    names = [reader.name] if reader else await services.ledger.departments.names()
    by_department = await read_days(services.ledger, names, begin, end)
    months = by_month(by_department, services.prices)
    if answer_format is Format.csv:
        return Response(to_csv(months), media_type=CSV_TYPE)
    days = _by_day(day for days in by_department.values() for day in days)
    tasks = total_by_task(day.tasks for day in days)
    quotas = await services.ledger.departments.quotas(reader.name) if reader else ()
    view = UsageView(
        department=reader.name if reader else None,
        first=begin,
        last=end,
        total=_total(days),
        tasks={name: _task_view(use) for name, use in tasks.items()},
        months=months,
        currency=services.prices.currency,
        data=[_day_view(day) for day in days],
        quota=[
            QuotaView(name=quota.name, limit=quota.limit, left=quota.left, seconds=quota.seconds)
            for quota in quotas
        ],
    )
    return as_json(view.model_dump_json(by_alias=True).encode())


def _by_day(days: Iterable[DayOfUse]) -> Sequence[DayOfUse]:
    """One entry for each day, with the sum of the departments."""
    sums: dict[date, DayOfUse] = {}
    for day in days:
        sums[day.day] = sums[day.day] + day if day.day in sums else day
    return [sums[day] for day in sorted(sums)]


def _task_view(use: TaskUse) -> TaskUseView:
    total = use.kept + use.escalated
    return TaskUseView(
        jobs=use.jobs,
        kept=use.kept,
        escalated=use.escalated,
        share_escalated=round(use.escalated / total, 4) if total else None,
        doubts=use.doubts,
        fast=_rounded(use.fast),
        full=_rounded(use.full),
    )


def _rounded(usage: Usage) -> Usage:
    return replace(
        usage,
        engine_seconds=round(usage.engine_seconds, 3),
        gpu_seconds=round(usage.gpu_seconds, 3),
        joules=round(usage.joules, 3),
    )


def _day_view(day: DayOfUse) -> DayView:
    return DayView(
        day=day.day,
        jobs=day.jobs,
        prompt_tokens=day.prompt_tokens,
        completion_tokens=day.completion_tokens,
        cached_tokens=day.cached_tokens,
        engine_seconds=day.engine_seconds,
    )


def _total(days: Sequence[DayOfUse]) -> AmountView:
    jobs: Counter[str] = Counter()
    for day in days:
        jobs.update(day.jobs)
    return AmountView(
        jobs=jobs,
        prompt_tokens=sum(day.prompt_tokens for day in days),
        completion_tokens=sum(day.completion_tokens for day in days),
        cached_tokens=sum(day.cached_tokens for day in days),
        engine_seconds=round(sum(day.engine_seconds for day in days), 3),
    )
