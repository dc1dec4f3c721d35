"""Evaluates the response of a receiver."""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from aiohttp import ClientError

from jobs.model.callback import Outcome

READ_MAX_BYTES = 64 * 1024
READ_SECONDS = 1.0
RETRY_AFTER_MAX_SECONDS = 86_400.0
GONE = 410
_BUSY = frozenset({429, 503})


async def read_start(response: httpx.Response, most: int) -> str | None:
    """The first `most` bytes of a failed response as text. None: no body, a success, or encoded.

    Reads up to 64 KiB for up to a second, so that the connection can be reused after a short body.
    Errors while reading are ignored, because only the status counts.
    """
    size, start = 0, bytearray()
    with suppress(TimeoutError, httpx.HTTPError, ClientError):
        async with asyncio.timeout(READ_SECONDS):
            async for chunk in response.aiter_raw():
                size += len(chunk)
                start += chunk[: most - len(start)]
                if size > READ_MAX_BYTES:
                    break
    if not start or response.is_success or "content-encoding" in response.headers:
        return None
    return _text(bytes(start), response.charset_encoding or "utf-8")


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
    """Seconds of `Retry-After`, a number or a date (RFC 9110 10.2.3), of a 429 or 503 response.

    At most a day. None: another status, no header, or one that cannot be parsed.
    """
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
