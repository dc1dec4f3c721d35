from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook
from reportlab.pdfgen.canvas import Canvas

from bench.quality.redact import MARKINGS, UNMARKED
from documents.detect import detect
from documents.document import Block, BlockKind, Document, Seal
from documents.limits import ReadLimits
from jobs.model.department import Department
from standin.documents.builders import (
    LIMITS,
    PARAGRAPH,
    as_docx,
    as_eml,
    as_html,
    as_ods,
    as_ofd,
    as_pdf,
    as_xls,
    as_xlsx,
    docx_with,
    drawn_pdf,
    saved,
)
from tasks.secrecy import Marking, Secrecy
from tasks.secrecy.files import look_at_bytes, screen
from tasks.secrecy.look import level_of, look_of
from tasks.secrecy.markings import marking_in, marking_of

LAWS = sorted((Path(__file__).parents[3] / "samples").glob("*法*.md"))


@pytest.mark.parametrize("text", MARKINGS)
def test_a_marking_is_found(text: str) -> None:
    marking = marking_of(f"{text}\n正文如下。")
    assert marking is not None
    assert marking.level.value[0] in text.replace("機", "机")


@pytest.mark.parametrize("text", UNMARKED)
def test_a_text_that_mentions_secrets_is_not_marked(text: str) -> None:
    assert marking_of(text) is None


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("密级：绝密□ 机密□ 秘密☑", "秘密"),
        ("密级：绝密□机密☑秘密□", "机密"),
        ("密级：□绝密☑机密□秘密", "机密"),
        ("密级： 绝密 □  机密 ☑  秘密 □", "机密"),
        ("密级：绝密 机密 秘密√", "秘密"),
    ],
)
def test_only_the_ticked_level_counts(text: str, level: str) -> None:
    marking = marking_of(text)
    assert marking is not None
    assert marking.level.value == level


@pytest.mark.parametrize("text", ["正文。\n" * 40 + "【机密】关于检查的通知", "约定*机密*1年"])
def test_a_title_far_down_and_a_level_in_italics_are_not_markings(text: str) -> None:
    assert marking_of(text) is None


@pytest.mark.parametrize("path", LAWS, ids=lambda path: path.stem)
def test_a_law_is_not_marked(path: Path) -> None:
    assert marking_of(path.read_text(encoding="utf-8")) is None


def test_a_marking_has_a_position_and_the_highest_level_counts() -> None:
    text = "000001\n秘密★5年\n附件一\n绝密★长期\n正文"
    marking = marking_of(text)
    assert marking is not None
    assert (marking.level, text[marking.start : marking.end]) == (Secrecy.top_secret, "绝密★长期")


def test_a_level_without_a_star_far_down_is_not_a_marking() -> None:
    assert marking_of("正文。\n" * 40 + "秘密\n") is None
    assert marking_of("正文。\n" * 40 + "秘密★10年\n") is not None


def test_a_header_counts_as_the_head_of_a_page() -> None:
    class Kind(str):
        value = "header"

    text = "正文。\n" * 60 + "机密"
    block = Block(len(text) - 2, len(text), Kind("header"))  # type: ignore[arg-type]
    body = Block(0, len(text) - 3, BlockKind.paragraph)
    assert marking_in(Document(text, (body,), "x")) is None
    assert marking_in(Document(text, (body, block), "x")) == Marking(
        Secrecy.confidential, len(text) - 2, len(text), "机密"
    )


def test_a_marking_in_a_seal_is_found() -> None:
    text = "正文"
    plain = Document(text, (Block(0, 2),), "image/png", seals=(Seal("round", "某局\n审批专用章"),))
    assert marking_in(plain) is None
    marked = replace(plain, seals=(Seal("oval", "机密★10年"),))
    assert marking_in(marked) == Marking(Secrecy.confidential, 0, 0, "机密★10年")


def test_a_department_may_send_what_its_policy_covers() -> None:
    secret, top = (Marking(level, 0, 1, "x") for level in (Secrecy.secret, Secrecy.top_secret))
    strict = Department("a", (), ())
    lenient = Department("a", (), (), allow_secrecy=Secrecy.confidential)
    assert strict.may_send(None)
    assert not strict.may_send(secret)
    assert lenient.may_send(secret)
    assert not lenient.may_send(top)


def screened(path: Path, limits: ReadLimits = LIMITS) -> str | None:
    marking = level_of(screen(path, {"media_type": detect(path)}, limits))
    return marking.level.value if marking else None


MARKED = [(PARAGRAPH, "机密★1年"), (PARAGRAPH, "关于开展检查的通知")]


@pytest.mark.parametrize(
    "build", [as_docx, as_pdf, as_html, as_ofd, as_xlsx, as_xls, as_ods, as_eml]
)
def test_screening_finds_the_marking_in_a_file(tmp_path: Path, build: object) -> None:
    assert callable(build)
    assert screened(saved(tmp_path, build(MARKED))) == "机密"
    assert screened(saved(tmp_path, build(MARKED[1:]))) is None


