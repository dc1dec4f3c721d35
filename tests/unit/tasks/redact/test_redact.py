from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from docx import Document as WordDocument
from lxml import etree
from PIL import Image
from pydantic import ValidationError

from documents.errors import DocumentError
from documents.masking.account import Account
from documents.masking.ooxml.docx_file import mask_docx
from documents.ocr.scan import OcrLine, Scan
from standin.direct_source import read_with_source
from standin.documents.builders import LIMITS, PARAGRAPH, TABLE, as_docx, as_text, docx_with, saved
from standin.documents.docx_parts import INCLUDED, including, related
from standin.scripted_engine import Request, ScriptedEngine
from tasks.errors import OutputError
from tasks.redact import RedactOptions, RedactResult, redact
from tasks.redact.finder import RULES, Targets
from tasks.redact.kinds import DetectionMethod, Kind
from tasks.redact.masker import Masker, Style
from tests.unit.documents.readers.pages import SCANS, a4, scanned_pdf
from tests.unit.tasks.documents import document

RULES_ONLY = RedactOptions(use_model=False)
_PICTURE = io.BytesIO()
Image.new("RGB", (9, 9), "white").save(_PICTURE, "PNG")
PNG = _PICTURE.getvalue()
PERSON, PHONE = "11010519491231002X", "13812341234"


def silent(_: Request) -> Any:
    raise AssertionError("the model was asked")


async def of(*paragraphs: str, **options: Any) -> RedactResult:
    given = RedactOptions.model_validate({"use_model": False, **options})
    return await redact(document(*paragraphs), given, ScriptedEngine(silent))


async def test_a_finding_says_where_it_stands_and_never_what_it_was() -> None:
    text = f"当事人{PERSON}，电话{PHONE}。"
    result = await of("通知", text)
    source = f"通知\n\n{text}"
    assert result.text == source.replace(PERSON, "11*************02X").replace(PHONE, "138****1234")
    first, second = result.findings
    assert source[first.start : first.end] == PERSON
    assert (first.kind, first.valid, first.found_by) == (
        Kind.identity_number,
        True,
        DetectionMethod.rule,
    )
    assert (second.kind, second.valid) == (Kind.mobile, None)
    assert result.counts == {Kind.identity_number: 1, Kind.mobile: 1}
    assert PERSON not in result.model_dump_json()
    assert not result.model_asked


async def test_only_the_kinds_asked_for_are_masked() -> None:
    result = await of(f"{PERSON} {PHONE}", kinds=["mobile"])
    assert result.text == f"{PERSON} 138****1234"


async def test_a_kind_may_have_a_mask_of_its_own() -> None:
    result = await of(f"{PERSON}，{PHONE}", mask="stars", masks={"mobile": "official"})
    assert result.text == f"{'*' * 18}，138****1234"


async def test_the_model_is_asked_for_names_and_only_those_that_stand_there_count() -> None:
    engine = ScriptedEngine(lambda _: {"names": ["王小明", "李四"], "addresses": []})
    given = RedactOptions(kinds=[Kind.name, Kind.address])
    result = await redact(document("王小明来电。", "王 小明未留地址。"), given, engine)
    assert result.text == "王**来电。\n\n王**未留地址。"
    assert {one.found_by for one in result.findings} == {DetectionMethod.model}
    assert (result.model_asked, result.unplaced) == (True, 1)
    (request,) = engine.requests
    assert request.schema is not None
    assert request.schema["required"] == ["names", "addresses"]


async def test_the_model_is_not_asked_where_no_kind_needs_it() -> None:
    given = RedactOptions(kinds=[Kind.mobile])
    result = await redact(document(PHONE), given, ScriptedEngine(silent))
    assert not result.model_asked


@pytest.mark.parametrize("answer", [[], {"names": "王小明"}, {"names": [1, "王"]}])
async def test_a_useless_answer_masks_nothing(answer: Any) -> None:
    given = RedactOptions(kinds=[Kind.name])
    result = await redact(document("王小明来电。"), given, ScriptedEngine(lambda _: answer))
    assert result.text == "王小明来电。"


async def test_an_answer_that_is_not_json_is_an_output_error() -> None:
    with pytest.raises(OutputError):
        await redact(document("王小明"), RedactOptions(), ScriptedEngine(lambda _: "none"))


