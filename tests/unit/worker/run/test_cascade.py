"""The cascade, with scripted engines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from documents.errors import EmptyDocument
from jobs.ledger import Ledger
from jobs.model.job import Usage
from jobs.model.provenance import EngineRequests, Sampling
from jobs.model.roles import ModelChoice, Role
from jobs.process.settings import CascadeSettings, RedisSettings
from standin.scripted_engine import Answer, ScriptedEngine
from tasks.errors import (
    EngineBusy,
    EngineFaulty,
    EngineRefused,
    EngineTimeout,
    EngineUnavailable,
    OptionsTooLong,
    OutputError,
)
from tasks.registry import TASKS
from tasks.task import Task
from tests.unit.tasks.documents import document
from worker.engine.client import EngineClient
from worker.engine.health import Health
from worker.engine.requests.cache_salts import CacheSalts
from worker.engine.session import EngineSession
from worker.run.cascade import Cascade, CascadeRun, OpenSession

NOTICE = document("The market is closed from 3 May to 5 May.")
GOOD = {"sentences": [{"text": "Closed from 3 May.", "sources": [1]}]}
BAD = {"sentences": [{"text": "Closed from 13 May.", "sources": [1]}]}
EACH = Usage(100, 10, 50, 1.0)

SUMMARIZE: Task[Any, Any] = TASKS["summarize"]
OPTIONS = SUMMARIZE.options.model_validate({})


class Session(ScriptedEngine):
    async def forward(self, request: Mapping[str, Any]) -> bytes:
        return self.model.encode()

    @property
    def usage(self) -> Usage:
        return sum((EACH for _ in self.requests), Usage())

    @property
    def asked(self) -> EngineRequests | None:
        number = len(self.requests)
        return EngineRequests(self.model, number, "0" * 64, Sampling()) if number else None


@dataclass
class Client:
    """A fake engine client: its health, its model, and the answers of its sessions."""

    model: str
    answer: Answer
    ok: bool = True
    sessions: int = 0

    @property
    def health(self) -> Health:
        return Health(self.ok, 0.0, "")


@dataclass
class Engines:
    fast: Client
    full: Client
    other: Client

    def begin(self, *, has_fast: bool = True, **settings: Any) -> CascadeRun:
        cascade = Cascade(
            cast("EngineClient", self.full),
            cast("EngineClient", self.fast) if has_fast else None,
            CascadeSettings(**settings),
            CacheSalts(Ledger(RedisSettings()), shared=True),
            {"other": cast("EngineClient", self.other)},
        )
        return cascade.begin(cast("OpenSession", _session))

    async def run(
        self, model: str | None, *, task: Task[Any, Any] = SUMMARIZE, **begin: Any
    ) -> tuple[str, CascadeRun]:
        run = self.begin(**begin)
        asked = ModelChoice(model) if model else None
        result = await run.run(task, NOTICE, OPTIONS, asked)
        return str(result.model_dump()["summary"]), run

    @property
    def used(self) -> tuple[int, int]:
        return self.fast.sessions, self.full.sessions

    @property
    def used_of_all(self) -> tuple[int, int, int]:
        return self.fast.sessions, self.full.sessions, self.other.sessions


def _session(client: EngineClient) -> EngineSession:
    fake = cast("Client", client)
    fake.sessions += 1
    return cast("EngineSession", Session(lambda _: fake.answer, model=fake.model))


def models_asked(run: CascadeRun) -> tuple[str | None, str | None]:
    """The models that were asked: fast, full."""
    fast, full = run.asked_of(Role.fast), run.asked_of(Role.full)
    return fast.model if fast else None, full.model if full else None


def engines(fast: Answer = GOOD, full: Answer = GOOD) -> Engines:
    return Engines(Client("small", fast), Client("large", full), Client("other", GOOD))


async def test_a_good_answer_of_the_fast_model_is_used() -> None:
    both = engines()
    _, run = await both.run("auto")
    assert both.used == (1, 0)
    assert (run.role, run.escalated, run.doubts) == (Role.fast, False, ())
    assert models_asked(run) == ("small", None)
    assert run.usage == run.usage_of(Role.fast) == EACH


async def test_a_doubtful_answer_escalates_and_both_models_are_in_the_usage() -> None:
    both = engines(fast=BAD)
    summary, run = await both.run("auto")
    assert (summary, both.used) == ("Closed from 3 May.", (1, 1))
    assert (run.role, run.escalated) == (Role.full, True)
    assert models_asked(run) == ("small", "large")
    assert run.doubts == ("number-not-in-source",)
    assert run.usage == EACH + EACH
    assert run.usage_of(Role.fast) == EACH


async def test_the_full_models_answer_is_not_checked() -> None:
    summary, run = await engines(fast=BAD, full=BAD).run("auto")
    assert (summary, run.escalated) == ("Closed from 13 May.", True)


async def test_fast_is_used_without_checks() -> None:
    both = engines(fast=BAD)
    summary, run = await both.run("fast")
    assert (summary, both.used) == ("Closed from 13 May.", (1, 0))
    assert (run.role, run.escalated) == (Role.fast, False)


async def test_full_does_not_ask_the_fast_model() -> None:
    both = engines()
    _, run = await both.run("full")
    assert both.used == (0, 1)
    assert (run.role, run.escalated, run.doubts) == (Role.full, False, ())


@pytest.mark.parametrize("model", ["auto", "fast"])
@pytest.mark.parametrize(
    ("error", "doubt"),
    [
        (OutputError("no JSON"), "output-invalid"),
        (OptionsTooLong("no room"), "options-too-long"),
        (EngineUnavailable("gone"), "fast-engine-unavailable"),
        (EngineBusy("429"), "fast-engine-busy"),
        (EngineTimeout("late"), "fast-engine-timeout"),
        (EngineRefused("no"), "fast-engine-refused"),
    ],
)
async def test_an_error_of_the_fast_model_escalates(
    model: str, error: Exception, doubt: str
) -> None:
    _, run = await engines(fast=error).run(model)
    assert (run.role, run.escalated, run.doubts) == (Role.full, True, (doubt,))


@pytest.mark.parametrize("model", ["auto", "fast"])
async def test_a_fast_engine_that_is_not_healthy_is_not_asked(model: str) -> None:
    both = engines()
    both.fast.ok = False
    _, run = await both.run(model)
    assert both.used == (0, 1)
    assert run.doubts == ("fast-engine-unavailable",)


@pytest.mark.parametrize("model", ["auto", "fast"])
async def test_without_a_fast_engine_the_full_one_is_used(model: str) -> None:
    both = engines()
    _, run = await both.run(model, has_fast=False)
    assert both.used == (0, 1)
    assert (run.role, run.escalated) == (Role.full, False)


async def test_a_fault_of_the_document_does_not_escalate() -> None:
    both = engines()
    run = both.begin()
    with pytest.raises(EmptyDocument):
        await run.run(SUMMARIZE, document(""), OPTIONS, ModelChoice.auto)
    assert both.used == (1, 0)
    assert not run.escalated


async def test_an_error_of_the_full_model_is_the_error_of_the_job() -> None:
    both = engines(fast=BAD, full=OutputError("no JSON"))
    run = both.begin()
    with pytest.raises(OutputError):
        await run.run(SUMMARIZE, NOTICE, OPTIONS, ModelChoice.auto)
    assert (run.role, run.escalated, run.usage) == (Role.full, True, EACH + EACH)


async def test_a_task_without_checks_uses_the_full_model() -> None:
    unchecked: Task[Any, Any] = replace(SUMMARIZE, doubts=None)
    both = engines()
    await both.run("auto", task=unchecked)
    assert both.used == (0, 1)
    await both.run("fast", task=unchecked)
    assert both.used == (1, 1)


@pytest.mark.parametrize(
    ("asked", "settings", "used"),
    [
        (None, {}, (0, 1)),
        (None, {"default_model": "auto"}, (1, 0)),
        (None, {"task_models": {"summarize": "fast"}}, (1, 0)),
        (None, {"default_model": "auto", "task_models": {"summarize": "full"}}, (0, 1)),
        (None, {"task_models": {"classify": "auto"}}, (0, 1)),
        ("full", {"default_model": "auto"}, (0, 1)),
        ("auto", {"task_models": {"summarize": "full"}}, (1, 0)),
    ],
)
async def test_the_jobs_model_precedes_the_tasks_setting_and_that_the_default(
    asked: str | None, settings: dict[str, Any], used: tuple[int, int]
) -> None:
    both = engines()
    await both.run(asked, **settings)
    assert both.used == used


def test_a_setting_for_an_unknown_task_is_refused() -> None:
    with pytest.raises(ValueError, match="sumarize"):
        engines().begin(task_models={"sumarize": "auto"})


async def test_a_task_has_a_model_of_its_own_unless_the_job_asks_for_another() -> None:
    both = engines()
    _, run = await both.run(None, task_models={"summarize": "other"})
    assert both.used_of_all == (0, 0, 1)
    assert (run.role, run.doubts, models_asked(run)) == (Role.full, (), (None, "other"))
    await both.run("fast", task_models={"summarize": "other"})
    assert both.used_of_all == (1, 0, 1)


async def test_the_full_model_does_the_work_of_a_tasks_own_that_is_away() -> None:
    both = engines()
    both.other.ok = False
    _, run = await both.run(None, task_models={"summarize": "other"})
    assert both.used_of_all == (0, 1, 0)
    assert models_asked(run) == (None, "large")


@pytest.mark.parametrize(
    ("request_", "answered_by"),
    [
        ({"model": "other"}, b"other"),
        ({"model": "large"}, b"large"),
        ({"model": "unknown"}, b"large"),
        ({"model": "fast"}, b"large"),
        ({"model": ["other"]}, b"large"),
        ({}, b"large"),
    ],
)
async def test_a_chat_completion_is_for_the_engines_with_its_model(
    request_: Mapping[str, Any], answered_by: bytes
) -> None:
    assert await engines().begin().forward(request_) == answered_by


async def test_a_chat_completion_waits_for_its_model_without_blame() -> None:
    both = engines()
    both.other.ok = False
    with pytest.raises(EngineFaulty, match="No engine with the model other"):
        await both.begin().forward({"model": "other"})


def test_a_setting_for_an_unknown_model_is_refused() -> None:
    with pytest.raises(ValueError, match="CHANCERY_TASK_MODELS names fasst, and"):
        engines().begin(task_models={"summarize": "fasst"})


def test_a_new_run_has_no_usage_and_no_requests() -> None:
    run = engines().begin()
    assert (run.usage, run.escalated, models_asked(run)) == (Usage(), False, (None, None))
