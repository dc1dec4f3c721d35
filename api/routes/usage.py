"""What a department has used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.answers import as_json, problems
from api.auth import TheDepartment
from api.parts import TheParts
from jobs.ledger.statistics import DayOfUse
from jobs.ledger.task_use import TaskUse, total_by_task
from jobs.model.job import Usage
from jobs.model.problems import ProblemError
from jobs.model.quotas import QuotaName

router = APIRouter(prefix="/v1/usage", tags=["usage"])

LONGEST_DAYS = 366


class AmountView(BaseModel):
    """`jobs` are endings by status; `engine_seconds` is time on the engine, its GPU included."""

    jobs: Mapping[str, int]
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    engine_seconds: float


class DayView(AmountView):
    day: date


class QuotaView(BaseModel):
    """`limit` is per second for `rate`, per day (UTC) for `tokens-per-day`, and else at any time.

    There is more than `left` in `seconds`, where that is known.
    """

    name: QuotaName
    limit: float
    left: int
    seconds: float | None


class TaskUseView(BaseModel):
    """`jobs` are endings by status. Of the jobs that the fast model was to do, its answer was
    `kept`, or the job was `escalated` to the full one; `doubts` counts why, by code.
    `share_escalated` is null where the fast model was to do none.
    """

    jobs: Mapping[str, int]
    kept: int
    escalated: int
    share_escalated: float | None
    doubts: Mapping[str, int]
    fast: Usage
    full: Usage


class UsageView(BaseModel):
    """Days (UTC) without any use are left out of `data`, quotas that are not set out of `quota`;
    `tasks` is over all days.
    """

    object: Literal["usage"] = "usage"
    department: str
    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    total: AmountView
    tasks: Mapping[str, TaskUseView]
    data: Sequence[DayView]
    quota: Sequence[QuotaView] = ()


@router.get(
    "",
    summary="Jobs, tokens and engine seconds, by day; what the quotas leave now",
    responses={200: {"model": UsageView}, **problems("invalid-request")},
)
async def get_usage(
    parts: TheParts,
    department: TheDepartment,
    first: Annotated[
        date | None,
        Query(alias="from", description="First day, UTC; the first of its month if left out."),
    ] = None,
    last: Annotated[
        date | None, Query(alias="to", description="Last day, UTC; today if left out.")
    ] = None,
) -> Response:
    end = last or datetime.now(UTC).date()
    begin = first or end.replace(day=1)
    if not 0 <= (end - begin).days < LONGEST_DAYS:
        raise ProblemError(
            "invalid-request",
            f"`from` must not be after `to`, and at most {LONGEST_DAYS} days can be asked for.",
            errors=[{"pointer": "#/query/from", "detail": "It does not fit `to`."}],
        )
    days = await parts.ledger.statistics.usage(department.name, begin, end)
    tasks = total_by_task(day.tasks for day in days)
    view = UsageView(
        department=department.name,
        first=begin,
        last=end,
        total=_total(days),
        tasks={name: _task_view(use) for name, use in tasks.items()},
        data=[_day_view(day) for day in days],
        quota=[
            QuotaView(name=one.name, limit=one.limit, left=one.left, seconds=one.seconds)
            for one in await parts.ledger.departments.quotas(department.name)
        ],
    )
    return as_json(view.model_dump_json(by_alias=True).encode())


def _task_view(use: TaskUse) -> TaskUseView:
    asked = use.kept + use.escalated
    return TaskUseView(
        jobs=use.jobs,
        kept=use.kept,
        escalated=use.escalated,
        share_escalated=round(use.escalated / asked, 4) if asked else None,
        doubts=use.doubts,
        fast=_rounded(use.fast),
        full=_rounded(use.full),
    )


def _rounded(usage: Usage) -> Usage:
    return replace(usage, engine_seconds=round(usage.engine_seconds, 3))


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
