"""Each task gives the same result when its steps run in another process."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, get_type_hints

import pytest
from pydantic import BaseModel, TypeAdapter

from documents.isolation import compute as computing
from standin.scripted_engine import ScriptedEngine
from tasks.registry import TASKS
from tests.unit.tasks.asking import NOTICE, answer, options_of

NAMES = ["extract", "summarize", "qa", "translate", "minutes", "draft", "dispatch"]


def result_json(call: bytes) -> bytes:
    """What a child answers: the result as JSON."""
    function, args, kwargs = pickle.loads(call)
    return _returned(function).dump_json(function(*args, **kwargs))


def _returned(function: Callable[..., Any]) -> TypeAdapter[Any]:
    return TypeAdapter(get_type_hints(function)["return"])


class ChildProcess:
    """Runs calls in one other process: arguments by pickle, results as JSON."""

    def __init__(self, executor: ProcessPoolExecutor) -> None:
        self._executor = executor
        self.called: set[str] = set()

    async def call(self, function: Callable[..., Any], arguments: bytes) -> Any:
        self.called.add(function.__name__)
        call = pickle.dumps((function, *pickle.loads(arguments)))
        loop = asyncio.get_running_loop()
        output = await loop.run_in_executor(self._executor, result_json, call)
        return _returned(function).validate_json(output)


@pytest.fixture(scope="module")
def executor() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        yield executor


async def outcome(name: str) -> tuple[list[str], Any]:
    """The requests, which are concurrent, in any order, and the result."""
    engine = ScriptedEngine(answer, context_tokens=2_000)
    result = await TASKS[name].run(NOTICE, options_of(TASKS[name]), engine)
    assert isinstance(result, BaseModel)
    return sorted(map(repr, engine.requests)), result.model_dump(mode="json")


@pytest.mark.parametrize("name", NAMES)
async def test_a_task_gives_the_same_when_its_steps_run_in_a_process(
    name: str, monkeypatch: pytest.MonkeyPatch, executor: ProcessPoolExecutor
) -> None:
    inline = await outcome(name)
    monkeypatch.setattr(computing, "INLINE_BYTES", 0)
    child = ChildProcess(executor)
    with computing.computing_in(child):
        assert await outcome(name) == inline
    assert child.called
