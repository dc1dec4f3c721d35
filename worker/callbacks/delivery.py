"""One attempt at delivering a callback: sign, check, send, evaluate (Standard Webhooks 1.0.0)."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from yarl import URL

from jobs.model.callback import Attempt, Outcome
from jobs.model.department import CallbackOptions, Department
from jobs.model.formats.callback_format import CallbackFormat, Charset
from jobs.model.problems import ProblemError
from jobs.process.spans import TRACEPARENT
from jobs.submit.targets import Address, Target, allow_list, check_target, parse_target, resolve
from worker.callbacks.own_addresses import OwnServers
from worker.callbacks.receiver_responses import BODY, retry_after_of, start_of, verdict_of
from worker.callbacks.signing import signed_headers
from worker.callbacks.tls import TlsContexts
from worker.http.client import Endpoint, HttpClient, header_lines
from worker.http.connection import ConnectionLost, Response

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
        self._contexts = TlsContexts()
        self._client: HttpClient | None = None

    async def start(self) -> None:
        self._client = HttpClient(self._concurrency)

    async def close(self) -> None:
        if self._client:
            self._client.close()

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
        try:
            tls = self._contexts.of(options)
            headers = headers_of(department, options, event_id, body, at=at, number=number)
        except ValueError as error:
            return unsent(at, str(error))
        traced = {TRACEPARENT: traceparent} if traceparent else {}
        headers = {**traced, **headers}
        try:
            async with asyncio.timeout(self._timeout) as deadline:
                addresses, target = await self._checked(department, url)
                response = await self._post(
                    addresses, target, tls, headers=headers, body=body, deadline=deadline
                )
        except ProblemError as error:
            return unsent(at, error.problem.detail, time.monotonic() - began)
        except TimeoutError:
            return self._failed(at, began, f"no response within {self._timeout:g} s")
        except (ConnectionLost, OSError, ValueError) as error:
            return self._failed(at, began, str(error) or type(error).__name__)
        return self._result(response, options.format, at, time.monotonic() - began)

    def _result(
        self, response: Response, format_: CallbackFormat | None, at: datetime, seconds: float
    ) -> AttemptResult:
        verdict = verdict_of(response, format_)
        text = None
        if verdict.outcome is not Outcome.delivered:
            charset = format_.charset if format_ else Charset.utf8
            text = start_of(response, self._response_max, charset)
        return AttemptResult(
            Attempt(at, response.status, verdict.unmet, seconds, text),
            verdict.outcome,
            final=verdict.outcome is Outcome.gone,
            retry_after=retry_after_of(response),
        )

    async def _checked(self, department: Department, url: str) -> tuple[Sequence[Address], Target]:
        """Resolve the URL's host once, and check all of its addresses.

        Raises `ProblemError` if one is not allowed.
        """
        addresses = await self._find(parse_target(url))
        target = check_target(url, allow_list(department.callback_allow), addresses)
        for address in addresses:
            if await self._own_servers.listen_on(address, target.port):
                raise ProblemError(
                    "callback-not-allowed", "The callback URL is an address of the platform itself."
                )
        return addresses, target

    async def _post(
        self,
        addresses: Sequence[Address],
        target: Target,
        tls: ssl.SSLContext,
        *,
        headers: Mapping[str, str],
        body: bytes,
        deadline: asyncio.Timeout,
    ) -> Response:
        """Post to the first address that accepts a connection.

        `deadline` holds until the response's head; its body has a limit of its own.
        """
        if self._client is None:
            raise RuntimeError("call start() before sending")
        request = _request(URL(target.url), headers, body)
        for number, address in enumerate(addresses, start=1):
            context = tls if target.scheme == "https" else None
            endpoint = Endpoint(str(address), target.port, target.host, context)
            try:
                return await self._client.exchange(
                    endpoint, request, BODY, on_head=lambda: deadline.reschedule(None)
                )
            except OSError:  # a connection that breaks later raises `ConnectionLost`
                if number == len(addresses):
                    raise
        raise ConnectionLost("the host has no address")

    @staticmethod
    def _failed(at: datetime, began: float, why: str) -> AttemptResult:
        return failed(at, why, time.monotonic() - began)


def headers_of(
    department: Department,
    options: CallbackOptions,
    event_id: str,
    body: bytes,
    *,
    at: datetime,
    number: int,
) -> dict[str, str]:
    """The headers of an attempt that do not depend on its URL. Ours replace the department's.

    Raises `ValueError` for a key that is not valid.
    """
    fixed = options.format.headers if options.format else {}
    return {
        **fixed,
        **options.headers,
        "content-type": options.format.media_type if options.format else "application/json",
        **signed_headers(department.callback_secrets, event_id, at, body, options.sm3_key),
        ATTEMPT_HEADER: str(number),
    }


def _request(url: URL, headers: Mapping[str, str], body: bytes) -> bytes:
    """The bytes to send. HTTP's own fields replace those of `headers`."""
    fields = {
        **headers,
        "host": url.host_port_subcomponent or "",
        "content-length": str(len(body)),
        "user-agent": "chancery",
        "accept": "*/*",
        "accept-encoding": "identity",  # so that the stored response is readable
    }
    return f"POST {url.raw_path_qs} HTTP/1.1\r\n{header_lines(*fields.items())}\r\n".encode() + body
