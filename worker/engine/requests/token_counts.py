"""A cache of token counts: the prompts of a task start with the same text."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from hashlib import blake2b
from typing import Any

MAX_CACHED = 1_024


class TokenCounts:
    """A least-recently-used cache. It stores digests of texts, not texts.

    A text that is asked for while it is counted is not counted again: a task with many questions
    about one document asks for all of them at once.
    """

    def __init__(self) -> None:
        self._counts: OrderedDict[bytes, int] = OrderedDict()
        self._running: dict[bytes, asyncio.Task[int]] = {}

    def clear(self) -> None:
        """Call this when the engine may have another model."""
        self._counts.clear()

    async def of(self, text: str, count: Callable[[str], Coroutine[Any, Any, int]]) -> int:
        """Tokens of `text`. Calls `count` if they are not cached."""
        digest = blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()
        if digest in self._counts:
            self._counts.move_to_end(digest)
            return self._counts[digest]
        running = self._running.get(digest)
        if running is None or running.done():
            running = self._running[digest] = asyncio.create_task(count(text))
            running.add_done_callback(lambda task: self._store(digest, task))
        # Others may wait for it when this caller is cancelled.
        return await asyncio.shield(running)

    def _store(self, digest: bytes, counted: asyncio.Task[int]) -> None:
        self._running.pop(digest, None)
        if counted.cancelled() or counted.exception() is not None:
            return
        self._counts[digest] = counted.result()
        if len(self._counts) > MAX_CACHED:
            self._counts.popitem(last=False)


def most_tokens(text: str) -> int:
    """An upper bound for byte-level tokenizers, except for rare characters."""
    return sum(1 if char.isascii() else 2 for char in text)
