"""Bytes that belong to no object of the last revision are divided into the objects they were."""

from __future__ import annotations

import pikepdf

from documents.inventory.pdf.leftovers import leftovers

_STREAM = b"1 0 obj <</Subtype/Image>>\nstream\n%s 7 0 obj (Inner) \xff\nendstream\nendobj\n"


def test_what_looks_like_an_object_within_a_stream_is_none() -> None:
    data = b"%PDF-1.7\n" + _STREAM % b"\xff\xfe" + b"2 0 obj (Anna Lind) endobj 3 0 obj (Bo) endobj"
    with pikepdf.new() as pdf:
        found = list(leftovers(data, pdf, set(), []))
    assert [one.text for one in found] == ["", "Anna Lind", "Bo"]
    assert [one.reason for one in found] == ["picture", "", ""]
