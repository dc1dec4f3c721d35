"""Tells whether a failed request is the engine's fault: it asks for one token."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from tasks.errors import OutputError
from worker.engine.requests.http import ConnectionFailed
from worker.engine.requests.request import to_body
from worker.engine.requests.responses import parse_completion
from worker.http.connection import Response

TIMEOUT_SECONDS = 30.0

CHECK_URL = "check that CHANCERY_ENGINE_URL is the address of a vLLM server"
_ADVICE = {
    300: "it redirects: set CHANCERY_ENGINE_URL to the address that it redirects to",
    401: "check CHANCERY_ENGINE_API_KEY",
    403: "check CHANCERY_ENGINE_API_KEY and the proxy before it",
    404: "check CHANCERY_ENGINE_URL and CHANCERY_ENGINE_MODEL",
    413: "raise the limit of the proxy before it",
    502: "a proxy before it gets no answer from it",
    504: "a proxy before it gets no answer from it in time",
}


def advice_on(status: int) -> str:
    """What to do about an engine that answers `status`; empty if the status does not tell."""
    is_redirect = 300 <= status < 400
    return _ADVICE.get(300 if is_redirect else status, "")


@dataclass(frozen=True, slots=True)
class Fault:
    """`code` is the status that the engine answers, `timeout`, `connection` or `not-vllm`.

    `reason` may name addresses: it is for operators and stays out of job errors.
    """

    code: str
    reason: str


class Refused(Exception):
    """The engine answers a question about itself with an error, such as 401 for a wrong key."""

    def __init__(self, status: int, path: str) -> None:
        advice = CHECK_URL if status == httpx.codes.NOT_FOUND else advice_on(status)
        super().__init__(f"answers {status} at {path}" + (f": {advice}" if advice else ""))
        self.status = status


class Probe:
    """Sends one probe at a time. `send` posts a chat completion; `model` names the model."""

    def __init__(
        self, send: Callable[[bytes], Awaitable[Response]], model: Callable[[], str]
    ) -> None:
        self._send = send
        self._model = model
        self._running: asyncio.Task[Fault | None] | None = None
        self._next: asyncio.Task[Fault | None] | None = None

    async def fault(self) -> Fault | None:
        """What is wrong with the engine; None if it answers a probe that is sent after this call.

        Callers at the same time share a probe, and each can be cancelled without it.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._running), name="engine-probe")
        return await asyncio.shield(self._next)

    async def _after(self, earlier: asyncio.Task[Fault | None] | None) -> Fault | None:
        if earlier is not None:
            await asyncio.wait((earlier,))
        self._running, self._next = self._next, None
        return await self._find_fault()

    async def _find_fault(self) -> Fault | None:
        request = {
            "model": self._model(),
            "messages": [{"role": "user", "content": "1"}],
            "max_tokens": 1,
        }
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                response = await self._send(to_body(request))
        except TimeoutError:
            return Fault("timeout", f"no answer to a chat completion in {TIMEOUT_SECONDS:.0f} s")
        except ConnectionFailed as error:
            return Fault("connection", f"the connection failed: {error}")
        return _fault_of(response)


def _fault_of(response: Response) -> Fault | None:
    status = response.status
    if status == httpx.codes.TOO_MANY_REQUESTS:  # busy, but it works
        return None
    if status == httpx.codes.OK:
        try:
            parse_completion(response.body)
        except OutputError:
            return Fault(
                "not-vllm",
                f"answers chat completions with something else: {CHECK_URL}",
            )
        return None
    advice = advice_on(status) or "see the engine's log"
    return Fault(str(status), f"answers {status} to every chat completion: {advice}")
