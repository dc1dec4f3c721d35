"""One HTTP/1.1 connection (RFC 9112), which carries one request after the other."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import httptools

_DECODED = frozenset({b"gzip", b"x-gzip", b"deflate"})
_ANY_ZLIB_FORMAT = zlib.MAX_WBITS | 32
_FIRST_FINAL_STATUS = 200
# Of a response's head, or between two parts of its body.
_OVERHEAD_MAX_BYTES = 64 * 1024


class ConnectionLost(Exception):
    """The connection ended before the response did, or the response is not HTTP."""


@dataclass(frozen=True, slots=True)
class Response:
    """`fields`: the header fields, with names in lower case."""

    status: int
    body: bytes
    fields: Sequence[tuple[bytes, bytes]] = ()

    def field(self, name: str) -> str | None:
        """The first header field of this name, in lower case."""
        wanted = name.encode()
        values = (value for each, value in self.fields if each == wanted)
        return next((value.decode("utf-8", "surrogateescape") for value in values), None)


@dataclass(frozen=True, slots=True)
class Body:
    """How the body of a response is read.

    It is cut after `max_bytes`; then the connection is closed. `decode`: undo gzip. `seconds`: the
    body is also cut after this time, and where the connection breaks; without it a broken
    connection is an error.
    """

    max_bytes: int
    decode: bool = True
    seconds: float | None = None


class HttpConnection(asyncio.Protocol):
    """A client's end. The parser is llhttp."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._response: asyncio.Future[Response] | None = None
        self._reading = Body(0)
        self._on_head: Callable[[], None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._decoder: zlib._Decompress | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._begin_response()

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    async def exchange(
        self, request: bytes, body: Body, on_head: Callable[[], None] | None = None
    ) -> Response:
        """Send a request and return its response, one at a time. Raises `ConnectionLost`.

        `on_head` is called when the status and the header fields are there. If it is cancelled, the
        connection is closed, which aborts the request.
        """
        if self._transport is None:
            raise ConnectionLost("the connection is closed")
        self._response = asyncio.get_running_loop().create_future()
        self._reading, self._on_head = body, on_head
        self._parser = httptools.HttpResponseParser(self)
        self._begin_response()
        self._transport.write(request)
        try:
            return await self._response
        except asyncio.CancelledError:
            self.close()
            raise
        finally:
            self._response = None
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    def close(self) -> None:
        """Close the connection at once. An exchange under way fails."""
        if self._transport is not None:
            self._transport.abort()

    # Called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if not self._is_waiting:
            self.close()  # no request asked for it, or the response was cut
            return
        self._overhead += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(f"the response is not HTTP/1.1 ({error or type(error).__name__})")
        if self._overhead > _OVERHEAD_MAX_BYTES:
            self._fail(f"the response has {_OVERHEAD_MAX_BYTES} bytes of header fields, the limit")

    def eof_received(self) -> None:
        if self._until_end and self._status >= _FIRST_FINAL_STATUS:
            self._end(keep=False)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._fail(str(exc or "") or "the connection was closed before the end of the response")

    # Called by the parser

    def on_message_begin(self) -> None:
        self._begin_response()
        if not self._is_waiting:
            self.close()  # no request asked for a second response

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._status:
            return  # in a trailer (RFC 9110, 6.5)
        self._fields.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self._overhead = 0
        self._status = self._parser.get_status_code()
        if self._status < _FIRST_FINAL_STATUS:
            return
        fields = dict(self._fields)
        self._until_end = not ({b"content-length", b"transfer-encoding"} & fields.keys())
        coding = fields.get(b"content-encoding", b"").strip().lower()
        if self._reading.decode and coding in _DECODED:
            self._decoder = zlib.decompressobj(_ANY_ZLIB_FORMAT)
        if self._reading.seconds is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._reading.seconds, self._cut)
        if self._on_head is not None:
            self._on_head()

    def on_body(self, data: bytes) -> None:
        self._overhead = 0
        left = self._reading.max_bytes + 1 - len(self._body)
        if left <= 0:
            return
        if self._decoder is not None:
            data = self._decoder.decompress(data, left)
        self._body += data
        if len(self._body) > self._reading.max_bytes:
            self._cut()

    def on_message_complete(self) -> None:
        if self._status >= _FIRST_FINAL_STATUS:  # another response follows an informational one
            self._end(keep=self._parser.should_keep_alive())

    @property
    def _is_waiting(self) -> bool:
        return self._response is not None and not self._response.done()

    def _begin_response(self) -> None:
        self._status = self._overhead = 0
        self._fields: list[tuple[bytes, bytes]] = []
        self._body = bytearray()
        self._until_end = False
        self._decoder = None

    def _cut(self) -> None:
        self._end(keep=False)

    def _end(self, *, keep: bool) -> None:
        if self._response is not None and not self._response.done():
            body = bytes(self._body[: self._reading.max_bytes])
            self._response.set_result(Response(self._status, body, self._fields))
        if not keep:
            self.close()

    def _fail(self, reason: str) -> None:
        if self._reading.seconds is not None and self._status >= _FIRST_FINAL_STATUS:
            self._cut()
        elif self._response is not None and not self._response.done():
            self._response.set_exception(ConnectionLost(reason))
        self.close()
