"""Reads pages ahead: OCR of the next pages has begun while a page is added to the draft."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

Finish = Callable[[], None]
"""Waits for what has begun of a page, and adds the page to the draft."""


def finish_in_order(pages: Iterable[Finish], threads: int) -> None:
    """Add pages in their order. As many pages as there are threads have begun at a time.

    `pages` begins a page before it yields it.
    """
    waiting: deque[Finish] = deque()
    for finish in pages:
        waiting.append(finish)
        if len(waiting) >= threads:
            waiting.popleft()()
    for finish in waiting:
        finish()
