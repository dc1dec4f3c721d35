"""Each hostile input costs its sender alone: `make hostile`; the short run is in `make test`.

While an input is worked on, another department's small jobs end in twice the time that they take
alone (median), and each within two seconds or three times that. No process grows by a GiB, and
nothing has to be restarted by hand.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest

from standin.engine_process import StandInControl, running_standin
from tests.hostile.inputs import ALL
from tests.hostile.sender import Input, Sender
from tests.hostile.system import Bystander, usage
from tests.system.one_machine import Up, started_up

QUIET_ADDRESS = "127.0.0.2"
LATENCY_SECONDS = 0.05
ATTACK_SECONDS = 15.0
LEAST_SECONDS = 3.0
IDLE_SECONDS = 2.0
GROWTH_BYTES = 1024**3
ALONE_JOBS = 20
# What else runs on the machine of the tests costs a small job more than this at times.
NOISE_SECONDS = 0.25

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def engine() -> Iterator[StandInControl]:
    with running_standin(latency=LATENCY_SECONDS) as engine:
        yield engine


@pytest.fixture(scope="module")
def up(engine: StandInControl, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with started_up(tmp_path_factory.mktemp("hostile"), engine_url=engine.url) as up:
        up.wait_for("ready")
        yield up


@pytest.fixture(scope="module")
def keys(up: Up) -> dict[str, str]:
    names = ("loud", "quiet")
    return {name: up.create_department(name)["api_key"] for name in names}


@pytest.fixture(scope="module")
def alone(up: Up, keys: dict[str, str]) -> float:
    """The median seconds of a small job while nothing else is worked on."""

    async def measure() -> float:
        async with _client(up, keys["quiet"], QUIET_ADDRESS) as http:
            bystander = Bystander(http)
            await bystander.job()  # the first one opens connections
            bystander.seconds.clear()
            for _ in range(ALONE_JOBS):
                await bystander.job()
            return bystander.median

    return asyncio.run(measure())


@pytest.mark.parametrize("given", ALL, ids=lambda given: given.name)
async def test_the_input_costs_its_sender_alone(
    given: Input, up: Up, keys: dict[str, str], alone: float, say: Callable[[str], None]
) -> None:
    async with (
        _client(up, keys["loud"]) as loud,
        _client(up, keys["quiet"], QUIET_ADDRESS) as quiet,
    ):
        sender, bystander = Sender(up.api_url, loud), Bystander(quiet)
        given.prepare()
        before = usage(up)
        most = await _attack(given, sender, bystander, up)
        outcomes = Counter(" ".join(outcome) for outcome in await sender.outcomes())
        await sender.cancel()
        idle = await _seconds_until_idle(up)
        await bystander.job()
        say(
            f"{given.name}: median {bystander.median * 1000:.0f} ms of {alone * 1000:.0f} alone, "
            f"longest {max(bystander.seconds) * 1000:.0f} ms, most memory {most >> 20} MiB, "
            f"idle after {idle:.1f} s, answers {sorted(set(sender.statuses))}, "
            f"largest {sender.answer_bytes} bytes, jobs {dict(outcomes)}"
        )
        assert bystander.median < max(2 * alone, alone + NOISE_SECONDS)
        assert max(bystander.seconds) < max(2.0, 3 * alone)
        assert most < max(before.resident.values()) + GROWTH_BYTES
        assert idle < IDLE_SECONDS
        assert all(status < 500 or status == 503 for status in sender.statuses)
        assert sender.answer_bytes < 16_384
        if given.accepted is not None:
            assert bool(sender.jobs) == given.accepted, "the input does not reach its subject"
        assert (await quiet.get("/readyz")).status_code == httpx.codes.OK


async def _attack(given: Input, sender: Sender, bystander: Bystander, up: Up) -> int:
    """Send the input beside the bystander's jobs; returns the most bytes of one process."""
    started, most = time.monotonic(), 0
    attack = asyncio.create_task(given.send(sender))
    while (seconds := time.monotonic() - started) < ATTACK_SECONDS:
        await bystander.job()
        most = max(most, *usage(up).resident.values())
        if attack.done() and seconds > LEAST_SECONDS and await sender.has_ended():
            break
        await asyncio.sleep(0.1)
    await attack
    return most


async def _seconds_until_idle(up: Up) -> float:
    """The seconds until all processes together use less than a third of a processor."""
    started = time.monotonic()
    while time.monotonic() - started < 20:
        before = usage(up).cpu_seconds
        await asyncio.sleep(0.5)
        if usage(up).cpu_seconds - before < 0.15:
            break
    return time.monotonic() - started - 0.5


@asynccontextmanager
async def _client(up: Up, key: str, address: str = "127.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
    """A client with this address: the api limits the connections of each."""
    headers = {"Authorization": f"Bearer {key}"}
    transport = httpx.AsyncHTTPTransport(local_address=address)
    async with httpx.AsyncClient(
        base_url=up.api_url, headers=headers, timeout=60, transport=transport
    ) as http:
        yield http
