"""Converts values of Redis's flat hashes. Times in Redis are milliseconds since 1970."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from pydantic_core import to_json

Record = Mapping[str, str]
_FIRST_MS = round(datetime(1, 1, 2, tzinfo=UTC).timestamp() * 1000)
_LAST_MS = round(datetime(9999, 12, 31, tzinfo=UTC).timestamp() * 1000)


def pairs(flat: Sequence[str]) -> dict[str, str]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def to_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


# Jobs and batches have most of their times in common: those of a claim, the deadline of a batch.
@lru_cache(maxsize=1024)
def to_moment(ms: str) -> datetime:
    """A time outside the years 1 to 9999 is the nearest one inside."""
    # Records of earlier releases may have such times, which `fromtimestamp` refuses.
    nearest = min(max(int(float(ms)), _FIRST_MS), _LAST_MS)
    return datetime.fromtimestamp(nearest / 1000, UTC)


def to_time(ms: str | None) -> datetime | None:
    return to_moment(ms) if ms else None


def dump(value: Any) -> str:
    return to_json(value).decode()
