"""How calls are sent, blocking."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from types import TracebackType
from typing import Self, TypeVar

import httpx

from client.call import Call
from client.downloads import Download
from client.exchange import Attempts, answer, http_settings

Answer = TypeVar("Answer")


class Transport:
    def __init__(self, api_url: str, api_key: str, *, timeout: float = 60.0) -> None:
        self._http = httpx.Client(**http_settings(api_url, api_key))
        self._timeout = timeout

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _send(self, call: Call[Answer]) -> Answer:
        attempts = Attempts(self._timeout)
        while True:
            with attempts.request(self._http, call) as request:
                outcome = self._try(request)
            pause = attempts.pause(call, outcome)
            if pause is not None:
                time.sleep(pause)
            elif isinstance(outcome, httpx.Response):
                return answer(call, outcome)
            else:
                raise attempts.unreachable(request.url, outcome) from outcome

    def _try(self, request: httpx.Request) -> httpx.Response | httpx.TransportError:
        try:
            return self._http.send(request)
        except httpx.TransportError as error:
            return error

    def _chunks(self, call: Call[None]) -> Iterator[bytes]:
        """What a download brings, each byte once, across broken connections."""
        download = Download(call, self._timeout)
        outcome: httpx.Response | httpx.TransportError
        while True:
            with download.request(self._http) as request:
                try:
                    outcome = self._http.send(request, stream=True)
                    with closing(outcome):
                        if not outcome.is_error:
                            download.begun(outcome)
                            for chunk in outcome.iter_bytes():
                                yield download.fresh(chunk)
                            return
                        outcome.read()
                except httpx.TransportError as error:
                    outcome = error
            time.sleep(download.pause(request.url, outcome))
