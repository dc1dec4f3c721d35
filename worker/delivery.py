"""One attempt at delivering a callback: signed, checked, sent, judged (Standard Webhooks 1.0.0)."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from aiohttp import ClientConnectorError, ClientError, ClientSession, DummyCookieJar, TCPConnector
from httpx_aiohttp import AiohttpTransport
from standardwebhooks.webhooks import Webhook

from jobs.callback import Attempt, Outcome
from jobs.department import Department
from jobs.problems import ProblemError
from jobs.submission import resolve
from jobs.targets import Address, AllowList, Target, check_target, parse_target, plain

ANSWER_MAX_BYTES = 64 * 1024
ANSWER_SECONDS = 1.0
RETRY_AFTER_MAX_SECONDS = 86_400.0
GONE = 410
_BUSY = frozenset({429, 503})

Resolve = Callable[[Target], Awaitable[Sequence[Address]]]
Place = tuple[Address, int]


@dataclass(frozen=True, slots=True)
class Tried:
    """What an attempt came to. `retry_after` is what the receiver asked for, in seconds."""

    attempt: Attempt
    outcome: Outcome
    final: bool = False
    retry_after: float | None = None

    @property
    def delivered(self) -> bool:
        return self.outcome is Outcome.delivered


def failed(at: datetime, why: str, seconds: float = 0.0) -> Tried:
    """An attempt that got no answer."""
    return Tried(Attempt(at, None, why, seconds), Outcome.failed)


def unsent(at: datetime, why: str, seconds: float = 0.0, *, final: bool = False) -> Tried:
    """An attempt that ended before anything was sent."""
    return Tried(Attempt(at, None, why, seconds), Outcome.unsent, final=final)


def signed_headers(
    secrets: Sequence[str], event_id: str, at: datetime, body: bytes
) -> dict[str, str]:
    """Standard Webhooks' headers: a signature for each secret, over `id.timestamp.body`."""
    text = body.decode()
    signatures = [Webhook(secret).sign(event_id, at, text) for secret in secrets]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


class Deliverer:
    """Sends to the very address that was checked, under the original name.

    `platform` is where the platform's own servers listen; `find` gives a host's addresses.
    """

    def __init__(
        self,
        timeout_seconds: float,
        concurrency: int,
        platform: frozenset[Place],
        find: Resolve = resolve,
    ) -> None:
        self._timeout = timeout_seconds
        self._concurrency = concurrency
        self._platform = platform
        self._find = find
        self._http: httpx.AsyncClient | None = None

    async def start(self) -> None:
        self._http = httpx.AsyncClient(
            transport=AiohttpTransport(client=self._session),
            timeout=httpx.Timeout(self._timeout),
            follow_redirects=False,
            trust_env=False,
        )

    async def close(self) -> None:
        if self._http:
            await self._http.aclose()

    async def send(self, department: Department, url: str, event_id: str, body: bytes) -> Tried:
        """Make one attempt. Whatever goes wrong is in what it returns."""
        at, began = datetime.now(UTC), time.monotonic()
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._post(department, url, event_id, at, body)
        except ProblemError as error:
            return unsent(at, error.problem.detail, time.monotonic() - began)
        except TimeoutError:
            return self._failed(at, began, f"no answer in {self._timeout:g} s")
        except (httpx.HTTPError, httpx.InvalidURL, ClientError, OSError, ValueError) as error:
            return self._failed(at, began, str(error) or type(error).__name__)
        attempt = Attempt(at, response.status_code, None, time.monotonic() - began)
        outcome = _outcome(response)
        return Tried(
            attempt,
            outcome,
            final=outcome is Outcome.gone,
            retry_after=_retry_after(response),
        )

    async def _post(
        self, department: Department, url: str, event_id: str, at: datetime, body: bytes
    ) -> httpx.Response:
        addresses, target = await self._checked(department, url)
        headers = signed_headers(department.callback_secrets, event_id, at, body)
        for address in addresses[:-1]:
            try:
                return await self._post_to(address, target, headers, body)
            except httpx.TransportError as error:
                # The transport has one name for this and for connections that broke later.
                if not isinstance(error.__cause__, ClientConnectorError):
                    raise
        return await self._post_to(addresses[-1], target, headers, body)

    async def _post_to(
        self, address: Address, target: Target, headers: Mapping[str, str], body: bytes
    ) -> httpx.Response:
        original = httpx.URL(target.url)
        request = self._client().build_request(
            "POST",
            original.copy_with(host=str(address)),
            content=body,
            headers={
                "host": original.netloc.decode(),
                "content-type": "application/json",
                "user-agent": "chancery",
                **headers,
            },
            extensions={"sni_hostname": target.host} if target.scheme == "https" else {},
        )
        response = await self._client().send(request, stream=True)
        try:
            await _discard(response)
        finally:
            await response.aclose()
        return response

    async def _checked(self, department: Department, url: str) -> tuple[Sequence[Address], Target]:
        """Look a host up once, and check everything that it came to."""
        addresses = await self._find(parse_target(url))
        target = check_target(url, AllowList(department.callback_allow), addresses)
        if any((plain(address), target.port) in self._platform for address in addresses):
            raise ProblemError(
                "callback-not-allowed", "The callback URL is one of the platform's own addresses."
            )
        return addresses, target

    def _session(self) -> ClientSession:
        connector = TCPConnector(limit=self._concurrency, use_dns_cache=False)
        return ClientSession(connector=connector, cookie_jar=DummyCookieJar(), trust_env=False)

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            raise RuntimeError("the deliverer was not started")
        return self._http

    @staticmethod
    def _failed(at: datetime, began: float, why: str) -> Tried:
        return failed(at, why, time.monotonic() - began)


async def _discard(response: httpx.Response) -> None:
    """Read a short answer, so that the connection can be used again. It was its status that counts:
    what becomes of the rest changes nothing.
    """
    seen = 0
    with suppress(TimeoutError, httpx.HTTPError, ClientError):
        async with asyncio.timeout(ANSWER_SECONDS):
            async for chunk in response.aiter_raw():
                seen += len(chunk)
                if seen > ANSWER_MAX_BYTES:
                    return


def _outcome(response: httpx.Response) -> Outcome:
    if response.status_code == GONE:
        return Outcome.gone
    return Outcome.delivered if response.is_success else Outcome.failed


def _retry_after(response: httpx.Response) -> float | None:
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
