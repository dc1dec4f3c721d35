"""A department's receiver that records every delivery."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as received. `at` is in seconds since 1970."""

    at: float
    path: str
    webhook_id: str
    type: str
    job_id: str
    body_sha256: str
    verified: bool


@dataclass(slots=True)
class Receiver:
    """Verifies and records deliveries, and answers 204 after `seconds` or as `answer` does.

    `in_flight` is the number of unanswered deliveries.
    """

    secret: str
    host: str = "127.0.0.1"
    port: int = 0
    seconds: float = 0.1
    answer: Answer | None = None
    deliveries: list[Delivery] = field(default_factory=list)
    in_flight: int = 0

    def url(self, path: str = "/hook") -> str:
        return f"http://{self.host}:{self.port}{path}"

    def by_id(self) -> dict[str, list[Delivery]]:
        found: dict[str, list[Delivery]] = {}
        for one in self.deliveries:
            found.setdefault(one.webhook_id, []).append(one)
        return found

    async def receive(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.deliveries.append(self._delivery(request, body))
        self.in_flight += 1
        try:
            if self.answer:
                return await self.answer(request)
            await asyncio.sleep(self.seconds)
            return web.Response(status=204)
        finally:
            self.in_flight -= 1

    def _delivery(self, request: web.Request, body: bytes) -> Delivery:
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            Webhook(self.secret).verify(body, headers)
            verified = True
        except WebhookVerificationError:
            verified = False
        event = json.loads(body)
        return Delivery(
            at=time.time(),
            path=request.path,
            webhook_id=headers.get("webhook-id", ""),
            type=event["type"],
            job_id=event["data"]["id"],
            body_sha256=hashlib.sha256(body).hexdigest(),
            verified=verified,
        )


@asynccontextmanager
async def receiving(secret: str, host: str = "127.0.0.1") -> AsyncIterator[Receiver]:
    receiver = Receiver(secret, host)
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/{path:.*}", receiver.receive)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, host, 0, backlog=1024).start()
    receiver.port = runner.addresses[0][1]
    try:
        yield receiver
    finally:
        await runner.cleanup()
