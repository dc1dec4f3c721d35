"""Values in properties: metadata, actions, structure, attachments, objects that nothing uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from standin.documents.pdf_places.page import (
    Change,
    changed,
)


def _script(pdf: pikepdf.Pdf, value: str) -> None:
    action = Dictionary(S=Name.JavaScript, JS=String(f"app.alert('{value}')"))
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), action])))


def _script_stream(pdf: pikepdf.Pdf, value: str) -> None:
    script = pdf.make_stream(f"app.alert('{value}')".encode())
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=script)


def _page_action(pdf: pikepdf.Pdf, value: str) -> None:
    action = Dictionary(S=Name.JavaScript, JS=String(value))
    pdf.pages[0].obj["/AA"] = Dictionary(O=action)


def _destination(pdf: pikepdf.Pdf, value: str) -> None:
    target = Array([pdf.pages[0].obj, Name.Fit])
    pdf.Root.Names = Dictionary(Dests=Dictionary(Names=Array([String(value), target])))


def _bookmark(pdf: pikepdf.Pdf, value: str) -> None:
    outlines = pdf.make_indirect(Dictionary(Type=Name.Outlines, Count=1))
    item = pdf.make_indirect(Dictionary(Title=String(value), Parent=outlines))
    outlines.First = outlines.Last = item
    pdf.Root.Outlines = outlines


def _info(key: str) -> Change:
    def change(pdf: pikepdf.Pdf, value: str) -> None:
        pdf.docinfo[key] = String(value)

    return change


def _info_key(pdf: pikepdf.Pdf, value: str) -> None:
    pdf.docinfo[f"/K{value}"] = String("x")


_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="{1}"><dc:title>{0}</dc:title>'
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)


def _metadata(pdf: pikepdf.Pdf, data: str) -> Any:
    stream = pdf.make_stream(data.encode())
    stream.Type, stream.Subtype = Name.Metadata, Name.XML
    return stream


def _xmp(pdf: pikepdf.Pdf, value: str) -> None:
    pdf.Root.Metadata = _metadata(pdf, _XMP.format(value, "application/pdf"))


def _xmp_attribute(pdf: pikepdf.Pdf, value: str) -> None:
    pdf.Root.Metadata = _metadata(pdf, _XMP.format("x", value))


def _page_xmp(pdf: pikepdf.Pdf, value: str) -> None:
    pdf.pages[0].obj["/Metadata"] = _metadata(pdf, _XMP.format(value, "x"))


def _structure(key: str) -> Change:
    def change(pdf: pikepdf.Pdf, value: str) -> None:
        element = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.P))
        element[key] = String(value)
        pdf.Root.StructTreeRoot = Dictionary(Type=Name.StructTreeRoot, K=element)

    return change


def _page_label(pdf: pikepdf.Pdf, value: str) -> None:
    pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(P=String(value))]))


def _attachment_name(pdf: pikepdf.Pdf, value: str) -> None:
    pdf.attachments["a"] = pikepdf.AttachedFileSpec(pdf, b"x", filename=f"{value}.txt")


def _attachment(pdf: pikepdf.Pdf, value: str) -> None:
    pdf.attachments["a"] = pikepdf.AttachedFileSpec(pdf, value.encode(), filename="a.txt")


def _private(pdf: pikepdf.Pdf, value: str) -> None:
    data = Dictionary(Private=Dictionary(Who=String(value)))
    pdf.pages[0].obj["/PieceInfo"] = Dictionary(Maker=data)


def _unused(pdf: pikepdf.Pdf, value: str) -> None:
    pdf.Root.Unused = pdf.make_indirect(Array([String(value)]))


def _unused_stream(pdf: pikepdf.Pdf, value: str) -> None:
    pdf.Root.Unused = pdf.make_stream(f"note about {value}".encode())


def _number(pdf: pikepdf.Pdf, value: str) -> None:
    pdf.Root.Unused = int("".join(filter(str.isdigit, value)))


def _intent(pdf: pikepdf.Pdf, value: str) -> None:
    intent = Dictionary(S=Name.GTS_PDFA1, OutputConditionIdentifier=String("x"))
    intent.Info = String(value)
    pdf.Root.OutputIntents = Array([intent])


PLACES: Mapping[str, Callable[[str], bytes]] = MappingProxyType(
    {
        "script": changed(_script),
        "script in a stream": changed(_script_stream),
        "action of a page": changed(_page_action),
        "destination": changed(_destination),
        "bookmark": changed(_bookmark),
        "title": changed(_info("/Title")),
        "own property": changed(_info("/Case")),
        "name of a property": changed(_info_key),
        "XMP": changed(_xmp),
        "attribute in XMP": changed(_xmp_attribute),
        "XMP of a page": changed(_page_xmp),
        "actual text of structure": changed(_structure("/ActualText")),
        "alternative text of structure": changed(_structure("/Alt")),
        "expansion in structure": changed(_structure("/E")),
        "page label": changed(_page_label),
        "name of an attachment": changed(_attachment_name),
        "attachment": changed(_attachment),
        "private data": changed(_private),
        "unused object": changed(_unused),
        "unused stream": changed(_unused_stream),
        "number": changed(_number),
        "output intent": changed(_intent),
    }
)
