from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest
from openpyxl import Workbook
from reportlab.pdfgen.canvas import Canvas

from documents.inventory.walk import inventory
from standin.direct_source import read_with_source
from standin.documents.builders import (
    LIMITS,
    PARAGRAPH,
    as_docx,
    as_xlsx,
    docx_with,
    drawn_pdf,
    saved,
)
from standin.scripted_engine import ScriptedEngine
from tasks.disclosure_review import DisclosureOptions, DisclosureResult, disclosure_review
from tests.unit.tasks.documents import document

LAWS = sorted((Path(__file__).parents[3] / "samples").glob("*法*.md"))

LAW_TEXTS = {path: path.read_text(encoding="utf-8") for path in LAWS}


async def review(*paragraphs: str, **options: Any) -> DisclosureResult:
    given = DisclosureOptions.model_validate(options)
    return await disclosure_review(document(*paragraphs), given, ScriptedEngine(lambda _: {}))


@pytest.mark.parametrize(
    ("text", "kind", "rule"),
    [
        ("电话13812341234。", "personal_data", "mobile"),
        ("机密★1年", "secrecy_marking", "marked-confidential"),
        ("内部资料 注意保存", "internal_wording", "internal-notice"),
        ("【内部文件】", "internal_wording", "internal-notice"),
        ("本材料仅供内部使用。", "internal_wording", "not-to-be-passed-on"),
        ("未经批准，不得对外发布。", "internal_wording", "not-to-be-passed-on"),
        ("信息公开选项：依申请公开", "disclosure_attribute", "not-to-be-disclosed"),
        ("此件不公开", "disclosure_attribute", "not-to-be-disclosed"),
        ("管理办法（征求意见稿）", "draft", "draft"),
        ("阳光工程", "term", "term"),
    ],
)
async def test_a_reason_has_a_position(text: str, kind: str, rule: str) -> None:
    result = await review("关于某事的通知", text, "特此通知。", terms=["阳光工程"])
    (reason,) = result.reasons
    assert (result.publishable, reason.kind, reason.rule) == (False, kind, rule)
    assert reason.start is not None
    assert reason.start >= len("关于某事的通知\n\n")
    assert result.counts == {kind: 1}


async def test_personal_data_is_masked_in_a_reason() -> None:
    result = await review("电话13812341234。")
    assert result.reasons[0].words == "138****1234"
    assert "13812341234" not in result.model_dump_json()


@pytest.mark.parametrize(
    "text",
    [
        "此件公开发布",
        "信息公开选项：主动公开",
        "本办法所称内部资料，是指单位内部形成的文件。",
        "草案应当公开征求意见。",
        "统一社会信用代码：91110000600037341L",
    ],
)
async def test_ordinary_wording_is_not_a_reason(text: str) -> None:
    assert (await review("关于某事的通知", text)).publishable


@pytest.mark.parametrize("path", LAWS, ids=lambda path: path.stem)
async def test_a_law_may_be_published(path: Path) -> None:
    assert (await review(LAW_TEXTS[path])).reasons == []


async def test_the_model_is_asked_only_on_request() -> None:
    engine = ScriptedEngine(lambda _: {"names": ["王小明"], "addresses": []})
    options = DisclosureOptions(use_model=True)
    result = await disclosure_review(document("王小明来电。"), options, engine)
    assert result.model_asked
    assert result.reasons[0].words == "王**"
    assert not (await review("王小明来电。")).model_asked


async def test_a_marking_in_a_header_counts_too(tmp_path: Path) -> None:
    body = "<w:p><w:r><w:t>正文</w:t></w:r></w:p>"
    data = docx_with(body, {"word/header1.xml": "hdr|<w:p><w:r><w:t>秘密★5年</w:t></w:r></w:p>"})
    read, _ = read_with_source(saved(tmp_path, data), LIMITS)
    result = await disclosure_review(read, DisclosureOptions(), ScriptedEngine(lambda _: {}))
    assert [one.kind for one in result.reasons] == ["secrecy_marking"]
    assert result.not_covered == []


async def test_hidden_content_counts_and_has_no_position(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["关于某事的通知"])
    hidden = book.create_sheet("底稿")
    hidden.append(["电话", "13812341234"])
    hidden.sheet_state = "hidden"
    book.properties.description = "仅供内部使用"
    book.save(path := tmp_path / "book.xlsx")
    source, _ = read_with_source(path, LIMITS)
    result = await disclosure_review(source, DisclosureOptions(), ScriptedEngine(lambda _: {}))
    assert "13812341234" not in source.text
    assert {(one.rule, one.start, one.where) for one in result.reasons} == {
        ("mobile", None, "hidden text"),
        ("not-to-be-passed-on", None, "docProps/core.xml, description"),
    }