@pytest.mark.parametrize(
    "options", [{"terms": ["x"]}, {"kinds": []}, {"kinds": ["face"]}, {"mask": "pixels"}]
)
def test_invalid_options_are_rejected(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RedactOptions.model_validate(options)


async def test_a_text_file_gets_a_masked_file_and_a_report(tmp_path: Path) -> None:
    path = saved(tmp_path, as_text([(PARAGRAPH, f"电话{PHONE}。")]))
    read, source = read_with_source(path, LIMITS)
    result = await redact(read, RULES_ONLY, ScriptedEngine(silent))
    assert result.file is not None
    assert result.report is not None
    assert set(source.kept) == {result.file.document_id, result.report.document_id}
    assert "138****1234" in source.kept[result.file.document_id].decode()


async def test_a_docx_gets_a_masked_file_that_word_can_open(tmp_path: Path) -> None:
    path = saved(tmp_path, as_docx([(PARAGRAPH, f"申请人：李小明，电话{PHONE}。李小明。")]))
    read, source = read_with_source(path, LIMITS, f"{PHONE}.docx")
    result = await redact(read, RULES_ONLY, ScriptedEngine(silent))
    assert result.file is not None
    assert result.file.filename == "138****1234-masked.docx"
    opened = WordDocument(io.BytesIO(source.kept[result.file.document_id]))
    assert opened.paragraphs[0].text == "申请人：李**，电话138****1234。李**。"
    assert ("body", Kind.mobile, 1) in [(one.part, one.kind, one.count) for one in result.in_file]


async def test_a_number_with_one_character_a_cell_is_masked_in_its_cells(tmp_path: Path) -> None:
    row = "证件号\t" + "\t".join(PERSON)
    path = saved(tmp_path, as_docx([(TABLE, row), (TABLE, f"数\t12\t34\n号\t{PERSON}\t5")]))
    read, source = read_with_source(path, LIMITS)
    result = await redact(read, RULES_ONLY, ScriptedEngine(silent))
    assert result.file is not None
    opened = WordDocument(io.BytesIO(source.kept[result.file.document_id]))
    grid, other = opened.tables
    assert [cell.text for cell in grid.rows[0].cells] == ["证件号", *"11*************02X"]
    assert [cell.text for cell in other.rows[0].cells] == ["数", "12", "34"]
    assert [cell.text for cell in other.rows[1].cells] == ["号", "11*************02X", "5"]
    assert "\t".join("11*************02X") in result.text


def docx_masked(data: bytes, folder: Path, **wanted: Any) -> tuple[bytes, Account]:
    masker = Masker(Targets(frozenset(RULES), **wanted), Style())
    account = Account()
    return mask_docx(saved(folder, data), masker.masking(), LIMITS, account).data, account


def part(file: bytes, name: str = "word/document.xml") -> str:
    with zipfile.ZipFile(io.BytesIO(file)) as packed:
        return packed.read(name).decode()


def run(text: str, properties: str = "") -> str:
    return f"<w:r>{f'<w:rPr>{properties}</w:rPr>' if properties else ''}<w:t>{text}</w:t></w:r>"


@pytest.mark.parametrize(
    "xml",
    [
        run(PHONE),
        run(PHONE[:3], "<w:b/>") + run(PHONE[3:]),
        run(PHONE[:3]) + run("附注", "<w:vanish/>") + run(PHONE[3:]),
        f"<w:del>{run(PHONE).replace('w:t>', 'w:delText>')}</w:del>",
        run(PHONE[:5]) + f"<w:ins>{run('9')}</w:ins><w:del>"
        f"{run(PHONE[5]).replace('w:t>', 'w:delText>')}</w:del>" + run(PHONE[6:]),
        run(PHONE[:3]) + "<w:r><w:noBreakHyphen/></w:r>" + run(PHONE[3:]),
        run(PHONE[:5]) + "<w:r><w:br/></w:r>" + run(PHONE[5:]),
        f'<w:r><w:instrText>QUOTE "{PHONE[:4]}</w:instrText></w:r>'
        f'<w:r><w:instrText>{PHONE[4:]}"</w:instrText></w:r>',
        f'<w:fldSimple w:instr="QUOTE {PHONE}"/>',
        f"<w:r><w:pict><w:txbxContent><w:p>{run(PHONE)}</w:p></w:txbxContent></w:pict></w:r>",
        f'<w:r><w:drawing><w:docPr w:descr="{PHONE}"/></w:drawing></w:r>',
        f'<w:sdt><w:sdtPr><w:tag w:val="{PHONE}"/></w:sdtPr></w:sdt>',
        f"<mc:AlternateContent><mc:Fallback>{run(PHONE)}</mc:Fallback></mc:AlternateContent>",
    ],
)
def test_every_place_for_text_in_a_word_file_is_masked(tmp_path: Path, xml: str) -> None:
    file, _ = docx_masked(docx_with(f"<w:p>{xml}</w:p>"), tmp_path)
    left = part(file)
    assert PHONE not in left
    words = "".join(str(text) for text in etree.fromstring(left.encode()).itertext())
    assert PHONE not in words.replace("附注", "").replace("9", "", 1)
    assert PHONE[5:9] not in words


def as_symbols(text: str, shift: int = 0) -> str:
    codes = (f'<w:sym w:font="Symbol" w:char="{ord(char) + shift:04X}"/>' for char in text)
    return f"<w:r>{''.join(codes)}</w:r>"


@pytest.mark.parametrize("shift", [0, 0xF000])
@pytest.mark.parametrize("typed", [0, 10])
def test_digits_of_a_symbol_font_are_masked_with_the_others(
    tmp_path: Path, typed: int, shift: int
) -> None:
    xml = run("电话" + PHONE[:typed]) + as_symbols(PHONE[typed:], shift) + as_symbols("★")
    file, _ = docx_masked(docx_with(f"<w:p>{xml}</w:p>"), tmp_path)
    (paragraph,) = WordDocument(io.BytesIO(file)).paragraphs
    assert paragraph.text == "电话138****1234"
    assert part(file).count("<w:sym") == 1


def test_runs_keep_their_format_and_layout_codes(tmp_path: Path) -> None:
    alignment = '<w:pPr><w:jc w:val="left"/></w:pPr>'
    body = f"<w:p>{alignment}{run('电话' + PHONE[:3], '<w:b/>')}{run(PHONE[3:] + '。')}</w:p>"
    file, _ = docx_masked(docx_with(body), tmp_path, terms=("left",))
    assert alignment in part(file)
    assert '<w:rPr><w:b/></w:rPr><w:t xml:space="preserve">电话138****1234</w:t>' in part(file)
    assert '<w:t xml:space="preserve">。</w:t>' in part(file)


def test_words_found_in_the_text_are_masked_in_headers_and_properties(tmp_path: Path) -> None:
    data = docx_with(
        f"<w:p>{run('正文')}</w:p>",
        {
            "word/header1.xml": f"hdr|<w:p>{run('王小明')}</w:p>",
            "word/comments.xml": "|".join(
                ("comments", f'<w:comment w:author="赵四"><w:p>{run(PERSON)}</w:p></w:comment>')
            ),
        },
    )
    parts = [("header", "header1.xml"), ("comments", "comments.xml")]
    file, account = docx_masked(related(data, *parts), tmp_path, words={Kind.name: ["王小明"]})
    assert "王小明" not in part(file, "word/header1.xml")
    assert PERSON not in part(file, "word/comments.xml")
    assert "赵四" not in part(file, "word/comments.xml")
    assert account.removed["authors"] >= 1
    assert {("headers", "name"), ("comments", "identity_number")} <= set(account.masked)


def test_pictures_are_listed_as_not_covered_and_embedded_files_removed(tmp_path: Path) -> None:
    data = related(
        docx_with(f"<w:p>{run('正文')}</w:p>"),
        ("image", "media/image1.png"),
        ("package", "embeddings/sheet1.xlsx"),
    )
    written = io.BytesIO(data)
    with zipfile.ZipFile(written, "a") as packed:
        packed.writestr("word/media/image1.png", PNG)
        packed.writestr("word/embeddings/sheet1.xlsx", b"PK")
    file, account = docx_masked(written.getvalue(), tmp_path)
    assert account.uncovered == [("picture", "word/media/image1.png")]
    assert account.removed["embedded files"] == 1
    with zipfile.ZipFile(io.BytesIO(file)) as packed:
        assert "word/embeddings/sheet1.xlsx" not in packed.namelist()


def test_a_file_that_a_document_includes_becomes_paragraphs(tmp_path: Path) -> None:
    table = "<table><tr><td>甲<td>乙<tr><td>丙<td>丁</table>"
    page = f"<html><p>附件<p>电话{PHONE}{table}</html>".encode()
    data = including(page, f"<w:p>{run('正文')}</w:p>{INCLUDED}<w:p>{run('完')}</w:p>")
    file, account = docx_masked(data, tmp_path)
    texts = [one.text for one in WordDocument(io.BytesIO(file)).paragraphs]
    assert texts == ["正文", "附件", "", "电话138****1234", "", "甲\t乙", "丙\t丁", "完"]
    assert account.removed["layout of included files"] == 1
    assert account.removed["embedded files"] == 1
    with zipfile.ZipFile(io.BytesIO(file)) as packed:
        assert "word/chunk.bin" not in packed.namelist()


async def test_encoded_values_in_the_text_are_masked_and_encoded_data_is_left_out() -> None:
    short = base64.b64encode(f"电话{PHONE}。".encode()).decode()
    data = base64.b64encode(bytes(range(256)) * 2).decode()
    result = await of(f"甲 {short} 乙 {data} 丙")
    assert result.text == "甲 *** 乙 *** 丙"
    assert result.counts == {Kind.mobile: 1}
    assert [(one.what, one.count) for one in result.removed] == [("encoded data", 1)]


async def test_a_value_beside_encoded_data_is_masked_with_it() -> None:
    data = base64.b64encode(bytes(range(256)) * 2).decode()
    result = await of(f"甲 name@example.org{data} 丙", terms=["example.orgAAEC"])
    assert result.text == "甲 name@*** 丙"


def test_data_between_the_parts_of_the_zip_file_is_dropped(tmp_path: Path) -> None:
    written = io.BytesIO(docx_with(f"<w:p>{run('正文')}</w:p>"))
    with zipfile.ZipFile(written, "a") as packed:
        packed.comment = PHONE.encode()
    file, _ = docx_masked(written.getvalue(), tmp_path)
    assert PHONE.encode() not in file


def test_a_part_with_an_identifier_in_its_name_gets_another_name(tmp_path: Path) -> None:
    data = related(docx_with(f"<w:p>{run('正文')}</w:p>"), ("image", f"media/{PERSON}.png"))
    written = io.BytesIO(data)
    with zipfile.ZipFile(written, "a") as packed:
        packed.writestr(f"word/media/{PERSON}.png", PNG)
    file, account = docx_masked(written.getvalue(), tmp_path)
    with zipfile.ZipFile(io.BytesIO(file)) as packed:
        assert [name for name in packed.namelist() if name.endswith(".png")] == ["parts/image1.png"]
        texts = [packed.read(name) for name in packed.namelist()]
    assert not any(PERSON.encode() in text for text in texts)
    assert account.uncovered == [("picture", "parts/image1.png")]


def test_a_damaged_document_is_reported(tmp_path: Path) -> None:
    data = as_docx([(PARAGRAPH, "正文")])
    with pytest.raises(DocumentError):
        docx_masked(data[: len(data) // 2], tmp_path)


async def test_an_item_in_a_scan_is_painted_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scan(picture: Image.Image, threads: int) -> Scan:
        corners = ((10.0, 20.0), (500.0, 20.0), (500.0, 30.0), (10.0, 30.0))
        return Scan((OcrLine(f"call {PHONE}", 0.9, corners),), *picture.size)

    monkeypatch.setattr("documents.ocr.recognition.scan", scan)
    given, source = read_with_source(saved(tmp_path, scanned_pdf([None, a4()])), SCANS)
    result = await redact(given, RULES_ONLY, ScriptedEngine(silent))
    assert result.file is not None
    assert ("page 2", Kind.mobile, 1) in [(one.part, one.kind, one.count) for one in result.in_file]
    assert PHONE.encode() not in source.kept[result.file.document_id]
    assert PHONE not in result.text
