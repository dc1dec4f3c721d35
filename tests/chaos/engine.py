"""The stand-in engine with a log of its requests that survives a kill.

    python -m tests.chaos.engine --port 8000 --request-log FILE --hold FILE [--latency 0.1]

Each request for a completion appends the mark of its document to the log when it arrives. A request
whose document contains `HELD` is answered when the file `--hold` does not exist.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop
from aiohttp import web

from standin.engine import Behaviour, StandIn

MARK = re.compile(r"Case (c\d+)")
HELD = "Answer when the faults have ended."
HOLD_POLL_SECONDS = 0.05
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def count_requests(request_log: Path) -> dict[str, int]:
    """Requests for completions so far, by the mark of the document."""
    counts: dict[str, int] = {}
    for mark in request_log.read_text().split():
        counts[mark] = counts.get(mark, 0) + 1
    return counts


async def serve(port: int, request_log: Path, hold: Path, latency: float) -> None:
    file = os.open(request_log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def is_held() -> bool:
        return hold.exists()

    @web.middleware
    async def log_request(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == "/v1/chat/completions":
            text = await request.text()
            found = MARK.search(text)
            # A single write is complete or missing, even if this process is killed.
            os.write(file, f"{found[1] if found else '-'}\n".encode())
            while HELD in text and is_held():
                await asyncio.sleep(HOLD_POLL_SECONDS)
        return await handler(request)

    app = StandIn(Behaviour(latency=latency)).app()
    app.middlewares.append(log_request)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--request-log", type=Path, required=True)
    parser.add_argument("--hold", type=Path, required=True)
    parser.add_argument("--latency", type=float, default=0.1, help="seconds per response")
    options = parser.parse_args()
    uvloop.run(serve(options.port, options.request_log, options.hold, options.latency))


if __name__ == "__main__":
    main()
