"""Runs checks of an answer against its document."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from documents.document import Document

Checked = TypeVar("Checked")

# Up to this length, checks take milliseconds: not more than starting a thread can take.
SHORT_CHARS = 5_000


async def check(document: Document, checks: Callable[[], Checked]) -> Checked:
    """Run `checks` and return its result; for a long document, in a thread.

    Checks of a long document take up to a second, for which they would block the event loop.
    """
    if len(document.text) <= SHORT_CHARS:
        return checks()
    return await asyncio.to_thread(checks)
