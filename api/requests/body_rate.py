"""Middleware: a request's body must arrive at a minimum rate."""

from __future__ import annotations

import asyncio
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jobs.model.problems import ProblemError

WINDOW_SECONDS = 10.0


class BodyRate:
    """Raises `ProblemError("request-timeout")` where a body is read that arrives too slowly.

    Only the time spent waiting for the client counts. In each ten seconds of it, a part of the
    body that is not the last must have `bytes_per_second` on average: a fast start does not earn
    a slow end.
    """

    def __init__(self, app: ASGIApp, bytes_per_second: int) -> None:
        self._app = app
        self._window_bytes = bytes_per_second * WINDOW_SECONDS
        self._rate = bytes_per_second

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        complete, waited, received = False, 0.0, 0

        async def receive_in_time() -> Message:
            nonlocal complete, waited, received
            if complete:  # what follows is the client's disconnect
                return await receive()
            began = time.monotonic()
            try:
                async with asyncio.timeout(WINDOW_SECONDS - waited):
                    message = await receive()
            except TimeoutError:
                raise self._too_slow() from None
            waited += time.monotonic() - began
            received += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if received >= self._window_bytes:
                waited, received = 0.0, 0
            return message

        await self._app(scope, receive_in_time, send)

    def _too_slow(self) -> ProblemError:
        return ProblemError(
            "request-timeout",
            f"Less than {self._rate} bytes a second were received over {WINDOW_SECONDS:g} s. "
            "Send the request again, without pauses.",
        )
