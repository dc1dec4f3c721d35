"""The characters of Adobe's collections of glyphs, which fonts outside the file are shown with.

PDFium has the tables: it reads a page that shows every glyph of a collection at its own position.
"""

from __future__ import annotations

import ctypes
import io
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as c
from pikepdf import Array, Dictionary, Name

from documents.readers.pdf.text_layer import text_layer

# How many glyphs each collection has, at least those of its common supplements.
_SIZES: Mapping[str, int] = MappingProxyType(
    {"GB1": 31_000, "CNS1": 19_200, "Japan1": 23_100, "Korea1": 18_400}
)
_COLUMNS = 200
_STEP = 10


@lru_cache(len(_SIZES))
def characters_of(ordering: str) -> Mapping[int, str]:
    """The character of each CID of a collection; empty for an unknown one."""
    if ordering not in _SIZES:
        return {}
    with pdfium.PdfDocument(_shown(ordering, _SIZES[ordering])) as document:
        return dict(_read(document[0]))


def _shown(ordering: str, size: int) -> bytes:
    """A PDF whose page shows the glyphs in rows."""
    pdf = pikepdf.new()
    inner = Dictionary(
        Type=Name.Font, Subtype=Name.CIDFontType0, BaseFont=Name.Glyphs, DW=500,
        CIDSystemInfo=Dictionary(Registry="Adobe", Ordering=ordering, Supplement=0),
    )  # fmt: skip
    font = Dictionary(
        Type=Name.Font, Subtype=Name.Type0, BaseFont=Name.Glyphs, Encoding=Name("/Identity-H"),
        DescendantFonts=Array([pdf.make_indirect(inner)]),
    )  # fmt: skip
    glyphs = (
        f"1 0 0 1 {cid % _COLUMNS * _STEP} {cid // _COLUMNS * _STEP} Tm <{cid:04x}> Tj"
        for cid in range(1, size)
    )
    content = f"BT /F 5 Tf {' '.join(glyphs)} ET".encode()
    page = Dictionary(
        Type=Name.Page, MediaBox=Array([0, 0, _COLUMNS * _STEP, size // _COLUMNS * _STEP + _STEP]),
        Resources=Dictionary(Font=Dictionary(F=pdf.make_indirect(font))),
        Contents=pdf.make_stream(content),
    )  # fmt: skip
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    written = io.BytesIO()
    pdf.save(written)
    return written.getvalue()


def _read(page: pdfium.PdfPage) -> Iterator[tuple[int, str]]:
    x, y = ctypes.c_double(), ctypes.c_double()
    with text_layer(page) as layer:
        for at in range(c.FPDFText_CountChars(layer)):
            if c.FPDFText_IsGenerated(layer, at) == 1 or c.FPDFText_HasUnicodeMapError(layer, at):
                continue
            code = c.FPDFText_GetUnicode(layer, at)
            # Of two codes, a surrogate pair or letters of a ligature, nothing is known.
            is_char = 0x20 <= code < 0x110000 and not 0xD800 <= code < 0xE000
            if is_char and c.FPDFText_GetCharOrigin(layer, at, x, y):
                yield round(y.value / _STEP) * _COLUMNS + round(x.value / _STEP), chr(code)
