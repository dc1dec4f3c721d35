"""The state of a department's quotas as header fields (draft-ietf-httpapi-ratelimit-headers-11).

Both are Lists (RFC 9651) with one item for each quota, in the same order:

    RateLimit-Policy: "rate";q=20;w=1, "tokens-per-day";q=5000000;qu="tokens";w=86400
    RateLimit: "rate";r=19;t=1, "tokens-per-day";r=4193020;t=35211

The quota unit `tokens` is not registered: the draft defines only requests and content-bytes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from jobs.model.quotas import QuotaLeft, QuotaName

POLICY, REMAINING = "RateLimit-Policy", "RateLimit"
DAY_SECONDS = 86_400

RETRY_AFTER_HEADER: Mapping[str, Any] = {
    "Retry-After": {
        "schema": {"type": "integer"},
        "description": "Seconds until the request may be repeated.",
    }
}
RATE_LIMIT_HEADERS: Mapping[str, Any] = {
    POLICY: {
        "schema": {"type": "string"},
        "description": "The department's quotas: `q` in `w` seconds. Absent without quotas.",
    },
    REMAINING: {
        "schema": {"type": "string"},
        "description": "The remaining amount `r` of each quota, for the next `t` seconds.",
    },
}


def rate_limit_fields(quotas: Sequence[QuotaLeft]) -> Mapping[str, str]:
    """The header fields; none without quotas. Amounts and seconds are rounded to integers."""
    if not quotas:
        return {}
    return {
        POLICY: ", ".join(f'"{quota.name}";{_policy(quota.name, quota.limit)}' for quota in quotas),
        REMAINING: ", ".join(f'"{quota.name}";{_remaining(quota)}' for quota in quotas),
    }


@lru_cache
def _policy(name: QuotaName, limit: float) -> str:
    match name:
        case QuotaName.rate if limit < 1:
            return f"q=1;w={math.ceil(1 / limit)}"
        case QuotaName.rate:
            return f"q={math.floor(limit)};w=1"
        case QuotaName.tokens_per_day:
            return f'q={limit:.0f};qu="tokens";w={DAY_SECONDS}'
        case QuotaName.record_bytes | QuotaName.stored_bytes:
            return f'q={limit:.0f};qu="content-bytes"'
        case _:
            return f"q={limit:.0f}"


def _remaining(quota: QuotaLeft) -> str:
    reset = "" if quota.seconds is None else f";t={max(1, math.ceil(quota.seconds))}"
    return f"r={quota.left}{reset}"
