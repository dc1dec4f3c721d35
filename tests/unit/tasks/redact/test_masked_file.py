"""A masked file is handed out only if all items of the text are in it, and nothing is left."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from docx import Document as WordDocument
from PIL import Image

from documents.detect import detect
from documents.document import Block, Document
from documents.errors import NoTextLayer, RedactionIncomplete
from documents.inventory.walk import WALKS
from documents.limits import MIB, ReadLimits
from documents.masking import formats
from documents.masking.account import Account
from documents.masking.masked_file import MaskedFile
from documents.masking.replacement import Masking
from documents.masking.verification.decoded_bytes import layers
from documents.masking.verification.verify import verify
from documents.ocr.scan import OcrLine, Scan
from documents.readers import docx, html, markdown, pdf, sheets
from standin.direct_source import read_with_source
from standin.documents.builders import (
    LIMITS,
    PARAGRAPH,
    as_docx,
    as_eml,
    as_html,
    as_markdown,
    as_pdf,
    as_text,
    as_xlsx,
    saved,
)
from standin.documents.ofd_builder import ofd, on_layer, text_object
from standin.documents.pdf_pages import add_annotation, add_field, pdf_of, show
from standin.documents.pdf_places.page import blank, saved_pdf
from standin.scripted_engine import ScriptedEngine
from tasks.redact import RedactOptions, RedactResult, redact
from tasks.redact.comparison import Missing, Place, missing
from tasks.redact.finder import RULES, Finder, Targets
from tasks.redact.kinds import Kind
from tasks.redact.masker import Masker, Style, masker_json
from tasks.redact.report import report_html
from tasks.redact.work import redact as redact_file
from tests.unit.documents.masking.pdf.pdf_bytes import readable
from tests.unit.documents.readers.pages import SCANS, a4, scanned_pdf

PHONE, OTHER, NAME = "13812341234", "13900005678", "李小明"
MASKER = Masker(Targets(frozenset(RULES)), Style())
NO_MODEL = RedactOptions(use_model=False)
SHOWN = [(PARAGRAPH, f"申请人：{NAME}，电话{PHONE}。"), (PARAGRAPH, "以上情况属实。" * 4)]


def silent(_: Any) -> Any:
    raise AssertionError("the model was asked")


def work(path: Path, media_type: str, limits: ReadLimits = LIMITS, **arguments: Any) -> Any:
    given = {"places": [], "cover": [], "verify_by_ocr": False, "scans": "", **arguments}
    masker = masker_json(MASKER.targets, MASKER.style)
    return redact_file(path, {"masker": masker, "media_type": media_type, **given}, limits)


async def masked(
    data: bytes, folder: Path, change: Callable[[Document], Document] = lambda document: document
) -> tuple[RedactResult, dict[str, bytes]]:
    document, source = read_with_source(saved(folder, data), LIMITS, f"{NAME}&.docx")
    result = await redact(change(document), NO_MODEL, ScriptedEngine(silent))
    return result, source.kept


async def test_a_name_whose_label_is_in_an_ofd_template_is_masked(tmp_path: Path) -> None:
    label = text_object("联系人：", 30, 60)
    data = ofd(
        ['<ofd:Template TemplateID="9"/>' + on_layer(text_object(NAME, 60, 60))],
        common='<ofd:TemplatePage ID="9" BaseLoc="Tpls/T.xml"/>',
        parts={"Doc_0/Tpls/T.xml": f"<ofd:Page %s>{on_layer(label)}</ofd:Page>"},
    )
    result, kept = await masked(data, tmp_path)
    assert result.text == "联系人：\t李**"
    (file,) = (data for data in kept.values() if data.startswith(b"PK"))
    with zipfile.ZipFile(io.BytesIO(file)) as packed:
        left = "".join(packed.read(name).decode() for name in packed.namelist())
    assert "联系人：" in left
    assert NAME not in left


async def test_a_page_with_a_finding_leaves_nothing_to_look_at_in_a_file_that_was_read(
    tmp_path: Path,
) -> None:
    result, _ = await masked(as_pdf(SHOWN), tmp_path)
    assert result.file is not None
    assert (result.not_covered, result.notice) == ([], "")


def more_text(document: Document) -> Document:
    blocks = list(document.blocks)
    text = f"{document.text}\n\n电话{OTHER}。"
    blocks[-1] = replace(blocks[-1], end=len(text))
    return replace(document, text=text, blocks=tuple(blocks))


@pytest.mark.parametrize("build", [as_docx, as_xlsx, as_pdf, as_text, as_html, as_markdown, as_eml])
async def test_a_file_in_which_an_item_of_the_text_is_missing_is_not_handed_out(
    tmp_path: Path, build: Callable[..., bytes]
) -> None:
    result, kept = await masked(build(SHOWN), tmp_path)
    assert result.file is not None
    assert PHONE.encode() not in kept[result.file.document_id]
    result, _ = await masked(build(SHOWN), tmp_path, more_text)
    assert result.file is None
    reasons = [one.where for one in result.not_covered if one.what == "file"]
    assert len(reasons) == 1
    assert "mobile" in reasons[0]
    assert reasons[0] in result.notice
    assert OTHER not in result.model_dump_json()


@pytest.mark.parametrize("kind", ["Tx", "Text"])
async def test_values_of_fields_and_notes_of_a_pdf_are_not_missed_in_its_pages(
    tmp_path: Path, kind: str
) -> None:
    """No appearance of them is drawn, so the masked file does not have them at all."""

    def change(pdf: pikepdf.Pdf) -> None:
        if kind == "Tx":
            add_field(pdf, kind, (150, 695, 300, 715), V=pikepdf.String(PHONE))
        else:
            add_annotation(pdf, kind, (300, 700, 320, 720), Contents=pikepdf.String(PHONE))

    result, kept = await masked(pdf_of([show("联系电话：")], change), tmp_path)
    assert PHONE not in result.text
    assert result.file is not None
    assert PHONE not in readable(kept[result.file.document_id])


def divided(document: Document) -> Document:
    """With the number of the text in groups that rules do not take for a telephone number."""
    text = document.text.replace(PHONE, "138 12 34 12 34")
    assert not Finder(Targets(frozenset((Kind.mobile,)))).find(text)
    return replace(document, text=text, blocks=(Block(0, len(text)),))


async def test_an_item_that_only_the_file_has_whole_is_masked_in_the_text(tmp_path: Path) -> None:
    result, _ = await masked(as_docx(SHOWN), tmp_path, divided)
    assert result.file is not None
    assert "34 12 34" not in result.text
    assert PHONE not in result.model_dump_json()
    assert result.counts[Kind.mobile] == 1
    assert {one.found_by for one in result.findings} == {"rule"}


def test_an_item_must_be_on_its_page() -> None:
    parts = {"page 1": [PHONE], "page 2": [NAME], "attachments": [OTHER]}
    places = [Place(1, Kind.mobile, PHONE), Place(2, Kind.name, NAME), Place(9, Kind.mobile, OTHER)]
    assert missing(places, parts) == []
    assert missing([Place(2, Kind.mobile, PHONE)], parts) == [
        Missing(page=2, kind=Kind.mobile, count=1)
    ]
    assert missing([Place(None, Kind.mobile, PHONE)], parts) == []


@pytest.mark.parametrize(
    ("value", "in_file"),
    [
        (PHONE, ["138-1234-1234"]),
        (f"{PHONE}@qq.com", ["ＡＢ", f"{PHONE}@QQ.COM"]),
        (f"{NAME} {PHONE}", [NAME, PHONE]),
        (PHONE, [f"86 {PHONE}"]),
    ],
)
def test_an_item_may_be_written_or_divided_otherwise(value: str, in_file: Sequence[str]) -> None:
    place = Place(None, Kind.mobile, value)
    assert missing([place], {"body": in_file}) == []
    assert missing([place], {"body": in_file[:-1]}) != []


def test_a_name_that_one_part_shows_is_masked_in_all_parts(tmp_path: Path) -> None:
    written = io.BytesIO()
    word = WordDocument()
    word.add_paragraph(f"据{NAME}反映，道路不平。")
    word.sections[0].header.paragraphs[0].text = f"申请人：{NAME}"
    word.save(written)
    result = work(saved(tmp_path, written.getvalue()), docx.MEDIA_TYPE)
    assert result.file is not None
    with zipfile.ZipFile(io.BytesIO(result.file)) as packed:
        parts = {name: packed.read(name).decode("utf-8", "replace") for name in packed.namelist()}
    assert [name for name, text in parts.items() if NAME in text] == []
    assert "李**" in parts["word/document.xml"]


def test_a_file_that_still_holds_an_item_is_not_handed_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unmasked(path: Path, masking: Masking, limits: ReadLimits, account: Account) -> MaskedFile:
        masking.find(PHONE)
        return MaskedFile(path.read_bytes(), docx.MEDIA_TYPE)

    monkeypatch.setattr("tasks.redact.work.MASKED_FORMATS", {docx.MEDIA_TYPE: unmasked})
    with pytest.raises(RedactionIncomplete, match=r"word/document\.xml") as raised:
        work(saved(tmp_path, as_docx(SHOWN)), docx.MEDIA_TYPE)
    assert NAME not in str(raised.value)
    assert PHONE not in str(raised.value)


ENCODED = base64.b32encode(PHONE.encode()).decode(), ",".join(str(ord(one)) for one in PHONE)


@pytest.mark.parametrize("encoded", ENCODED)
@pytest.mark.parametrize("write", [as_text, as_markdown, as_html, as_docx, as_xlsx])
def test_numbers_in_other_digits_are_masked(
    tmp_path: Path, write: Callable[..., bytes], encoded: str
) -> None:
    path = saved(tmp_path, write([*SHOWN, (PARAGRAPH, f"见 {encoded} 。")]))
    result = work(path, detect(path))
    assert encoded not in "".join(
        layer.data.decode("latin-1") for layer in layers(result.file, MIB)
    )


def test_a_value_that_a_style_of_a_page_turns_round_is_masked(tmp_path: Path) -> None:
    page = f"<style>.a{{unicode-bidi:bidi-override;direction:rtl}}</style><p class=a>{PHONE[::-1]}"
    result = work(saved(tmp_path, page.encode()), html.MEDIA_TYPE)
    left = "".join(layer.data.decode("latin-1") for layer in layers(result.file, MIB))
    assert PHONE not in left
    assert PHONE[::-1] not in left


@pytest.mark.parametrize(("script", "named"), [("a = atob(b)", 1), ("a.hidden = true", 0)])
def test_a_program_in_a_masked_text_is_named(tmp_path: Path, script: str, named: int) -> None:
    words = f"# 通知\n\n<script>{script}</script>\n\n电话{PHONE}。\n"
    result = work(saved(tmp_path, words.encode()), markdown.MEDIA_TYPE)
    assert len(result.values["not_covered"]) == named
    page = f"<html><body><script>{script}</script><p>电话{PHONE}。</p>"
    result = work(saved(tmp_path, page.encode()), html.MEDIA_TYPE)
    assert result.values["not_covered"] == []


def test_the_inventory_finds_what_was_never_found_before() -> None:
    file = MaskedFile(as_docx(SHOWN), docx.MEDIA_TYPE)
    verification = verify(file, MASKER.masking(), [], LIMITS)
    assert verification.left
    assert NAME in verification.values["name"]


def test_the_bytes_are_searched_without_the_inventory() -> None:
    hidden = MaskedFile(as_docx(SHOWN) + b"\x00" * 9 + "王某某甲".encode("utf-16"), docx.MEDIA_TYPE)
    nothing = Masker(Targets(frozenset()), Style()).masking()
    assert verify(hidden, nothing, ["王某某甲"], LIMITS).left == ["the file's bytes"]
    assert verify(hidden, nothing, ["王某某乙"], LIMITS).left == []


@pytest.mark.parametrize("words", [f"call {PHONE}", "nothing to mask here"])
def test_the_rendered_pages_are_read_on_request(
    monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    def scan(picture: Image.Image, threads: int) -> Scan:
        corners = ((10.0, 20.0), (500.0, 20.0), (500.0, 30.0), (10.0, 30.0))
        return Scan((OcrLine(words, 0.9, corners),), *picture.size)

    monkeypatch.setattr("documents.ocr.recognition.scan", scan)
    file, masking = MaskedFile(scanned_pdf([a4()]), pdf.MEDIA_TYPE), MASKER.masking()
    assert verify(file, masking, [], SCANS).left == []
    left = verify(file, masking, [], SCANS, by_ocr=True).left
    assert ("page 1 as shown" in left) == (PHONE in words)
    # OCR that is switched off is named.
    unread = verify(file, masking, [], LIMITS, by_ocr=True).unread
    assert "pages from 1 on, as shown" in [entry.where for entry in unread]


def test_a_file_with_pictures_is_left_to_a_process_with_ocr(tmp_path: Path) -> None:
    deferred = replace(LIMITS, ocr_pages=None)
    with pytest.raises(NoTextLayer):
        work(saved(tmp_path, scanned_pdf([a4()])), pdf.MEDIA_TYPE, deferred)
    assert work(saved(tmp_path, as_docx(SHOWN)), docx.MEDIA_TYPE, deferred).file is not None


async def test_the_report_names_every_finding_and_holds_no_masked_text(tmp_path: Path) -> None:
    result, kept = await masked(as_docx(SHOWN), tmp_path)
    assert result.report is not None
    assert result.report.media_type == "text/html"
    report = kept[result.report.document_id].decode()
    for value in (PHONE, NAME, "<script", "http:", "https:", "src="):
        assert value not in report
    for words in ("手机号码 mobile number", "138****1234", "&amp;", "遮盖报告", "核对人"):
        assert words in report
    assert report.count("<tr><td>") >= len(result.findings) == 2
    assert result.file is not None
    assert result.file.sha256 in report


async def test_the_report_says_what_a_person_must_check(tmp_path: Path) -> None:
    result, kept = await masked(as_docx(SHOWN), tmp_path, more_text)
    assert result.report is not None
    report = kept[result.report.document_id].decode()
    assert "未生成遮盖后的文件" in report
    assert "could not be found again in the file" in report


def test_markup_in_a_report_is_escaped() -> None:
    result = RedactResult.model_validate(
        {
            "text": "", "findings": [], "counts": {}, "model_asked": False, "unplaced": 0,
            "in_file": [], "boxes": [], "removed": [],
            "not_covered": [{"what": "<b>", "where": "<i>"}],
            "notice": "<u>",
        }
    )  # fmt: skip
    report = report_html('<script>"x"', result)
    assert not any(tag in report for tag in ("<b>", "<i>", "<u>", "<script>"))


async def test_the_result_and_the_report_have_the_boxes_of_a_pdf(tmp_path: Path) -> None:
    result, kept = await masked(as_pdf(SHOWN), tmp_path)
    assert {(one.part, one.kind) for one in result.boxes} == {
        ("page 1", Kind.name),
        ("page 1", Kind.mobile),
    }
    assert result.report is not None
    report = kept[result.report.document_id].decode()
    for one in result.boxes:
        assert ", ".join(f"{side:.0f}" for side in one.box) in report


def test_a_pdf_that_is_not_clean_as_text_becomes_pictures(tmp_path: Path) -> None:
    """The value is among the numbers of a drawing, where only the search of all bytes sees it."""
    file = blank(f"BT /F1 12 Tf 72 700 Td (call {PHONE}) Tj ET")
    drawing = f"{PHONE[:3]} {PHONE[3:7]} {PHONE[7:]} 20 re f BT /F1 12 Tf (Second) Tj ET"
    file.pages.extend(blank(drawing).pages)
    output = work(saved(tmp_path, saved_pdf(file)), pdf.MEDIA_TYPE)
    assert output.values["masked"] == [{"part": "page 1", "kind": "mobile", "count": 1}]
    with pikepdf.open(io.BytesIO(output.file)) as written:
        assert ["/Im0" in page.resources.XObject for page in written.pages] == [True, True]
        assert not any("/Font" in page.resources for page in written.pages)


def test_every_masked_format_is_verified() -> None:
    assert set(formats.MASKED_FORMATS) <= set(WALKS)


def test_what_stands_in_a_part_that_is_left_out_is_not_missing(tmp_path: Path) -> None:
    thread = f"<a><threadedComment><text>{PHONE}</text></threadedComment></a>"
    written = io.BytesIO(as_xlsx([(PARAGRAPH, "1"), (PARAGRAPH, "通知")]))
    with zipfile.ZipFile(written, "a") as packed:
        packed.writestr("xl/threadedComments/threadedComment1.xml", thread)
    places = [Place(None, Kind.mobile, PHONE)]
    result = work(saved(tmp_path, written.getvalue()), sheets.XLSX, places=places)
    assert result.file is not None
    assert result.values["missing"] == []
    other = [Place(None, Kind.mobile, OTHER)]
    assert work(saved(tmp_path, written.getvalue()), sheets.XLSX, places=other).file is None
