"""Terms that are also words of a file's format neither hold a file back nor break it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pypdfium2
import pytest
from docx import Document as WordDocument

from documents.inventory.entry import EntryKind
from documents.inventory.package.package_settings import is_package_setting, is_usual_name
from documents.readers import docx
from standin.direct_source import read_with_source
from standin.documents.builders import LIMITS, PARAGRAPH, TABLE, as_docx, as_pdf, as_xlsx, saved
from standin.scripted_engine import ScriptedEngine
from tasks.disclosure_review import DisclosureOptions, disclosure_review
from tasks.redact import RedactOptions, redact
from tasks.redact.kinds import Kind
from tests.unit.documents.inventory.places import entries_of, with_parts

WORDS = {
    "docx": ("left", "center", "theme", "Word", "media"),
    "xlsx": ("left", "Sheet1", "theme", "worksheet", "true"),
    "pdf": ("Page", "Font", "Type"),
}
BUILDERS: dict[str, Callable[..., bytes]] = {"docx": as_docx, "xlsx": as_xlsx, "pdf": as_pdf}


def silent(_: Any) -> Any:
    raise AssertionError("the model was asked")


def masked(path: Path, word: str) -> bytes:
    document, source = read_with_source(path, LIMITS, "notice.bin")
    options = RedactOptions(terms=[word], kinds=[Kind.passport], use_model=False)
    result = asyncio.run(redact(document, options, ScriptedEngine(silent)))
    assert result.file is not None, result.notice
    return source.kept[result.file.document_id]


def text_of(suffix: str, data: bytes) -> str:
    """The text of a file, as another program reads it."""
    if suffix == "docx":
        return "\n".join(one.text for one in WordDocument(io.BytesIO(data)).paragraphs)
    if suffix == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
        return "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row)
    with pypdfium2.PdfDocument(data) as pages:
        return str(pages[0].get_textpage().get_text_range())


@pytest.mark.parametrize(
    ("suffix", "word"), [(suffix, word) for suffix, words in WORDS.items() for word in words]
)
def test_a_word_of_the_format_is_masked_in_the_text_only(
    tmp_path: Path, suffix: str, word: str
) -> None:
    content = [(PARAGRAPH, "1"), (PARAGRAPH, f"flood {word} notice"), (TABLE, "a\tb\n1\t2")]
    path = saved(tmp_path, BUILDERS[suffix](content))
    text = text_of(suffix, masked(path, word))
    assert word.lower() not in text.lower()
    assert "notice" in text


@pytest.mark.parametrize("word", ["word", "document", "openxmlformats"])
def test_names_of_usual_parts_are_no_reason_against_publication(tmp_path: Path, word: str) -> None:
    path = saved(tmp_path, as_xlsx([(PARAGRAPH, "1"), (PARAGRAPH, "防汛通知")]))
    document, _ = read_with_source(path, LIMITS, "notice.bin")
    options = DisclosureOptions(terms=[word])
    review = asyncio.run(disclosure_review(document, options, ScriptedEngine(silent)))
    assert review.publishable, review.reasons


def test_only_usual_names_and_types_are_settings() -> None:
    usual = ("word/document.xml", "[Content_Types].xml", "_rels/.rels", "../theme/theme1.xml",
             "/xl/worksheets/sheet12.xml", "Doc_0/Pages/Page_0/Content.xml")  # fmt: skip
    others = ("word/李小明.xml", "word/lixiaoming.xml", "word/header13812345678.xml", "word/", ".",
              "word/document.xml?13812345678")  # fmt: skip
    assert all(map(is_usual_name, usual))
    assert not any(map(is_usual_name, others))
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    assert is_package_setting("Relationship", "Type", f"{relations}/styles")
    assert not is_package_setting("Relationship", "Type", f"{relations}/lixiaoming")
    assert not is_package_setting("Relationship", "Type", "http://lixiaoming/styles")
    assert is_package_setting("Override", "ContentType", "application/xml")
    assert not is_package_setting("Override", "ContentType", "application/lixiaoming")


def test_names_of_usual_parts_are_listed_as_settings(tmp_path: Path) -> None:
    entries = entries_of(tmp_path, as_docx([(PARAGRAPH, "防汛通知")]), docx.MEDIA_TYPE)
    kinds = {one.kind for one in entries if one.text == "word/theme/theme1.xml"}
    assert kinds == {EntryKind.setting}


def test_an_attribute_for_a_formula_may_be_empty(tmp_path: Path) -> None:
    part = {"word/other.xml": b'<a formula=""/>'}
    entries = entries_of(tmp_path, with_parts(as_docx([(PARAGRAPH, "1")]), part), docx.MEDIA_TYPE)
    assert not [one for one in entries if one.kind is EntryKind.unread]
