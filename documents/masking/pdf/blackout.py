"""Replaces strings in content streams with black boxes.

That masks text in patterns, Type 3 glyphs and soft masks, whose place on the page is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name

from documents.inventory.pdf.asides import SHOWS
from documents.inventory.pdf.content import Key, parsed

_FONT = "/ChanceryMask"
_NARROW, _WIDE = 600, 1_000
_LONGEST = 2_000  # boxes for one string


class Blackout:
    """Changes content streams of `pdf`."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self._font: Any = None

    def replace(self, key: Key, strings: Mapping[int, str], resources: Any) -> None:
        """Replace the strings that operations show; `strings` is their text, by their index."""
        stream: Any = self._pdf.get_object(key)
        instructions = parsed(stream)
        if instructions is None:
            raise ValueError("a content stream that was read before cannot be parsed")
        self._add_font(resources)
        stream.write(pikepdf.unparse_content_stream(list(_replaced(instructions, strings))))

    def _add_font(self, resources: Any) -> None:
        if not isinstance(resources, pikepdf.Dictionary):
            return
        if self._font is None:
            self._font = self._pdf.make_indirect(_boxes(self._pdf))
        if not isinstance(resources.get("/Font"), pikepdf.Dictionary):
            resources["/Font"] = Dictionary()
        resources["/Font"][_FONT] = self._font


def _replaced(
    instructions: Sequence[Any], strings: Mapping[int, str]
) -> Iterator[tuple[Any, pikepdf.Operator]]:
    font: Any = None
    saved: list[Any] = []
    for index, instruction in enumerate(instructions):
        operator, operands = str(instruction.operator), instruction.operands
        if index in strings and operator in SHOWS:
            if font is not None:
                size = font[1]
                codes = bytes(not char.isascii() for char in strings[index].strip()[:_LONGEST])
                if operator in {"'", '"'}:
                    yield [], pikepdf.Operator("T*")
                yield [Name(_FONT), size], pikepdf.Operator("Tf")
                yield [pikepdf.String(codes)], pikepdf.Operator("Tj")
                yield font, pikepdf.Operator("Tf")
            continue
        if operator == "Tf" and len(operands) == 2:
            font = list(operands)
        elif operator == "q":
            saved.append(font)
        elif operator == "Q" and saved:
            font = saved.pop()
        if operator == "INLINE IMAGE":
            yield instruction
        else:
            yield operands, instruction.operator


def _boxes(pdf: pikepdf.Pdf) -> pikepdf.Dictionary:
    """A font of two glyphs, a narrow and a wide box."""
    glyphs = {
        name: pdf.make_stream(f"{width} 0 0 -200 {width} 900 d1 0 -200 {width} 1100 re f".encode())
        for name, width in (("/n", _NARROW), ("/w", _WIDE))
    }
    return Dictionary(
        Type=Name.Font,
        Subtype=Name.Type3,
        FontBBox=Array([0, -200, _WIDE, 900]),
        FontMatrix=Array([0.001, 0, 0, 0.001, 0, 0]),
        CharProcs=Dictionary(glyphs),
        Encoding=Dictionary(Type=Name.Encoding, Differences=Array([0, Name("/n"), Name("/w")])),
        FirstChar=0,
        LastChar=1,
        Widths=Array([_NARROW, _WIDE]),
        Resources=Dictionary(),
    )
