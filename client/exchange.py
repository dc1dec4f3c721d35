"""From a call to its answer, without the sending: requests, retries, errors, long waits."""

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

from client.call import Call, parts
from client.errors import BY_STATUS, ApiProblem, UnexpectedAnswer, Unreachable, WaitTimeout
from client.models import Batch, Job

Answer = TypeVar("Answer")

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 30.0
LONG_POLL_SECONDS = 25.0
FIRST_BACKOFF_SECONDS = 0.25
LONGEST_BACKOFF_SECONDS = 8.0
LONGEST_BATCH_PAUSE_SECONDS = 10.0
RETRIED_STATUSES = frozenset({408, 429, 502, 503, 504})
# The first request with this key lives on after its connection broke: its answer will come.
RETRIED_CODES = frozenset({"idempotency-in-progress"})


def http_settings(api_url: str, api_key: str) -> dict[str, Any]:
    """What both transports are made with. Raises `ValueError` where either cannot be right."""
    if not api_url.startswith(("http://", "https://")):
        raise ValueError(f"The api's address must start with http:// or https://, not {api_url!r}.")
    if not api_key or not api_key.isascii() or any(map(str.isspace, api_key)):
        raise ValueError("The API key is empty or holds spaces or other foreign characters.")
    return {
        "base_url": api_url.rstrip("/"),
        "headers": {
            "Authorization": f"Bearer {api_key}",
            "Accept": "application/json",
            "User-Agent": f"chancery-client/{version('chancery')}",
        },
    }


class Attempts:
    """The tries of one call. No new one begins once `seconds` are over."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._made = 0

    @contextmanager
    def request(self, http: httpx.Client | httpx.AsyncClient, call: Call[Any]) -> Iterator[Any]:
        """The request of the next try, its file open meanwhile."""
        self._made += 1
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
                files=parts(call, file),
                timeout=timeout,
            )

    def pause(
        self, call: Call[Any], outcome: httpx.Response | httpx.TransportError
    ) -> float | None:
        """Seconds until the next try; None where `outcome` is the last word."""
        if not call.repeatable or not _worth_another(outcome):
            return None
        asked = _retry_after(outcome) if isinstance(outcome, httpx.Response) else None
        if asked is None:
            longest = FIRST_BACKOFF_SECONDS * 2 ** (self._made - 1)
            seconds = min(LONGEST_BACKOFF_SECONDS, longest) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load
        else:
            seconds = asked * random.uniform(1.0, 1.1)  # noqa: S311 - spreads load
        return seconds if time.monotonic() + seconds < self._ends else None

    def unreachable(self, url: httpx.URL, error: httpx.TransportError) -> Unreachable:
        why = str(error) or type(error).__name__
        tries = "once" if self._made == 1 else f"{self._made} times"
        place = f"{url.scheme}://{url.netloc.decode()}"
        return Unreachable(f"No answer from {place}, tried {tries}: {why}.")


def answer(call: Call[Answer], response: httpx.Response) -> Answer:
    """What the api answered. Raises `ApiProblem` or `UnexpectedAnswer`."""
    if response.is_error:
        raise problem(response)
    if not response.is_success:
        raise unexpected(response)
    try:
        return call.read(response)
    except ValueError as error:
        raise unexpected(response) from error


def problem(response: httpx.Response) -> ApiProblem:
    kind = BY_STATUS.get(response.status_code, ApiProblem)
    told = _told(response)
    errors = told.pop("errors", None)
    told.pop("status", None)
    return kind(
        status=response.status_code,
        type=str(told.pop("type", "about:blank")),
        title=str(told.pop("title", "") or response.reason_phrase or "Error"),
        detail=str(told.pop("detail", "")),
        errors=[error for error in errors if isinstance(error, dict)]
        if isinstance(errors, list)
        else (),
        retry_after=_retry_after(response),
        extra=told,
    )


def unexpected(response: httpx.Response) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        f"{response.url} answered {response.status_code} in a way that Chancery's api does not. "
        "Check the api's address."
    )


class Waiting:
    """A wait for the end of a job, in long polls."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends = time.monotonic() + seconds
        self._asked_at = 0.0
        self._step = 0.0

    def step(self) -> float:
        """Whole seconds that the next long poll may take."""
        self._asked_at = time.monotonic()
        left = max(0.0, self._ends - self._asked_at)
        self._step = float(math.ceil(min(LONG_POLL_SECONDS, left)))
        return self._step

    def pause(self, job: Job) -> float:
        """Seconds until the next long poll. Raises `WaitTimeout` once the time is over."""
        now = time.monotonic()
        if now >= self._ends:
            raise WaitTimeout(job, self._seconds)
        # An api that answers at once although the job goes on must not be asked without pause.
        early = self._step - (now - self._asked_at)
        return min(max(0.0, early), 1.0, self._ends - now)


class BatchWaiting:
    """A wait for the end of a batch, which is asked about at growing distances."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends = time.monotonic() + seconds
        self._pause = FIRST_BACKOFF_SECONDS

    def pause(self, batch: Batch) -> float:
        """Seconds until it is asked about again. Raises `WaitTimeout` once the time is over."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise WaitTimeout(batch, self._seconds)
        self._pause = min(LONGEST_BATCH_PAUSE_SECONDS, self._pause * 1.5)
        return min(self._pause, left)


def _worth_another(outcome: httpx.Response | httpx.TransportError) -> bool:
    if isinstance(outcome, httpx.Response):
        if outcome.status_code in RETRIED_STATUSES:
            return True
        return outcome.status_code == 409 and problem(outcome).code in RETRIED_CODES
    return not isinstance(outcome, httpx.UnsupportedProtocol | httpx.LocalProtocolError)


def _told(response: httpx.Response) -> dict[str, Any]:
    try:
        told = response.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds, from either of the two forms that RFC 9110 has."""
    value = response.headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
