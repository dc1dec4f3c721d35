"""Text in metafiles is listed, and a drawing with text to be masked is left out."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from documents.inventory.pictures.drawings import drawing_text
from documents.readers import docx
from standin.documents.builders import docx_with
from standin.documents.docx_parts import related
from tests.unit.documents.inventory.places import entries_of, texts_of, unread_of, with_parts
from tests.unit.documents.masking.masks import NAME, PERSON, PHONE, masked


def enhanced(texts: list[str]) -> bytes:
    """An EMF with a record for each text (MS-EMF, EMR_EXTTEXTOUTW)."""
    header = struct.pack("<II32x4s44x", 1, 88, b" EMF")
    records = b""
    for text in texts:
        data = text.encode("utf-16-le")
        data += bytes(-len(data) % 4)
        records += struct.pack("<II36xII24x", 84, 76 + len(data), len(text), 76) + data
    return header + records + struct.pack("<IIIII", 14, 20, 0, 0, 20)


def older(texts: list[str], *, extended: bool = False) -> bytes:
    """A placeable WMF with a record for each text (MS-WMF, META_TEXTOUT or META_EXTTEXTOUT)."""
    records = b""
    for text in texts:
        data = text.encode("gb18030")
        padded = data + bytes(len(data) % 2)
        if extended:
            body = struct.pack("<HhhHH8x", 0x0A32, 0, 0, len(data), 4) + padded
        else:
            body = struct.pack("<HH", 0x0521, len(data)) + padded + struct.pack("<hh", 0, 0)
        records += struct.pack("<I", (4 + len(body)) // 2) + body
    return b"\xd7\xcd\xc6\x9a" + bytes(18) + b"\1\0\x09\0\0\3" + bytes(12) + records


DRAWINGS = {
    "enhanced.emf": enhanced,
    "older.wmf": older,
    "extended.wmf": lambda texts: older(texts, extended=True),
}


@pytest.mark.parametrize("name", DRAWINGS)
@pytest.mark.parametrize("value", [PHONE, PERSON, NAME])
def test_text_of_a_drawing_is_read_whole_or_by_character(name: str, value: str) -> None:
    assert value in drawing_text(DRAWINGS[name]([f"号码{value}。"]))
    assert value in drawing_text(DRAWINGS[name](list(value)))


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_that_is_cut_short_is_read_up_to_there(name: str) -> None:
    whole = DRAWINGS[name]([PHONE, PERSON])
    for end in range(len(whole)):
        drawing_text(whole[:end])


def document(name: str, *texts: str) -> bytes:
    data = related(docx_with("<w:p><w:r><w:t>通知</w:t></w:r></w:p>"), ("image", f"media/{name}"))
    return with_parts(data, {f"word/media/{name}": DRAWINGS[name](list(texts))})


@pytest.mark.parametrize("name", DRAWINGS)
def test_text_of_a_drawing_is_listed_and_the_drawing_named(name: str, tmp_path: Path) -> None:
    entries = entries_of(tmp_path, document(name, PHONE), docx.MEDIA_TYPE)
    assert PHONE in texts_of(entries)
    assert unread_of(entries) == [("picture", f"word/media/{name}")]


@pytest.mark.parametrize("name", DRAWINGS)
@pytest.mark.parametrize("value", [PHONE, PERSON, NAME])
def test_a_drawing_with_text_to_be_masked_is_left_out(
    name: str, value: str, tmp_path: Path
) -> None:
    _, account = masked(document(name, *value), tmp_path)
    assert account.removed["drawings with text to be masked"] == 1
    file, account = masked(document(name, "通知"), tmp_path)
    assert [one["what"] for one in account.as_json()["not_covered"]] == ["picture"]
    assert name.rpartition(".")[2].encode() in file.data
