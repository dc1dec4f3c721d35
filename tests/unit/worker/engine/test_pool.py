"""Several engines as one, over real HTTP against two stand-ins."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from jobs.process.settings import EngineSettings
from standin.engine_process import StandInControl, running_standin
from standin.ports import reserved_port
from tasks.engine import Message
from tasks.errors import EngineUnavailable
from worker.engine.pool import EnginePool
from worker.engine.session import EngineSession

LONG = "The archive keeps every decision of the council. " * 120
Pair = tuple[StandInControl, StandInControl]


@pytest.fixture(scope="module")
def processes() -> Iterator[Pair]:
    with running_standin() as one, running_standin() as two:
        yield one, two


@pytest.fixture
def pair(processes: Pair) -> Pair:
    for standin in processes:
        standin.control(mode="ok", latency=0, answers_probes=True)
    return processes


@pytest_asyncio.fixture
async def pool(pair: Pair) -> AsyncIterator[EnginePool]:
    async with _started(_named(pair)) as pool:
        yield pool


def _named(pair: Pair) -> Mapping[str, EngineSettings]:
    return {
        name: EngineSettings(url=standin.url, model="stand-in")
        for name, standin in zip(("one", "two"), pair, strict=True)
    }


@asynccontextmanager
async def _started(engines: Mapping[str, EngineSettings]) -> AsyncIterator[EnginePool]:
    pool = EnginePool(engines, 32)
    await pool.start()
    try:
        for engine in pool.members.values():
            assert await engine.wait_healthy(30)
        yield pool
    finally:
        await pool.close()


async def _ask(pool: EnginePool, text: str, session: EngineSession | None = None) -> str:
    asked = session or _session(pool)
    return (await asked.complete([Message("user", text)], max_tokens=9)).text


def _session(pool: EnginePool) -> EngineSession:
    return EngineSession(
        pool, priority=0, seed=7, temperature=0.5, on_progress=lambda done, total: None
    )


def _ok(pool: EnginePool) -> dict[str, int]:
    return {name: engine.outcomes.counts["ok"] for name, engine in pool.members.items()}


async def _until_running(pool: EnginePool, number: int) -> str:
    """The engine that has them."""
    async with asyncio.timeout(30):
        while True:
            for name, engine in pool.members.items():
                if engine.in_flight == number:
                    return name
            await asyncio.sleep(0.01)


async def test_requests_of_several_jobs_are_spread_evenly(pool: EnginePool, pair: Pair) -> None:
    for standin in pair:
        standin.control(latency=0.3)
    await asyncio.gather(*(_ask(pool, f"question {number}") for number in range(16)))
    assert _ok(pool) == {"one": 8, "two": 8}
    assert pool.request_counts == {"ok": 16}
    assert pool.error_share == 0


async def test_a_jobs_requests_go_to_one_engine(pool: EnginePool, pair: Pair) -> None:
    session = _session(pool)
    await _ask(pool, "first question", session)
    for standin in pair:
        standin.control(latency=0.5)
    other = asyncio.create_task(_ask(pool, "of another job"))
    await _until_running(pool, 1)  # on the same engine, as both were free
    await asyncio.gather(*(_ask(pool, f"question {number}", session) for number in range(3)))
    await other
    assert sorted(_ok(pool).values()) == [0, 5]


async def test_equal_beginnings_of_prompts_go_to_one_engine(pool: EnginePool, pair: Pair) -> None:
    for standin in pair:
        standin.control(latency=0.3)
    await asyncio.gather(*(_ask(pool, f"{LONG} question {number}") for number in range(4)))
    assert sorted(_ok(pool).values()) == [0, 4]


async def test_a_clearly_busier_engine_gets_no_more_for_its_cache(
    pool: EnginePool, pair: Pair
) -> None:
    for standin in pair:
        standin.control(latency=0.3)
    await asyncio.gather(*(_ask(pool, f"{LONG} question {number}") for number in range(24)))
    assert min(_ok(pool).values()) >= 8


async def test_an_engine_with_more_gpus_gets_more(pair: Pair) -> None:
    engines = {
        name: one.model_copy(update={"gpus": 3 if name == "two" else 1})
        for name, one in _named(pair).items()
    }
    for standin in pair:
        standin.control(latency=0.3)
    async with _started(engines) as pool:
        await asyncio.gather(*(_ask(pool, f"question {number}") for number in range(16)))
        assert _ok(pool) == {"one": 4, "two": 12}


async def test_a_request_that_an_engine_refuses_goes_to_another(
    pool: EnginePool, pair: Pair
) -> None:
    pair[0].control(mode="500", answers_probes=False)
    assert await asyncio.gather(*(_ask(pool, "to be answered") for _ in range(6)))
    assert _ok(pool) == {"one": 0, "two": 6}
    assert pool.health.ok
    assert not pool.members["one"].health.ok


async def test_a_request_that_cannot_be_sent_goes_to_another(pair: Pair) -> None:
    with running_standin() as third:
        async with _started(_named((third, pair[1]))) as pool:
            third.control(latency=0)
            os.kill(third.pid, signal.SIGKILL)
            while pool.members["one"].health.ok:
                try:
                    assert await _ask(pool, "to be answered")
                except EngineUnavailable:  # a connection that was still open
                    continue
            assert await _ask(pool, "to be answered")
            assert pool.health.ok


async def test_a_request_that_may_have_killed_its_engine_is_not_sent_to_another(
    pair: Pair,
) -> None:
    with running_standin() as third:
        third.control(latency=30)
        async with _started({"three": EngineSettings(url=third.url, model="stand-in")}) as pool:
            asked = asyncio.create_task(_ask(pool, "a deadly question"))
            await _until_running(pool, 1)
            await pool.set_engines({**pool.settings, **_named(pair)})
            for engine in pool.members.values():
                assert await engine.wait_healthy(30)
            os.kill(third.pid, signal.SIGKILL)
            with pytest.raises(EngineUnavailable):
                await asked
            assert _ok(pool) == {"three": 0, "one": 0, "two": 0}


async def test_a_drained_engine_gets_no_more_requests(pool: EnginePool, pair: Pair) -> None:
    for standin in pair:
        standin.control(latency=0.5)
    before = asyncio.create_task(_ask(pool, "under way"))
    name = await _until_running(pool, 1)
    pool.set_drained({name, "an engine of another worker"})
    await asyncio.gather(*(_ask(pool, f"question {number}") for number in range(4)))
    assert await before
    assert _ok(pool)[name] == 1
    assert pool.health.ok
    assert set(pool.drained) == {name}
    pool.set_drained(set())
    await asyncio.gather(*(_ask(pool, f"question {number}") for number in range(4)))
    assert _ok(pool)[name] == 3


async def test_with_all_engines_drained_running_jobs_finish_and_none_starts(
    pool: EnginePool,
) -> None:
    pool.set_drained({"one", "two"})
    assert await _ask(pool, "of a running job")
    health = pool.health
    assert (health.ok, health.code) == (False, "drained")
    assert health.reason == (
        "engine one (drained by an operator); engine two (drained by an operator)"
    )
    assert not await pool.wait_healthy(0)
    pool.set_drained({"two"})
    assert await pool.wait_healthy(0)


async def test_engines_are_added_and_removed_while_requests_run(pair: Pair) -> None:
    engines = _named(pair)
    async with _started({"one": engines["one"]}) as pool:
        pair[0].control(latency=0.5)
        asked = asyncio.create_task(_ask(pool, "under way"))
        await _until_running(pool, 1)
        await pool.set_engines({"two": engines["two"]})
        await pool.close_idle()
        assert await pool.wait_healthy(30)
        assert await _ask(pool, "later")
        assert _ok(pool) == {"two": 1}
        assert await asked
        await pool.close_idle()


async def test_a_pool_is_healthy_while_one_engine_is(pair: Pair) -> None:
    away = EngineSettings(url=f"http://127.0.0.1:{reserved_port()}", model="stand-in")
    other = EngineSettings(url=pair[0].url, model="deepseek-r1")
    pool = EnginePool({"away": away, "other": other}, 4)
    await pool.start()
    try:
        async with asyncio.timeout(30):
            while "not checked yet" in pool.health.reason:
                await asyncio.sleep(0.01)
        assert "engine away (nothing listens" in pool.health.reason
        assert "engine other (serves stand-in, but not deepseek-r1)" in pool.health.reason
        with pytest.raises(EngineUnavailable):
            await _ask(pool, "too early")
        await pool.set_engines({"away": away, **_named(pair)})
        assert await pool.wait_healthy(30)
        assert await _ask(pool, "answered")
        assert (pool.model, pool.context_tokens) == ("stand-in", 4096)
    finally:
        await pool.close()


async def test_engines_without_a_named_model_must_serve_the_same(pair: Pair) -> None:
    with running_standin() as third:
        third.control(model="deepseek-v3")
        urls = {"one": pair[0].url, "three": third.url, "two": pair[1].url}
        async with _started({name: EngineSettings(url=url) for name, url in urls.items()}) as pool:
            await asyncio.gather(*(_ask(pool, f"question {number}") for number in range(6)))
            assert _ok(pool)["three"] == 0
            assert pool.fault_of("three").reason == "serves deepseek-v3, and the others stand-in"
            # As in an upgrade to another model, once no engine has the former one.
            pool.set_drained({"one", "two"})
            assert await _ask(pool, "of a running job")
            await pool.set_engines({"three": pool.settings["three"]})
            assert await _ask(pool, "of another")
            assert (pool.model, _ok(pool)) == ("deepseek-v3", {"three": 1})


async def test_a_pool_whose_engines_were_all_removed_is_not_healthy(pool: EnginePool) -> None:
    await pool.set_engines({})
    assert (pool.health.ok, pool.health.code) == (False, "models")
    assert pool.health.reason == "CHANCERY_ENGINES has none any more"
    with pytest.raises(EngineUnavailable):
        await _ask(pool, "too late")


async def test_tokens_are_counted_by_an_engine_that_answers(pool: EnginePool, pair: Pair) -> None:
    counted = await pool.count_tokens("the council decides")
    assert counted > 0
    pool.set_drained({"one"})
    assert await pool.count_tokens("the council decides") == counted
