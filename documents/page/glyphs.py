"""The characters of a page."""

from __future__ import annotations

from typing import NamedTuple

Box = tuple[float, float, float, float]


class Glyph(NamedTuple):
    """One character. `box` is None for one that PDFium generated, such as a line end."""

    char: str
    box: Box | None
    is_known: bool = True
    is_generated: bool = False

    @property
    def is_space(self) -> bool:
        return self.char.isspace()
