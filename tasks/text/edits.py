"""Edits of a text, and applying them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pydantic import BaseModel, Field


class Replacement(Protocol):
    @property
    def start(self) -> int: ...

    @property
    def old(self) -> str: ...

    @property
    def new(self) -> str: ...


class Edit(BaseModel):
    """One replacement in a text; `old` or `new` may be empty."""

    start: int = Field(description="Offset of the first character in the text, from 0.")
    old: str = Field(description="The text to replace.")
    new: str = Field(description="The replacement.")


def apply_edits(text: str, edits: Sequence[Replacement]) -> str:
    """Applies all edits. Their offsets refer to `text`, in ascending order.

    Raises `ValueError` if an edit's `old` is not at its offset, or edits overlap.
    """
    pieces, done = [], 0
    for edit in edits:
        if edit.start < done or not text.startswith(edit.old, edit.start):
            raise ValueError(f"The edit at {edit.start} does not fit the text.")
        pieces += [text[done : edit.start], edit.new]
        done = edit.start + len(edit.old)
    return "".join([*pieces, text[done:]])
