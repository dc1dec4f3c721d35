"""Each fault of a running system is named by doctor and by the metrics within ten seconds.

The console's page is made from the same health. The tests share one system; each mends what it
breaks.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from redis import Redis

from jobs.model.states import JobStatus
from tests.integration.health.faults import (
    NAMED_SECONDS,
    PATIENCE,
    Breakable,
    breakable,
    new_desk,
    within,
)
from tests.integration.processes.system import Child

SHIFTED_COURIER = """
import sys, time
real = time.time
time.time = lambda: real() + 60
sys.argv = ["worker", "courier"]
from worker.__main__ import main
main()
"""
# A data folder on a full disk: a file system in memory, mounted for this process alone.
FULL_DISK_COURIER = """
import os, sys
script = (
    "mount -t tmpfs -o size=4m none {folder} && head -c 3900k /dev/zero > {folder}/filling && "
    "exec {python} -m worker courier"
)
os.execvp("unshare", ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script])
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Breakable]:
    with breakable(tmp_path_factory.mktemp("faults")) as broken:
        yield broken


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """The commands silence the process's logs."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture
def broken(running: Breakable) -> Breakable:
    # A process that was killed is listed for ten minutes, as one that another one replaced.
    within(PATIENCE, lambda: running.operator.codes()[1] <= {"process-silent"})
    return running


def submit(broken: Breakable, department: str, **request: Any) -> str:
    async def work() -> str:
        desk = await new_desk(broken.system, department)
        try:
            return await desk.submit(**request)
        finally:
            await desk.ledger.close()

    return asyncio.run(work())


def is_named(broken: Breakable, *codes: str) -> bool:
    return set(codes) <= broken.operator.codes()[0]


def is_only(broken: Breakable, code: str) -> bool:
    """Both name this fault, and no other one: not everything that it makes look dead."""
    both, any_ = broken.operator.codes()
    return both == any_ == {code}


def stop_and_wait(child: Child) -> None:
    child.signal(signal.SIGTERM)
    child.wait()


def test_an_engine_that_fails_every_request(broken: Breakable) -> None:
    broken.engine.control(mode="500", answers_probes=False)
    submit(broken, "erring")
    within(NAMED_SECONDS, lambda: is_named(broken, "engine-failing"))
    broken.engine.control(mode="ok", answers_probes=True)


def test_an_engine_with_another_key(broken: Breakable) -> None:
    broken.engine.control(api_key="another")
    submit(broken, "locked")
    within(NAMED_SECONDS, lambda: is_named(broken, "engine-refuses-key"))
    (line,) = [one for one in broken.operator.doctor_lines() if "refuses the key" in one]
    assert "CHANCERY_ENGINE_API_KEY" in line
    assert "docs/operations.md#engine-refuses-key" in line
    broken.engine.control(api_key=None)


def test_an_engine_that_hangs(broken: Breakable) -> None:
    os.kill(broken.engine.pid, signal.SIGSTOP)
    within(NAMED_SECONDS, lambda: is_named(broken, "engine-hung"))
    os.kill(broken.engine.pid, signal.SIGCONT)


def test_an_engine_that_died(broken: Breakable) -> None:
    broken.kill_engine()
    within(NAMED_SECONDS, lambda: is_named(broken, "engine-unreachable"))
    problems = broken.operator.doctor()["problems"]
    (found,) = [one for one in problems if one["code"] == "engine-unreachable"]
    assert found["since"]
    broken.start_engine()


def test_worker_courier_and_scheduler_that_died(broken: Breakable) -> None:
    for role in ("worker", "courier", "scheduler"):
        broken.child(role).kill()
    missing = ("worker-missing", "courier-missing", "scheduler-missing")
    within(NAMED_SECONDS, lambda: is_named(broken, *missing))
    found = {one["code"]: one["since"] for one in broken.operator.doctor()["problems"]}
    assert all(found[code] for code in missing)
    for role in ("worker", "courier", "scheduler"):
        broken.system.start(role)


def test_a_clock_that_is_wrong(broken: Breakable) -> None:
    courier = broken.system.start("courier", SHIFTED_COURIER)
    within(PATIENCE, lambda: is_named(broken, "clock-skew"))
    stop_and_wait(courier)


def test_a_disk_that_is_full(broken: Breakable, tmp_path: Path) -> None:
    program = FULL_DISK_COURIER.format(folder=tmp_path, python=sys.executable)
    courier = broken.system.start("courier", program, CHANCERY_DATA_DIR=str(tmp_path))

    def named() -> bool:
        assert courier.process.poll() is None, courier.log.read_text()
        full = broken.operator.metrics().get("disk-full", set())
        printed = {one["subject"] for one in broken.operator.doctor()["problems"]}
        return any(subject.endswith(f":{tmp_path}") for subject in full & printed)

    within(PATIENCE, named)
    stop_and_wait(courier)


def test_a_redis_that_is_full(broken: Breakable) -> None:
    with Redis.from_url(broken.system.redis_url) as redis:
        redis.config_set("maxmemory", "1")
        within(NAMED_SECONDS, lambda: is_only(broken, "redis-full"))
        redis.config_set("maxmemory", "0")


def test_a_redis_that_hangs(broken: Breakable) -> None:
    broken.redis.send_signal(signal.SIGSTOP)
    within(NAMED_SECONDS, lambda: is_only(broken, "redis-hung"))
    found = broken.operator.doctor()["problems"]
    assert found[0]["since"]
    broken.redis.send_signal(signal.SIGCONT)


def test_a_redis_that_died(broken: Breakable) -> None:
    broken.redis.kill()
    broken.redis.wait(10)
    within(NAMED_SECONDS, lambda: is_only(broken, "redis-unreachable"))
    (found,) = [one for one in broken.operator.doctor()["problems"] if one["since"]]
    assert found["code"] == "redis-unreachable"
    broken.start_redis()


def test_a_receiver_that_died(broken: Breakable) -> None:
    url = "http://127.0.0.1:9/hook"
    job_id = submit(broken, "deaf", callback_url=url)
    within(PATIENCE, lambda: broken.system.record(job_id)["status"] == JobStatus.succeeded)
    # Either between two attempts or, with the short waits of tests, after the last one.
    within(
        NAMED_SECONDS,
        lambda: {"receiver-failing", "callbacks-dead"} & broken.operator.codes()[0],
    )
