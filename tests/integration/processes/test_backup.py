"""`chancery backup` of a running system, and `chancery restore` into another folder."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import click
from click.testing import CliRunner, Result
from redis import Redis

from jobs.model.department import NewDepartment
from jobs.model.states import JobStatus
from standin.engine_process import StandInControl
from tests.integration.processes.conftest import OpenDesk
from tests.integration.processes.system import Desk, System, until
from worker.commands.backup import backup, restore
from worker.supervise.redis_server import redis_server

WAITING = 5
# Larger than what is kept in the ledger.
TEXT = "The water is off in the mill on 5 March. " * 400


@contextmanager
def own_redis(data_dir: Path) -> Iterator[str]:
    """The server that `chancery up` starts in a data dir."""
    server = redis_server(data_dir)
    process = subprocess.Popen(server.argv, stdout=subprocess.DEVNULL)
    try:
        with Redis.from_url(server.url) as redis:
            while True:
                with suppress(Exception):
                    if redis.ping():
                        break
        yield server.url
    finally:
        process.terminate()
        process.wait(20)


def run(command: click.Command, *arguments: str | Path, **env: str) -> Result:
    return CliRunner().invoke(command, list(map(str, arguments)), env=env)


@asynccontextmanager
async def submitting(desk: Desk) -> AsyncIterator[list[str]]:
    """Submits jobs during the block, and lists those that were accepted."""
    accepted: list[str] = []

    async def submit() -> None:
        while True:
            accepted.append(await desk.submit(f"{len(accepted)} {TEXT}"))

    task = asyncio.create_task(submit())
    try:
        yield accepted
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def jobs_in(url: str) -> Sequence[str]:
    with Redis.from_url(url, decode_responses=True) as redis:
        return [str(key).rpartition(":")[2] for key in redis.scan_iter("chancery:job:*")]


async def test_the_open_work_of_a_running_system_is_done_where_its_backup_is_restored(
    engine: StandInControl, tmp_path: Path, open_desk: OpenDesk
) -> None:
    old, new, copy = tmp_path / "old", tmp_path / "new", tmp_path / "copy"
    with own_redis(old) as url:
        system = System(url, old, engine)
        desk = await open_desk(system)
        worker = system.start("worker")
        done = await desk.ended(await desk.submit(TEXT))
        system.stop()
        worker.wait()
        running = await desk.submit(TEXT)
        assert (await desk.ledger.runs.claim([running], "killed", 1)).granted
        async with submitting(desk) as accepted:
            await until(lambda: len(accepted) >= WAITING)
            before = list(accepted)
            made = await asyncio.to_thread(run, backup, copy, "--data-dir", old, "--redis-url", url)
            assert made.exit_code == 0, made.output
            await until(lambda: len(accepted) > len(before))
    assert not list(copy.rglob("redis-password"))
    restored = run(restore, copy, "--data-dir", new)
    assert restored.exit_code == 0, restored.output
    assert "chancery up --data-dir" in restored.output

    with own_redis(new) as url:
        system = System(url, new, engine)
        desk = Desk(system, NewDepartment(desk.name, desk.key, desk.secret), desk.department)
        jobs = await jobs_in(url)
        assert {done.id, running, *before} <= set(jobs)
        assert (await desk.job(done.id)).result == done.result
        for job_id in jobs:
            document = await desk.ledger.documents.get(
                desk.name, (await desk.job(job_id)).document_id
            )
            assert document is not None
            assert await desk.store.read(document.blob)
        system.start("worker")
        system.start("scheduler", CHANCERY_LEASE_SECONDS="1")
        for job_id in jobs:
            assert (await desk.ended(job_id)).status is JobStatus.succeeded
        system.stop()
        await desk.ledger.close()
