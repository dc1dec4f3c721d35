"""One attempt at delivering a callback: signed, checked, sent, judged (Standard Webhooks 1.0.0)."""

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
from jobs.submit.submission import resolve
from jobs.submit.targets import Address, AllowList, Target, check_target, parse_target, plain
from worker.callbacks.clients import Clients
from worker.callbacks.receiver_responses import beginning_of, outcome_of, retry_after_of
from worker.callbacks.signing import signed_headers

ATTEMPT_HEADER = "chancery-attempt"

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
        response_max_bytes: int = 4_096,
    ) -> None:
        self._timeout = timeout_seconds
        self._concurrency = concurrency
        self._platform = platform
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
    ) -> Tried:
        """Make one attempt, the `number`th. Whatever goes wrong is in what it returns."""
        at, began = datetime.now(UTC), time.monotonic()
        options = options or CallbackOptions()
        secrets = department.callback_secrets
        try:
            client = await self._client(options)
            signed = signed_headers(secrets, event_id, at, body, options.sm3_key)
        except ValueError as error:
            return unsent(at, str(error))
        headers = {**options.headers, **signed, ATTEMPT_HEADER: str(number)}
        try:
            async with asyncio.timeout(self._timeout):
                addresses, target = await self._checked(department, url)
                response = await _post(client, addresses, target, headers, body)
            answer = await self._beginning(response)
        except ProblemError as error:
            return unsent(at, error.problem.detail, time.monotonic() - began)
        except TimeoutError:
            return self._failed(at, began, f"no answer in {self._timeout:g} s")
        except (httpx.HTTPError, httpx.InvalidURL, ClientError, OSError, ValueError) as error:
            return self._failed(at, began, str(error) or type(error).__name__)
        attempt = Attempt(at, response.status_code, None, time.monotonic() - began, answer)
        outcome = outcome_of(response)
        return Tried(
            attempt,
            outcome,
            final=outcome is Outcome.gone,
            retry_after=retry_after_of(response),
        )

    async def _checked(self, department: Department, url: str) -> tuple[Sequence[Address], Target]:
        """Look a host up once, and check everything that it came to."""
        addresses = await self._find(parse_target(url))
        target = check_target(url, AllowList(department.callback_allow), addresses)
        if any((plain(address), target.port) in self._platform for address in addresses):
            raise ProblemError(
                "callback-not-allowed", "The callback URL is one of the platform's own addresses."
            )
        return addresses, target

    async def _beginning(self, response: httpx.Response) -> str | None:
        try:
            return await beginning_of(response, self._response_max)
        finally:
            await response.aclose()

    async def _client(self, options: CallbackOptions) -> httpx.AsyncClient:
        if self._clients is None:
            raise RuntimeError("the deliverer was not started")
        return await self._clients.of(options)

    @staticmethod
    def _failed(at: datetime, began: float, why: str) -> Tried:
        return failed(at, why, time.monotonic() - began)


async def _post(
    client: httpx.AsyncClient,
    addresses: Sequence[Address],
    target: Target,
    headers: Mapping[str, str],
    body: bytes,
) -> httpx.Response:
    """Post to the first of the addresses that can be connected to."""
    for address in addresses[:-1]:
        try:
            return await _post_to(client, address, target, headers, body)
        except httpx.TransportError as error:
            # The transport has one name for this and for connections that broke later.
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
            "accept-encoding": "identity",  # so that what is kept can be read
        },
        extensions={"sni_hostname": target.host} if target.scheme == "https" else {},
    )
    return await client.send(request, stream=True)
