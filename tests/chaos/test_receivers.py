"""Failing receivers of one department do not delay the deliveries of another."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from itertools import count
from pathlib import Path

import pytest
from aiohttp import web

from jobs.model.callback import Callback
from jobs.model.states import CallbackStatus
from tests.chaos.account import settled
from tests.chaos.load import Load, client_of
from tests.chaos.machine import Machine, running
from tests.chaos.receiver import Receiver, receiving

BUSY_SECONDS = 4
SLOW_SECONDS = 10.0
FLOOD_MIB = 100
BURST_EVERY_SECONDS = 0.5
# More in total than a courier's 32 deliveries in flight.
JOBS: Mapping[str, int] = {
    "/hangs": 40,
    "/slow": 10,
    "/fails": 6,
    "/gone": 6,
    "/busy": 6,
    "/moved": 6,
    "/floods": 6,
}
DELIVERED, DEAD = CallbackStatus.delivered, CallbackStatus.dead
ENDS: Mapping[str, tuple[CallbackStatus, int, int | None]] = {
    "/slow": (DELIVERED, 1, 204),
    "/fails": (DEAD, 3, 500),
    "/gone": (DEAD, 1, 410),  # the first; the others end without an attempt
    "/busy": (DELIVERED, 2, 204),
    "/moved": (DEAD, 3, 302),
    "/floods": (DELIVERED, 1, 200),
}
# A tolerance in seconds: for shorter deliveries, a ratio is only noise.
NOISE_SECONDS = 0.5


class FailingReceiver:
    """Fails in a different way for each path; `redirects_followed` must stay 0."""

    def __init__(self) -> None:
        self.redirects_followed = 0
        self._busy_ids: set[str] = set()

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        match request.path:
            case "/hangs":
                await asyncio.Event().wait()
            case "/slow":
                await asyncio.sleep(SLOW_SECONDS)
            case "/fails":
                return web.Response(status=500)
            case "/gone":
                return web.Response(status=410)
            case "/busy":
                return self._busy(request.headers["webhook-id"])
            case "/moved":
                return web.Response(status=302, headers={"location": "/trap"})
            case "/floods":
                return await _flood(request)
            case "/trap":
                self.redirects_followed += 1
        return web.Response(status=204)

    def _busy(self, webhook_id: str) -> web.Response:
        if webhook_id in self._busy_ids:
            return web.Response(status=204)
        self._busy_ids.add(webhook_id)
        return web.Response(status=429, headers={"retry-after": str(BUSY_SECONDS)})


@pytest.mark.timeout(300)
async def test_bad_receivers_of_one_department_do_not_slow_anothers_deliveries(
    tmp_path: Path, seed: int, say: Callable[[str], None]
) -> None:
    env = {
        "CHANCERY_CALLBACK_TIMEOUT_SECONDS": "12",
        "CHANCERY_CALLBACK_LEASE_SECONDS": "20",
        "CHANCERY_CALLBACK_SCHEDULE_SECONDS": "[0, 1, 2]",
        # Short, so that callbacks to failing receivers end during the test.
        "CHANCERY_CALLBACK_BREAKER_PAUSE_SECONDS": "1",
        "CHANCERY_CALLBACK_BREAKER_PAUSE_MAX_SECONDS": "1",
    }
    async with running(Machine(tmp_path, env=env)) as machine:
        tax, land = await machine.department("tax"), await machine.department("land")
        async with (
            receiving(tax.callback_secret) as good,
            _receiver_per_path(land.callback_secret) as bad,
            client_of(machine.api_url, tax.api_key) as tax_client,
            client_of(machine.api_url, land.api_key) as land_client,
        ):
            failing = FailingReceiver()
            for receiver in bad.values():
                receiver.answer = failing
            good.seconds, numbers = 0.02, count(1)
            alone = await _good_deliveries(machine, good, Load(tax_client, good.url()))
            memory = _peak_mib(machine)
            loads = {path: Load(land_client, bad[path].url(path), numbers=numbers) for path in JOBS}
            for path, load in loads.items():
                load.burst(JOBS[path])
            await asyncio.gather(*(load.finish() for load in loads.values()))
            with_failing = await _good_deliveries(machine, good, Load(tax_client, good.url()))
            for path, end in ENDS.items():
                for job in loads[path].accepted:
                    callback = await _ended_callback(machine, job.id)
                    if not (path == "/gone" and callback.error and not callback.attempts):
                        assert _end(callback) == end, path
            grown = _peak_mib(machine) - memory
            waits = [second.at - first.at for first, second in bad["/busy"].by_id().values()]
            deliveries = [one for receiver in bad.values() for one in receiver.deliveries]
    say(
        f"receivers, seed {seed}: {len(deliveries)} failing deliveries; 90th percentile of the "
        f"good receiver {alone:.2f} s alone, {with_failing:.2f} s with failing ones; "
        f"courier's peak memory +{grown:.0f} MiB"
    )
    assert with_failing < max(2 * alone, alone + NOISE_SECONDS)
    assert min(waits) >= BUSY_SECONDS
    assert failing.redirects_followed == 0
    assert grown < FLOOD_MIB
    assert all(one.verified for one in (*good.deliveries, *deliveries))


@asynccontextmanager
async def _receiver_per_path(secret: str) -> AsyncIterator[Mapping[str, Receiver]]:
    """A receiver for each way of failing, so that each has its own circuit breaker."""
    async with AsyncExitStack() as stack:
        yield {path: await stack.enter_async_context(receiving(secret)) for path in JOBS}


async def _good_deliveries(machine: Machine, receiver: Receiver, load: Load) -> float:
    """The 90th percentile of the seconds from a job's ending to the arrival of its callback."""
    for _ in range(8):
        load.burst(5)
        await asyncio.sleep(BURST_EVERY_SECONDS)
    await load.finish()
    await settled(machine, load, 100)
    arrived = {one.job_id: one.at for one in reversed(receiver.deliveries)}
    seconds = []
    for job in load.accepted:
        ended = await machine.redis.hget(f"chancery:job:{job.id}", "finished_at")
        seconds.append(arrived[job.id] - int(ended or 0) / 1000)
    return statistics.quantiles(seconds, n=10)[-1]


async def _ended_callback(machine: Machine, job_id: str) -> Callback:
    """Wait until the job's callback is delivered or dead."""
    async with asyncio.timeout(100):
        while True:
            (callback,) = (await machine.ledger.callbacks.list("land", job_id=job_id)).items
            if callback.status is not CallbackStatus.pending:
                return callback
            await asyncio.sleep(0.1)


def _end(callback: Callback) -> tuple[CallbackStatus, int, int | None]:
    return callback.status, len(callback.attempts), callback.attempts[-1].status_code


def _peak_mib(machine: Machine) -> float:
    status = Path(f"/proc/{machine.services['courier'].instance.process.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


async def _flood(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-length": str(FLOOD_MIB * 2**20)})
    await response.prepare(request)
    with suppress(ConnectionError):  # the courier stops reading at its limit
        for _ in range(FLOOD_MIB * 16):
            await response.write(b"x" * 65_536)
    return response
