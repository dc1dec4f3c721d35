"""The engines that serve one model, used as one."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence, Set

import structlog

from jobs.process.settings import EngineSettings, Pool
from tasks.engine import Message
from tasks.errors import EngineBusy, EngineFaulty, EngineUnavailable
from worker.engine.affinity import Affinity
from worker.engine.client import SHARES, UNAVAILABLE, EngineClient
from worker.engine.health import Health
from worker.engine.limits.held import HeldBoth
from worker.engine.limits.shares import Shares
from worker.engine.limits.slots import Slots
from worker.engine.model.reasoning import Reasoning
from worker.engine.requests.http import NotSent
from worker.engine.requests.request import ChatRequest
from worker.engine.statistics.busy_time import UsedTime
from worker.engine.statistics.rates import share_of

DRAINED = "drained"
# An engine that has a prompt's beginning in its cache gets the request, unless it has so many more
# requests in flight for each GPU than the one with the fewest.
BUSIER_REQUESTS, BUSIER_SHARE = 4, 0.25
# Shorter beginnings are the tasks' own, which every engine has in its cache.
PREFIX_BYTES = 4096
WAIT_STEP_SECONDS = 0.05
log = structlog.get_logger()


class EnginePool:
    """Engines by name, with at most `concurrency` completions in flight on all of them together,
    of which `reserved` are for priority 0 only.

    A request goes to the healthy engine with the fewest in flight, or to the one that has the
    beginning of its prompt in its cache, and on to another one if that refuses it or cannot be
    reached. A drained engine gets no request while another one is healthy; without one, the jobs
    that run finish on it. With all of them drained the pool is not healthy.

    The properties that `EngineClient` has too mean the same. Call `start` in the event loop that
    uses it, and `close` at the end.
    """

    def __init__(self, engines: Pool, concurrency: int, reserved: int = 0) -> None:
        self._concurrency = concurrency
        self._settings = dict(engines)
        self._members = {name: self._client(one) for name, one in engines.items()}
        self._retired: list[EngineClient] = []
        self._slots = Slots(concurrency, reserved)
        self._shares = Shares(max(1, concurrency // SHARES))
        self._affinity = Affinity()
        self._drained: Mapping[str, float] = {}
        self._served: str | None = None
        self._changed_at = time.time()

    async def start(self) -> None:
        """Start to watch each engine. Does not wait for them."""
        for engine in self._members.values():
            await engine.start()

    async def close(self) -> None:
        """Close every connection, which aborts the requests in flight."""
        for engine in (*self._members.values(), *self._retired):
            await engine.close()

    @property
    def members(self) -> Mapping[str, EngineClient]:
        return self._members

    @property
    def settings(self) -> Pool:
        """The settings of each engine."""
        return self._settings

    @property
    def drained(self) -> Collection[str]:
        """The names of the drained engines."""
        return self._drained.keys()

    def set_drained(self, names: Set[str]) -> None:
        """Use the engines with these names no more, and all others again."""
        now = time.time()
        drained = {name: self._drained.get(name, now) for name in self._members if name in names}
        for name in drained.keys() ^ self._drained.keys():
            log.info("engine.drained" if name in drained else "engine.resumed", engine=name)
        self._drained = drained

    async def set_engines(self, engines: Pool) -> None:
        """Use these engines from now on. Requests in flight on others finish there."""
        self._changed_at = time.time()
        for name in [name for name, one in self._settings.items() if engines.get(name) != one]:
            log.info("engine.removed", engine=name)
            self._retired.append(self._members.pop(name))
            del self._settings[name]
        for name in [name for name in engines if name not in self._settings]:
            log.info("engine.added", engine=name)
            client = self._client(engines[name])
            await client.start()
            self._members[name], self._settings[name] = client, engines[name]

    async def close_idle(self) -> None:
        """Close the engines that are used no more and have no request in flight."""
        for engine in [engine for engine in self._retired if not engine.in_flight]:
            self._retired.remove(engine)
            await engine.close()

    @property
    def health(self) -> Health:
        """Healthy since the first of its healthy engines was; else the reasons of all."""
        if usable := self._usable():
            return min(
                (self._members[name].health for name in usable), key=lambda health: health.since
            )
        faults = [self.fault_of(name) for name in self._members]
        if len(faults) == 1:
            return faults[0]
        if not faults:
            return Health(False, self._changed_at, "CHANCERY_ENGINES has none any more", "models")
        return Health(
            ok=False,
            since=max(fault.since for fault in faults),
            reason="; ".join(
                f"engine {name} ({fault.reason})"
                for name, fault in zip(self._members, faults, strict=True)
            ),
            code=next((fault.code for fault in faults if fault.code != DRAINED), DRAINED),
        )

    def fault_of(self, name: str) -> Health:
        """Why the engine gets no requests; its health if it does."""
        health = self._members[name].health
        if since := self._drained.get(name):
            return Health(ok=False, since=since, reason="drained by an operator", code=DRAINED)
        if health.ok and (model := self._members[name].model) != self._served:
            reason = f"serves {model}, and the others {self._served}"
            return Health(ok=False, since=health.since, reason=reason, code="models")
        return health

    @property
    def answered_seconds(self) -> float | None:
        answered = [engine.answered_seconds for engine in self._members.values()]
        return min((seconds for seconds in answered if seconds is not None), default=None)

    async def wait_healthy(self, timeout: float) -> bool:  # noqa: ASYNC109 - a timeout is a result
        end = time.monotonic() + timeout
        while not self.health.ok:
            if time.monotonic() >= end:
                return False
            await asyncio.sleep(WAIT_STEP_SECONDS)
        return True

    @property
    def model(self) -> str:
        return self._first().model

    def root_of(self, model: str) -> str | None:
        """The published name of a model; the names joined, if the engines have different ones."""
        return _joined(engine.root_of(model) for engine in self._members.values())

    @property
    def version(self) -> str | None:
        """The version of the engines; the versions joined, if they differ."""
        return _joined(engine.version for engine in self._members.values())

    @property
    def context_tokens(self) -> int:
        """The smallest of the engines."""
        known = [engine.context_tokens for engine in self._members.values() if engine.is_known]
        if not known:
            raise EngineUnavailable(UNAVAILABLE)
        return min(known)

    @property
    def reasoning(self) -> Reasoning:
        return self._first().reasoning

    @property
    def lacks_parser(self) -> str | None:
        lacking = (engine.lacks_parser for engine in self._members.values())
        return next((parser for parser in lacking if parser), None)

    @property
    def most_reasoning_tokens(self) -> int:
        return min(engine.most_reasoning_tokens for engine in self._members.values())

    @property
    def request_counts(self) -> Mapping[str, int]:
        """As `Outcomes.counts`. A request that went on to another engine counts on both."""
        total = Counter[str]()
        for engine in self._members.values():
            total.update(engine.outcomes.counts)
        return total

    @property
    def error_share(self) -> float | None:
        """As `Outcomes.error_share`."""
        return share_of(engine.outcomes.of_last_minute for engine in self._members.values())

    def slot(self, priority: int, owner: str = "", job: Hashable = None) -> HeldBoth:
        return HeldBoth(self._shares.hold(job), self._slots.acquire(priority, owner))

    async def chat(
        self,
        request: ChatRequest,
        messages: Sequence[Message],
        priority: int,
        used: UsedTime | None = None,
        job: Hashable = None,
    ) -> bytes:
        """Send one chat completion, in a slot; returns the response's body. Raises `EngineError`
        of the last engine that was tried.
        """
        if len(self._members) == 1:
            [only] = self._members.values()
            return await only.chat(request, messages, priority, used)
        keys, tried = _keys(request, job), set[str]()
        while True:
            name = self._choose(keys, tried)
            try:
                return await self._members[name].chat(request, messages, priority, used)
            except EngineUnavailable as error:
                tried.add(name)
                if not _can_move(error) or not self._usable() - tried:
                    raise
                log.warning("engine.request_moved", engine=name, code=error.code)

    async def count_tokens(self, text: str, priority: int = 0, owner: str = "") -> int:
        tried = set[str]()
        while True:
            names = sorted(self._usable() - tried) or sorted(self._members)
            # The same engine for the same text: each remembers its counts.
            name = names[hash(text) % len(names)]
            try:
                return await self._members[name].count_tokens(text, priority, owner)
            except EngineUnavailable:
                tried.add(name)
                if not self._usable() - tried:
                    raise

    def _client(self, settings: EngineSettings) -> EngineClient:
        return EngineClient(settings, self._concurrency)

    def _usable(self) -> Set[str]:
        return self._healthy() - self._drained.keys()

    def _healthy(self) -> Set[str]:
        """Those with one model: that of the first that was healthy, until none serves it."""
        models = {name: one.model for name, one in self._members.items() if one.health.ok}
        if models and self._served not in models.values():
            self._served = next(iter(models.values()))
        return {name for name, model in models.items() if model == self._served}

    def _first(self) -> EngineClient:
        """The first healthy engine, else the first that was healthy once."""
        known: EngineClient | None = None
        for engine in self._members.values():
            if engine.health.ok and self._served in (None, engine.model):
                return engine
            if engine.is_known:
                known = known or engine
        if known is None:
            raise EngineUnavailable(UNAVAILABLE)
        return known

    def _choose(self, keys: Sequence[Hashable], tried: Set[str]) -> str:
        candidates = self._usable() - tried or self._healthy() - tried or self._members.keys()
        if not candidates:
            raise EngineUnavailable(UNAVAILABLE)
        loads = {name: self._members[name].load for name in sorted(candidates)}
        least = min(loads, key=loads.__getitem__)
        preferred = self._affinity.find(keys)
        if preferred not in loads:
            self._affinity.remember(keys, least)
            return least
        if loads[preferred] > loads[least] * (1 + BUSIER_SHARE) + BUSIER_REQUESTS:
            return least
        self._affinity.remember(keys, preferred)
        return preferred


def _can_move(error: EngineUnavailable) -> bool:
    """Not after an engine's death: the request may be what killed it. Its job is run again, and
    declared poisoned if that happens repeatedly.
    """
    return isinstance(error, EngineBusy | EngineFaulty) or isinstance(error.__cause__, NotSent)


def _keys(request: ChatRequest, job: Hashable) -> Sequence[Hashable]:
    """What requests share that profit from one engine's cache, the best first."""
    keys: list[Hashable] = []
    if len(request.prompt) > PREFIX_BYTES:
        keys.append((request.parameters.get("cache_salt"), request.prompt[:PREFIX_BYTES]))
    if job is not None:
        keys.append(job)
    return keys


def _joined(texts: Iterable[str | None]) -> str | None:
    return ", ".join(sorted({text for text in texts if text})) or None
