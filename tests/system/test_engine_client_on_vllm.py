"""The engine client, tested on vLLM."""

from __future__ import annotations

import asyncio
import json
import math

import jsonschema
import pytest

from tasks.engine import Message
from tasks.errors import EngineRefused
from tests.system.conftest import deterministic, started_client
from worker.engine.client import EngineClient
from worker.engine.session import EngineSession

CAPITAL = [Message("user", "What is the capital of France?")]
CITY = {"type": "string", "enum": ["Paris", "Rome"]}
LONG_STORY = [Message("user", "Tell a very long story about a river.")]
SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "maxLength": 20},
        "size": {"enum": ["small", "large", "巨大"]},
        "founded": {"type": "integer", "minimum": 1, "maximum": 2026},
        "rivers": {"type": "array", "items": {"type": "string", "maxLength": 10}, "maxItems": 2},
        "mayor": {"anyOf": [{"type": "string", "maxLength": 20}, {"type": "null"}]},
    },
    "required": ["city", "size", "founded", "rivers", "mayor"],
    "additionalProperties": False,
}


async def _running(client: EngineClient, number: int) -> None:
    """Wait until the engine reports `number` running requests, 30 seconds at most."""
    async with asyncio.timeout(30):
        while (await client.metrics()).running != number:
            await asyncio.sleep(0.1)


async def _check_model(url: str, context_tokens: int) -> None:
    """Check that the model at `url` supports everything that the client uses."""
    async with started_client(url) as client:
        session = deterministic(client, priority=10)
        completion = await session.complete(CAPITAL, max_tokens=8, top_logprobs=2)
        assert completion.text
        assert completion.finish_reason == "length"
        assert len(completion.tokens) == 8
        assert session.context_tokens == context_tokens
        assert session.usage.completion_tokens == 8
        assert await session.count_tokens("one two three") > 0


class TestSmolLM2:
    async def test_it_knows_the_capital_of_france(self, smollm2_engine: EngineSession) -> None:
        completion = await smollm2_engine.complete(CAPITAL, max_tokens=24)
        assert "Paris" in completion.text
        assert completion.finish_reason == "stop"
        assert completion.tokens == ()

    async def test_an_answer_fits_its_schema(self, smollm2_engine: EngineSession) -> None:
        question = [Message("user", "Describe the city of Paris as JSON.")]
        completion = await smollm2_engine.complete(question, max_tokens=200, schema=SCHEMA)
        jsonschema.validate(json.loads(completion.text), SCHEMA)

    async def test_log_probabilities_come_for_each_token(
        self, smollm2_engine: EngineSession
    ) -> None:
        completion = await smollm2_engine.complete(CAPITAL, max_tokens=4, top_logprobs=5)
        assert "".join(token.text for token in completion.tokens) == completion.text
        for token in completion.tokens:
            assert token.logprob <= 0
            assert len(token.top) == 5
            assert token.top[token.text] == token.logprob == max(token.top.values())

    async def test_the_log_probabilities_of_a_guided_answer_are_those_of_its_choices(
        self, smollm2_engine: EngineSession
    ) -> None:
        question = [Message("user", "Is fire hot or cold?")]
        schema = {"type": "string", "enum": ["hot", "cold"]}
        completion = await smollm2_engine.complete(
            question, max_tokens=8, schema=schema, top_logprobs=5
        )
        quote, choice, *_ = completion.tokens
        assert "".join(token.text for token in completion.tokens) == completion.text
        assert json.loads(completion.text) in schema["enum"]
        assert quote.logprob == pytest.approx(0)
        assert {"hot", "cold"} < set(choice.top)
        assert sum(math.exp(logprob) for logprob in choice.top.values()) > 0.95

    async def test_tokens_are_counted_without_a_chat_template(
        self, smollm2_engine: EngineSession
    ) -> None:
        assert await smollm2_engine.count_tokens("The capital of France") == 4
        assert await smollm2_engine.count_tokens("") == 0

    async def test_usage_comes_from_the_engine(self, smollm2_engine: EngineSession) -> None:
        await smollm2_engine.complete(CAPITAL, max_tokens=3)
        usage = smollm2_engine.usage
        assert usage.completion_tokens == 3
        assert usage.prompt_tokens > await smollm2_engine.count_tokens(CAPITAL[0].content)
        assert usage.engine_seconds > 0

    async def test_usage_has_the_cached_tokens(self, smollm2_client: EngineClient) -> None:
        prompt = [Message("user", "The river flows from the hills to the sea. " * 40)]
        first, second = deterministic(smollm2_client), deterministic(smollm2_client)
        await first.complete(prompt, max_tokens=1)
        await second.complete(prompt, max_tokens=1)
        assert 0 < second.usage.cached_tokens <= first.usage.prompt_tokens

    async def test_only_requests_with_the_same_salt_share_the_prefix_cache(
        self, smollm2_client: EngineClient
    ) -> None:
        prompt = [Message("user", "The road leads from the town to the lake. " * 40)]
        cached = []
        for salt in ("a" * 64, "a" * 64, "b" * 64, "b" * 64):
            session = deterministic(smollm2_client, cache_salt=salt)
            await session.complete(prompt, max_tokens=1)
            cached.append(session.usage.cached_tokens)
        assert cached[0] == cached[2] == 0
        assert cached[1] == cached[3] > 0

    async def test_the_model_and_its_context_are_known(self, smollm2_engine: EngineSession) -> None:
        assert smollm2_engine.model == "SmolLM2-135M-Instruct"
        assert smollm2_engine.context_tokens == 4096

    async def test_priority_is_accepted(self, smollm2_client: EngineClient) -> None:
        session = deterministic(smollm2_client, priority=10)
        completion = await session.complete(CAPITAL, max_tokens=24)
        assert "Paris" in completion.text

    async def test_cancelling_frees_the_engine(self, smollm2_client: EngineClient) -> None:
        await _running(smollm2_client, 0)
        session = deterministic(smollm2_client)
        asking = asyncio.create_task(session.complete(LONG_STORY, max_tokens=3000))
        await _running(smollm2_client, 1)
        asking.cancel()
        await _running(smollm2_client, 0)
        with pytest.raises(asyncio.CancelledError):
            await asking

    async def test_a_prompt_that_is_too_long_is_refused_and_not_quoted(
        self, smollm2_engine: EngineSession
    ) -> None:
        prompt = [Message("user", "grandmother " * 5000)]
        with pytest.raises(EngineRefused, match="4096") as raised:
            await smollm2_engine.complete(prompt, max_tokens=10)
        assert "grandmother" not in str(raised.value)

    async def test_a_schema_that_the_engine_cannot_follow_is_refused(
        self, smollm2_engine: EngineSession
    ) -> None:
        schema = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
        with pytest.raises(EngineRefused, match="not supported by xgrammar"):
            await smollm2_engine.complete(CAPITAL, max_tokens=10, schema=schema)


