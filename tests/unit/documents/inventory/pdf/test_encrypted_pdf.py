"""A PDF that only forbids copying is encrypted: all of it is read, and nothing is unread."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from documents.readers.pdf import MEDIA_TYPE
from standin.documents.pdf_places.page import blank, saved_pdf
from tests.unit.documents.inventory.places import entries_of, unread_of

PHONE = "13812341234"
METHODS: list[dict[str, Any]] = [
    {"R": 2, "aes": False, "metadata": False},
    {"R": 3, "aes": False, "metadata": False},
    {"R": 4},
    {"R": 4, "metadata": False},
    {"R": 6},
]


def encrypted(
    method: dict[str, Any], content: str = "BT /F1 12 Tf 72 600 Td (office) Tj ET"
) -> bytes:
    pdf = blank(content)
    with pdf.open_metadata() as metadata:
        metadata["dc:title"] = "notice"
    written = io.BytesIO()
    pdf.save(
        written,
        encryption=pikepdf.Encryption(user="", owner="owner", **method),
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
    )
    return written.getvalue()


def with_null(data: bytes, number: int) -> bytes:
    """The file with an update that removes an object."""
    previous = re.findall(rb"startxref\s+(\d+)", data)[-1]
    trailer = data[data.rindex(b"trailer") : data.rindex(b"startxref")].rstrip()
    start = len(data)
    body = b"%d 0 obj\nnull\nendobj\n" % number
    table = b"xref\n%d 1\n%010d 00000 n \n" % (number, start)
    trailer = trailer[: -len(b">>")] + b" /Prev " + previous + b" >>"
    return data + body + table + trailer + b"\nstartxref\n%d\n%%%%EOF\n" % (start + len(body))


@pytest.mark.parametrize("method", METHODS)
def test_nothing_of_an_encrypted_file_is_unread(method: dict[str, Any], tmp_path: Path) -> None:
    entries = entries_of(tmp_path, encrypted(method), MEDIA_TYPE)
    assert unread_of(entries) == []
    assert any("office" in one.text for one in entries)


@pytest.mark.parametrize("method", METHODS)
def test_an_earlier_revision_of_an_encrypted_file_is_read(
    method: dict[str, Any], tmp_path: Path
) -> None:
    data = encrypted(method, PHONE)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        number, _ = pdf.pages[0]["/Contents"].objgen
    assert PHONE.encode() not in data
    entries = entries_of(tmp_path, with_null(data, number), MEDIA_TYPE)
    assert "earlier revision or unused object" in {
        one.where for one in entries if PHONE in one.text
    }


def test_the_tables_of_a_file_for_the_web_are_not_unread(tmp_path: Path) -> None:
    written = io.BytesIO()
    pikepdf.open(io.BytesIO(saved_pdf(blank()))).save(written, linearize=True)
    assert unread_of(entries_of(tmp_path, written.getvalue(), MEDIA_TYPE)) == []
