"""Behaviour of the readers of every format."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from documents.detect import detect
from documents.document import BlockKind, Document
from documents.errors import READABLE, DocumentError, DocumentTooLong, EmptyDocument
from documents.limits import ReadLimits
from documents.read import READERS, read
from documents.readers import pictures
from standin.documents.builders import (
    CONTENT,
    FORMATS,
    LIMITS,
    Item,
    as_docx,
    as_eml,
    as_html,
    as_markdown,
    as_ofd,
    as_pdf,
    as_rtf,
    as_text,
    docx_with,
    drawn_pdf,
    saved,
)
from standin.documents.compound_builder import compound, message
from standin.documents.office_builders import binary_workbook, presentation, shape


def as_zip() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        packed.writestr("a.txt", "text")
    return written.getvalue()


BEYOND: Mapping[str, Callable[[], bytes]] = {
    "eml": as_eml,
    "rtf": as_rtf,
    "msg": lambda: compound(message("subject", "body")),
    "pptx": lambda: presentation([shape("text")]),
    "xlsb": lambda: binary_workbook(["text"]),
    "zip": as_zip,
}
SAMPLES = Path(__file__).parents[3] / "samples"
LAW = "档案法(2020-06-20).md"


def assert_blocks_cover(document: Document) -> None:
    place = 0
    for block in document.blocks:
        between = document.text[place : block.start]
        assert between == ("\n\n" if place else "")
        words = document.text[block.start : block.end]
        assert words.strip()
        assert "\n\n" not in words
        place = block.end
    assert place == len(document.text)


@pytest.mark.parametrize("name", FORMATS)
def test_blocks_are_in_order_and_cover_the_text(tmp_path: Path, name: str) -> None:
    document = read(saved(tmp_path, FORMATS[name]()), LIMITS)
    assert len(document.blocks) >= len(CONTENT)
    assert_blocks_cover(document)


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_content_reads_back_the_same(tmp_path: Path, name: str) -> None:
    document = read(saved(tmp_path, FORMATS[name]()), LIMITS)
    expected = " ".join(words for _, words in CONTENT)
    assert document.text.split() == expected.split()


@pytest.mark.parametrize("name", ["markdown", "html", "docx", "pdf", "ofd"])
def test_every_block_keeps_its_kind(tmp_path: Path, name: str) -> None:
    document = read(saved(tmp_path, FORMATS[name]()), LIMITS)
    found = [(block.kind, document.text[block.start : block.end]) for block in document.blocks]
    assert found == list(CONTENT)


@pytest.mark.parametrize("write", [as_text, as_markdown, as_html, as_docx, as_pdf, as_ofd])
def test_a_law_reads_back_the_same(
    tmp_path: Path, write: Callable[[Sequence[Item]], bytes]
) -> None:
    law = read(SAMPLES / LAW, LIMITS)
    content = [(block.kind, law.text[block.start : block.end]) for block in law.blocks]
    document = read(saved(tmp_path, write(content)), LIMITS)
    # A block ends at the end of a page.
    assert "".join(document.text.split()) == "".join(law.text.split())
    assert len(law.blocks) <= len(document.blocks) < len(law.blocks) + (document.pages or 1)


@pytest.mark.parametrize("name", FORMATS)
def test_the_format_is_detected_from_the_bytes_and_not_the_name(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path, FORMATS[name](), "picture.png")
    assert detect(path) == read(path, LIMITS).media_type


def test_every_reader_has_a_media_type_of_its_own_and_is_named_in_the_message(
    tmp_path: Path,
) -> None:
    names = {*FORMATS, *BEYOND}
    written = {name: ({**FORMATS, **BEYOND}[name])() for name in names}
    found = {detect(saved(tmp_path, data)) for data in written.values()}
    assert len(found) == len(names)
    assert found <= set(READERS)
    assert all(name in READABLE.lower() for name in names)


@pytest.mark.parametrize("name", pictures.MEDIA_TYPES)
def test_every_kind_of_picture_has_a_reader_and_is_named_in_the_message(name: str) -> None:
    assert READERS[pictures.MEDIA_TYPES[name]] is pictures.read
    assert name.lower() in READABLE.lower()


def test_an_email_says_the_same_after_its_headers(tmp_path: Path) -> None:
    document = read(saved(tmp_path, as_eml()), LIMITS)
    assert_blocks_cover(document)
    found = [(block.kind, document.text[block.start : block.end]) for block in document.blocks]
    assert found[0] == (
        BlockKind.paragraph,
        "From: 防汛办 <flood@example.org>\nTo: all@example.org\n"
        f"Date: Mon, 01 Jun 2026 08:00:00 +0800\nSubject: {CONTENT[0][1]}",
    )
    assert found[1:] == list(CONTENT)


@pytest.mark.parametrize("name", FORMATS)
def test_a_text_over_the_limit_is_refused(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path, FORMATS[name]())
    whole = len(read(path, LIMITS).text)
    assert len(read(path, ReadLimits(max_chars=whole, max_pages=1)).text) == whole
    with pytest.raises(DocumentTooLong, match="characters"):
        read(path, ReadLimits(max_chars=whole - 1, max_pages=1))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \n\t\r\n ",
        "\ufeff \u3000\n".encode(),
        b"<!DOCTYPE html><html><body><p> &nbsp; </p><script>let a = 1</script></body></html>",
        as_docx(()),
        docx_with("<w:p><w:r><w:t>  </w:t></w:r></w:p>"),
        drawn_pdf(lambda canvas: canvas.showPage()),
    ],
    ids=["no bytes", "spaces", "a mark", "html", "docx", "docx of spaces", "pdf"],
)
def test_a_document_without_text_is_empty(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(EmptyDocument):
        read(saved(tmp_path, data), LIMITS)


@pytest.mark.parametrize("name", ["html", "docx", "pdf"])
def test_damage_is_a_document_error_or_nothing(tmp_path: Path, name: str) -> None:
    """Damaged bytes raise only errors of the error tree."""
    whole = {"html": as_html, "docx": as_docx, "pdf": as_pdf}[name]()
    chance = random.Random(name)
    for _ in range(60):
        data = bytearray(whole[: chance.randrange(8, len(whole))])
        if chance.random() < 0.6:
            data = bytearray(whole)
        for _ in range(chance.randrange(30)):
            data[chance.randrange(5, len(data))] = chance.randrange(256)
        with suppress(DocumentError):
            assert_blocks_cover(read(saved(tmp_path, bytes(data)), LIMITS))


@pytest.mark.parametrize(
    ("name", "kinds", "words"),
    [
        (LAW, {BlockKind.heading, BlockKind.paragraph}, "第一条 为了加强档案管理，"),
        ("business-licence.docx", {BlockKind.heading, BlockKind.table}, "RD-2026-004817"),
        ("water-notice.pdf", {BlockKind.heading, BlockKind.paragraph}, "for fifty years."),
        ("hotline-message.txt", {BlockKind.paragraph}, "有三盏路灯，"),
    ],
)
def test_the_samples_are_read(name: str, kinds: set[BlockKind], words: str) -> None:
    document = read(SAMPLES / name, LIMITS)
    assert_blocks_cover(document)
    assert kinds <= {block.kind for block in document.blocks}
    assert words in document.text
