"""Metadata that a picture divides over segments, chunks or items is listed as one."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from PIL import Image

from documents.readers.pictures import BMP, JPEG, PNG
from tests.unit.documents.inventory.pictures.test_picture_inventory import (
    chunk,
    entries,
    jpeg_segment,
    picture,
    unread,
)

NUMBER = "13812341234"
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject>{}</dc:subject></rdf:Description>'
    "</rdf:RDF></x:xmpmeta>"
)


def with_segments(marker: int, *bodies: bytes) -> bytes:
    data = picture("JPEG")
    segments = (struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body for body in bodies)
    return data[:2] + b"".join(segments) + data[2:]


def extended(text: bytes, start: int, end: int) -> bytes:
    """A piece of XMP that is longer than a segment (ISO 16684-3, 1.1.3.1)."""
    head = b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32
    return head + struct.pack(">II", len(text), start) + text[start:end]


def profile(number: int, data: bytes) -> bytes:
    return b"ICC_PROFILE\0" + bytes((number, 2)) + data


LONG = XMP.format(f"号码 {NUMBER}").encode()
MIDDLE = LONG.index(NUMBER.encode()) + 5
ITEMS = XMP.format(
    "<rdf:Bag>\n<rdf:li>138</rdf:li>\n<rdf:li>1234</rdf:li>\n<rdf:li>1234</rdf:li></rdf:Bag>"
)
PLACES = {
    "extended XMP": with_segments(
        0xE1, extended(LONG, MIDDLE, len(LONG)), extended(LONG, 0, MIDDLE)
    ),
    "color profile": with_segments(
        0xE2, profile(2, b"341234\0"), profile(1, bytes(128) + b"desc\0\0" + b"13812")
    ),
    "items of XMP": with_segments(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + ITEMS.encode()),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_number_in_pieces_of_a_jpeg_is_listed_as_one(tmp_path: Path, place: str) -> None:
    found = entries(tmp_path, PLACES[place], JPEG)
    assert any(NUMBER in one.text for one in found), found


@pytest.mark.parametrize("name", [b"tEXt", b"iTXt"])
def test_a_number_in_two_chunks_of_text_is_listed_as_one(tmp_path: Path, name: bytes) -> None:
    between = b"\0" if name == b"tEXt" else b"\0\0\0\0\0"
    data = picture()
    chunks = (chunk(name, b"Comment" + between + part) for part in (b"13812", b"341234"))
    found = entries(tmp_path, data[:33] + b"".join(chunks) + data[33:], PNG)
    assert any(one.text == NUMBER for one in found), found


def test_a_comment_in_jis_is_listed(tmp_path: Path) -> None:
    tags = Image.Exif()
    tags[0x9286] = b"JIS\0\0\0\0\0" + "海棠工程".encode("iso2022_jp")
    found = entries(tmp_path, picture("JPEG", exif=tags), JPEG)
    assert any("海棠工程" in one.text for one in found), found


def test_text_in_the_long_header_of_a_bitmap_is_listed(tmp_path: Path) -> None:
    plain = picture("BMP")
    header = struct.pack("<I", 108) + plain[18:54] + bytes(16) + b"BGRs" + NUMBER.encode()
    head = plain[:10] + struct.pack("<I", 14 + 108) + header.ljust(108, b"\0")
    found = entries(tmp_path, head + plain[54:], BMP)
    assert any(NUMBER in one.text for one in found), found


@pytest.mark.parametrize(
    ("media_type", "data"),
    [
        (PNG, picture()[:33] + chunk(b"iDOT", struct.pack(">7I", 2, 0, 20, 40, 20, 40, 500))
         + picture()[33:]),
        (JPEG, jpeg_segment(0xEC, b"Ducky\0\1\0\4\0\0\0\x3c\0\0")),
    ],
    ids=["screen of a Mac", "Photoshop for the web"],
)  # fmt: skip
def test_numbers_that_programs_add_are_not_named(
    tmp_path: Path, media_type: str, data: bytes
) -> None:
    assert unread(entries(tmp_path, data, media_type)) == {("", "picture")}
