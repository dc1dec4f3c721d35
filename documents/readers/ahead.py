"""Reads pages ahead: OCR of the next pages has begun while a page is added to the draft."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress

Finish = Callable[[], None]
"""Waits for what has begun of a page, and adds the page to the draft."""


def finish_in_order(pages: Iterable[Finish], threads: int) -> None:
    """Add pages in their order. As many pages as there are threads have begun at a time.

    `pages` begins a page before it yields it. The first error is raised when no page is being read
    any more, so that nothing of this document goes on beside the next one.
    """
    waiting: deque[Finish] = deque()
    try:
        for finish in pages:
            waiting.append(finish)
            if len(waiting) >= threads:
                waiting.popleft()()
        while waiting:
            waiting.popleft()()
    except Exception:
        for finish in waiting:
            with suppress(Exception):
                finish()
        raise
