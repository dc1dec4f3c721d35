"""The use of a department by month."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from chancery.models.answer import Answer


class MonthUse(Answer):
    """A department's usage of one model by one task in one month (UTC), as `GET /v1/usage` says.

    None: no model was used, the engine's power is not known, or no price is set.
    """

    month: str
    department: str
    task: str
    model: str | None = None
    documents: int = 0
    pages: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    engine_seconds: float = 0.0
    gpu_seconds: float = 0.0
    energy_kwh: float | None = None
    wh_per_document: float | None = None
    cost: float | None = None
    cost_per_document: float | None = None


class UsageReport(Answer):
    """What a department used: `total`, and `months` with costs in `currency`."""

    department: str | None = None
    total: dict[str, Any] = Field(default_factory=dict)
    months: tuple[MonthUse, ...] = ()
    currency: str | None = None
