"""Requests to a model that reasons, against the stand-in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from jobs.process.settings import EngineSettings
from standin.engine import ROOT
from standin.engine_process import StandInControl, running_standin
from tasks.engine import Message
from tasks.errors import OutputError
from worker.engine.client import EngineClient
from worker.engine.session import EngineSession

QUESTION = [Message("user", "What is due?\nThe tax return is due in May.")]
SCHEMA = {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}
R1, V31, V3 = "DeepSeek-R1-Distill-Qwen-7B", "DeepSeek-V3.1", "DeepSeek-V3"
CONTEXT = 16_384


@pytest.fixture(scope="module")
def standin_process() -> Iterator[StandInControl]:
    with running_standin() as standin:
        yield standin


@pytest.fixture
def standin(standin_process: StandInControl) -> StandInControl:
    standin_process.control(root=ROOT, think=False, parser=False, bounds=False, answer=None)
    return standin_process


@pytest_asyncio.fixture
async def client(standin: StandInControl) -> AsyncIterator[EngineClient]:
    engine = EngineClient(EngineSettings(url=standin.url, reasoning_tokens=1_000), 4)
    engine.open()
    yield engine
    await engine.close()


async def _session(
    client: EngineClient, standin: StandInControl, *, reasons: bool, **behaviour: Any
) -> EngineSession:
    standin.control(context=CONTEXT, **behaviour)
    assert await client.check_health(), client.health.reason
    return EngineSession(
        client,
        priority=0,
        seed=7,
        temperature=0,
        on_progress=lambda done, total: None,
        reasons=reasons,
    )


async def test_r1_reasons_within_a_bound_and_its_answer_is_guided(
    client: EngineClient, standin: StandInControl
) -> None:
    session = await _session(
        client, standin, reasons=True, root=R1, think=True, parser=True, bounds=True
    )
    assert session.reasoning_tokens == 1_000
    completion = await session.complete(QUESTION, max_tokens=1_500, schema=SCHEMA)
    sent = standin.last()
    assert sent["thinking_token_budget"] == 1_000
    assert "response_format" in sent
    assert (sent["temperature"], sent["top_p"]) == (0.6, 0.95)
    assert "think" not in completion.text
    assert session.usage.reasoning_tokens > 0
    assert client.lacks_parser is None


async def test_r1_does_not_reason_for_a_task_that_gains_nothing_from_it(
    client: EngineClient, standin: StandInControl
) -> None:
    session = await _session(
        client, standin, reasons=False, root=R1, think=True, parser=True, bounds=True
    )
    assert session.reasoning_tokens == 0
    await session.complete(QUESTION, max_tokens=500, schema=SCHEMA)
    sent = standin.last()
    assert sent["thinking_token_budget"] == 0
    assert (sent["temperature"], sent.get("top_p")) == (0, None)
    assert session.usage.reasoning_tokens == 0


async def test_an_engine_that_cannot_bound_reasoning_gets_room_for_it(
    client: EngineClient, standin: StandInControl
) -> None:
    session = await _session(client, standin, reasons=False, root=R1, think=True, parser=True)
    assert session.reasoning_tokens == 1_000
    await session.complete(QUESTION, max_tokens=1_500, schema=SCHEMA)
    assert "thinking_token_budget" not in standin.last()
    assert "response_format" in standin.last()


async def test_without_a_parser_the_reasoning_is_not_replaced_by_guided_decoding(
    client: EngineClient, standin: StandInControl
) -> None:
    session = await _session(
        client, standin, reasons=True, root=R1, think=True, answer='{"x": "May"}'
    )
    completion = await session.complete(QUESTION, max_tokens=1_500, schema=SCHEMA)
    assert "response_format" not in standin.last()
    assert completion.text == '{"x": "May"}'
    assert client.lacks_parser == "deepseek_r1"


@pytest.mark.parametrize("reasons", [True, False])
async def test_v31_is_switched_by_a_variable_of_its_template(
    client: EngineClient, standin: StandInControl, *, reasons: bool
) -> None:
    session = await _session(client, standin, reasons=reasons, root=V31, think=True, parser=True)
    await session.complete(QUESTION, max_tokens=1_500, schema=SCHEMA)
    assert standin.last()["chat_template_kwargs"] == {"thinking": reasons}
    assert session.reasoning_tokens == (1_000 if reasons else 0)


async def test_a_model_that_does_not_reason_is_asked_nothing_more(
    client: EngineClient, standin: StandInControl
) -> None:
    session = await _session(client, standin, reasons=True, root=V3)
    await session.complete(QUESTION, max_tokens=500, schema=SCHEMA)
    assert not {"chat_template_kwargs", "thinking_token_budget"} & set(standin.last())
    assert session.reasoning_tokens == 0


async def test_a_quarter_of_the_context_is_kept_for_an_unknown_model(
    client: EngineClient, standin: StandInControl
) -> None:
    session = await _session(client, standin, reasons=False)
    assert session.reasoning_tokens == CONTEXT // 4


async def test_an_answer_of_reasoning_alone_is_an_error_of_the_output(
    client: EngineClient, standin: StandInControl
) -> None:
    session = await _session(
        client, standin, reasons=True, root=R1, think=True, parser=True, bounds=True
    )
    with pytest.raises(OutputError, match="only reasoning"):
        await session.complete(QUESTION, max_tokens=8)


async def test_reasoning_does_not_reach_the_response_of_a_chat(
    client: EngineClient, standin: StandInControl
) -> None:
    session = await _session(
        client, standin, reasons=False, root=R1, think=True, parser=True, bounds=True
    )
    body = await session.forward({"messages": [{"role": "user", "content": "Hello."}]})
    assert b"Let me think" not in body
    assert b'"content"' in body
    assert "include_reasoning" not in standin.last()
    assert session.usage.reasoning_tokens > 0
