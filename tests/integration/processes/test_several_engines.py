"""A worker with two engines, both stand-ins: drained, removed and killed while jobs run."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from jobs.model.states import JobStatus
from standin.engine_process import StandInControl, running_standin
from tests.integration.processes.conftest import OpenDesk
from tests.integration.processes.system import Desk, System, until
from worker.commands.engine import engine as engine_command

JOBS = 6
LABELS = {"labels": [{"name": "complaint"}, {"name": "question"}]}


@pytest.fixture
def other() -> Iterator[StandInControl]:
    with running_standin() as engine:
        yield engine


def _entry(name: str, standin: StandInControl, **members: str) -> Mapping[str, str]:
    return {"name": name, "url": standin.url, **members}


def _write(file: Path, *listed: Mapping[str, str]) -> None:
    new = file.with_suffix(".new")
    new.write_text(json.dumps(listed))
    new.replace(file)


async def _run(system: System, *arguments: str) -> Result:
    """Run `chancery engine`. In a thread: it has an event loop of its own."""
    words = [*arguments, "--redis-url", system.redis_url]
    return await asyncio.to_thread(CliRunner().invoke, engine_command, words)


def _listed(system: System) -> dict[str, Any]:
    """What the worker reports of each engine."""
    return {row["name"]: row for row in system.worker_detail()["engines"]}


async def _run_jobs(desk: Desk) -> None:
    ids = [await desk.submit(f"Office {number} opens at nine.") for number in range(JOBS)]
    ended = await asyncio.gather(*map(desk.ended, ids))
    assert {job.status for job in ended} == {JobStatus.succeeded}


async def _begin_jobs(desk: Desk, *engines: StandInControl) -> asyncio.Task[None]:
    """Wait until each engine has one of the jobs, which it holds."""
    for standin in engines:
        standin.control(mode="hold")
    running = asyncio.create_task(_run_jobs(desk))
    await until(lambda: all(one.counts()["running"] > 0 for one in engines))
    return running


def _started(*engines: StandInControl) -> Sequence[int]:
    return [engine.counts()["started"] for engine in engines]


async def test_engines_are_drained_added_removed_and_lost_without_loss_of_jobs(
    empty_system: System,
    engine: StandInControl,
    other: StandInControl,
    open_desk: OpenDesk,
    tmp_path: Path,
) -> None:
    system, file = empty_system, tmp_path / "engines.json"
    one, two = _entry("one", engine), _entry("two", other)
    _write(file, one, two, _entry("words", other, role="other", model="stand-in"))
    worker = system.start(
        "worker", CHANCERY_ENGINES=str(file), CHANCERY_TASK_MODELS='{"classify": "stand-in"}'
    )
    system.up(worker, system.start("scheduler"))
    await until(lambda: all(row["healthy"] for row in _listed(system).values()))
    desk = await open_desk(system)
    running = await _begin_jobs(desk, engine, other)
    for standin in (engine, other):
        standin.control(mode="ok")
    await running
    await until(lambda: not any(row["in_flight"] for row in _listed(system).values()))
    assert (await _run(system, "list")).stdout == (
        "one    full   stand-in  healthy, 0 in flight\n"
        "two    full   stand-in  healthy, 0 in flight\n"
        "words  other  stand-in  healthy, 0 in flight\n"
    )
    await desk.ended(await desk.submit(task="classify", options=LABELS))
    await until(lambda: system.worker_detail()["engine_requests"]["stand-in"].get("ok") == 1)

    unknown = await _run(system, "drain", "three")
    assert (unknown.exit_code, "no worker reports an engine three" in unknown.stderr) == (1, True)
    drained = await _run(system, "drain", "one")
    assert (drained.stdout, drained.stderr) == ("one: drained\n", "")
    await until(lambda: _listed(system)["one"]["drained"])
    before = _started(engine)
    await _run_jobs(desk)
    assert _started(engine) == before
    assert "one    full   stand-in  drained, 0 in flight\n" in (await _run(system, "list")).stdout
    assert "its jobs wait" in (await _run(system, "drain", "two")).stderr
    await until(lambda: not system.engine_healthy())
    assert system.engine_reason().startswith("engine one (drained by an operator)")
    for name in ("one", "two"):
        assert (await _run(system, "resume", name)).stdout == f"{name}: resumed\n"
    assert (await _run(system, "resume", "two")).stdout == "two: was not drained\n"

    _write(file, one)
    await until(lambda: list(_listed(system)) == ["one"])
    before = _started(other)
    await _run_jobs(desk)
    assert _started(other) == before
    file.write_text("[{")  # a mistake changes nothing
    await until(lambda: bool(worker.events("engine.list_invalid")))
    assert list(_listed(system)) == ["one"]

    (tmp_path / "key").write_text("former")
    other.control(api_key="new")
    _write(file, one, {**two, "api_key_file": str(tmp_path / "key")})
    await until(lambda: _listed(system).get("two", {}).get("fault") == "401")
    (tmp_path / "key").write_text("new")
    await until(lambda: _listed(system)["two"]["healthy"])
    running = await _begin_jobs(desk, engine, other)
    os.kill(other.pid, signal.SIGKILL)
    engine.control(mode="ok")
    await running
    await until(lambda: _listed(system)["two"]["reason"].startswith("nothing listens"))
    assert system.engine_healthy()
    assert "unhealthy for 1 of 1 workers: nothing listens" in (await _run(system, "list")).stdout
