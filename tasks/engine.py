"""The interface through which a task uses an engine."""

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
    """One generated token, and the log-probabilities of the likely tokens at its position."""

    text: str
    logprob: float
    top: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer without reasoning text.

    `tokens` is empty unless log-probabilities were requested; it may include reasoning tokens.
    """

    text: str
    finish_reason: str
    tokens: tuple[Token, ...] = ()


class Engine(Protocol):
    """An engine as one job sees it. A request waits while too many others are in flight."""

    @property
    def model(self) -> str: ...

    @property
    def context_tokens(self) -> int:
        """The maximum number of tokens of prompt and answer together."""
        ...

    @property
    def reasoning_tokens(self) -> int:
        """The tokens of an answer that the model may use for reasoning before it."""
        ...

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
        top_logprobs: int = 0,
    ) -> Completion:
        """Ask the model. With `schema`, guided decoding makes the answer JSON that fits it.

        Raises `EngineUnavailable`, `EngineTimeout`, `EngineRefused`, or `OutputError` where the
        answer is only reasoning.
        """
        ...

    async def count_tokens(self, text: str) -> int:
        """The number of tokens of `text` for this model, without the chat template."""
        ...

    def progress(self, done: int, total: int) -> None:
        """Report how many steps of the work are done."""
        ...
