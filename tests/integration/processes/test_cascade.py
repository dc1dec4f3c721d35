"""A fast and a full engine, both stand-ins: which one runs a job, and its provenance."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from jobs.model.job import Job, Usage
from jobs.model.roles import ModelChoice
from jobs.model.states import JobStatus
from standin.engine import ROOT
from standin.engine_process import StandInControl, running_standin
from tests.integration.processes.conftest import OpenDesk
from tests.integration.processes.system import Child, Desk, System, until

TEXT = "The water is off on 5 March."


def summary_of(text: str) -> str:
    return json.dumps({"sentences": [{"text": text, "sources": [1]}]})


GOOD, BAD = summary_of(TEXT), summary_of("The water is off on 6 March, from 7 to 9.")


@dataclass
class TwoEngines:
    desk: Desk
    fast: StandInControl
    full: StandInControl
    system: System

    async def run(self, model: str | None) -> Job:
        job = await self.desk.ended(await self.desk.submit(TEXT, model=model))
        assert job.status is JobStatus.succeeded, job.error
        return job

    def fast_is_healthy(self) -> bool:
        return self.system.engine_healthy("fast_engine")


@pytest.fixture
def fast() -> Iterator[StandInControl]:
    with running_standin() as engine:
        engine.control(answer=GOOD)
        yield engine


@pytest.fixture
def worker(empty_system: System, fast: StandInControl) -> Child:
    worker = empty_system.start("worker", CHANCERY_FAST_ENGINE_URL=fast.url)
    empty_system.up(worker)
    return worker


@pytest.fixture
async def two(
    empty_system: System,
    worker: Child,
    engine: StandInControl,
    fast: StandInControl,
    open_desk: OpenDesk,
) -> TwoEngines:
    assert worker.process.poll() is None
    engine.control(answer=GOOD)
    return TwoEngines(await open_desk(empty_system), fast, engine, empty_system)


def role_and_doubts(job: Job) -> tuple[str, bool, list[str]]:
    origin = job.provenance
    assert origin is not None
    return origin.role.value, origin.escalated, list(origin.doubts)


async def test_the_full_model_is_used_only_if_the_fast_models_result_fails_its_checks(
    two: TwoEngines,
) -> None:
    before = two.full.counts()["started"]
    kept = await two.run("auto")
    assert role_and_doubts(kept) == ("fast", False, [])
    assert kept.model is ModelChoice.auto
    assert two.full.counts()["started"] == before

    two.fast.control(answer=BAD)
    escalated = await two.run("auto")
    assert role_and_doubts(escalated) == ("full", True, ["number-not-in-source"])
    assert escalated.result["summary"] == TEXT
    _check_both_in_provenance(escalated)
    assert two.full.counts()["started"] == before + 1

    assert role_and_doubts(await two.run("fast")) == ("fast", False, [])
    full = await two.run("full")
    assert role_and_doubts(full) == role_and_doubts(await two.run(None)) == ("full", False, [])
    assert two.fast.counts()["started"] == 3
    await _check_usage(two, kept, escalated, full)


def _check_both_in_provenance(escalated: Job) -> None:
    origin = escalated.provenance
    assert origin is not None
    assert origin.fast is not None
    assert (origin.requests, origin.fast.requests) == (1, 1)
    assert origin.prompt_sha256 == origin.fast.prompt_sha256
    assert origin.fast.engine_model == origin.engine_model == ROOT


async def _check_usage(two: TwoEngines, kept: Job, escalated: Job, full: Job) -> None:
    """Besides the jobs above, one more job ran on fast and one on full."""
    assert escalated.usage.prompt_tokens == kept.usage.prompt_tokens + full.usage.prompt_tokens
    assert escalated.usage.completion_tokens > full.usage.completion_tokens
    today = datetime.now(UTC).date()
    (day,) = await two.desk.ledger.statistics.usage(two.desk.name, today, today)
    used = day.tasks["summarize"]
    assert (used.jobs, used.kept, used.escalated) == ({"succeeded": 5}, 2, 1)
    assert used.doubts == {"number-not-in-source": 1}
    assert used.fast.prompt_tokens == used.full.prompt_tokens == 3 * full.usage.prompt_tokens
    assert used.full.completion_tokens == 3 * full.usage.completion_tokens
    assert (used.fast + used.full).completion_tokens == day.completion_tokens
    figures = await two.desk.ledger.read_statistics()
    assert figures.cascaded == {("summarize", "kept"): 2, ("summarize", "escalated"): 1}
    assert figures.doubts == {("summarize", "number-not-in-source"): 1}


@pytest.mark.parametrize("model", ["auto", "fast"])
async def test_no_job_waits_for_a_fast_engine_that_is_away(two: TwoEngines, model: str) -> None:
    two.fast.control(mode="drop")
    job = await two.run(model)
    assert role_and_doubts(job) == ("full", True, ["fast-engine-unavailable"])
    two.fast.control(mode="unhealthy")
    await until(lambda: not two.fast_is_healthy())
    before = two.fast.counts()["started"]
    job = await two.run(model)
    assert role_and_doubts(job) == ("full", True, ["fast-engine-unavailable"])
    assert (job.attempts, two.fast.counts()["started"]) == (1, before)

    two.fast.control(mode="ok")
    await until(two.fast_is_healthy)
    assert role_and_doubts(await two.run(model)) == ("fast", False, [])


async def test_an_invalid_answer_of_the_fast_model_costs_no_try(two: TwoEngines) -> None:
    two.fast.control(answer="Certainly! Here is your summary.")
    job = await two.run("auto")
    assert role_and_doubts(job) == ("full", True, ["output-invalid"])
    assert job.attempts == 1


async def test_without_a_fast_engine_auto_uses_the_full_model(
    desk: Desk, engine: StandInControl
) -> None:
    engine.control(answer=GOOD)
    for model in ("auto", "fast"):
        job = await desk.ended(await desk.submit(TEXT, model=model))
        assert role_and_doubts(job) == ("full", False, [])
    today = datetime.now(UTC).date()
    (day,) = await desk.ledger.statistics.usage(desk.name, today, today)
    used = day.tasks["summarize"]
    assert (used.kept, used.escalated, used.fast) == (0, 0, Usage())
    assert used.full.prompt_tokens == day.prompt_tokens > 0
