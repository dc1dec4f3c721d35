"""What a task may ask of an engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Token:
    """One generated token: its text, and the log-probability of each likely token in its place."""

    text: str
    logprob: float
    top: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer, without any reasoning text.

    `tokens` is empty unless log-probabilities were asked for; it may hold those of the reasoning.
    """

    text: str
    finish_reason: str
    tokens: tuple[Token, ...] = ()


class Engine(Protocol):
    """An engine as one job sees it. Each request waits for a free place among those in flight."""

    @property
    def model(self) -> str: ...

    @property
    def context_tokens(self) -> int:
        """The most tokens that prompt and answer may have together."""
        ...

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
        top_logprobs: int = 0,
    ) -> Completion:
        """Ask the model. With `schema`, the answer is guided to be JSON that fits it.

        Raises `EngineUnavailable`, `EngineTimeout`, `EngineRefused`, or `OutputError` where the
        answer holds nothing but reasoning.
        """
        ...

    async def count_tokens(self, text: str) -> int:
        """How many tokens `text` has for this model, without chat template."""
        ...

    def progress(self, done: int, total: int) -> None:
        """Say how many of the parts of the work are done."""
        ...