class TestTinyR1:
    """Random weights never end their reasoning: only the bound does."""

    async def test_reasoning_is_bounded_and_the_answer_after_it_is_guided(
        self, tiny_r1: str
    ) -> None:
        async with started_client(tiny_r1, reasoning_tokens=32) as client:
            session = deterministic(client, reasons=True)
            bound = session.reasoning_tokens
            completion = await session.complete(CAPITAL, max_tokens=bound + 100, schema=CITY)
            assert json.loads(completion.text) in CITY["enum"]
            assert bound == 32
            # Random text is divided into tokens otherwise when it is read again.
            assert bound // 2 < session.usage.reasoning_tokens <= session.usage.completion_tokens
            assert bound < session.usage.completion_tokens < bound + 20
            assert client.lacks_parser is None

    async def test_a_task_that_gains_nothing_from_reasoning_has_none(self, tiny_r1: str) -> None:
        async with started_client(tiny_r1) as client:
            session = deterministic(client, priority=10)
            assert session.reasoning_tokens == 0
            completion = await session.complete(
                CAPITAL, max_tokens=100, schema=CITY, top_logprobs=2
            )
            assert json.loads(completion.text) in CITY["enum"]
            assert session.usage.reasoning_tokens <= 1
            assert "".join(token.text for token in completion.tokens) == completion.text

    async def test_reasoning_is_not_in_the_response_of_a_chat(self, tiny_r1: str) -> None:
        async with started_client(tiny_r1) as client:
            request = {"messages": [{"role": "user", "content": "Hello."}], "max_tokens": 20}
            session = deterministic(client)
            (choice,) = json.loads(await session.forward(request))["choices"]
            assert "reasoning" not in choice["message"]
            assert session.usage.reasoning_tokens > 10


class TestTinyDeepSeekV3:
    async def test_it_answers(self, tiny_deepseek_v3: str) -> None:
        await _check_model(tiny_deepseek_v3, 2048)
