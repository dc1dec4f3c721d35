"""Spans of a text that do not overlap."""

from __future__ import annotations


class FreeSpans:
    """The characters of a text that no span was taken of; one byte each."""

    def __init__(self, length: int) -> None:
        self._taken = bytearray(length)

    def take(self, start: int, end: int) -> bool:
        """Takes a span unless it overlaps one that was taken. Returns whether it did."""
        if self._taken.find(1, start, end) >= 0:
            return False
        self._taken[start:end] = b"\1" * (end - start)
        return True
