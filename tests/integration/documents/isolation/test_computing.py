from __future__ import annotations

import asyncio
import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from documents.errors import (
    ComputeCrashed,
    ComputeError,
    ComputeTimeout,
    ComputeTooLarge,
    CorruptDocument,
    WorkError,
)
from documents.isolation.compute import compute, computing_in
from documents.isolation.owner import Owner, working_for
from documents.isolation.pool import ReaderPool
from documents.isolation.running_time import running_time
from tasks.errors import OutputError
from tests.integration.documents.isolation import functions
from tests.integration.documents.isolation.reader_processes import (
    reader_pids,
    server_pids,
    wait_for_readers,
)

LONG = "档案" * 20_000


def pool(processes: int = 1, seconds: float = 30, result: int = 1_000_000) -> ReaderPool:
    return ReaderPool(
        processes=processes,
        timeout_seconds=30,
        memory_mib=256,
        compute_seconds=seconds,
        result_max_bytes=result,
        packages=("tests",),
    )


async def idle_pid(reading: ReaderPool) -> int:
    with computing_in(reading):
        return await compute(functions.pid, LONG)


async def test_large_arguments_are_worked_on_in_a_process_that_is_kept() -> None:
    async with pool() as reading:
        with computing_in(reading):
            assert await compute(functions.length, LONG, times=2) == 80_000
            pids = {await compute(functions.pid, LONG) for _ in range(3)}
            assert pids == reader_pids()
            assert await compute(functions.pid, "short") == os.getpid()
    assert await compute(functions.pid, LONG) == os.getpid()


async def test_a_result_comes_back_as_its_type() -> None:
    async with pool() as reading:
        with computing_in(reading):
            assert await compute(functions.rows, LONG) == functions.rows(LONG)


@pytest.mark.parametrize(
    ("function", "error", "detail"),
    [
        (functions.refuse, CorruptDocument, "refused 40000"),
        (functions.refuse_as_task, OutputError, "invalid 40000"),
        (functions.surrogate, OutputError, "surrogate"),
    ],
)
async def test_an_error_of_the_work_comes_back_as_itself(
    function: Any, error: type[WorkError], detail: str
) -> None:
    async with pool() as reading:
        with computing_in(reading):
            with pytest.raises(error, match=detail):
                await compute(function, LONG)
            before = reader_pids()
            assert await compute(functions.pid, LONG) in before


@pytest.mark.parametrize("function", [functions.defect, functions.invalid])
async def test_a_defect_is_reported_without_content(
    function: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    async with pool() as reading:
        with computing_in(reading), pytest.raises(ComputeError, match="defect") as raised:
            await compute(function, LONG)
    assert "档案" not in str(raised.value) + capsys.readouterr().out


async def test_a_function_of_other_packages_is_not_called() -> None:
    async with pool() as reading:
        with computing_in(reading):
            with pytest.raises(ValueError, match="top level"):
                await compute(json.loads, json.dumps(LONG))
            with pytest.raises(ValueError, match="top level"):
                await compute(lambda text: text * 2, LONG)


async def test_a_call_that_takes_too_long_is_killed_then_given_less_time_then_refused() -> None:
    async with pool(seconds=1) as reading:
        with computing_in(reading):
            await idle_pid(reading)
            for limit in ("1 seconds", "0.5 seconds"):
                pids = reader_pids()
                with pytest.raises(ComputeTimeout, match=limit):
                    await compute(functions.spin, LONG)
                await wait_for_readers(0)
                assert await idle_pid(reading) not in pids
            pids = reader_pids()
            with pytest.raises(ComputeTimeout, match="not tried again"):
                await compute(functions.spin, LONG)
            assert reader_pids() == pids  # none had it, or it would have been killed
            # Other work, and the same work of another department, is not refused.
            with pytest.raises(ComputeTimeout, match="1 seconds"):
                await compute(functions.spin, LONG + "x")
            with working_for(Owner("tax")), pytest.raises(ComputeTimeout, match="1 seconds"):
                await compute(functions.spin, LONG)


async def test_a_call_over_the_memory_limit_fails_and_its_process_is_replaced() -> None:
    async with pool() as reading:
        with computing_in(reading):
            pid = await idle_pid(reading)
            with pytest.raises(ComputeTooLarge, match="memory"):
                await compute(functions.memory, LONG)
            assert await idle_pid(reading) != pid


async def test_a_result_over_its_limit_fails() -> None:
    async with pool(result=1_000_000) as reading:
        with computing_in(reading):
            assert len(await compute(functions.repeated, LONG, 8)) == 320_000
            with pytest.raises(ComputeTooLarge, match="result"):
                await compute(functions.repeated, LONG, 9)


async def test_a_call_that_kills_its_process_is_reported() -> None:
    async with pool() as reading:
        with computing_in(reading):
            with pytest.raises(ComputeCrashed):
                await compute(functions.die, LONG)
            await idle_pid(reading)


async def test_a_cancelled_call_kills_its_process_at_once() -> None:
    async with pool() as reading:
        with computing_in(reading):
            pid = await idle_pid(reading)
            task = asyncio.create_task(compute(functions.spin, LONG))
            done, _ = await asyncio.wait([task], timeout=0.5)
            assert not done
            task.cancel()
            async with running_time(1):
                await wait_for_readers(0)
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await idle_pid(reading) != pid


class Touch:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self._path,)


