"""A double behind `tasks.engine.Engine`: it answers what a test tells it to."""

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
    """What a task asked of the engine."""

    messages: tuple[Message, ...]
    max_tokens: int
    schema: Mapping[str, Any] | None
    top_logprobs: int

    @property
    def prompt(self) -> str:
        return self.messages[-1].content


@dataclass
class ScriptedEngine:
    """`answer` is given each request and returns, or raises, what the engine does.

    A mapping is answered as JSON. A text has one token for every three bytes.
    """

    answer: Callable[[Request], Answer]
    model: str = "scripted"
    context_tokens: int = 4_096
    requests: list[Request] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)
    told: list[tuple[int, int]] = field(default_factory=list)

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
        self.counted.append(text)
        return self.tokens(text)

    def progress(self, done: int, total: int) -> None:
        self.told.append((done, total))

    @staticmethod
    def tokens(text: str) -> int:
        return -(-len(text.encode()) // 3)
