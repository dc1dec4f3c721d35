"""What a job's session needs of an engine, or of several that serve the same model."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Protocol

from tasks.engine import Message
from worker.engine.health import Health
from worker.engine.limits.held import HeldBoth
from worker.engine.model.reasoning import Reasoning
from worker.engine.requests.request import ChatRequest
from worker.engine.statistics.busy_time import UsedTime


class Engines(Protocol):
    """One engine (`EngineClient`) or several (`EnginePool`); see there for each member."""

    @property
    def health(self) -> Health: ...

    @property
    def model(self) -> str: ...

    @property
    def version(self) -> str | None: ...

    @property
    def context_tokens(self) -> int: ...

    @property
    def reasoning(self) -> Reasoning: ...

    @property
    def most_reasoning_tokens(self) -> int: ...

    def root_of(self, model: str) -> str | None: ...

    async def wait_healthy(self, timeout: float) -> bool: ...  # noqa: ASYNC109 - as EngineClient's

    def slot(self, priority: int, owner: str = "", job: Hashable = None) -> HeldBoth: ...

    async def chat(
        self,
        request: ChatRequest,
        messages: Sequence[Message],
        priority: int,
        used: UsedTime | None = None,
        job: Hashable = None,
    ) -> bytes: ...

    async def count_tokens(self, text: str, priority: int = 0, owner: str = "") -> int: ...
