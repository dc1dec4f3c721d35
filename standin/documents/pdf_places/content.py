"""Values in what a page shows: text, forms, patterns, glyphs, layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from standin.documents.pdf_places.page import (
    SHOWN,
    append,
    blank,
    changed,
    form,
    helvetica,
    resource,
    saved_pdf,
    showing,
    text,
)


def _painted_form(pdf: pikepdf.Pdf, value: str) -> None:
    resource(pdf, "/XObject", "/X1", form(pdf, text(value)))
    append(pdf, "q 1 0 0 1 72 400 cm /X1 Do Q")


def _nested_form(pdf: pikepdf.Pdf, value: str) -> None:
    inner = form(pdf, text(value))
    resource(pdf, "/XObject", "/X1", form(pdf, "/X2 Do", XObject=Dictionary(X2=inner)))
    append(pdf, "q 1 0 0 1 72 400 cm /X1 Do Q")


def _unpainted_form(pdf: pikepdf.Pdf, value: str) -> None:
    resource(pdf, "/XObject", "/X1", form(pdf, text(value)))


def _pattern(pdf: pikepdf.Pdf, value: str) -> None:
    pattern = pdf.make_stream(text(value).encode())
    for key, one in {
        "/Type": Name.Pattern, "/PatternType": 1, "/PaintType": 1, "/TilingType": 1,
        "/BBox": Array([0, 0, 200, 60]), "/XStep": 200, "/YStep": 60,
        "/Resources": Dictionary(Font=Dictionary(F1=helvetica(pdf))),
    }.items():  # fmt: skip
        pattern[key] = one
    resource(pdf, "/Pattern", "/P1", pattern)
    append(pdf, "/Pattern cs /P1 scn 0 0 595 300 re f")


def _type3(pdf: pikepdf.Pdf, value: str) -> None:
    glyph = pdf.make_stream(f"9000 0 d0 BT /F1 1000 Tf 0 0 Td ({value}) Tj ET".encode())
    font = Dictionary(
        Type=Name.Font, Subtype=Name.Type3, FontBBox=Array([0, 0, 9000, 1000]),
        FontMatrix=Array([0.001, 0, 0, 0.001, 0, 0]), CharProcs=Dictionary(a=glyph),
        Encoding=Dictionary(Type=Name.Encoding, Differences=Array([97, Name.a])),
        FirstChar=97, LastChar=97, Widths=Array([9000]),
        Resources=Dictionary(Font=Dictionary(F1=helvetica(pdf))),
    )  # fmt: skip
    resource(pdf, "/Font", "/T3", pdf.make_indirect(font))
    append(pdf, "BT /T3 12 Tf 72 300 Td (a) Tj ET")


def _type3_digits(pdf: pikepdf.Pdf, value: str) -> None:
    """Each glyph draws one character, and its code says another."""
    chars = sorted(set(value))
    glyphs = {
        f"/g{at}": pdf.make_stream(f"600 0 d0 BT /F1 1000 Tf ({char}) Tj ET".encode())
        for at, char in enumerate(chars)
    }
    names = [Name(name) for name in glyphs]
    font = Dictionary(
        Type=Name.Font, Subtype=Name.Type3, FontBBox=Array([0, 0, 1000, 1000]),
        FontMatrix=Array([0.001, 0, 0, 0.001, 0, 0]), CharProcs=Dictionary(glyphs),
        Encoding=Dictionary(Type=Name.Encoding, Differences=Array([97, *names])),
        FirstChar=97, LastChar=97 + len(names) - 1, Widths=Array([600] * len(names)),
        Resources=Dictionary(Font=Dictionary(F1=helvetica(pdf))),
    )  # fmt: skip
    codes = "".join(chr(97 + chars.index(char)) for char in value)
    resource(pdf, "/Font", "/T3", pdf.make_indirect(font))
    append(pdf, f"BT /T3 12 Tf 72 300 Td ({codes}) Tj ET")


def _soft_mask(pdf: pikepdf.Pdf, value: str) -> None:
    group = form(pdf, f"1 g {text(value)}")
    group.Group = Dictionary(S=Name.Transparency, CS=Name.DeviceGray)
    state = Dictionary(SMask=Dictionary(Type=Name.Mask, S=Name.Luminosity, G=group))
    resource(pdf, "/ExtGState", "/G1", state)
    append(pdf, "q 1 0 0 1 72 300 cm /G1 gs 0 g 0 0 300 60 re f Q")


def _layer(pdf: pikepdf.Pdf, value: str, *, off: bool = False) -> Any:
    group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String(value)))
    default = Dictionary(OFF=Array([group] if off else []))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=default)
    resource(pdf, "/Properties", "/MC0", group)
    return group


def _layer_name(pdf: pikepdf.Pdf, value: str) -> None:
    _layer(pdf, value)


def _hidden_layer(pdf: pikepdf.Pdf, value: str) -> None:
    _layer(pdf, "notes", off=True)
    append(pdf, f"/OC /MC0 BDC BT /F1 12 Tf 72 300 Td ({value}) Tj ET EMC")


def _resource_name(pdf: pikepdf.Pdf, value: str) -> None:
    resource(pdf, "/XObject", f"/N{value}", form(pdf, ""))
    append(pdf, f"/N{value} Do")


def _split(value: str) -> bytes:
    half = len(value) // 2
    first, second = value[:half], value[half:]
    return saved_pdf(blank(f"{SHOWN} BT /F1 12 Tf 72 500 Td [({first}) -20 ({second})] TJ ET"))


def _lines(value: str) -> bytes:
    half = len(value) // 2
    return saved_pdf(
        blank(f"{SHOWN} BT /F1 12 Tf 72 500 Td ({value[:half]}) Tj 0 -14 Td ({value[half:]}) Tj ET")
    )


def _scattered(value: str) -> bytes:
    """Characters that are written from the last to the first."""
    shown = " ".join(
        f"BT /F1 12 Tf {72 + 7 * at} 500 Td ({char}) Tj ET"
        for at, char in reversed(list(enumerate(value)))
    )
    return saved_pdf(blank(f"{SHOWN} {shown}"))


def _two_pages(value: str) -> bytes:
    half = len(value) // 2
    pdf = blank(f"BT /F1 12 Tf 72 100 Td ({value[:half]}) Tj 200 -50 Td (- 1 -) Tj ET")
    second = blank(f"BT /F1 12 Tf 72 700 Td ({value[half:]}) Tj ET")
    pdf.pages.extend(second.pages)
    return saved_pdf(pdf)


PLACES: Mapping[str, Callable[[str], bytes]] = MappingProxyType(
    {
        "text": showing("BT /F1 12 Tf 72 500 Td ({}) Tj ET"),
        "text in pieces": _split,
        "text on two lines": _lines,
        "text on two pages": _two_pages,
        "text in another order": _scattered,
        "text by the operator '": showing("BT /F1 12 Tf 14 TL 72 500 Td ({}) ' ET"),
        "invisible text": showing("BT 3 Tr /F1 12 Tf 72 500 Td ({}) Tj ET"),
        "white text": showing("1 g BT /F1 12 Tf 72 500 Td ({}) Tj ET"),
        "text outside the page": showing("BT /F1 12 Tf 72 5000 Td ({}) Tj ET"),
        "form": changed(_painted_form),
        "nested form": changed(_nested_form),
        "unpainted form": changed(_unpainted_form),
        "pattern": changed(_pattern),
        "Type 3 glyph": changed(_type3),
        "Type 3 glyphs": changed(_type3_digits),
        "soft mask": changed(_soft_mask),
        "hidden layer": changed(_hidden_layer),
        "alternative text in content": showing("/Span << /ActualText ({}) >> BDC EMC"),
        "comment in content": showing("% {}"),
        "name in content": changed(_resource_name),
        "name of a layer": changed(_layer_name),
    }
)