@pytest.mark.parametrize(
    ("part", "xml"),
    [
        ("word/header1.xml", "hdr|<w:p><w:r><w:t>绝密</w:t></w:r></w:p>"),
        (
            "word/footer2.xml",
            "ftr|<w:p><w:r><w:t>绝</w:t></w:r><w:r><w:t>密★长期</w:t></w:r></w:p>",
        ),
    ],
)
def test_a_marking_in_a_word_header_is_found(tmp_path: Path, part: str, xml: str) -> None:
    body = "<w:p><w:r><w:t>正文</w:t></w:r></w:p>"
    assert screened(saved(tmp_path, docx_with(body, {part: xml}))) == "绝密"


def test_a_marking_in_a_word_text_box_is_found(tmp_path: Path) -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>秘密★5年</w:t></w:r></w:p></w:txbxContent>"
    body = f"<w:p><w:r><w:t>某局</w:t></w:r><w:r><w:pict>{box}</w:pict></w:r></w:p>"
    assert screened(saved(tmp_path, docx_with(body))) == "秘密"


def test_a_marking_in_the_print_headers_of_a_workbook_is_found(tmp_path: Path) -> None:
    book = Workbook()
    book.active["A1"] = "表"
    book.active.oddHeader.right.text = "机密"
    book.save(path := tmp_path / "book.xlsx")
    assert screened(path) == "机密"


@pytest.mark.parametrize(
    ("value", "level"), [("机密", None), ("机密★1年", "机密"), ("密级：机密", "机密")]
)
def test_a_level_alone_in_a_single_value_is_no_marking(
    tmp_path: Path, value: str, level: str | None
) -> None:
    item = f'<w:sdtPr><w:dropDownList><w:listItem w:value="{value}"/></w:dropDownList></w:sdtPr>'
    body = f"<w:p><w:r><w:t>正文</w:t></w:r></w:p><w:sdt>{item}</w:sdt>"
    assert screened(saved(tmp_path, docx_with(body))) == level


def test_a_marking_in_a_word_watermark_is_found(tmp_path: Path) -> None:
    watermark = (
        'hdr|<w:p><w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml">'
        '<v:textpath string="机密★1年"/></v:shape></w:pict></w:r></w:p>'
    )
    body = "<w:p><w:r><w:t>正文</w:t></w:r></w:p>"
    assert screened(saved(tmp_path, docx_with(body, {"word/header1.xml": watermark}))) == "机密"


def test_all_pages_of_a_pdf_are_screened(tmp_path: Path) -> None:
    pages = [(PARAGRAPH, f"第{number}页的内容。") for number in range(1, 8)]
    late = saved(tmp_path, as_pdf([*pages, MARKED[0]], breaks=True), "late.pdf")
    assert screened(late) == "机密"


def test_pages_and_characters_beyond_the_limits_are_reported(tmp_path: Path) -> None:
    pages = [(PARAGRAPH, f"第{number}页的内容。") for number in range(1, 8)]
    path = saved(tmp_path, as_pdf(pages, breaks=True), "long.pdf")
    arguments = {"media_type": detect(path)}
    found = [
        look_of(screen(path, arguments, ReadLimits(max_chars, max_pages))).complete
        for max_chars, max_pages in ((1_000, 7), (1_000, 6), (20, 7))
    ]
    assert found == [True, False, False]


def test_a_text_file_is_screened_to_its_end(tmp_path: Path) -> None:
    path = saved(tmp_path, ("甲" * 400_000 + "\n机密★1年\n").encode())
    look = look_at_bytes(path)
    assert (look.marking is not None, look.complete) == (True, True)


def test_a_text_file_that_is_too_long_or_no_text_is_not_complete(tmp_path: Path) -> None:
    assert not look_at_bytes(saved(tmp_path, b"a" * (16 * 1024 * 1024 + 1), "a")).complete
    assert not look_at_bytes(saved(tmp_path, bytes(range(256)) * 9, "b")).complete


@pytest.mark.parametrize("where", ["note", "bookmark", "subject"])
def test_a_marking_in_the_metadata_of_a_pdf_is_found(tmp_path: Path, where: str) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 720, "A notice.")
        if where == "note":
            canvas.textAnnotation("机密★1年", Rect=[72, 400, 100, 430])
        elif where == "bookmark":
            canvas.bookmarkPage("k")
            canvas.addOutlineEntry("机密★1年", "k")
        else:
            canvas.setSubject("机密★1年")

    assert screened(saved(tmp_path, drawn_pdf(draw))) == "机密"


@pytest.mark.parametrize("marked", ["**机密★1年**", "## __机密__", "<b>机密★1年</b>"])
def test_markdown_is_screened_as_source(tmp_path: Path, marked: str) -> None:
    marking = look_at_bytes(saved(tmp_path, f"{marked}\n\n# 关于检查的通知\n".encode())).marking
    assert marking is not None
    assert marking.level is Secrecy.confidential


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_text_file_is_screened_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    text = "秘密★5年\n关于开展检查的通知\n" + "正文内容在这里。" * 30
    marking = look_at_bytes(saved(tmp_path, text.encode(encoding))).marking
    assert marking is not None
    assert marking.level is Secrecy.secret
