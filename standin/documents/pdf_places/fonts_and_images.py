"""Values in fonts, images and colour profiles."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from types import MappingProxyType

import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import Image

from standin.documents.pdf_places.page import (
    append,
    changed,
    helvetica,
    resource,
)


def _meaning(pdf: pikepdf.Pdf, value: str) -> None:
    """One code that a character map says to be the value."""
    text = value.encode("utf-16-be").hex()
    cmap = f"begincmap 1 beginbfchar <41> <{text}> endbfchar endcmap".encode()
    font = helvetica(pdf)
    font.ToUnicode = pdf.make_stream(cmap)
    resource(pdf, "/Font", "/F2", font)
    append(pdf, "BT /F2 12 Tf 72 300 Td (A) Tj ET")


def _map_comment(pdf: pikepdf.Pdf, value: str) -> None:
    font = helvetica(pdf)
    cmap = f"% {value}\nbegincmap 1 beginbfchar <41> <0041> endbfchar endcmap".encode()
    font.ToUnicode = pdf.make_stream(cmap)
    resource(pdf, "/Font", "/F2", font)
    append(pdf, "BT /F2 12 Tf 72 300 Td (A) Tj ET")


def _glyph_name(pdf: pikepdf.Pdf, value: str) -> None:
    font = helvetica(pdf)
    font.Encoding = Dictionary(Differences=Array([65, Name.A, Name(f"/g{value}")]))
    resource(pdf, "/Font", "/F2", font)
    append(pdf, "BT /F2 12 Tf 72 300 Td (A) Tj ET")


def _font_name(pdf: pikepdf.Pdf, value: str) -> None:
    font = helvetica(pdf)
    font.BaseFont = Name(f"/Font{value}")
    resource(pdf, "/Font", "/F2", font)
    append(pdf, "BT /F2 12 Tf 72 300 Td (A) Tj ET")


def _jpeg_comment(pdf: pikepdf.Pdf, value: str) -> None:
    written = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(written, "JPEG", comment=value.encode())
    image = pikepdf.Stream(pdf, written.getvalue())
    for key, one in {
        "/Type": Name.XObject, "/Subtype": Name.Image, "/Width": 8, "/Height": 8,
        "/ColorSpace": Name.DeviceRGB, "/BitsPerComponent": 8, "/Filter": Name.DCTDecode,
    }.items():  # fmt: skip
        image[key] = one
    resource(pdf, "/XObject", "/Im1", pdf.make_indirect(image))
    append(pdf, "q 50 0 0 50 72 300 cm /Im1 Do Q")


def _image_tail(pdf: pikepdf.Pdf, value: str) -> None:
    """Bytes after the samples of an image."""
    image = pdf.make_stream(b"\xff" * 64 + value.encode())
    for key, one in {
        "/Type": Name.XObject, "/Subtype": Name.Image, "/Width": 8, "/Height": 8,
        "/ColorSpace": Name.DeviceGray, "/BitsPerComponent": 8,
    }.items():  # fmt: skip
        image[key] = one
    resource(pdf, "/XObject", "/Im1", image)
    append(pdf, "q 50 0 0 50 72 300 cm /Im1 Do Q")


def _profile(pdf: pikepdf.Pdf, value: str) -> None:
    profile = pdf.make_stream(b"\0" * 36 + b"acsp" + b"\0" * 60 + f"desc {value}".encode())
    profile.N = 3
    resource(pdf, "/ColorSpace", "/C1", Array([Name.ICCBased, profile]))
    append(pdf, "/C1 cs 1 0 0 sc 72 300 20 20 re f")


PLACES: Mapping[str, Callable[[str], bytes]] = MappingProxyType(
    {
        "meaning of a code": changed(_meaning),
        "comment in a character map": changed(_map_comment),
        "name of a glyph": changed(_glyph_name),
        "name of a font": changed(_font_name),
        "comment in a JPEG": changed(_jpeg_comment),
        "bytes after an image": changed(_image_tail),
        "colour profile": changed(_profile),
    }
)
