"""One attempt at delivering a callback: sign, check, send, evaluate (Standard Webhooks 1.0.0)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from aiohttp import ClientConnectorError, ClientError

from jobs.model.callback import Attempt, Outcome
from jobs.model.department import CallbackOptions, Department
from jobs.model.problems import ProblemError
from jobs.process.spans import TRACEPARENT
from jobs.submit.targets import Address, AllowList, Target, check_target, parse_target, resolve
from worker.callbacks.clients import Clients
from worker.callbacks.own_addresses import OwnServers
from worker.callbacks.receiver_responses import outcome_of, read_start, retry_after_of
from worker.callbacks.signing import signed_headers

ATTEMPT_HEADER = "chancery-attempt"

Resolve = Callable[[Target], Awaitable[Sequence[Address]]]


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """The result of one attempt.

    `final`: no further attempt is made. `retry_after`: seconds that the receiver asked to wait.
    """

    attempt: Attempt
    outcome: Outcome
    final: bool = False
    retry_after: float | None = None

    @property
    def delivered(self) -> bool:
        return self.outcome is Outcome.delivered


def failed(at: datetime, why: str, seconds: float = 0.0) -> AttemptResult:
    """An attempt that got no response."""
    return AttemptResult(Attempt(at, None, why, seconds), Outcome.failed)


def unsent(at: datetime, why: str, seconds: float = 0.0, *, final: bool = False) -> AttemptResult:
    """An attempt that ended before anything was sent."""
    return AttemptResult(Attempt(at, None, why, seconds), Outcome.unsent, final=final)


class Deliverer:
    """Sends callbacks. It connects to the address that was checked, not to a second look-up.

    `own_servers`: the platform's own servers, which are refused. `find`: resolves a host.
    `response_max_bytes`: how much of a failed response is stored.
    """

    def __init__(
        self,
        timeout_seconds: float,
        concurrency: int,
        own_servers: OwnServers,
        find: Resolve = resolve,
        response_max_bytes: int = 4_096,
    ) -> None:
        self._timeout = timeout_seconds
        self._concurrency = concurrency
        self._own_servers = own_servers
        self._find = find
        self._response_max = response_max_bytes
        self._clients: Clients | None = None

    async def start(self) -> None:
        self._clients = Clients(self._timeout, self._concurrency)

    async def close(self) -> None:
        if self._clients:
            await self._clients.close()

    async def send(
        self,
        department: Department,
        url: str,
        event_id: str,
        body: bytes,
        *,
        options: CallbackOptions | None = None,
        number: int = 1,
        traceparent: str | None = None,
    ) -> AttemptResult:
        """Make one attempt, which is the `number`th. Failures are in the result, not raised.

        `traceparent`: the step of a trace that it is, for the receiver.
        """
        at, began = datetime.now(UTC), time.monotonic()
        options = options or CallbackOptions()
        secrets = department.callback_secrets
        try:
            client = await self._client(options)
            signed = signed_headers(secrets, event_id, at, body, options.sm3_key)
        except ValueError as error:
            return unsent(at, str(error))
        traced = {TRACEPARENT: traceparent} if traceparent else {}
        headers = {**traced, **options.headers, **signed, ATTEMPT_HEADER: str(number)}
        try:
            async with asyncio.timeout(self._timeout):
                addresses, target = await self._checked(department, url)
                response = await _post(client, addresses, target, headers, body)
            text = await self._read_start(response)
        except ProblemError as error:
            return unsent(at, error.problem.detail, time.monotonic() - began)
        except TimeoutError:
            return self._failed(at, began, f"no response within {self._timeout:g} s")
        except (httpx.HTTPError, httpx.InvalidURL, ClientError, OSError, ValueError) as error:
            return self._failed(at, began, str(error) or type(error).__name__)
        attempt = Attempt(at, response.status_code, None, time.monotonic() - began, text)
        outcome = outcome_of(response)
        return AttemptResult(
            attempt,
            outcome,
            final=outcome is Outcome.gone,
            retry_after=retry_after_of(response),
        )

    async def _checked(self, department: Department, url: str) -> tuple[Sequence[Address], Target]:
        """Resolve the URL's host once, and check all of its addresses.

        Raises `ProblemError` if one is not allowed.
        """
        addresses = await self._find(parse_target(url))
        target = check_target(url, AllowList(department.callback_allow), addresses)
        for address in addresses:
            if await self._own_servers.listen_on(address, target.port):
                raise ProblemError(
                    "callback-not-allowed", "The callback URL is an address of the platform itself."
                )
        return addresses, target

    async def _read_start(self, response: httpx.Response) -> str | None:
        try:
            return await read_start(response, self._response_max)
        finally:
            await response.aclose()

    async def _client(self, options: CallbackOptions) -> httpx.AsyncClient:
        if self._clients is None:
            raise RuntimeError("call start() before sending")
        return await self._clients.of(options)

    @staticmethod
    def _failed(at: datetime, began: float, why: str) -> AttemptResult:
        return failed(at, why, time.monotonic() - began)


async def _post(
    client: httpx.AsyncClient,
    addresses: Sequence[Address],
    target: Target,
    headers: Mapping[str, str],
    body: bytes,
) -> httpx.Response:
    """Post to the first address that accepts a connection."""
    for address in addresses[:-1]:
        try:
            return await _post_to(client, address, target, headers, body)
        except httpx.TransportError as error:
            # The transport raises the same error for connections that broke later.
            if not isinstance(error.__cause__, ClientConnectorError):
                raise
    return await _post_to(client, addresses[-1], target, headers, body)


async def _post_to(
    client: httpx.AsyncClient,
    address: Address,
    target: Target,
    headers: Mapping[str, str],
    body: bytes,
) -> httpx.Response:
    original = httpx.URL(target.url)
    request = client.build_request(
        "POST",
        original.copy_with(host=str(address)),
        content=body,
        headers={
            **headers,
            "host": original.netloc.decode(),
            "content-type": "application/json",
            "user-agent": "chancery",
            "accept-encoding": "identity",  # so that the stored response is readable
        },
        extensions={"sni_hostname": target.host} if target.scheme == "https" else {},
    )
    return await client.send(request, stream=True)
