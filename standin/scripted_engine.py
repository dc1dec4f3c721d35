"""A test double for `tasks.engine.Engine` with scripted answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks.engine import Completion, Message

Answer = Completion | Exception | str | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """A request of a task to the engine."""

    messages: tuple[Message, ...]
    max_tokens: int
    schema: Mapping[str, Any] | None
    top_logprobs: int

    @property
    def prompt(self) -> str:
        return self.messages[-1].content


@dataclass
class ScriptedEngine:
    """`answer` is called with each request; the engine returns, or raises, the result.

    A mapping becomes JSON. A text has one token for every three bytes.
    """

    answer: Callable[[Request], Answer]
    model: str = "scripted"
    context_tokens: int = 4_096
    reasoning_tokens: int = 0
    requests: list[Request] = field(default_factory=list)
    counted_texts: list[str] = field(default_factory=list)
    reports: list[tuple[int, int]] = field(default_factory=list)

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
        top_logprobs: int = 0,
    ) -> Completion:
        request = Request(tuple(messages), max_tokens, schema, top_logprobs)
        self.requests.append(request)
        tokens = sum(self.tokens(message.content) for message in messages)
        assert tokens + max_tokens <= self.context_tokens, "prompt and answer do not fit"
        await asyncio.sleep(0)
        answer = self.answer(request)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Completion):
            return answer
        text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
        return Completion(text, "stop")

    async def count_tokens(self, text: str) -> int:
        self.counted_texts.append(text)
        return self.tokens(text)

    def progress(self, done: int, total: int) -> None:
        self.reports.append((done, total))

    @staticmethod
    def tokens(text: str) -> int:
        return -(-len(text.encode()) // 3)
