"""Each fault of a running system is named by doctor and by the metrics within ten seconds.

The console's page is made from the same health. One test, because several would each start a system
of their own where the suite runs in parallel. Each fault mends what it breaks.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
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


def an_engine_that_fails_every_request(broken: Breakable) -> None:
    broken.engine.control(mode="500", answers_probes=False)
    submit(broken, "erring")
    within(NAMED_SECONDS, lambda: is_named(broken, "engine-failing"))
    broken.engine.control(mode="ok", answers_probes=True)


def an_engine_with_another_key(broken: Breakable) -> None:
    broken.engine.control(api_key="another")
    submit(broken, "locked")
    within(NAMED_SECONDS, lambda: is_named(broken, "engine-refuses-key"))
    (line,) = [one for one in broken.operator.doctor_lines() if "refuses the key" in one]
    assert "CHANCERY_ENGINE_API_KEY" in line
    assert "docs/operations.md#engine-refuses-key" in line
    broken.engine.control(api_key=None)


def an_engine_that_hangs(broken: Breakable) -> None:
    os.kill(broken.engine.pid, signal.SIGSTOP)
    within(NAMED_SECONDS, lambda: is_named(broken, "engine-hung"))
    os.kill(broken.engine.pid, signal.SIGCONT)


def an_engine_that_died(broken: Breakable) -> None:
    broken.kill_engine()
    within(NAMED_SECONDS, lambda: is_named(broken, "engine-unreachable"))
    problems = broken.operator.doctor()["problems"]
    (found,) = [one for one in problems if one["code"] == "engine-unreachable"]
    assert found["since"]
    broken.start_engine()


def worker_courier_and_scheduler_that_died(broken: Breakable) -> None:
    for role in ("worker", "courier", "scheduler"):
        broken.child(role).kill()
    missing = ("worker-missing", "courier-missing", "scheduler-missing")
    within(NAMED_SECONDS, lambda: is_named(broken, *missing))
    found = {one["code"]: one["since"] for one in broken.operator.doctor()["problems"]}
    assert all(found[code] for code in missing)
    for role in ("worker", "courier", "scheduler"):
        broken.system.start(role)


def an_api_of_several_that_died(broken: Breakable) -> None:
    """The other one names it."""
    broken.system.start_api()
    broken.child("api").kill()

    def named() -> bool:
        shown = broken.operator.metrics().get("process-silent", set())
        problems = broken.operator.doctor()["problems"]
        printed = {one["subject"] for one in problems if one["code"] == "process-silent"}
        return any(subject.startswith("api@") for subject in shown & printed)

    within(NAMED_SECONDS, named)


def a_clock_that_is_wrong(broken: Breakable) -> None:
    courier = broken.system.start("courier", SHIFTED_COURIER)
    within(PATIENCE, lambda: is_named(broken, "clock-skew"))
    stop_and_wait(courier)


def a_disk_that_is_full(broken: Breakable) -> None:
    folder = broken.folder / "full"
    folder.mkdir()
    program = FULL_DISK_COURIER.format(folder=folder, python=sys.executable)
    courier = broken.system.start("courier", program, CHANCERY_DATA_DIR=str(folder))

    def named() -> bool:
        assert courier.process.poll() is None, courier.log.read_text()
        full = broken.operator.metrics().get("disk-full", set())
        printed = {one["subject"] for one in broken.operator.doctor()["problems"]}
        return any(subject.endswith(f":{folder}") for subject in full & printed)

    within(PATIENCE, named)
    stop_and_wait(courier)


def a_redis_that_is_full(broken: Breakable) -> None:
    with Redis.from_url(broken.system.redis_url) as redis:
        redis.config_set("maxmemory", "1")
        within(NAMED_SECONDS, lambda: is_only(broken, "redis-full"))
        redis.config_set("maxmemory", "0")


def a_redis_that_hangs(broken: Breakable) -> None:
    broken.redis.send_signal(signal.SIGSTOP)
    within(NAMED_SECONDS, lambda: is_only(broken, "redis-hung"))
    found = broken.operator.doctor()["problems"]
    assert found[0]["since"]
    broken.redis.send_signal(signal.SIGCONT)


def a_redis_that_died(broken: Breakable) -> None:
    broken.redis.kill()
    broken.redis.wait(10)
    within(NAMED_SECONDS, lambda: is_only(broken, "redis-unreachable"))
    (found,) = [one for one in broken.operator.doctor()["problems"] if one["since"]]
    assert found["code"] == "redis-unreachable"
    broken.start_redis()


def a_receiver_that_died(broken: Breakable) -> None:
    url = "http://127.0.0.1:9/hook"
    job_id = submit(broken, "deaf", callback_url=url)
    within(PATIENCE, lambda: broken.system.record(job_id)["status"] == JobStatus.succeeded)
    # Either between two attempts or, with the short waits of tests, after the last one.
    within(
        NAMED_SECONDS,
        lambda: {"receiver-failing", "callbacks-dead"} & broken.operator.codes()[0],
    )


# A Redis that fails must be the only problem, so it comes before what leaves traces for minutes.
FAULTS: Sequence[Callable[[Breakable], None]] = (
    a_redis_that_is_full,
    a_redis_that_hangs,
    a_redis_that_died,
    an_engine_that_fails_every_request,
    an_engine_with_another_key,
    an_engine_that_hangs,
    an_engine_that_died,
    worker_courier_and_scheduler_that_died,
    an_api_of_several_that_died,
    a_clock_that_is_wrong,
    a_disk_that_is_full,
    a_receiver_that_died,
)
# A process that was killed or started again is listed for ten minutes.
TRACES = {"process-silent", "process-restarting"}


def test_each_fault_is_named(tmp_path: Path, subtests: pytest.Subtests) -> None:
    with breakable(tmp_path) as broken:
        for fault in FAULTS:
            within(PATIENCE, lambda: broken.operator.codes()[1] <= TRACES)
            with subtests.test(fault.__name__):
                fault(broken)
