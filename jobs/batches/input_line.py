"""A line of a batch, read from its input file when it is wanted."""

from __future__ import annotations

from jobs.batches.lines import Line, LineProblemError, parse_line
from jobs.job import InputLine
from jobs.store import Store


async def read_line(store: Store, place: InputLine) -> Line | None:
    """The line; None where its file is not in the store, or is not what it was."""
    try:
        return parse_line(await store.slice(place.blob, place.offset, place.length), place.number)
    except (OSError, LineProblemError):
        return None
