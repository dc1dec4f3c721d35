"""The client of an engine, over real HTTP against the stand-in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio

from documents.errors import Retry
from jobs.process.settings import EngineSettings
from standin.engine_process import StandInControl, running_standin
from standin.ports import reserved_port
from tasks.engine import Message
from tasks.errors import (
    EngineBusy,
    EngineError,
    EngineFaulty,
    EngineRefused,
    EngineTimeout,
    EngineUnavailable,
    OutputError,
)
from worker.engine.client import EngineClient
from worker.engine.session import EngineSession

QUESTION = [Message("system", "Be short."), Message("user", "The tax office opens at nine.")]
SCHEMA = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "maxLength": 8},
        "year": {"type": "integer", "minimum": 1949, "maximum": 2049},
        "kind": {"enum": ["law", "notice"]},
        "places": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2},
        "until": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "required": ["title", "year", "kind", "places", "until"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def standin_process() -> Iterator[StandInControl]:
    with running_standin() as standin:
        yield standin


@pytest.fixture
def standin(standin_process: StandInControl) -> StandInControl:
    standin_process.control(
        mode="ok",
        latency=0,
        answer=None,
        think=False,
        takes_priority=True,
        context=4096,
        answers_probes=True,
    )
    return standin_process


@pytest_asyncio.fixture
async def client(standin: StandInControl) -> AsyncIterator[EngineClient]:
    async for client in _started(EngineSettings(url=standin.url)):
        assert await client.wait_healthy(30)
        yield client


@pytest.fixture
def session(client: EngineClient) -> EngineSession:
    return _session(client)


async def _started(settings: EngineSettings, concurrency: int = 4) -> AsyncIterator[EngineClient]:
    client = EngineClient(settings, concurrency)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


def _session(client: EngineClient, priority: int = 0) -> EngineSession:
    return EngineSession(
        client, priority=priority, seed=7, temperature=0.5, on_progress=lambda done, total: None
    )


async def _until(standin: StandInControl, name: str, number: int) -> None:
    """Wait until a count of the stand-in is `number`, 30 seconds at most."""
    async with asyncio.timeout(30), httpx.AsyncClient(verify=False, timeout=30) as http:
        while (await http.get(f"{standin.url}/_counts")).json()[name] != number:
            await asyncio.sleep(0.01)


async def test_a_completion_has_its_finish_reason(session: EngineSession) -> None:
    completion = await session.complete(QUESTION, max_tokens=20)
    assert completion.text == "The tax office opens at nine."
    assert completion.finish_reason == "stop"
    assert completion.tokens == ()


async def test_the_request_has_the_parameters_of_the_session_and_the_task(
    client: EngineClient, standin: StandInControl
) -> None:
    await _session(client, priority=10).complete(QUESTION, max_tokens=20, schema=SCHEMA)
    assert standin.last() == {
        "model": "stand-in",
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": "The tax office opens at nine."},
        ],
        "max_tokens": 20,
        "seed": 7,
        "temperature": 0.5,
        "priority": 10,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True},
        },
    }


async def test_log_probabilities_become_tokens(session: EngineSession) -> None:
    completion = await session.complete(QUESTION, max_tokens=20, top_logprobs=3)
    first = completion.tokens[0]
    assert "".join(token.text for token in completion.tokens) == completion.text
    assert (first.text, first.logprob, len(first.top)) == ("The ", -0.1, 3)


async def test_reasoning_is_in_neither_text_nor_tokens(
    session: EngineSession, standin: StandInControl
) -> None:
    standin.control(think=True)
    completion = await session.complete(QUESTION, max_tokens=20, top_logprobs=1)
    assert completion.text == "The tax office opens at nine."
    assert "think" not in "".join(token.text for token in completion.tokens)
    assert completion.tokens


async def test_an_answer_of_only_reasoning_is_an_output_error(
    session: EngineSession, standin: StandInControl
) -> None:
    standin.control(answer="<think>And then again")
    with pytest.raises(OutputError):
        await session.complete(QUESTION, max_tokens=20)


async def test_usage_is_added_up_over_a_session(session: EngineSession) -> None:
    await asyncio.gather(*(session.complete(QUESTION, max_tokens=20) for _ in range(3)))
    usage = session.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens) == (33, 24, 15)
    assert usage.engine_seconds > 0


async def test_tokens_are_counted_by_the_engine(session: EngineSession) -> None:
    assert await session.count_tokens("税务局 four") == 5


async def test_token_counts_are_cached_until_the_engine_was_unhealthy(
    client: EngineClient, standin: StandInControl
) -> None:
    before = standin.counts()["tokenized"]
    assert [await client.count_tokens("税务局 four") for _ in range(3)] == [5, 5, 5]
    assert standin.counts()["tokenized"] == before + 1
    standin.control(mode="unhealthy")
    assert not await client.check_health()
    standin.control(mode="ok")
    assert await client.check_health()
    assert await client.count_tokens("税务局 four") == 5
    assert standin.counts()["tokenized"] == before + 2


async def test_without_tokenize_the_count_is_an_upper_bound(
    session: EngineSession, standin: StandInControl
) -> None:
    standin.control(mode="no-tokenize")
    assert await session.count_tokens("税务局 four") == 11


async def test_the_model_and_its_context_are_read_from_the_engine(
    session: EngineSession,
) -> None:
    assert (session.model, session.context_tokens) == ("stand-in", 4096)


async def test_a_model_that_the_engine_does_not_serve_is_named_in_the_reason(
    standin: StandInControl,
) -> None:
    async for client in _started(EngineSettings(url=standin.url, model="deepseek-r1")):
        assert not await client.check_health()
        assert client.health.reason == "serves stand-in, but not deepseek-r1"
        with pytest.raises(EngineUnavailable):
            await _session(client).complete(QUESTION, max_tokens=20)


async def test_metrics_are_the_engines_own(client: EngineClient, standin: StandInControl) -> None:
    standin.control(mode="hang")
    before = standin.counts()["running"]
    request = asyncio.create_task(_session(client).complete(QUESTION, max_tokens=20))
    await _until(standin, "running", before + 1)
    metrics = await client.metrics()
    request.cancel()
    assert (metrics.running, metrics.waiting, metrics.kv_cache_use) == (before + 1, 0, 0.25)


@pytest.mark.parametrize(
    ("mode", "error", "retry"),
    [
        ("400", EngineRefused, Retry.never),
        ("429", EngineBusy, Retry.uncounted),
        ("500", EngineError, Retry.counted),
        ("502", EngineError, Retry.counted),
        ("503", EngineBusy, Retry.uncounted),
        ("504", EngineError, Retry.counted),
        ("401", EngineBusy, Retry.uncounted),
        ("307", EngineBusy, Retry.uncounted),
        ("413", EngineRefused, Retry.never),
        ("404", EngineRefused, Retry.never),
        ("drop", EngineUnavailable, Retry.uncounted),
        ("unhealthy", EngineUnavailable, Retry.uncounted),
        ("not-json", OutputError, Retry.counted),
    ],
)
async def test_each_failure_of_the_engine_is_a_typed_error(  # noqa: PLR0917 - parameters
    client: EngineClient,
    session: EngineSession,
    standin: StandInControl,
    mode: str,
    error: type[EngineError],
    retry: Retry,
) -> None:
    standin.control(mode=mode)
    with pytest.raises(error) as raised:
        await session.complete(QUESTION, max_tokens=20)
    assert type(raised.value) is error
    assert raised.value.retry is retry
    assert client.outcomes.counts == {error.code: 1}


async def test_a_refusal_never_quotes_the_prompt(
    session: EngineSession, standin: StandInControl
) -> None:
    standin.control(mode="400")
    with pytest.raises(EngineRefused) as raised:
        await session.complete([Message("user", "张三 owes 7,000 yuan")], max_tokens=20)
    assert str(raised.value) == "The engine rejected the request (400): Cannot take:"


async def test_a_prompt_that_is_too_long_is_refused_with_the_engines_reason(
    session: EngineSession, standin: StandInControl
) -> None:
    standin.control(context=10)
    with pytest.raises(EngineRefused, match="maximum context length is 10 tokens"):
        await session.complete(QUESTION, max_tokens=20)


async def test_an_engine_that_does_not_listen_is_unavailable() -> None:
    async for client in _started(EngineSettings(url=f"http://127.0.0.1:{reserved_port()}")):
        assert not await client.check_health()
        with pytest.raises(EngineUnavailable):
            await _session(client).complete(QUESTION, max_tokens=20)


async def test_a_failed_connection_makes_the_engine_unhealthy_at_once(
    client: EngineClient, standin: StandInControl
) -> None:
    standin.control(mode="drop")
    with pytest.raises(EngineUnavailable):
        await _session(client).complete(QUESTION, max_tokens=20)
    assert not client.health.ok
    assert "connection" in client.health.reason


async def test_the_health_follows_the_engine(client: EngineClient, standin: StandInControl) -> None:
    standin.control(mode="unhealthy")
    async with asyncio.timeout(30):
        while client.health.ok:
            await asyncio.sleep(0.01)
    assert client.health.reason == "answers 503 at /health"
    assert not await client.wait_healthy(0.05)
    standin.control(mode="ok")
    assert await client.wait_healthy(30)


async def test_an_engine_that_does_not_answer_in_time_is_a_timeout(
    standin: StandInControl,
) -> None:
    aborted = standin.counts()["aborted"]
    standin.control(mode="hang")
    async for client in _started(EngineSettings(url=standin.url, timeout_seconds=0.2)):
        assert await client.wait_healthy(30)
        session = _session(client)
        with pytest.raises(EngineTimeout):
            await session.complete(QUESTION, max_tokens=20)
        await _until(standin, "aborted", aborted + 1)
        # The engine worked on it, although nothing came of it.
        assert session.usage.engine_seconds >= 0.2
        assert session.usage.gpu_seconds >= 0.2
        assert session.usage.completion_tokens == 0


async def test_requests_to_an_unhealthy_engine_that_hangs_are_aborted(
    standin: StandInControl,
) -> None:
    before = standin.counts()
    standin.control(mode="hang")
    async for client in _started(EngineSettings(url=standin.url, stuck_seconds=0.1)):
        assert await client.wait_healthy(30)
        request = asyncio.create_task(_session(client).complete(QUESTION, max_tokens=20))
        await _until(standin, "started", before["started"] + 1)
        standin.control(mode="unhealthy")
        with pytest.raises(EngineUnavailable):
            async with asyncio.timeout(30):
                await request
        await _until(standin, "aborted", before["aborted"] + 1)


async def test_cancelling_aborts_the_request_in_the_engine(
    client: EngineClient, session: EngineSession, standin: StandInControl
) -> None:
    before = standin.counts()
    standin.control(mode="hang")
    request = asyncio.create_task(session.complete(QUESTION, max_tokens=20))
    await _until(standin, "started", before["started"] + 1)
    request.cancel()
    await _until(standin, "aborted", before["aborted"] + 1)
    with pytest.raises(asyncio.CancelledError):
        await request
    assert client.outcomes.counts == {"aborted": 1}


async def test_no_more_requests_are_in_flight_than_slots(
    client: EngineClient, standin: StandInControl
) -> None:
    before = standin.counts()["started"]
    standin.control(mode="hang")
    request = [
        asyncio.create_task(_session(client).complete(QUESTION, max_tokens=20)) for _ in range(6)
    ]
    await _until(standin, "started", before + 4)
    await client.metrics()
    assert standin.counts()["started"] == before + 4
    request[0].cancel()
    await _until(standin, "started", before + 5)
    for one in request:
        one.cancel()


async def test_priority_is_omitted_after_the_engine_refused_it(
    client: EngineClient, standin: StandInControl
) -> None:
    started = standin.counts()["started"]
    standin.control(takes_priority=False)
    session = _session(client, priority=10)
    for _ in range(2):
        await session.complete(QUESTION, max_tokens=20)
    assert "priority" not in standin.last()
    assert standin.counts()["started"] == started + 3


async def test_progress_is_passed_on(client: EngineClient) -> None:
    calls: list[tuple[int, int]] = []
    session = EngineSession(
        client,
        priority=0,
        seed=1,
        temperature=0,
        on_progress=lambda done, total: calls.append((done, total)),
    )
    session.progress(1, 4)
    assert calls == [(1, 4)]


@pytest.mark.parametrize(
    "mode", ["307", "400", "401", "403", "404", "413", "422", "500", "502", "503", "504"]
)
async def test_an_engine_that_refuses_everything_is_faulty_until_it_answers_a_probe(
    client: EngineClient, session: EngineSession, standin: StandInControl, mode: str
) -> None:
    standin.control(mode=mode, answers_probes=False)
    requests = [session.complete(QUESTION, max_tokens=20) for _ in range(4)]
    for error in await asyncio.gather(*requests, return_exceptions=True):
        assert isinstance(error, EngineFaulty)
    assert not client.health.ok
    assert (client.health.code, mode in client.health.reason) == (mode, True)
    assert not await client.check_health()  # it answers /health, and still refuses
    standin.control(mode="ok")
    assert await client.check_health()
    assert (await session.complete(QUESTION, max_tokens=20)).text


async def test_a_web_page_instead_of_completions_is_the_fault_of_the_engine(
    client: EngineClient, session: EngineSession, standin: StandInControl
) -> None:
    standin.control(mode="not-json", answers_probes=False)
    with pytest.raises(EngineFaulty):
        await session.complete(QUESTION, max_tokens=20)
    assert "CHANCERY_ENGINE_URL" in client.health.reason


async def test_an_address_may_end_in_v1(standin: StandInControl) -> None:
    async for client in _started(EngineSettings(url=f"{standin.url}/v1/")):
        assert await client.wait_healthy(30)
        assert (await _session(client).complete(QUESTION, max_tokens=20)).text
