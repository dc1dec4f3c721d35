"""A name anywhere in a file is found; a file without it is publishable."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from openpyxl import Workbook
from PIL import Image

from standin.direct_source import read_with_source
from standin.documents.builders import (
    LIMITS,
    PARAGRAPH,
    as_docx,
    as_eml,
    as_html,
    as_markdown,
    as_ods,
    as_ofd,
    as_pdf,
    as_text,
    as_xlsx,
    saved,
)
from standin.scripted_engine import ScriptedEngine
from tasks.disclosure_review import DisclosureOptions, DisclosureResult, disclosure_review
from tasks.redact.finder import RULES
from tasks.redact.kinds import Kind

CASES = sorted((Path(__file__).parents[3] / "samples/cases/places").glob("*/expect.json"))
EXPECTED = {case: json.loads(case.read_text("utf-8")) for case in CASES}
NOTICE = [(PARAGRAPH, "关于城市供水管网改造的通知"), (PARAGRAPH, "请各单位按照要求认真落实。")]


async def reviewed(path: Path, **options: Any) -> DisclosureResult:
    document, _ = read_with_source(path, LIMITS)
    given = DisclosureOptions.model_validate(options)
    return await disclosure_review(document, given, ScriptedEngine(lambda _: {}))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.parent.name)
async def test_a_name_is_found_in_every_place(case: Path) -> None:
    expected = EXPECTED[case]
    result = await reviewed(case.parent / expected["file"], **expected["options"])
    assert result.publishable is expected["must"]["publishable"]
    assert result.not_covered == []
    if not result.publishable:
        # The value of a form field and a phonetic guide are shown, no other place is.
        is_shown = case.parent.name in ("html-input", "docx-ruby")
        assert {one.words for one in result.reasons} == {"张某某"}
        assert all((one.start is not None) is is_shown for one in result.reasons)
        assert all(bool(one.where) is not is_shown for one in result.reasons)


def plain_docx() -> bytes:
    """As a program writes it: with a blank thumbnail, a table, a list and properties."""
    document = docx.Document()
    document.core_properties.author = "办公室"
    document.add_heading("关于城市供水管网改造的通知", 1)
    document.add_paragraph("请各单位按照要求认真落实。", style="List Number")
    table = document.add_table(2, 2)
    table.cell(1, 1).text = "2026年3月1日"
    document.save(data := io.BytesIO())
    return data.getvalue()


def plain_xlsx() -> bytes:
    book = Workbook()
    book.active.append(["项目", "金额", "比例"])
    for number in range(200):
        book.active.append([f"第{number}项", number * 1_234.56, number / 7])
    book.create_sheet("第二张").append(["说明", "按季度统计"])
    book.save(data := io.BytesIO())
    return data.getvalue()


CLEAN = {
    "text": as_text(NOTICE),
    "markdown": as_markdown(NOTICE),
    "html": as_html(NOTICE),
    "docx": as_docx(NOTICE),
    "pdf": as_pdf(NOTICE),
    "ofd": as_ofd(NOTICE),
    "xlsx": as_xlsx(NOTICE),
    "ods": as_ods(NOTICE),
    "eml": as_eml(NOTICE),
    "plain docx": plain_docx(),
    "plain xlsx": plain_xlsx(),
}


@pytest.mark.parametrize("name", CLEAN)
async def test_an_ordinary_file_is_not_held_back(tmp_path: Path, name: str) -> None:
    # An e-mail has addresses of its own.
    kinds = [kind for kind in RULES if name != "eml" or kind is not Kind.email]
    terms = ["张某某", "阳光工程", "13812341234"]
    result = await reviewed(saved(tmp_path, CLEAN[name]), terms=terms, kinds=kinds)
    assert (result.reasons, result.not_covered) == ([], [])
    assert result.publishable


def picture() -> bytes:
    image = Image.new("L", (40, 20), 255)
    image.putpixel((3, 3), 0)
    image.save(data := io.BytesIO(), "PNG")
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("word/media/a.png", picture(), "picture"),
        ("word/media/a.emf", b"\x01\x00\x00\x00" * 30, "picture"),
        ("word/embeddings/a.bin", b"\x01\x00" * 300, "embedded file"),
        ("word/vbaProject.bin", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "macros"),
        ("word/old.xml", b"<w:p xmlns:w='a'>", "damaged"),
        ("customXml/a.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "XML entities"),
    ],
)
async def test_a_file_with_an_unread_part_is_not_publishable(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    data = io.BytesIO(as_docx(NOTICE))
    with zipfile.ZipFile(data, "a") as package:
        package.writestr(name, content)
    result = await reviewed(saved(tmp_path, data.getvalue()))
    assert (result.publishable, result.reasons) == (False, [])
    assert result.not_covered == [f"{reason}: {name}"]


async def test_an_attachment_that_no_reader_reads_is_named(tmp_path: Path) -> None:
    message = (
        b"From: office@example.gov.cn\nTo: all@example.gov.cn\nMessage-ID: <1@example>\n"
        b"Subject: notice\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nA notice.\n--b\n"
        b"Content-Type: application/octet-stream; name=a.bin\nContent-Transfer-Encoding: base64\n\n"
        b"AAECAwQFBgcICQoLDA0ODw==\n--b--\n"
    )
    result = await reviewed(saved(tmp_path, message), kinds=["mobile"])
    assert (result.publishable, result.not_covered) == (False, ["embedded file: a.bin"])


@pytest.mark.parametrize("hidden", ["内部资料", "机密"])
async def test_a_single_value_is_no_line_of_its_own(tmp_path: Path, hidden: str) -> None:
    book = Workbook()
    book.active.append(["类别", hidden])
    book.save(path := tmp_path / "book.xlsx")
    assert (await reviewed(path)).publishable