async def reviewed(path: Path, **options: Any) -> DisclosureResult:
    """Reviews a file."""
    document, _ = read_with_source(path, LIMITS)
    given = DisclosureOptions.model_validate(options)
    return await disclosure_review(document, given, ScriptedEngine(lambda _: {}))


def note(canvas: Canvas) -> None:
    canvas.textAnnotation("电话13812341234", Rect=[72, 400, 100, 430])


def field(canvas: Canvas) -> None:
    canvas.acroForm.textfield(name="f", value="13812341234", x=72, y=500, width=300)


def bookmark(canvas: Canvas) -> None:
    canvas.bookmarkPage("k")
    canvas.addOutlineEntry("电话13812341234", "k")


@pytest.mark.parametrize(("write", "is_text"), [(note, True), (field, True), (bookmark, False)])
@pytest.mark.parametrize("page", [1, 4])
async def test_the_notes_fields_and_metadata_of_a_pdf_count(
    tmp_path: Path, write: Callable[[Canvas], None], page: int, *, is_text: bool
) -> None:
    def draw(canvas: Canvas) -> None:
        for number in range(1, 5):
            canvas.drawString(72, 720, "A notice.")
            if number == page:
                write(canvas)
            canvas.showPage()

    result = await reviewed(saved(tmp_path, drawn_pdf(draw)))
    assert [(one.rule, one.start is not None) for one in result.reasons] == [("mobile", is_text)]


FIELD_OF_TWO_BOXES = b"""%PDF-1.7
1 0 obj <</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>> endobj
2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj
3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Annots[5 0 R 6 0 R]>> endobj
4 0 obj <</FT/Tx/T(f)/V(13812341234)/Kids[5 0 R 6 0 R]>> endobj
5 0 obj <</Type/Annot/Subtype/Widget/Rect[9 9 99 29]/Parent 4 0 R>> endobj
6 0 obj <</Type/Annot/Subtype/Widget/Rect[9 59 99 79]/Parent 4 0 R>> endobj
trailer <</Root 1 0 R>>
"""


def test_the_value_of_a_field_with_several_boxes_is_found(tmp_path: Path) -> None:
    path = saved(tmp_path, FIELD_OF_TWO_BOXES)
    texts = {entry.text for entry in inventory(path, "application/pdf", LIMITS)}
    assert "13812341234" in texts


async def test_attachments_of_a_pdf_are_read_or_listed_as_not_covered(tmp_path: Path) -> None:
    data = drawn_pdf(lambda canvas: canvas.drawString(72, 720, "A notice."))
    with pdfium.PdfDocument(data) as file:
        file.new_attachment("名单13812341234.xlsx").set_data(b"\x00\x01" * 50)
        file.new_attachment("note.txt").set_data(b"Call 13912341234.")
        file.save(path := tmp_path / "with.pdf")
    result = await reviewed(path)
    assert [one.rule for one in result.reasons] == ["mobile", "mobile"]
    assert result.not_covered == ["embedded file: 名单138****1234.xlsx"]


async def test_files_inside_a_word_document_are_read_or_named(tmp_path: Path) -> None:
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(as_docx([(PARAGRAPH, "关于某事的通知")]))) as usual,
        zipfile.ZipFile(written, "w") as packed,
    ):
        for name in usual.namelist():
            packed.writestr(name, usual.read(name))
        packed.writestr("word/chunk.xml", "<p>13812341234</p>")
        packed.writestr("word/afchunk.htm", "<html><p>13912341234</p></html>")
        packed.writestr("word/embeddings/名单13712341234.bin", b"\x00\x01" * 50)
        packed.writestr("word/embeddings/a.xlsx", as_xlsx([(PARAGRAPH, "13612341234")]))
        packed.writestr("word/media/a.png", b"\x89PNG\r\n\x1a\n")
    result = await reviewed(saved(tmp_path, written.getvalue()))
    assert not result.publishable
    assert {one.words for one in result.reasons} == {
        "138****1234",
        "139****1234",
        "137****1234",
        "136****1234",
    }
    assert result.not_covered == [
        "embedded file: word/embeddings/名单137****1234.bin",
        "picture: word/media/a.png",
    ]


async def test_properties_of_a_pdf_count(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setSubject("电话13812341234")
        canvas.drawString(72, 720, "A notice.")

    document, _ = read_with_source(saved(tmp_path, drawn_pdf(draw)), LIMITS)
    result = await disclosure_review(document, DisclosureOptions(), ScriptedEngine(lambda _: {}))
    assert [one.rule for one in result.reasons] == ["mobile"]
