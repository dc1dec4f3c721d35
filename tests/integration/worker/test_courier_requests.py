"""What a delivery costs the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any

import pytest

from jobs.ledger import Ledger
from jobs.ledger.server.connection import Connection
from jobs.model.callback import Attempt, Outcome
from jobs.model.department import CallbackOptions, Department
from jobs.model.states import CallbackStatus
from tests.integration.jobs.ledger.callback_kit import a_callback
from worker.callbacks.delivery import AttemptResult, Deliverer
from worker.callbacks.own_addresses import OwnServers
from worker.roles.courier import Courier, Settings


class RecordingDeliverer(Deliverer):
    """Delivers everything, and keeps what it was given."""

    def __init__(self) -> None:
        super().__init__(1, 1, OwnServers(()))
        self.calls: list[tuple[Department, CallbackOptions | None]] = []

    async def send(
        self,
        department: Department,
        url: str,
        event_id: str,
        body: bytes,
        *,
        options: CallbackOptions | None = None,
        number: int = 1,
        traceparent: str | None = None,
    ) -> AttemptResult:
        self.calls.append((department, options))
        return AttemptResult(Attempt(datetime.now(UTC), 204, None, 0.1), Outcome.delivered)


async def test_a_delivery_asks_the_ledger_twice(
    ledger: Ledger, redis_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("CHANCERY_REDIS_URL", redis_url)
    monkeypatch.setenv("CHANCERY_DATA_DIR", str(tmp_path))
    made = await ledger.departments.create("tax")
    options = CallbackOptions(headers={"x-gateway": "a"}, sm3_key="a2V5")
    await ledger.departments.set_callback_options("tax", options)
    callback = await a_callback(ledger)
    deliverer = RecordingDeliverer()
    courier = Courier(Settings(), deliverer)
    requests = 0

    async def count(self: Connection, command: Awaitable[Any]) -> Any:
        nonlocal requests
        requests += 1
        return await command

    monkeypatch.setattr(Connection, "ask", count)
    claimed = await courier._claim(woken=False, again_seconds=0)
    await asyncio.gather(*claimed.runs)
    assert requests == 2
    (settled,) = (await ledger.callbacks.list("tax", job_id=callback.job_id)).items
    assert settled.status is CallbackStatus.delivered
    ((department, given),) = deliverer.calls
    assert department.callback_secrets == (made.callback_secret,)
    assert given == options
    await courier.close()
