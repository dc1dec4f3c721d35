"""Long options are validated in a process with limits, not on the event loop."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydantic import BaseModel, model_validator

from documents.isolation.compute import computing_in
from documents.isolation.pool import ReaderPool
from jobs.model.problems import ProblemError
from jobs.submit.checks import check_task
from tasks.registry import TASKS, offer

LONG = "长" * 20_000


class Options(BaseModel):
    text: str
    seconds: float

    @model_validator(mode="after")
    def _take_time(self) -> Options:
        until = time.process_time() + self.seconds
        while time.process_time() < until:
            pass
        return self


def offer_slow_task() -> None:
    offer([replace(TASKS["summarize"], name="slow", options=Options)])


@pytest.fixture(autouse=True)
def task() -> Iterator[None]:
    offer_slow_task()
    yield
    offer([])


def pool(compute_seconds: float = 60) -> ReaderPool:
    return ReaderPool(
        processes=1,
        timeout_seconds=30,
        memory_mib=256,
        compute_seconds=compute_seconds,
        preload=(f"{__name__}:{offer_slow_task.__name__}",),
    )


async def test_options_whose_validation_takes_long_are_refused() -> None:
    async with pool() as processes:
        with computing_in(processes):
            checked = await check_task("slow", {"text": LONG, "seconds": 0}, "tax")
            assert checked.model == Options(text=LONG, seconds=0)
            with pytest.raises(ProblemError) as refused:
                await check_task("slow", {"text": LONG, "seconds": 0.7}, "tax")
            assert "takes too long" in refused.value.problem.extra["errors"][0]["detail"]


async def test_options_whose_validation_does_not_end_are_refused() -> None:
    async with pool(compute_seconds=2) as processes:
        with computing_in(processes):
            began = time.process_time()
            with pytest.raises(ProblemError) as killed:
                await check_task("slow", {"text": LONG, "seconds": 10**9}, "tax")
            assert killed.value.problem.code == "compute-timeout"
            # None of it on the event loop.
            assert time.process_time() - began < 0.5


async def test_what_is_invalid_in_long_options_is_listed() -> None:
    async with pool() as processes:
        with computing_in(processes), pytest.raises(ProblemError) as refused:
            await check_task("slow", {"text": LONG}, "tax")
    (error,) = refused.value.problem.extra["errors"]
    assert error["pointer"] == "#/options/seconds"
