"""Counts of tokens, remembered: the jobs of a task begin their prompts with the same words."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from hashlib import blake2b

MOST_REMEMBERED = 1_024


class TokenCounts:
    """Remembers the counts that were asked for last, under digests: texts are not held."""

    def __init__(self) -> None:
        self._counts: OrderedDict[bytes, int] = OrderedDict()

    def forget(self) -> None:
        """To be called where another model may count from now on."""
        self._counts.clear()

    async def of(self, text: str, count: Callable[[str], Awaitable[int]]) -> int:
        """Tokens of `text`, by `count` where they are not remembered."""
        digest = blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()
        if digest not in self._counts:
            self._counts[digest] = await count(text)
            if len(self._counts) > MOST_REMEMBERED:
                self._counts.popitem(last=False)
        self._counts.move_to_end(digest)
        return self._counts[digest]


def most_tokens(text: str) -> int:
    """No fewer tokens than any byte-level tokenizer makes of `text`, but for rare characters."""
    return sum(1 if char.isascii() else 2 for char in text)
