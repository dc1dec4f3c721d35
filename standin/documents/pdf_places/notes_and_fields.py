"""Values in annotations and fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from standin.documents.pdf_places.page import (
    Change,
    annotation,
    changed,
    form,
    text,
)


def _note(key: str) -> Change:
    def change(pdf: pikepdf.Pdf, value: str) -> None:
        annotation(pdf, Subtype=Name.Text)[key] = String(value)

    return change


def _appearance(pdf: pikepdf.Pdf, value: str, flags: int = 4) -> None:
    annotation(pdf, Subtype=Name.Stamp, F=flags, AP=Dictionary(N=form(pdf, text(value))))


def _hidden_appearance(pdf: pikepdf.Pdf, value: str) -> None:
    _appearance(pdf, value, flags=2)


def _link(pdf: pikepdf.Pdf, value: str) -> None:
    action = Dictionary(S=Name.URI, URI=String(f"https://a.example/?q={value}"))
    annotation(pdf, Subtype=Name.Link, A=action)


def _percent_link(pdf: pikepdf.Pdf, value: str) -> None:
    escaped = "".join(f"%{byte:02X}" for byte in value.encode())
    _link(pdf, escaped)


def _xfa(pdf: pikepdf.Pdf, value: str) -> None:
    data = pdf.make_stream(f"<xdp><data><who>{value}</who></data></xdp>".encode())
    pdf.Root.AcroForm = Dictionary(Fields=Array(), XFA=Array([String("datasets"), data]))


def _field(key: str) -> Change:
    def change(pdf: pikepdf.Pdf, value: str) -> None:
        field = annotation(pdf, Subtype=Name.Widget, FT=Name.Tx, T=String("f"))
        field[key] = Array([String(value)]) if key == "/Opt" else String(value)
        pdf.Root.AcroForm = Dictionary(Fields=Array([field]))

    return change


def _signature(pdf: pikepdf.Pdf, value: str) -> None:
    signature = Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), Name=String(value))
    signature.Contents = String(b"\x30\x82" + value.encode())
    field = annotation(pdf, Subtype=Name.Widget, FT=Name.Sig, T=String("s"), V=signature)
    pdf.Root.AcroForm = Dictionary(Fields=Array([field]), SigFlags=3)


PLACES: Mapping[str, Callable[[str], bytes]] = MappingProxyType(
    {
        "annotation": changed(_note("/Contents")),
        "author of an annotation": changed(_note("/T")),
        "rich text of an annotation": changed(_note("/RC")),
        "appearance": changed(_appearance),
        "hidden appearance": changed(_hidden_appearance),
        "link": changed(_link),
        "escaped link": changed(_percent_link),
        "XFA": changed(_xfa),
        "field": changed(_field("/V")),
        "name of a field": changed(_field("/T")),
        "default of a field": changed(_field("/DV")),
        "label of a field": changed(_field("/TU")),
        "choice of a field": changed(_field("/Opt")),
        "signature": changed(_signature),
    }
)
