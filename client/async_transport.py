"""How calls are sent, for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from types import TracebackType
from typing import Self, TypeVar

import httpx

from client.call import Call
from client.downloads import Download
from client.exchange import Attempts, answer, http_settings

Answer = TypeVar("Answer")


class AsyncTransport:
    def __init__(self, api_url: str, api_key: str, *, timeout: float = 60.0) -> None:
        self._http = httpx.AsyncClient(**http_settings(api_url, api_key))
        self._timeout = timeout

    async def aclose(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _send(self, call: Call[Answer]) -> Answer:
        attempts = Attempts(self._timeout)
        while True:
            with attempts.request(self._http, call) as request:
                outcome = await self._try(request)
            pause = attempts.pause(call, outcome)
            if pause is not None:
                await asyncio.sleep(pause)
            elif isinstance(outcome, httpx.Response):
                return answer(call, outcome)
            else:
                raise attempts.unreachable(request.url, outcome) from outcome

    async def _try(self, request: httpx.Request) -> httpx.Response | httpx.TransportError:
        try:
            return await self._http.send(request)
        except httpx.TransportError as error:
            return error

    async def _chunks(self, call: Call[None]) -> AsyncIterator[bytes]:
        """What a download brings, each byte once, across broken connections."""
        download = Download(call, self._timeout)
        outcome: httpx.Response | httpx.TransportError
        while True:
            with download.request(self._http) as request:
                try:
                    outcome = await self._http.send(request, stream=True)
                    async with aclosing(outcome):
                        if not outcome.is_error:
                            download.begun(outcome)
                            async for chunk in outcome.aiter_bytes():
                                yield download.fresh(chunk)
                            return
                        await outcome.aread()
                except httpx.TransportError as error:
                    outcome = error
            await asyncio.sleep(download.pause(request.url, outcome))
