"""What a receiver's answer comes to."""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from aiohttp import ClientError

from jobs.model.callback import Outcome

ANSWER_MAX_BYTES = 64 * 1024
ANSWER_SECONDS = 1.0
RETRY_AFTER_MAX_SECONDS = 86_400.0
GONE = 410
_BUSY = frozenset({429, 503})


async def beginning_of(response: httpx.Response, most: int) -> str | None:
    """The first `most` bytes of an answer as text, where it failed; None where there is nothing.

    A short answer is read whole, so that the connection can be used again. It was its status that
    counts: what becomes of the rest changes nothing.
    """
    seen, kept = 0, bytearray()
    with suppress(TimeoutError, httpx.HTTPError, ClientError):
        async with asyncio.timeout(ANSWER_SECONDS):
            async for chunk in response.aiter_raw():
                seen += len(chunk)
                kept += chunk[: most - len(kept)]
                if seen > ANSWER_MAX_BYTES:
                    break
    if not kept or response.is_success or "content-encoding" in response.headers:
        return None
    return _text(bytes(kept), response.charset_encoding or "utf-8")


def _text(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding, errors="replace")
    except LookupError:
        return data.decode(errors="replace")


def outcome_of(response: httpx.Response) -> Outcome:
    if response.status_code == GONE:
        return Outcome.gone
    return Outcome.delivered if response.is_success else Outcome.failed


def retry_after_of(response: httpx.Response) -> float | None:
    """`Retry-After` in seconds or as a date (RFC 9110 10.2.3), where the status gives it weight."""
    value = response.headers.get("retry-after")
    if value is None or response.status_code not in _BUSY:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            return None
    return None if math.isnan(seconds) else min(max(seconds, 0.0), RETRY_AFTER_MAX_SECONDS)
