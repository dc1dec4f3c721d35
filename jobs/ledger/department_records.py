"""Converts between hashes in Redis and departments, and their quotas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pydantic_core import from_json

from jobs.ledger.records import Record
from jobs.model.approval import to_policy
from jobs.model.department import Department, Quota
from jobs.model.quotas import OverQuotaError, QuotaLeft, QuotaName
from tasks.secrecy import Secrecy


def to_department(record: Record, now_ms: int) -> Department:
    """`now_ms`: Redis's clock, which decides which callback secrets still sign."""
    return Department(
        name=record["name"],
        callback_allow=tuple(from_json(record["callback_allow"])),
        callback_secrets=_valid(from_json(record["callback_secrets"]), now_ms),
        weight=int(record["weight"]),
        quota=to_quota(record),
        callback_max_bytes=(
            int(record["callback_max_bytes"]) if record["callback_max_bytes"] else None
        ),
        window=record.get("window") or None,
        allow_secrecy=Secrecy(record["allow_secrecy"]) if record.get("allow_secrecy") else None,
        display_name=record.get("display_name") or None,
        approval=to_policy(record.get("approval")),
    )


def _valid(secrets: Sequence[Mapping[str, Any]], now_ms: int) -> tuple[str, ...]:
    """The secrets that sign now. `until` is a time in ms, or 0 for no end."""
    return tuple(each["secret"] for each in secrets if not each["until"] or each["until"] > now_ms)


def quota_record(quota: Quota) -> dict[Any, str | int | float]:
    """The fields that `scripts/lib/quotas.lua` reads. An empty field is the default's."""
    return {name: "" if value is None else value for name, value in asdict(quota).items()}


def to_quota(record: Record) -> Quota:
    def whole(name: str) -> int | None:
        return int(record[name]) if record.get(name) else None

    return Quota(
        rate=float(record["rate"]) if record.get("rate") else None,
        max_in_flight=whole("max_in_flight"),
        max_queued=whole("max_queued"),
        tokens_per_day=whole("tokens_per_day"),
        max_record_bytes=whole("max_record_bytes"),
        max_stored_bytes=whole("max_stored_bytes"),
        max_open_batches=whole("max_open_batches"),
    )


def to_quotas(answer: Sequence[Sequence[Any]]) -> tuple[QuotaLeft, ...]:
    """What the scripts' `quotas_left` returned."""
    return tuple(
        QuotaLeft(QuotaName(name), float(limit), int(left), int(ms) / 1000 if ms >= 0 else None)
        for name, limit, left, ms in answer
    )


def over_quota(department: str, answer: Sequence[Any]) -> OverQuotaError:
    """The problem for a script's answer `{'over', quotas left, code, ms}`."""
    _, quotas, code, wait_ms = answer
    return OverQuotaError(department, code, int(wait_ms) / 1000, to_quotas(quotas))
