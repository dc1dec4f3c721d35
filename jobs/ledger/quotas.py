"""Quotas as the ledger's scripts report them (`scripts/lib/quota.lua`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jobs.model.quotas import OverQuotaError, QuotaLeft, QuotaName


def to_quotas(answer: Sequence[Sequence[Any]]) -> tuple[QuotaLeft, ...]:
    """What `quotas_left` returned."""
    return tuple(
        QuotaLeft(QuotaName(name), float(limit), int(left), int(ms) / 1000 if ms >= 0 else None)
        for name, limit, left, ms in answer
    )


def over_quota(department: str, answer: Sequence[Any]) -> OverQuotaError:
    """The problem of a script that answered `{'over', quotas left, code, ms}`."""
    _, quotas, code, wait_ms = answer
    return OverQuotaError(department, code, int(wait_ms) / 1000, to_quotas(quotas))
