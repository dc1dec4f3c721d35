"""uvicorn's HTTP/1.1 protocol with bounds: time and size of a request's head, slow readers.

An offered change of protocol is ignored and the request served (RFC 9110, 7.8).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import httptools
import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api.middleware.security_headers import SECURITY_HEADERS
from api.responses.problems import problem_response
from api.server.connections import Connections
from jobs.model.problems import Problem

MAX_HEADERS = 100
MAX_PIPELINED = 64
"""Requests of a connection that wait for the response to an earlier one."""
MAX_SMALL_CHUNKS = 10_000
SMALL_CHUNK_BYTES = 16
"""A body may have `MAX_SMALL_CHUNKS` chunks, and one more for each 16 bytes."""
# After an early response a client may send the rest of its request for this long; a connection that
# is closed at once is reset, and the client may lose the response (RFC 9112, 9.6).
LINGER_SECONDS = 10.0
# The same after a refusal. The limit of bytes keeps a client that goes on sending from being read.
_REFUSED_LINGER_SECONDS = 1.0
_REFUSED_LINGER_BYTES = 128 * 1024

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Bounds:
    """`head_seconds` and `head_bytes`: for a request line with all header fields.

    `write_seconds`: how long a client may leave a response unread.
    """

    head_seconds: float
    head_bytes: int
    write_seconds: float


def bounded_protocol(bounds: Bounds, connections: Connections) -> type[BoundedProtocol]:
    """The protocol class for one server."""
    return type(
        "ServerProtocol", (BoundedProtocol,), {"bounds": bounds, "open_connections": connections}
    )


class BoundedProtocol(HttpToolsProtocol):
    """One connection. It is closed, with a problem where a response is possible, if it exceeds
    a bound.
    """

    bounds: ClassVar[Bounds]
    open_connections: ClassVar[Connections]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._counted: str | None = None
        self._in_head = True  # the parser expects, or is in, the head of a request
        self._begun = False  # the first byte of that head has been received
        self._replaying = False  # the parser gets a head again, without its offer of a protocol
        self._head_size = 0
        self._head_too_large = False
        self._steps = 0  # parts of messages that the parser has completed
        self._unparsed = 0  # bytes that did not complete any
        self._ignores_input = False
        self._ignored = 0
        self._body: list[bytes] = []  # parts of a body that the parser has just completed
        self._body_size = 0
        self._chunks = 0
        self._chunks_too_small = False

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn
        super().connection_made(transport)
        if self.client is None:
            # The client has reset it already. Its requests may be read still, and would be
            # recorded and limited without an address.
            self._abort()
            return
        self._counted = self.client[0]
        refusal = self.open_connections.open(self._counted)
        if refusal is not None:
            self._refuse(Problem("too-many-connections", refusal), retry_after=1, linger=False)
        else:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_read_timer()
        self._stop_write_timer()
        if self._counted is not None:
            self.open_connections.close(self._counted)
            self._counted = None
        # uvicorn leaves the timer, and with it the connection, after a reset.
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    # What arrives

    def data_received(self, data: bytes) -> None:
        if self._ignores_input:
            self._ignore(len(data))
            return
        self._unset_keepalive_if_required()
        steps = self._steps
        self._feed(data)
        if self._ignores_input or self.transport.is_closing():
            return
        self._unparsed = self._unparsed + len(data) if self._steps == steps else 0
        if self._unparsed > self.bounds.head_bytes:
            self._refuse_head()
        elif self._in_head and self._read_timer is None and (self._begun or self._is_idle()):
            self._expect_head()

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._ignore_offer(data[offer.args[0] :])
        except httptools.HttpParserError as error:
            if self._head_too_large:
                self._refuse_head()
            elif len(self.pipeline) > MAX_PIPELINED:
                log.info("request.pipelined", client=self._counted)
                self._abort()
            elif self._chunks_too_small:
                self._refuse_chunks()
            else:
                log.info("request.malformed", client=self._counted, error=type(error).__name__)
                self.send_400_response("")
        else:
            self._pass_body()

    def _ignore_offer(self, rest: bytes) -> None:
        """Parse the rest with a new parser: the first one treats it as another protocol's."""
        method = self.parser.get_method()
        if method == b"CONNECT":
            self._ignores_input = True
            self.cycle.keep_alive = False
            return
        version = self.parser.get_http_version().encode()
        lines = [b"%s %s HTTP/%s" % (method, self.url, version)]
        lines += [b"%s: %s" % field for field in self.headers if field[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._replaying = True
        self._feed(b"\r\n".join(lines) + b"\r\n\r\n" + rest)

    # The parser's callbacks

    def on_message_begin(self) -> None:
        if self._replaying:
            return
        self._begun = True
        self._head_size = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        if self._replaying:
            return
        self._count_head(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._replaying:
            return
        self._count_head(len(name) + len(value) + len(b": \r\n"))
        super().on_header(name, value)
        if len(self.headers) > MAX_HEADERS:
            self._raise_too_large()

    def on_headers_complete(self) -> None:
        if self._replaying:
            self._replaying = False
            return
        self._steps += 1
        self._in_head = False
        self._stop_read_timer()
        self._body_size = self._chunks = 0
        super().on_headers_complete()
        if len(self.pipeline) > MAX_PIPELINED:
            raise ValueError("too many requests wait")  # stops the parser

    def on_chunk_header(self) -> None:
        self._chunks += 1
        if self._chunks > MAX_SMALL_CHUNKS + self._body_size // SMALL_CHUNK_BYTES:
            self._chunks_too_small = True
            raise ValueError("the chunks of the request are too small")  # stops the parser

    def on_body(self, body: bytes) -> None:
        self._steps += 1
        self._body_size += len(body)
        self._body.append(body)

    def _pass_body(self) -> None:
        """Pass on at once what has arrived: uvicorn copies its buffer for each part."""
        if self._body:
            super().on_body(b"".join(self._body))
            self._body.clear()

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT":
            return  # the body is still to come: see `_ignore_offer`
        self._pass_body()
        self._steps += 1
        self._in_head, self._begun = True, False
        self._stop_read_timer()
        super().on_message_complete()

    def _count_head(self, size: int) -> None:
        self._head_size += size
        if self._head_size > self.bounds.head_bytes:
            self._raise_too_large()

    def _raise_too_large(self) -> None:
        self._head_too_large = True
        raise ValueError("the head of the request is too large")  # stops the parser

    # Time

    def on_response_complete(self) -> None:
        next_request_waits = bool(self.pipeline)
        super().on_response_complete()
        if not (self._in_head or next_request_waits or self.transport.is_closing()):
            self._start_read_timer(LINGER_SECONDS, self._close)
        if self.timeout_keep_alive_task is not None and self._counted is not None:
            self.open_connections.begin_idle(self, self._counted)

    def _unset_keepalive_if_required(self) -> None:
        super()._unset_keepalive_if_required()
        self.open_connections.end_idle(self)

    def close_idle(self) -> None:
        """Close the connection, because a new one needs its place."""
        self._close()

    def _expect_head(self) -> None:
        self._start_read_timer(self.bounds.head_seconds, self._head_timed_out)

    def _head_timed_out(self) -> None:
        self._read_timer = None
        if not self._is_idle():  # an earlier request of this connection is still being answered
            self._ignores_input = True
            self.cycle.keep_alive = False
        elif self._begun:
            seconds = self.bounds.head_seconds
            detail = f"The header fields did not arrive within {seconds:g} s. Send them again."
            self._refuse(Problem("request-timeout", detail))
        else:
            self._close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stop_write_timer()
        self._write_timer = self.loop.call_later(self.bounds.write_seconds, self._abort)

    def resume_writing(self) -> None:
        self._stop_write_timer()
        super().resume_writing()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _start_read_timer(self, seconds: float, then: Callable[[], None]) -> None:
        self._stop_read_timer()
        self._read_timer = self.loop.call_later(seconds, then)

    def _stop_read_timer(self) -> None:
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    # Refusals

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's signature
        self._refuse(Problem("malformed-request", "This is not an HTTP/1.1 request (RFC 9112)."))

    def _refuse_head(self) -> None:
        limit = f"{self.bounds.head_bytes} bytes and {MAX_HEADERS} header fields"
        detail = f"The head of the request is larger than {limit}, the limits."
        self._refuse(Problem("headers-too-large", detail))

    def _refuse_chunks(self) -> None:
        if self.pipeline or self.cycle.response_started:
            self._abort()
            return
        # The application learns that the client has left; its response is not sent.
        self.cycle.disconnected = self.cycle.response_complete = True
        self.cycle.message_event.set()
        detail = f"The body has more than {MAX_SMALL_CHUNKS:,} chunks, of less than "
        detail += f"{SMALL_CHUNK_BYTES} bytes on average. Send larger chunks, or a Content-Length."
        self._refuse(Problem("malformed-request", detail))

    def _refuse(
        self, problem: Problem, *, retry_after: float | None = None, linger: bool = True
    ) -> None:
        """Respond with a problem and close, or only close if another response is under way."""
        self._ignores_input = True
        if not self._is_idle():
            self._abort()
            return
        response = problem_response(problem, retry_after=retry_after, headers=SECURITY_HEADERS)
        fields = [*response.raw_headers, (b"connection", b"close")]
        head = b"".join(b"%s: %s\r\n" % field for field in fields)
        self.transport.write(STATUS_LINE[response.status_code] + head + b"\r\n")
        self.transport.write(bytes(response.body))
        if not linger:
            self._close()
            return
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._start_read_timer(_REFUSED_LINGER_SECONDS, self._close)

    def _ignore(self, size: int) -> None:
        self._ignored += size
        if self._ignored > _REFUSED_LINGER_BYTES:
            self._abort()

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

    def _abort(self) -> None:
        self.transport.abort()
