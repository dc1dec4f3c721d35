"""A cache of token counts: the prompts of a task start with the same text."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from hashlib import blake2b

MAX_CACHED = 1_024


class TokenCounts:
    """A least-recently-used cache. It stores digests of texts, not texts."""

    def __init__(self) -> None:
        self._counts: OrderedDict[bytes, int] = OrderedDict()

    def clear(self) -> None:
        """Call this when the engine may have another model."""
        self._counts.clear()

    async def of(self, text: str, count: Callable[[str], Awaitable[int]]) -> int:
        """Tokens of `text`. Calls `count` if they are not cached."""
        digest = blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()
        if digest not in self._counts:
            self._counts[digest] = await count(text)
            if len(self._counts) > MAX_CACHED:
                self._counts.popitem(last=False)
        self._counts.move_to_end(digest)
        return self._counts[digest]


def most_tokens(text: str) -> int:
    """An upper bound for byte-level tokenizers, except for rare characters."""
    return sum(1 if char.isascii() else 2 for char in text)
