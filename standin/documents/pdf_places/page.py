"""A PDF of one page, and changes to it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name

Change = Callable[[pikepdf.Pdf, str], None]
SHOWN = "BT /F1 12 Tf 72 700 Td (Public text) Tj ET"


def blank(content: str = SHOWN) -> pikepdf.Pdf:
    """A PDF of one page."""
    pdf = pikepdf.new()
    page = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, 595, 842]),
        Resources=Dictionary(Font=Dictionary(F1=helvetica(pdf))),
        Contents=pdf.make_stream(content.encode("latin-1")),
    )
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    return pdf


def helvetica(pdf: pikepdf.Pdf) -> Any:
    return pdf.make_indirect(
        Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica,
                   Encoding=Name.WinAnsiEncoding)
    )  # fmt: skip


def saved_pdf(pdf: pikepdf.Pdf) -> bytes:
    written = io.BytesIO()
    pdf.save(written, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return written.getvalue()


def changed(change: Change) -> Callable[[str], bytes]:
    def build(value: str) -> bytes:
        pdf = blank()
        change(pdf, value)
        return saved_pdf(pdf)

    return build


def showing(content: str) -> Callable[[str], bytes]:
    """A page that shows a content with `{}` for the value."""
    return lambda value: saved_pdf(blank(f"{SHOWN}\n{content.format(value)}"))


def text(value: str) -> str:
    return f"BT /F1 12 Tf 10 20 Td ({value}) Tj ET"


def append(pdf: pikepdf.Pdf, content: str) -> None:
    page = pdf.pages[0]
    data = page.Contents.read_bytes()
    page.Contents = pdf.make_stream(data + b"\n" + content.encode("latin-1"))


def resource(pdf: pikepdf.Pdf, kind: str, name: str, value: Any) -> None:
    resources = pdf.pages[0].Resources
    if kind not in resources:
        resources[kind] = Dictionary()
    resources[kind][name] = value


def form(pdf: pikepdf.Pdf, content: str, **more: Any) -> Any:
    form = pdf.make_stream(content.encode("latin-1"))
    form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 300, 60])
    form.Resources = Dictionary(Font=Dictionary(F1=helvetica(pdf)), **more)
    return form


def annotation(pdf: pikepdf.Pdf, **values: Any) -> Any:
    note = pdf.make_indirect(
        Dictionary(Type=Name.Annot, Rect=Array([100, 100, 400, 160]), **values)
    )
    page = pdf.pages[0]
    page.obj["/Annots"] = Array([*page.obj.get("/Annots", []), note])
    return note
