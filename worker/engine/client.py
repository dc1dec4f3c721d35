"""The client to an engine: vLLM's OpenAI-compatible interface over HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

import httpx
import structlog
from pydantic import BaseModel, Field, ValidationError

from jobs.process.settings import EngineSettings
from tasks.engine import Message
from tasks.errors import (
    EngineBusy,
    EngineError,
    EngineRefused,
    EngineTimeout,
    EngineUnavailable,
    OutputError,
)
from worker.engine.health import Health, HealthBoard
from worker.engine.http import Answer, EngineHttp, NoAnswer
from worker.engine.metrics import EngineFigures, read_figures
from worker.engine.request import ChatRequest, to_body
from worker.engine.responses import refusal
from worker.engine.slots import Places
from worker.engine.token_counts import TokenCounts, most_tokens

log = structlog.get_logger()

HEALTH_EVERY_SECONDS = 1.0
HEALTH_TIMEOUT_SECONDS = 10.0
COUNTING_IN_FLIGHT = 8
WATCHING_IN_FLIGHT = 4
# What a model is taken to hold where the engine does not say.
CONTEXT_TOKENS = 4096
UNAVAILABLE = "The engine is not available. Work goes on when it is; the worker's log says why."


class _Model(BaseModel):
    id: str
    root: str | None = None
    max_model_len: int | None = None


class _Models(BaseModel):
    data: list[_Model] = Field(min_length=1)


class _Count(BaseModel):
    count: int


class _Version(BaseModel):
    version: str


class EngineClient:
    """One engine, with at most `concurrency` completions in flight; the last `kept` of those places
    are for priority 0 alone.

    `start` before use, in the event loop that will use it; `close` after.
    """

    def __init__(self, settings: EngineSettings, concurrency: int, kept: int = 0) -> None:
        self._settings = settings
        self._places = Places(concurrency, kept)
        self._counting = asyncio.Semaphore(COUNTING_IN_FLIGHT)
        self._connections = concurrency + COUNTING_IN_FLIGHT + WATCHING_IN_FLIGHT
        self._board = HealthBoard()
        self._deadlines: set[asyncio.Timeout] = set()
        self._model: _Model | None = None
        self._version: str | None = None
        self._takes_priority = True
        self._counts_tokens = True
        self._token_counts = TokenCounts()
        self._http: EngineHttp | None = None
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the client and begin to watch the engine's health. Does not wait for the engine."""
        key = self._settings.api_key
        self._http = EngineHttp(
            self._settings.url, key.get_secret_value() if key else None, self._connections
        )
        self._watch = asyncio.create_task(self._watch_health(), name="engine-health")

    async def close(self) -> None:
        """Stop watching and close every connection, which aborts the requests on them."""
        if self._watch:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch
        if self._http:
            await self._http.close()

    @property
    def health(self) -> Health:
        return self._board.health

    @property
    def model(self) -> str:
        """The model's name. Raises `EngineUnavailable` before the engine was first healthy."""
        return self._known_model().id

    def root_of(self, model: str) -> str | None:
        """What the engine itself calls the model that it serves under this name, if it says so."""
        known = self._model
        return known.root if known is not None and known.id == model else None

    @property
    def version(self) -> str | None:
        """The engine's version; None where it does not say."""
        return self._version

    @property
    def context_tokens(self) -> int:
        """The most tokens of prompt and answer. Raises `EngineUnavailable` like `model`."""
        return self._known_model().max_model_len or CONTEXT_TOKENS

    async def wait_healthy(self, timeout: float) -> bool:  # noqa: ASYNC109 - late is an answer
        """True as soon as the engine is healthy, False after `timeout` seconds."""
        return await self._board.wait_good(timeout)

    async def healthy(self) -> bool:
        """Ask the engine now, and learn its model if it was not healthy before."""
        try:
            async with asyncio.timeout(HEALTH_TIMEOUT_SECONDS):
                answer = await self._client().get("/health")
                if answer.status != httpx.codes.OK:
                    self._board.bad(f"answers {answer.status} at /health")
                    return False
                if not self.health.ok:
                    self._token_counts.forget()
                    self._model = await self._find_model()
                    self._version = await self._find_version()
        except TimeoutError:
            self._board.bad(f"no answer at /health in {HEALTH_TIMEOUT_SECONDS:.0f} s")
            return False
        except (NoAnswer, EngineUnavailable) as error:
            self._board.bad(str(error))
            return False
        self._board.good()
        return True

    async def figures(self) -> EngineFigures:
        """The engine's own figures. Raises `EngineUnavailable` where it does not give them."""
        try:
            async with asyncio.timeout(HEALTH_TIMEOUT_SECONDS):
                answer = await self._client().get("/metrics")
            return read_figures(_body(answer, "/metrics").decode())
        except (TimeoutError, NoAnswer, ValueError) as error:
            raise EngineUnavailable(
                f"The engine gives no figures at /metrics: {error or type(error).__name__}"
            ) from error

    async def chat(
        self, request: ChatRequest, messages: Sequence[Message], priority: int
    ) -> tuple[bytes, float]:
        """Post one chat completion when a place is free: the answer's body, and its seconds.

        Raises `EngineError` and its kinds.
        """
        async with self._places.take(priority):
            began = time.monotonic()
            answer = await self._post_chat(request, priority if self._takes_priority else 0)
            if self._refuses_priority(answer, priority):
                self._takes_priority = False
                log.warning("engine.priority_unsupported")
                answer = await self._post_chat(request, 0)
            seconds = time.monotonic() - began
        if answer.status != httpx.codes.OK:
            raise await self._error(answer, messages)
        return answer.body, seconds

    async def count_tokens(self, text: str) -> int:
        """Tokens of `text`; more than there are where the engine cannot count."""
        if not self._counts_tokens:
            return most_tokens(text)
        return await self._token_counts.of(text, self._count_tokens)

    async def _count_tokens(self, text: str) -> int:
        request = {"model": self.model, "prompt": text, "add_special_tokens": False}
        async with self._counting:
            answer = await self._post("/tokenize", to_body(request))
        if answer.status == httpx.codes.NOT_FOUND:
            self._counts_tokens = False
            return most_tokens(text)
        if answer.status != httpx.codes.OK:
            raise await self._error(answer, [Message("user", text)])
        try:
            return _Count.model_validate_json(answer.body).count
        except ValidationError:
            raise OutputError(
                "The engine's answer at /tokenize is not a count of tokens."
            ) from None

    async def _post_chat(self, request: ChatRequest, priority: int) -> Answer:
        return await self._post("/v1/chat/completions", request.body(priority))

    def _refuses_priority(self, answer: Answer, priority: int) -> bool:
        return (
            answer.status == httpx.codes.BAD_REQUEST
            and priority != 0
            and self._takes_priority
            and b"priority" in answer.body.lower()
        )

    async def _post(self, path: str, body: bytes) -> Answer:
        limit = self._settings.timeout_seconds
        try:
            async with asyncio.timeout(limit) as deadline:
                self._deadlines.add(deadline)
                try:
                    return await self._client().post(path, body)
                finally:
                    self._deadlines.discard(deadline)
        except TimeoutError as error:
            if self._board.bad_seconds > self._settings.stuck_seconds:
                raise EngineUnavailable(UNAVAILABLE) from error
            raise EngineTimeout(
                f"The engine did not answer in {limit:.0f} s. Ask for less at once, or raise "
                "CHANCERY_ENGINE_TIMEOUT_SECONDS."
            ) from error
        except NoAnswer as error:
            raise self._unavailable(f"the connection failed: {error}") from error

    async def _error(self, answer: Answer, messages: Sequence[Message]) -> EngineError:
        status = answer.status
        if status == httpx.codes.TOO_MANY_REQUESTS:
            return EngineBusy("The engine has too many requests (429).")
        if status == httpx.codes.INTERNAL_SERVER_ERROR and await self.healthy():
            # Not its health but this request: were it tried again for ever, the job would not end.
            return EngineError("The engine answered 500 and is healthy: see the engine's log.")
        if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            return self._unavailable(f"answers {status}")
        return EngineRefused(
            f"The engine rejected the request ({status}): {refusal(answer.body, messages)}"
        )

    def _unavailable(self, reason: str) -> EngineUnavailable:
        """`reason` may name addresses, so it is for operators: a job's error does not have it."""
        self._board.bad(reason)
        return EngineUnavailable(UNAVAILABLE)

    async def _watch_health(self) -> None:
        while True:
            await self.healthy()
            if self._board.bad_seconds > self._settings.stuck_seconds:
                # It holds connections open and will not answer on them.
                for deadline in self._deadlines:
                    deadline.reschedule(asyncio.get_running_loop().time())
            await asyncio.sleep(HEALTH_EVERY_SECONDS)

    async def _find_model(self) -> _Model:
        answer = await self._client().get("/v1/models")
        try:
            models = _Models.model_validate_json(_body(answer, "/v1/models")).data
        except ValidationError:
            raise EngineUnavailable("answers no list of models at /v1/models") from None
        wanted = self._settings.model
        for model in models:
            if wanted in {None, model.id}:
                return model
        raise EngineUnavailable(f"serves {', '.join(one.id for one in models)}, but not {wanted}")

    async def _find_version(self) -> str | None:
        answer = await self._client().get("/version")
        try:
            return _Version.model_validate_json(answer.body).version
        except ValidationError:
            return None

    def _known_model(self) -> _Model:
        if self._model is None:
            raise EngineUnavailable(UNAVAILABLE)
        return self._model

    def _client(self) -> EngineHttp:
        if self._http is None:
            raise RuntimeError("the engine client was not started")
        return self._http


def _body(answer: Answer, path: str) -> bytes:
    if answer.status != httpx.codes.OK:
        raise EngineUnavailable(f"answers {answer.status} at {path}")
    return answer.body
