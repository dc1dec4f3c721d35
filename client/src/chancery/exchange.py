"""What both clients share: requests, retries, parsing of responses, waiting for an end."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Any, TypeVar

import httpx

from chancery.call import Call, form_parts
from chancery.errors import BY_STATUS, ApiProblem, UnexpectedAnswer, Unreachable, WaitTimeout
from chancery.messages import message
from chancery.models import Batch, Job

Answer = TypeVar("Answer")

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 30.0
LONG_POLL_SECONDS = 25.0
FIRST_BACKOFF_SECONDS = 0.25
LONGEST_BACKOFF_SECONDS = 8.0
LONGEST_BATCH_PAUSE_SECONDS = 10.0
RETRIED_STATUSES = frozenset({408, 429, 502, 503, 504})
# The connection broke while the api handled the first request with this key: its response follows.
RETRIED_CODES = frozenset({"idempotency-in-progress"})


def http_settings(api_url: str, api_key: str, language: str | None = None) -> dict[str, Any]:
    """The settings of the HTTP client. `language` is that of errors.

    Raises `ValueError` for an invalid address or key.
    """
    if not api_url.startswith(("http://", "https://")):
        raise ValueError(
            message(
                "The api's address must start with http:// or https://: {api_url!r}.",
                api_url=api_url,
            )
        )
    if not api_key or not api_key.isascii() or any(map(str.isspace, api_key)):
        raise ValueError(message("The API key must be ASCII without spaces, and not empty."))
    return {
        "base_url": api_url.rstrip("/"),
        "headers": {
            "Authorization": f"Bearer {api_key}",
            "Accept": "application/json",
            "User-Agent": f"chancery-client/{version('chancery-client')}",
            **({"Accept-Language": language} if language else {}),
        },
    }


class Attempts:
    """The attempts of one call. None starts later than `seconds` after the first."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._count = 0

    @contextmanager
    def request(self, http: httpx.Client | httpx.AsyncClient, call: Call[Any]) -> Iterator[Any]:
        """The request of the next attempt. Its file is open inside the context."""
        self._count += 1
        silence = min(SILENCE_SECONDS, max(1.0, self._ends - time.monotonic()))
        timeout = httpx.Timeout(
            silence, connect=min(CONNECT_SECONDS, silence), read=silence + call.wait
        )
        if call.upload is None:
            yield http.build_request(
                call.method,
                call.path,
                params=call.params,
                headers=call.headers,
                json=call.body,
                timeout=timeout,
            )
            return
        with call.upload.opened() as file:
            yield http.build_request(
                call.method,
                call.path,
                headers=call.headers,
                files=form_parts(call, file),
                timeout=timeout,
            )

    def pause(
        self, call: Call[Any], outcome: httpx.Response | httpx.TransportError
    ) -> float | None:
        """Seconds until the next attempt; None if there is none."""
        if not call.repeatable or not _is_transient(outcome):
            return None
        retry_after = _retry_after(outcome) if isinstance(outcome, httpx.Response) else None
        if retry_after is None:
            longest = FIRST_BACKOFF_SECONDS * 2 ** (self._count - 1)
            seconds = min(LONGEST_BACKOFF_SECONDS, longest) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not cryptography
        else:
            seconds = retry_after * random.uniform(1.0, 1.1)  # noqa: S311 - jitter, not cryptography
        return seconds if time.monotonic() + seconds < self._ends else None

    def unreachable(self, url: httpx.URL, error: httpx.TransportError) -> Unreachable:
        why = (str(error) or type(error).__name__).rstrip(".")
        attempts = (
            message("1 attempt")
            if self._count == 1
            else message("{count} attempts", count=self._count)
        )
        server = f"{url.scheme}://{url.netloc.decode()}"
        return Unreachable(
            message(
                "No response from {server} after {attempts}: {why}.",
                server=server,
                attempts=attempts,
                why=why,
            )
        )


def parse(call: Call[Answer], response: httpx.Response) -> Answer:
    """The parsed response. Raises `ApiProblem` or `UnexpectedAnswer`."""
    if response.is_error:
        raise problem(response)
    if not response.is_success:
        raise unexpected(response)
    try:
        return call.parse(response)
    except ValueError as error:
        raise unexpected(response) from error


def problem(response: httpx.Response) -> ApiProblem:
    kind = BY_STATUS.get(response.status_code, ApiProblem)
    body = _json_object(response)
    errors = body.pop("errors", None)
    body.pop("status", None)
    return kind(
        status=response.status_code,
        type=str(body.pop("type", "about:blank")),
        title=str(body.pop("title", "") or response.reason_phrase or "Error"),
        detail=str(body.pop("detail", "")),
        errors=[error for error in errors if isinstance(error, dict)]
        if isinstance(errors, list)
        else (),
        retry_after=_retry_after(response),
        extra=body,
    )


def unexpected(response: httpx.Response) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        message(
            "The response ({response.status_code}) of {response.url} does not come "
            "from Chancery. Check the api's address.",
            response=response,
        )
    )


class JobWait:
    """Waits for the end of a job with long polls, at most `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends = time.monotonic() + seconds
        self._polled_at = 0.0
        self._poll_seconds = 0.0

    def poll_seconds(self) -> float:
        """The duration of the next long poll, in whole seconds."""
        self._polled_at = time.monotonic()
        remaining = max(0.0, self._ends - self._polled_at)
        self._poll_seconds = float(math.ceil(min(LONG_POLL_SECONDS, remaining)))
        return self._poll_seconds

    def pause(self, job: Job) -> float:
        """Seconds until the next long poll. Raises `WaitTimeout` when the time is over."""
        now = time.monotonic()
        if now >= self._ends:
            raise WaitTimeout(job, self._seconds)
        # A proxy may cut the long poll short: without a pause this would be a busy loop.
        early = self._poll_seconds - (now - self._polled_at)
        return min(max(0.0, early), 1.0, self._ends - now)


class BatchWait:
    """Waits for the end of a batch with polls at growing intervals, at most `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends = time.monotonic() + seconds
        self._pause = FIRST_BACKOFF_SECONDS

    def pause(self, batch: Batch) -> float:
        """Seconds until the next poll. Raises `WaitTimeout` when the time is over."""
        remaining = self._ends - time.monotonic()
        if remaining <= 0:
            raise WaitTimeout(batch, self._seconds)
        self._pause = min(LONGEST_BATCH_PAUSE_SECONDS, self._pause * 1.5)
        return min(self._pause, remaining)


def _is_transient(outcome: httpx.Response | httpx.TransportError) -> bool:
    if isinstance(outcome, httpx.Response):
        if outcome.status_code in RETRIED_STATUSES:
            return True
        return outcome.status_code == 409 and problem(outcome).code in RETRIED_CODES
    return not isinstance(outcome, httpx.UnsupportedProtocol | httpx.LocalProtocolError)


def _json_object(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds, from either form of the header: delay or date (RFC 9110, 10.2.3)."""
    value = response.headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isdecimal():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - datetime.now(UTC)).total_seconds())
