"""A worker that is disconnected from Redis for longer than its lease."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from standin.engine_process import StandInControl
from standin.ports import reserved_port
from tests.chaos.account import account, settled
from tests.chaos.engine import count_requests
from tests.chaos.load import Load, client_of
from tests.chaos.machine import Machine, running
from tests.chaos.proxy import proxying
from tests.chaos.receiver import receiving
from tests.integration.processes.system import until

LEASE_SECONDS = 6.0
LONG = 120.0


@pytest.mark.timeout(240)
async def test_a_worker_cut_off_for_longer_than_its_lease_is_refused_and_its_jobs_run_elsewhere(
    tmp_path: Path, seed: int, say: Callable[[str], None]
) -> None:
    redis_port = reserved_port()
    async with proxying(redis_port) as proxy:
        machine = Machine(
            tmp_path,
            env={"CHANCERY_LEASE_SECONDS": str(LEASE_SECONDS)},
            redis_port=redis_port,
            redis_ports={"worker-1": proxy.port},
        )
        async with running(machine):
            tax = await machine.department("tax")
            client = client_of(machine.api_url, tax.api_key)
            engine = StandInControl(machine.engine_url)
            cut_off, other = machine.services["worker-1"], machine.services["worker-2"]
            other.terminate()
            await asyncio.to_thread(other.instance.process.wait, 60)
            async with receiving(tax.callback_secret) as receiver, client:
                load = Load(client, receiver.url())
                # Three that are answered later, and three while the worker is cut off: it gets
                # their results and cannot store them.
                for mode in ("ok", "hold"):
                    engine.control(mode=mode, latency=0.0 if mode == "hold" else LONG)
                    load.burst(3)
                    await load.finish()
                    await until(
                        lambda: len(count_requests(machine.request_log)) == len(load.accepted)
                    )
                aborted = engine.counts()["aborted"]
                first = {job.id for job in load.accepted}

                proxy.cut()
                engine.control(mode="ok", latency=0.1)
                other.start()
                load.burst(6)  # their messages may be received by the disconnected worker
                await load.finish()
                await settled(machine, load, 60)
                # The disconnected worker stops its runs by itself.
                lost = {event["job_id"] for _, event in cut_off.events("job.lease_lost")}
                await until(lambda: engine.counts()["aborted"] >= aborted + 3, 10)
                proxy.repair()

                before = await machine.redis.hgetall("chancery:endings")
                await machine.ready("worker-1")
                other.signal(signal.SIGSTOP)
                load.burst(4)  # only the reconnected worker can run these
                await load.finish()
                await settled(machine, load, 60)
                other.signal(signal.SIGCONT)
                done = await account(machine, load, receiver)
            assert first <= {event["job_id"] for _, event in other.events("job.ended")}
            for job_id in first:
                record = await machine.redis.hgetall(f"chancery:job:{job_id}")
                assert record["status"] == "succeeded"
                assert record["ended_by"] == record["token"] == "2"
        say(done.line(f"a worker cut off, seed {seed}"))
        done.check()
        assert done.succeeded == 16
        assert lost == first
        assert before
