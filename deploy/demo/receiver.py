"""The receiver of a department: accepts callbacks and keeps them in a queue."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Received:
    """A callback as received. Header names are in lower case."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Receiver:
    url: str
    port: int
    received: queue.Queue[Received] = field(default_factory=queue.Queue)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver on a free port of 127.0.0.1 during the block."""
    server = ThreadingHTTPServer((HOST, 0), BaseHTTPRequestHandler)
    receiver = Receiver(f"http://{HOST}:{server.server_port}/callbacks", server.server_port)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that http.server requires
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.received.put(Received(headers, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its own name
            """Logs nothing: the demo prints the callbacks."""

    server.RequestHandlerClass = Handler
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        serving.join()
