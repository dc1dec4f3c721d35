"""The client of an engine: vLLM's OpenAI-compatible interface over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from contextlib import suppress

import httpx
import structlog
from pydantic import BaseModel, ValidationError

from jobs.process.settings import EngineSettings
from tasks.engine import Message
from tasks.errors import (
    EngineBusy,
    EngineError,
    EngineFaulty,
    EngineTimeout,
    EngineUnavailable,
    OutputError,
)
from worker.engine.health import Health, HealthState
from worker.engine.limits.held import HeldBoth
from worker.engine.limits.shares import Shares
from worker.engine.limits.slots import Slots
from worker.engine.model.identity import ServedModel, body_of, find_model, find_version
from worker.engine.model.models import family_of
from worker.engine.model.reasoning import Reasoning, find_reasoning
from worker.engine.requests.http import ConnectionFailed, EngineHttp
from worker.engine.requests.probe import TIMEOUT_SECONDS, Fault, Probe, Refused
from worker.engine.requests.request import ChatRequest, to_body
from worker.engine.requests.responses import error_of_request
from worker.engine.requests.token_counts import TokenCounts, most_tokens
from worker.engine.statistics.busy_time import BusyTime, UsedTime
from worker.engine.statistics.metrics import EngineMetrics, parse_metrics
from worker.engine.statistics.outcomes import Outcomes
from worker.engine.statistics.power import PowerSource
from worker.http.connection import Response

log = structlog.get_logger()

HEALTH_POLL_SECONDS = 1.0
# An engine that hangs is named within ten seconds, together with the poll and the heartbeat.
HEALTH_TIMEOUT_SECONDS = 5.0
COUNTS_IN_FLIGHT = 8
CHECKS_IN_FLIGHT = 4
# One job has at most this part of the slots while other jobs need some.
SHARES = 4
# The assumed context length of a model whose engine does not report it.
DEFAULT_CONTEXT_TOKENS = 4096
UNAVAILABLE = (
    "The engine is not available. Jobs continue when it is; the worker's log has the reason."
)


class _Count(BaseModel):
    count: int


class EngineClient:
    """One engine, with at most `concurrency` completions in flight, of which `reserved` are for
    priority 0 only. Call `start` in the event loop that uses it, and `close` at the end.
    """

    def __init__(self, settings: EngineSettings, concurrency: int, reserved: int = 0) -> None:
        self._settings = settings
        self._slots = Slots(concurrency, reserved)
        self._shares = Shares(max(1, concurrency // SHARES))
        self._counting = Slots(COUNTS_IN_FLIGHT)
        self._connections = concurrency + COUNTS_IN_FLIGHT + CHECKS_IN_FLIGHT
        self._health = HealthState()
        self._busy = BusyTime(settings.gpus, settings.watts)
        self._power: PowerSource | None = None
        self._deadlines: set[asyncio.Timeout] = set()
        self._model: ServedModel | None = None
        self._version: str | None = None
        self._reasoning: Reasoning | None = None
        self._supports_priority = True
        self._can_count_tokens = True
        self._is_faulty = False
        self._probe = Probe(
            lambda body: self._client().post("/v1/chat/completions", body), lambda: self.model
        )
        self._token_counts = TokenCounts()
        self._outcomes = Outcomes()
        self._http: EngineHttp | None = None
        self._watches: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start to watch the engine's health and power. Does not wait for the engine."""
        self.open()
        self._watches = [asyncio.create_task(self._watch_health(), name="engine-health")]
        if self._settings.power_url:
            self._power = PowerSource(self._settings.power_url)
            watch = self._power.watch(self._busy.set_watts, self._settings.watts)
            self._watches.append(asyncio.create_task(watch, name="engine-power"))

    def open(self) -> None:
        """Allow requests, without a watch over the engine's health."""
        key = self._settings.api_key
        self._http = EngineHttp(
            self._settings.url, key.get_secret_value() if key else None, self._connections
        )

    async def close(self) -> None:
        """Stop watching and close every connection, which aborts the requests in flight."""
        for watch in self._watches:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
        if self._power:
            await self._power.close()
        if self._http:
            await self._http.close()

    @property
    def health(self) -> Health:
        return self._health.health

    @property
    def answered_seconds(self) -> float | None:
        """How long ago the engine last answered a check of its health; None if it never did."""
        return self._health.answered_seconds

    @property
    def is_known(self) -> bool:
        """Whether the engine was healthy once."""
        return self._model is not None and self._reasoning is not None

    @property
    def model(self) -> str:
        """The model's name. Raises `EngineUnavailable` until the engine was healthy once."""
        return self._served_model().id

    def root_of(self, model: str) -> str | None:
        """The engine's own name (`root`) of the model that it serves as `model`, or None."""
        served = self._model
        return served.root if served is not None and served.id == model else None

    @property
    def version(self) -> str | None:
        """The engine's version; None if it does not report it."""
        return self._version

    @property
    def reasoning(self) -> Reasoning:
        """How the model reasons. Raises `EngineUnavailable` like `model`."""
        if self._reasoning is None:
            raise EngineUnavailable(UNAVAILABLE)
        return self._reasoning

    @property
    def lacks_parser(self) -> str | None:
        """As `Reasoning.lacks_parser`; None also until the engine was healthy once."""
        return self._reasoning.lacks_parser if self._reasoning else None

    @property
    def most_reasoning_tokens(self) -> int:
        """By the settings."""
        return self._settings.reasoning_tokens

    @property
    def context_tokens(self) -> int:
        """The maximum tokens of prompt and answer. Raises `EngineUnavailable` like `model`."""
        return self._served_model().max_model_len or DEFAULT_CONTEXT_TOKENS

    async def wait_healthy(self, timeout: float) -> bool:  # noqa: ASYNC109 - a timeout is a result
        """True as soon as the engine is healthy, False after `timeout` seconds."""
        return await self._health.wait_healthy(timeout)

    async def check_health(self) -> bool:
        """Ask the engine now. If it was unhealthy before, read its model and version again."""
        fault = await self._find_fault()
        if fault:
            self._health.set_unhealthy(fault.reason, fault.code)
            return False
        self._is_faulty = False
        self._health.set_healthy()
        return True

    async def _find_fault(self) -> Fault | None:
        limit, path = HEALTH_TIMEOUT_SECONDS, "/health"
        try:
            async with asyncio.timeout(limit):
                body_of(await self._client().get(path), path)
                if not self.health.ok:
                    await self._find_identity()
            if not self.health.ok:
                limit, path = TIMEOUT_SECONDS, "/v1/chat/completions"
                async with asyncio.timeout(limit):
                    await self._find_reasoning()
        except TimeoutError:
            return Fault("timeout", f"no answer at {path} in {limit:.0f} s")
        except ConnectionFailed as error:
            return Fault("connection", str(error))
        except Refused as error:
            return Fault(str(error.status), str(error))
        except EngineUnavailable as error:
            return Fault("models", str(error))
        # It has answered /health all along: only an answered probe shows that it was mended.
        return await self._probe.fault() if self._is_faulty else None

    async def _find_identity(self) -> None:
        self._token_counts.clear()
        self._model = await find_model(self._client(), self._settings.model)
        self._version = await find_version(self._client())
        self._can_count_tokens = True

    async def _find_reasoning(self) -> None:
        model = self._served_model()
        self._reasoning = await find_reasoning(
            family_of(model.root, model.id),
            model.id,
            lambda body: self._client().post("/v1/chat/completions", body),
        )

    async def metrics(self) -> EngineMetrics:
        """The engine's metrics. Raises `EngineUnavailable` if it does not report them."""
        try:
            async with asyncio.timeout(HEALTH_TIMEOUT_SECONDS):
                response = await self._client().get("/metrics")
            metrics = parse_metrics(body_of(response, "/metrics").decode())
        except (TimeoutError, ConnectionFailed, ValueError, Refused) as error:
            raise EngineUnavailable(
                f"The engine reports no metrics at /metrics: {error or type(error).__name__}"
            ) from error
        self._busy.set_in_flight(metrics.running + metrics.waiting)
        return metrics

    def slot(self, priority: int, owner: str = "", job: Hashable = None) -> HeldBoth:
        """Hold one of the slots for requests in flight. Owners get them in turns, and one `job` has
        at most a quarter of them while others need some.
        """
        return HeldBoth(self._shares.hold(job), self._slots.acquire(priority, owner))

    @property
    def load(self) -> float:
        """The requests in flight for each of its GPUs, those of other workers included."""
        return self._busy.in_flight / self._settings.gpus

    @property
    def in_flight(self) -> int:
        """The requests in flight of this client."""
        return self._busy.own

    @property
    def outcomes(self) -> Outcomes:
        """How the chat completions so far ended."""
        return self._outcomes

    async def chat(
        self,
        request: ChatRequest,
        messages: Sequence[Message],
        priority: int,
        used: UsedTime | None = None,
        job: Hashable = None,  # noqa: ARG002 - there is no choice of engines
    ) -> bytes:
        """Send one chat completion, in a slot; returns the response's body. Raises `EngineError`.

        Its time is added to `used`, also if it fails.
        """
        used = used or UsedTime()
        with self._outcomes.counted(request.model) as traceparent:
            return await self._chat(request, messages, priority, used, traceparent)

    async def _chat(
        self,
        request: ChatRequest,
        messages: Sequence[Message],
        priority: int,
        used: UsedTime,
        traceparent: str | None,
    ) -> bytes:
        first_priority = priority if self._supports_priority else 0
        response = await self._post_chat(request, first_priority, used, traceparent)
        if self._refuses_priority(response, priority):
            self._supports_priority = False
            log.warning("engine.priority_unsupported")
            response = await self._post_chat(request, 0, used, traceparent)
        if response.status != httpx.codes.OK or b'"choices"' not in response.body:
            raise await self._error(response, messages)
        return response.body

    async def count_tokens(self, text: str, priority: int = 0, owner: str = "") -> int:
        """Tokens of `text`; an upper bound if the engine cannot count them."""
        if not self._can_count_tokens:
            return most_tokens(text)

        async def count(text: str) -> int:
            async with self._counting.acquire(priority, owner):
                return await self._count_tokens(text)

        return await self._token_counts.of(text, count)

    async def _count_tokens(self, text: str) -> int:
        request = {"model": self.model, "prompt": text, "add_special_tokens": False}
        response = await self._post("/tokenize", to_body(request))
        if response.status == httpx.codes.NOT_FOUND:
            self._can_count_tokens = False
            return most_tokens(text)
        if response.status != httpx.codes.OK:
            raise await self._error(response, [Message("user", text)])
        try:
            return _Count.model_validate_json(response.body).count
        except ValidationError:
            raise OutputError(
                "The engine's response at /tokenize is not a count of tokens."
            ) from None

    async def _post_chat(
        self, request: ChatRequest, priority: int, used: UsedTime, traceparent: str | None
    ) -> Response:
        body = request.body(priority)
        start = self._busy.begin()
        try:
            return await self._post("/v1/chat/completions", body, traceparent)
        finally:
            self._busy.end(start, used)

    def _refuses_priority(self, response: Response, priority: int) -> bool:
        return (
            response.status == httpx.codes.BAD_REQUEST
            and priority != 0
            and self._supports_priority
            and b"priority" in response.body.lower()
        )

    async def _post(self, path: str, body: bytes, traceparent: str | None = None) -> Response:
        limit = self._settings.timeout_seconds
        try:
            async with asyncio.timeout(limit) as deadline:
                self._deadlines.add(deadline)
                try:
                    return await self._client().post(path, body, traceparent)
                finally:
                    self._deadlines.discard(deadline)
        except TimeoutError as error:
            if self._health.unhealthy_seconds > self._settings.stuck_seconds:
                raise EngineUnavailable(UNAVAILABLE) from error
            if fault := await self._probe.fault():
                raise self._faulty(fault) from error
            raise EngineTimeout(
                f"The engine did not answer in {limit:.0f} s. Make the request smaller, or raise "
                "CHANCERY_ENGINE_TIMEOUT_SECONDS."
            ) from error
        except ConnectionFailed as error:
            raise self._unavailable(f"the connection failed: {error}") from error

    async def _error(
        self, response: Response, messages: Sequence[Message]
    ) -> EngineError | OutputError:
        """The error for a response, by whose fault it is: the engine's if it refuses a probe too.

        A request at fault by itself needs a counted try or a refusal: its job would never end.
        """
        status = response.status
        if status == httpx.codes.TOO_MANY_REQUESTS:
            return EngineBusy("The engine has too many requests (429).")
        if status >= httpx.codes.INTERNAL_SERVER_ERROR and not await self.check_health():
            # Faulty: another request found it out, and the engine is not dead.
            return (EngineFaulty if self._is_faulty else EngineUnavailable)(UNAVAILABLE)
        if fault := await self._probe.fault():
            return self._faulty(fault)
        return error_of_request(response, messages)

    def _faulty(self, fault: Fault) -> EngineFaulty:
        self._health.set_unhealthy(fault.reason, fault.code)
        self._is_faulty = True
        return EngineFaulty(UNAVAILABLE)

    def _unavailable(self, reason: str) -> EngineUnavailable:
        """`reason` may name addresses: it is for operators and stays out of job errors."""
        self._health.set_unhealthy(reason, "connection")
        return EngineUnavailable(UNAVAILABLE)

    async def _watch_health(self) -> None:
        while True:
            await self.check_health()
            if self._health.unhealthy_seconds > self._settings.stuck_seconds:
                # The engine keeps connections open without answering.
                for deadline in self._deadlines:
                    deadline.reschedule(asyncio.get_running_loop().time())
            await asyncio.sleep(HEALTH_POLL_SECONDS)

    def _served_model(self) -> ServedModel:
        if self._model is None:
            raise EngineUnavailable(UNAVAILABLE)
        return self._model

    def _client(self) -> EngineHttp:
        if self._http is None:
            raise RuntimeError("call start() before using the engine client")
        return self._http
