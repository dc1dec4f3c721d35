"""An engine that says what it is told to, for measuring checks without any model."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.engine import Completion, Message


@dataclass(frozen=True, slots=True)
class Said:
    """Answers each prompt with what `answer` makes of it, as JSON."""

    answer: Callable[[str], Any]
    model: str = "none"
    context_tokens: int = 32_768

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
        top_logprobs: int = 0,
    ) -> Completion:
        text = json.dumps(self.answer(messages[-1].content), ensure_ascii=False)
        return Completion(text, "stop")

    async def count_tokens(self, text: str) -> int:
        return -(-len(text.encode()) // 3)

    def progress(self, done: int, total: int) -> None:
        pass
