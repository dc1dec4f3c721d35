"""Lines of batches, read from their input files when they are wanted."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.batches.input.lines import Line, LineProblemError, parse_line
from jobs.model.job import InputLine
from jobs.store import Store


async def read_line(store: Store, place: InputLine) -> Line | None:
    """The line; None where its file is not in the store, or is not what it was."""
    [line] = await read_lines(store, [place])
    return line


async def read_lines(store: Store, places: Sequence[InputLine]) -> Sequence[Line | None]:
    """For each place what `read_line` gives, read in one go."""
    found = await store.slices([(one.blob, one.offset, one.length) for one in places])
    return [_parsed(data, place.number) for data, place in zip(found, places, strict=True)]


def _parsed(data: bytes | None, number: int) -> Line | None:
    try:
        return parse_line(data, number, taken=True) if data is not None else None
    except LineProblemError:
        return None
