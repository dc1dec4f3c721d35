"""A department's system: keeps the books on every callback that reaches it."""

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
    """One callback as it came. `at` is in seconds since 1970."""

    at: float
    path: str
    webhook_id: str
    type: str
    job_id: str
    body_sha256: str
    verified: bool


@dataclass(slots=True)
class Receiver:
    """Verifies, books and answers 204 after `seconds`, unless `answer` says otherwise.

    `taking`: deliveries that wait for their answer.
    """

    secret: str
    port: int = 0
    seconds: float = 0.1
    answer: Answer | None = None
    deliveries: list[Delivery] = field(default_factory=list)
    taking: int = 0

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def by_id(self) -> dict[str, list[Delivery]]:
        found: dict[str, list[Delivery]] = {}
        for one in self.deliveries:
            found.setdefault(one.webhook_id, []).append(one)
        return found

    async def take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.deliveries.append(self._booked(request, body))
        self.taking += 1
        try:
            if self.answer:
                return await self.answer(request)
            await asyncio.sleep(self.seconds)
            return web.Response(status=204)
        finally:
            self.taking -= 1

    def _booked(self, request: web.Request, body: bytes) -> Delivery:
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
async def receiving(secret: str) -> AsyncIterator[Receiver]:
    receiver = Receiver(secret)
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/{path:.*}", receiver.take)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    receiver.port = runner.addresses[0][1]
    try:
        yield receiver
    finally:
        await runner.cleanup()
