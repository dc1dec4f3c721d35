from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from documents.detect import detect
from documents.document import BlockKind
from documents.errors import DocumentTooLong, EmptyDocument, EncryptedDocument
from documents.inventory.walk import inventory
from documents.limits import ReadLimits
from documents.read import read
from documents.readers import archive
from standin.documents.builders import LIMITS, as_docx, as_xlsx, saved


def packed(files: Mapping[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as container:
        for name, data in files.items():
            container.writestr(name, data)
    return written.getvalue()


def test_each_file_is_read_with_its_name(tmp_path: Path) -> None:
    inner = packed({"里.txt": "里面".encode()})
    files = {
        "甲/说明.txt": "说明文字".encode(),
        "通知.docx": as_docx(),
        "内.zip": inner,
        "__MACOSX/._a": b"x",
        "Thumbs.db": b"x",
        "数据.bin": bytes(range(256)),
    }
    path = saved(tmp_path, packed(files))
    assert detect(path) == archive.MEDIA_TYPE
    document = read(path, LIMITS)
    names = [
        document.text[block.start : block.end]
        for block in document.blocks
        if block.kind is BlockKind.attachment
    ]
    assert names == [
        "说明.txt", "通知.docx", "内.zip", "里.txt",
        "数据.bin (not read: No reader for this kind of document)",
    ]  # fmt: skip
    assert "特此通知。" in document.text
    assert "里面" in document.text
    assert document.media_type == archive.MEDIA_TYPE


@pytest.mark.parametrize(
    ("name", "encoding"),
    # The bytes of 通知 in GBK are valid UTF-8 too.
    [("说明.txt", "gb18030"), ("通知.txt", "gb18030"), ("说明.txt", "utf-8"), ("é.txt", "utf-8")],
)
def test_names_without_a_mark_of_their_encoding_are_read(
    tmp_path: Path, name: str, encoding: str
) -> None:
    raw = name.encode(encoding)
    data = packed({"x" * len(raw): b"text"}).replace(b"x" * len(raw), raw)
    assert name in read(saved(tmp_path, data), LIMITS).text


def test_zip_files_inside_zip_files_have_a_limit(tmp_path: Path) -> None:
    data = packed({"a.txt": b"words"})
    for _ in range(3):
        data = packed({"in.zip": data})
    document = read(saved(tmp_path, data), LIMITS)
    assert "words" not in document.text
    assert "not read" in document.text


def test_files_inside_files_are_bounded_together(tmp_path: Path) -> None:
    inner = packed({f"{one}.txt": b"<html><p>words" for one in range(60)})
    path = saved(tmp_path, packed({f"{one}.zip": inner for one in range(20)}))
    text = read(path, replace(LIMITS, max_chars=1_000_000)).text
    # 16 ZIP files take 61 each of 1,000, and the next one what is left.
    assert text.count("words") == 16 * 60 + 23
    reasons = Counter(one.reason for one in inventory(path, archive.MEDIA_TYPE, LIMITS))
    assert reasons["beyond the limits"] == (60 - 23) + 3


def test_the_inventory_bounds_the_text_of_all_files_together(tmp_path: Path) -> None:
    book = as_xlsx([(BlockKind.table, "word")] * 1_000)
    path = saved(tmp_path, packed({f"{one}.xlsx": book for one in range(30)}))
    limits = replace(LIMITS, max_chars=11_000)
    entries = list(inventory(path, archive.MEDIA_TYPE, limits))
    # Files are opened until those before have the text of two documents.
    assert sum(one.where.endswith("> text") for one in entries) == 4
    too_long = [one.where for one in entries if one.reason == "beyond the limits"]
    assert too_long == [f"{one}.xlsx" for one in range(4, 30)]


def test_the_inventory_gives_up_after_two_files_that_are_too_long(tmp_path: Path) -> None:
    book = as_xlsx([(BlockKind.table, "word")] * 1_000)
    files = {f"{one}.xlsx": book for one in range(5)} | {"a.docx": as_docx()}
    limits = replace(LIMITS, max_chars=5_000)
    entries = list(inventory(saved(tmp_path, packed(files)), archive.MEDIA_TYPE, limits))
    too_long = [one.where for one in entries if one.reason == "beyond the limits"]
    assert too_long == [*files]


def test_a_zip_file_with_too_many_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentTooLong, match="100 files"):
        read(saved(tmp_path, packed({f"{one}.txt": b"a" for one in range(101)})), LIMITS)


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    limits = ReadLimits(max_chars=1_000_000, max_pages=10, max_expanded_bytes=1_000_000)
    with pytest.raises(DocumentTooLong, match="unpacks"):
        read(saved(tmp_path, packed({"a.txt": b"a" * 2_000_000})), limits)


def test_a_zip_file_with_a_password_is_encrypted(tmp_path: Path) -> None:
    data = bytearray(packed({"a.txt": b"words"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    with pytest.raises(EncryptedDocument, match="password"):
        read(saved(tmp_path, bytes(data)), LIMITS)


def test_a_zip_file_without_files_is_empty(tmp_path: Path) -> None:
    with pytest.raises(EmptyDocument):
        read(saved(tmp_path, packed({})), LIMITS)


def test_a_workbook_in_a_zip_file_keeps_its_tables(tmp_path: Path) -> None:
    document = read(saved(tmp_path, packed({"a.xlsx": as_xlsx()})), LIMITS)
    assert BlockKind.table in {block.kind for block in document.blocks}


def test_paths_and_names_in_two_cases_are_names_only(tmp_path: Path) -> None:
    names = ["../../etc/passwd", "/etc/shadow", "C:\\x\\b.txt", "a/A.TXT", "a/a.txt"]
    document = read(saved(tmp_path, packed({one: one.encode() for one in names})), LIMITS)
    blocks = [document.text[one.start : one.end] for one in document.blocks]
    assert blocks[::2] == ["passwd", "shadow", "b.txt", "A.TXT", "a.txt"]
    assert blocks[1::2] == names
    assert not (tmp_path / "passwd").exists()
