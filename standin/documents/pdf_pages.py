"""Small PDFs with Chinese text in a font that is not in the file."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name

WIDTH, HEIGHT = 595, 842
Change = Callable[[pikepdf.Pdf], None]


def show(text: str, x: float = 72, y: float = 700, *, size: float = 12) -> str:
    """Operators that show a line of Chinese text."""
    return f"BT /C {size} Tf {x} {y} Td <{text.encode('utf-16-be').hex()}> Tj ET\n"


def pdf_of(pages: Sequence[str | bytes], change: Change | None = None) -> bytes:
    """A PDF with a page for each content stream. `change` is called before it is saved."""
    with pikepdf.new() as pdf:
        font = pdf.make_indirect(chinese_font(pdf))
        for content in pages:
            pdf.add_blank_page(page_size=(WIDTH, HEIGHT))
            page = pdf.pages[-1].obj
            page.Resources = Dictionary(Font=Dictionary(C=font))
            data = content if isinstance(content, bytes) else content.encode()
            page.Contents = pdf.make_stream(data)
        if change is not None:
            change(pdf)
        written = io.BytesIO()
        pdf.save(written)
        return written.getvalue()


def chinese_font(pdf: pikepdf.Pdf) -> Dictionary:
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name.SimSun,
        Flags=4,
        FontBBox=Array([0, -200, 1000, 900]),
        ItalicAngle=0,
        Ascent=880,
        Descent=-120,
        CapHeight=700,
        StemV=80,
    )
    inner = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name.SimSun,
        CIDSystemInfo=Dictionary(
            Registry=pikepdf.String("Adobe"), Ordering=pikepdf.String("GB1"), Supplement=2
        ),
        DW=1000,
        FontDescriptor=pdf.make_indirect(descriptor),
    )
    return Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=Name.SimSun,
        Encoding=Name("/UniGB-UCS2-H"),
        DescendantFonts=Array([pdf.make_indirect(inner)]),
    )


def add_annotation(
    pdf: pikepdf.Pdf, kind: str, box: Sequence[float], page: int = 0, **more: Any
) -> Any:
    """Add an annotation to a page, and return it."""
    on = pdf.pages[page].obj
    annotation = pdf.make_indirect(
        Dictionary(Type=Name.Annot, Subtype=Name(f"/{kind}"), Rect=Array(list(box)), F=4, **more)
    )
    if "/Annots" not in on:
        on.Annots = Array([])
    on.Annots.append(annotation)
    return annotation


def add_field(pdf: pikepdf.Pdf, kind: str, box: Sequence[float], page: int = 0, **more: Any) -> Any:
    """Add a form field with its widget, and return it."""
    field = add_annotation(pdf, "Widget", box, page, FT=Name(f"/{kind}"), **more)
    if "/AcroForm" not in pdf.Root:
        pdf.Root.AcroForm = Dictionary(Fields=Array([]))
    pdf.Root.AcroForm.Fields.append(field)
    return field
