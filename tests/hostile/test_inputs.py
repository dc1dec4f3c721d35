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
from typing import Any

import httpx
import pytest

from standin.engine_process import StandInControl, running_standin
from tests.hostile.inputs import ALL, formats
from tests.hostile.sender import ENDED, Input, Sender
from tests.hostile.system import Bystander, reader_ticks, usage
from tests.system.one_machine import Up, started_up

QUIET_ADDRESS = "127.0.0.2"
LATENCY_SECONDS = 0.05
ATTACK_SECONDS = 15.0
LEAST_SECONDS = 3.0
IDLE_SECONDS = 2.0
GROWTH_BYTES = 1024**3
# Before each input, because the load of the machine changes.
ALONE_JOBS = 7
AT_WORK_TICKS = 20
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
        up.wait_for("ready: ")
        yield up


@pytest.fixture(scope="module")
def keys(up: Up) -> dict[str, str]:
    names = ("loud", "quiet")
    return {name: up.create_department(name)["api_key"] for name in names}


@pytest.mark.parametrize("given", ALL, ids=lambda given: given.name)
async def test_the_input_costs_its_sender_alone(
    given: Input, up: Up, keys: dict[str, str], say: Callable[[str], None]
) -> None:
    async with (
        _client(up, keys["loud"]) as loud,
        _client(up, keys["quiet"], QUIET_ADDRESS) as quiet,
    ):
        sender, bystander = Sender(up.api_url, loud), Bystander(quiet)
        given.prepare()
        alone = await _seconds_alone(bystander)
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


async def _seconds_alone(bystander: Bystander) -> float:
    """The median seconds of a small job while nothing else is worked on."""
    await bystander.job()  # the first one opens connections
    bystander.seconds.clear()
    for _ in range(ALONE_JOBS):
        await bystander.job()
    median = bystander.median
    bystander.seconds.clear()
    return median


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


MODEST: tuple[dict[str, Any], ...] = (
    {
        "task": "extract",
        "input": {"text": "The water is off on 5 March."},
        "options": {
            "schema": {
                "type": "object",
                "properties": {
                    "what": {"allOf": [{"$ref": "#/$defs/name"}, {"maxLength": 40}]},
                    "code": {"type": "string", "pattern": r"^\S"},
                },
                "propertyNames": {"pattern": "^[a-z]+$"},
                "$defs": {"name": {"type": "string", "minLength": 1}},
            }
        },
    },
    {
        "task": "redact",
        "input": {"text": "张三住在和平路，电话 13800138000。"},
        "options": {"terms": ["和平路"], "use_model": False},
    },
    {
        "task": "cite_check",
        "input": {"text": "根据《甲法》第一条，乙。"},
        "options": {
            "laws": [{"text": "中华人民共和国甲法\n第一条 乙。"}],
            "short_names": {"甲法": "中华人民共和国甲法"},
        },
    },
)


@pytest.mark.parametrize("body", MODEST, ids=lambda body: body["task"])
async def test_what_is_modest_succeeds(body: dict[str, Any], up: Up, keys: dict[str, str]) -> None:
    async with _client(up, keys["loud"]) as http:
        answer = await http.post("/v1/jobs", json=body)
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        job = answer.json()
        while job["status"] not in ENDED:
            answer = await http.get(f"/v1/jobs/{job['id']}", params={"wait": 20})
            job = answer.json()
        assert job["status"] == "succeeded", job["error"]


@pytest.mark.parametrize(
    ("task", "filename", "content"),
    [
        ("parse", "a.tiff", formats.tiff_of_words),
        ("redact", "a.pdf", formats.pdf_many_pages),
        ("parse", "a.rtf", formats.rtf_of_cells),
    ],
)
async def test_the_processes_of_a_cancelled_job_are_gone_in_two_seconds(
    task: str, filename: str, content: Callable[[], bytes], up: Up, keys: dict[str, str]
) -> None:
    file = content()
    options = {"use_model": False} if task == "redact" else {}
    async with _client(up, keys["loud"]) as http:
        sender = Sender(up.api_url, http)
        await sender.send_file(file, filename, task, 1, options)
        before, at_work = reader_ticks(up), set[int]()
        async with asyncio.timeout(60):
            while not at_work:
                assert sender.jobs, "the file was refused"
                assert not await sender.has_ended(), await sender.outcomes()
                await asyncio.sleep(0.05)
                used = {pid: t - before.get(pid, 0) for pid, t in reader_ticks(up).items()}
                at_work = {pid for pid, ticks in used.items() if ticks >= AT_WORK_TICKS}
        await sender.cancel()
        async with asyncio.timeout(IDLE_SECONDS):
            # One that had finished its part of the job is idle, and may stay.
            while at_work & await _busy(up):
                pass


async def _busy(up: Up) -> set[int]:
    """The processes that open files and are at work."""
    before = reader_ticks(up)
    await asyncio.sleep(0.3)
    return {pid for pid, ticks in reader_ticks(up).items() if ticks > before.get(pid, 0)}
