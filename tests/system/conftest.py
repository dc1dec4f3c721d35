"""Real engines, each started for the first test that needs it, which takes about a minute.

For development, the tests can use running engines:
`CHANCERY_TEST_SMOLLM2_URL`, `CHANCERY_TEST_TINY_R1_URL`, `CHANCERY_TEST_TINY_DEEPSEEK_V3_URL`.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest
import pytest_asyncio
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from jobs.process.settings import EngineSettings
from standin.engine_process import running_vllm
from worker.engine.client import EngineClient
from worker.engine.session import EngineSession

HEALTHY_SECONDS = 60.0


class ByEngine(LoadScopeScheduling):  # type: ignore[misc] # the library has no types
    """One process runs all tests that share a real engine; the others are divided by file."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "engines" if "_on_" in file else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByEngine:
    return ByEngine(config, log)


@pytest.fixture(scope="session")
def smollm2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of vLLM with SmolLM2-135M-Instruct, real weights, 4096 tokens."""
    with _engine("SmolLM2-135M-Instruct", "SMOLLM2", tmp_path_factory) as url:
        yield url


@pytest.fixture(scope="class")
def tiny_r1(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of vLLM with a tiny Qwen2 that reasons as DeepSeek's distillations do, with random
    weights, 2048 tokens, for one class.
    """
    with _engine("tiny-deepseek-r1-distill-qwen2", "TINY_R1", tmp_path_factory) as url:
        yield url


@pytest.fixture(scope="class")
def tiny_deepseek_v3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of vLLM with a tiny DeepSeek-V3, like `tiny_r1`."""
    with _engine("tiny-deepseek-v3", "TINY_DEEPSEEK_V3", tmp_path_factory) as url:
        yield url


@pytest_asyncio.fixture
async def smollm2_client(smollm2: str) -> AsyncIterator[EngineClient]:
    """A healthy client to SmolLM2."""
    async with started_client(smollm2) as client:
        yield client


@pytest.fixture
def smollm2_engine(smollm2_client: EngineClient) -> EngineSession:
    """A session of one job with SmolLM2, at temperature 0."""
    return deterministic(smollm2_client)


@asynccontextmanager
async def started_client(
    url: str, concurrency: int = 8, *, reasoning_tokens: int = 4096
) -> AsyncIterator[EngineClient]:
    settings = EngineSettings(url=url, reasoning_tokens=reasoning_tokens)
    client = EngineClient(settings, concurrency)
    await client.start()
    try:
        if not await client.wait_healthy(HEALTHY_SECONDS):
            pytest.fail(f"the engine at {url} is not healthy: {client.health.reason}")
        yield client
    finally:
        await client.close()


def deterministic(
    client: EngineClient,
    priority: int = 0,
    cache_salt: str | None = None,
    *,
    reasons: bool = False,
) -> EngineSession:
    return EngineSession(
        client,
        priority=priority,
        seed=1,
        temperature=0,
        on_progress=lambda done, total: None,
        cache_salt=cache_salt,
        reasons=reasons,
    )


@contextmanager
def _engine(model: str, name: str, folders: pytest.TempPathFactory) -> Iterator[str]:
    if url := os.environ.get(f"CHANCERY_TEST_{name}_URL"):
        yield url
        return
    tiny = model.startswith("tiny-")
    try:
        engine = running_vllm(
            model,
            folders.mktemp("engine"),
            max_model_len=2048 if tiny else 4096,
            dummy_weights=tiny,
        )
        with engine as url:
            yield url
    except FileNotFoundError as error:
        pytest.fail(f"no engine is installed: run make engine ({error.filename or error})")