async def test_a_process_that_was_taken_over_runs_nothing_in_its_parent(tmp_path: Path) -> None:
    file = tmp_path / "unpickled"
    malicious = pickle.dumps(Touch(file))
    follows = json.dumps({"data_follows": True}).encode()
    for messages in (
        [malicious],
        [b"\xff"],
        [b"[]"],
        [b"{}"],
        [follows, malicious],
        [follows, b'{"not": "a number"}'],
        [json.dumps({"error": "no-such-code"}).encode()],
        [json.dumps({"error": "broken", "what": ["x"], "where": 1}).encode()],
    ):
        async with pool() as reading:
            with computing_in(reading), pytest.raises((ComputeError, ComputeCrashed)):
                await compute(functions.answer_instead, LONG, messages)
    assert not file.exists()


async def test_a_greedy_department_does_not_hold_up_others(tmp_path: Path) -> None:
    fifo = str(tmp_path / "fifo")
    await asyncio.to_thread(os.mkfifo, fifo)
    async with pool(processes=2) as reading:
        with computing_in(reading):
            with working_for(Owner("greedy", urgent=False)):
                bulk = [
                    asyncio.create_task(compute(functions.wait_at, fifo, LONG)) for _ in range(12)
                ]
            with working_for(Owner("greedy")):
                urgent = [
                    asyncio.create_task(compute(functions.wait_at, fifo, LONG)) for _ in range(12)
                ]
            await wait_for_readers(3)
            async with asyncio.timeout(60):
                with working_for(Owner("other")):
                    for _ in range(3):
                        assert await compute(functions.length, LONG) == 40_000
                with working_for(Owner("third", urgent=False)):
                    assert await compute(functions.length, LONG) == 40_000
            assert not any(task.done() for task in (*bulk, *urgent))
            for task in (*bulk, *urgent):
                task.cancel()
            await asyncio.gather(*bulk, *urgent, return_exceptions=True)


async def test_a_process_has_no_network() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with pool() as reading, server:
        with computing_in(reading):
            reached = await compute(functions.connects, LONG, port)
        if not reading.offline:
            pytest.skip("the kernel allows no network namespace")
        assert not reached
        assert functions.connects(LONG, port)


async def test_the_server_of_the_processes_is_started_again() -> None:
    async with pool() as reading:
        await idle_pid(reading)
        (server,) = server_pids()
        os.kill(server, 9)
        # Its processes are killed after it: the one that is idle may be running still.
        await asyncio.to_thread(os.waitid, os.P_PID, server, os.WEXITED | os.WNOWAIT)
        assert await idle_pid(reading)
        assert server_pids() != {server}


async def test_small_work_that_took_long_is_given_to_a_process() -> None:
    async with pool() as reading:
        with computing_in(reading):
            assert await compute(functions.slow_pid, "a" * 1_000) == os.getpid()
            assert await compute(functions.slow_pid, "a" * 1_000) != os.getpid()
            assert await compute(functions.slow_pid, "a") == os.getpid()
