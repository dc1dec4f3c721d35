"""What a department's quotas leave, as the fields of draft-ietf-httpapi-ratelimit-headers-11.

Both are Lists of Structured Fields (RFC 9651), one item a quota, in the same order:

    RateLimit-Policy: "rate";q=20;w=1, "tokens-per-day";q=5000000;qu="tokens";w=86400
    RateLimit: "rate";r=19;t=1, "tokens-per-day";r=4193020;t=35211

`tokens` is a quota unit of our own: the draft's registry has requests and bytes alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from jobs.model.quotas import QuotaLeft, QuotaName

POLICY, LEFT = "RateLimit-Policy", "RateLimit"
DAY_SECONDS = 86_400

RETRY_AFTER: Mapping[str, Any] = {
    "Retry-After": {
        "schema": {"type": "integer"},
        "description": "Seconds after which the same may be sent again.",
    }
}
DESCRIBED: Mapping[str, Any] = {
    POLICY: {
        "schema": {"type": "string"},
        "description": "The department's quotas: `q` so many, in `w` seconds. Missing without any.",
    },
    LEFT: {
        "schema": {"type": "string"},
        "description": "What is left of each: `r`, for the next `t` seconds.",
    },
}


def rate_limit_fields(quotas: Sequence[QuotaLeft]) -> Mapping[str, str]:
    """The header fields, none where there is no quota. Amounts and seconds are whole numbers."""
    if not quotas:
        return {}
    return {
        POLICY: ", ".join(f'"{one.name}";{_policy(one)}' for one in quotas),
        LEFT: ", ".join(f'"{one.name}";{_left(one)}' for one in quotas),
    }


def _policy(one: QuotaLeft) -> str:
    match one.name:
        case QuotaName.rate if one.limit < 1:
            return f"q=1;w={math.ceil(1 / one.limit)}"
        case QuotaName.rate:
            return f"q={math.floor(one.limit)};w=1"
        case QuotaName.tokens_per_day:
            return f'q={one.limit:.0f};qu="tokens";w={DAY_SECONDS}'
        case _:
            return f"q={one.limit:.0f}"


def _left(one: QuotaLeft) -> str:
    until = "" if one.seconds is None else f";t={max(1, math.ceil(one.seconds))}"
    return f"r={one.left}{until}"
