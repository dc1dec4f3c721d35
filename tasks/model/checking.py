"""Where the checks of an answer against its document run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from documents.document import Document

Checked = TypeVar("Checked")

# So much is checked in milliseconds, which is little beside what a turn of a thread may take.
SHORT_CHARS = 5_000


async def check(document: Document, checks: Callable[[], Checked]) -> Checked:
    """What `checks` returns, run in a thread where the document is long: that takes a second which
    other jobs on this event loop should not wait.
    """
    if len(document.text) <= SHORT_CHARS:
        return checks()
    return await asyncio.to_thread(checks)
