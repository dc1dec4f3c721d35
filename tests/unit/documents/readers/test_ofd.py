from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from documents.document import BlockKind, Document
from documents.errors import (
    CorruptDocument,
    DocumentTooLong,
    EmptyDocument,
    EncryptedDocument,
    NoTextLayer,
)
from documents.limits import ReadLimits
from documents.read import read
from standin.documents.builders import LIMITS, saved
from standin.documents.ofd_builder import ofd, on_layer, text_object

SAMPLES = Path(__file__).parents[3] / "samples" / "ofd"
GREETING = "你好呀，OFD Reader&Writer！"


def said(document: Document) -> list[tuple[BlockKind, int | None, str]]:
    return [
        (block.kind, block.page, document.text[block.start : block.end])
        for block in document.blocks
    ]


def lines_of(tmp_path: Path, *objects: str) -> list[str]:
    document = read(saved(tmp_path, ofd(["".join(objects)])), LIMITS)
    return [text for _, _, text in said(document)]


@pytest.mark.parametrize(
    ("name", "pages", "found"),
    [
        ("helloworld", 1, GREETING),
        ("chineseDir", 1, GREETING),
        ("namespace_no_std", 1, GREETING),
        ("hello_watermark", 1, GREETING),
        ("areaholder_fields", 1, "姓名"),
        ("keyword2", 2, "重庆市马上融资担保有限公司"),
        ("multiKeywordInTextCode", 1, "打发打发打发打发打发哈哈打发哈哈哈哈哈哈哈哈哈打发"),
        ("path_unstd", 2, "立案决定书"),
        ("SplitParagraph", 2, "“超长文档“裁切测试"),
    ],
)
def test_files_of_other_programs_are_read(name: str, pages: int, found: str) -> None:
    document = read(SAMPLES / f"{name}.ofd", LIMITS)
    assert document.media_type == "application/ofd"
    assert document.pages == pages
    assert found in document.text
    assert all(block.page and block.box for block in document.blocks)


def test_the_lines_of_a_paragraph_are_joined_and_paragraphs_are_not() -> None:
    blocks = said(read(SAMPLES / "SplitParagraph.ofd", LIMITS))
    starts = [text[:4] for kind, page, text in blocks if page == 1]
    assert starts == ["报告：", "“超长文", "第一段：", "第二段：", "第三段：", "第四段："]


def test_a_file_of_drawings_alone_has_no_text_layer() -> None:
    with pytest.raises(NoTextLayer, match="OCR"):
        read(SAMPLES / "Page5.ofd", LIMITS)


def test_a_watermark_is_an_annotation_read_once() -> None:
    blocks = said(read(SAMPLES / "hello_watermark.ofd", LIMITS))
    assert blocks == [
        (BlockKind.paragraph, 1, GREETING),
        (BlockKind.annotation, 1, "保密资料"),
    ]


def test_a_box_is_in_points_from_the_top_left_of_the_physical_page(tmp_path: Path) -> None:
    page = "<ofd:Area><ofd:PhysicalBox>10 20 210 297</ofd:PhysicalBox></ofd:Area>" + on_layer(
        text_object("公文", 35.4, 45.4, 10)
    )
    (block,) = read(saved(tmp_path, ofd([page])), LIMITS).blocks
    # 25.4 mm from the left edge of the page, 72 points; the base line as far from its top.
    left, top, right, bottom = block.box or (0,) * 4
    assert (left, right) == pytest.approx((72, 72 + 2 * 10 / 25.4 * 72), abs=0.02)
    assert top < 72 < bottom
    assert bottom - top == pytest.approx(10 / 25.4 * 72, abs=0.02)


def test_a_matrix_turns_and_enlarges_the_text(tmp_path: Path) -> None:
    turned = text_object("公文", 30, 60, 5, 'CTM="0 2 -2 0 40 0"')
    (block,) = read(saved(tmp_path, ofd([turned])), LIMITS).blocks
    left, top, right, bottom = block.box or (0,) * 4
    assert bottom - top == pytest.approx(20 / 25.4 * 72, abs=0.1)
    assert right - left == pytest.approx(10 / 25.4 * 72, abs=0.1)


def with_template(pages: Sequence[str], form: str) -> bytes:
    """An OFD file whose pages all use a template."""
    return ofd(
        ['<ofd:Template TemplateID="9"/>' + on_layer(page) for page in pages],
        common='<ofd:TemplatePage ID="9" BaseLoc="Tpls/T.xml"/>',
        parts={"Doc_0/Tpls/T.xml": f"<ofd:Page %s>{on_layer(form)}</ofd:Page>"},
    )


def test_text_of_a_template_is_read_where_each_page_shows_it(tmp_path: Path) -> None:
    form = text_object("发票号码：", 30, 60) + text_object("开票人：", 30, 80)
    pages = [text_object(text, 60, 60) for text in ("甲", "乙")]
    document = read(saved(tmp_path, with_template(pages, form)), LIMITS)
    assert said(document) == [
        (BlockKind.paragraph, 1, "发票号码：\t甲"),
        (BlockKind.paragraph, 1, "开票人："),
        (BlockKind.paragraph, 2, "发票号码：\t乙"),
        (BlockKind.paragraph, 2, "开票人："),
    ]


def test_columns_below_a_template_are_read_one_after_the_other(tmp_path: Path) -> None:
    columns = [[f"{name}栏的第{row}行文字到此为止。" for row in range(4)] for name in "左右"]
    page = "".join(
        text_object(line, 20 + 90 * at, 60 + 7 * row)
        for at, column in enumerate(columns)
        for row, line in enumerate(column)
    )
    title = "青川县档案工作简报二〇二六年第十二期"
    document = read(saved(tmp_path, with_template([page], text_object(title, 65, 45))), LIMITS)
    text = "".join(document.text.split())
    assert text == title + "".join(line for column in columns for line in column)


def test_invisible_objects_are_read_on_request(tmp_path: Path) -> None:
    page = text_object("看得见", 30, 30) + text_object("看不见", 30, 60, 4.2, 'Visible="false"')
    path = saved(tmp_path, ofd([page]))
    assert read(path, LIMITS).text == "看得见"
    hidden = read(path, ReadLimits(max_chars=100, max_pages=1, hidden=True))
    assert said(hidden)[-1] == (BlockKind.hidden, 1, "看不见")


def test_the_cells_of_a_table_drawn_by_columns_are_read_by_rows(tmp_path: Path) -> None:
    columns = (("站名", "北桥", "南闸"), ("水位", "四米", "五米"))
    cells = [
        text_object(cell, 30 + 60 * at, 30 + 7 * row)
        for at, column in enumerate(columns)
        for row, cell in enumerate(column)
    ]
    assert lines_of(tmp_path, *cells) == ["站名\t水位\n北桥\t四米\n南闸\t五米"]


def test_columns_of_prose_are_read_one_after_the_other(tmp_path: Path) -> None:
    columns = [[f"{name}栏的第{row}行文字到此为止。" for row in range(4)] for name in "左右"]
    objects = [
        text_object(line, 20 + 90 * at, 30 + 7 * row)
        for at, column in enumerate(columns)
        for row, line in enumerate(column)
    ]
    text = "".join("".join(lines_of(tmp_path, *objects)).split())
    assert text == "".join(line for column in columns for line in column)


def test_the_pieces_of_a_line_are_one_line(tmp_path: Path) -> None:
    pieces = [("关于", 30), ("防汛", 38.4), ("of 2026", 46.8), ("June", 62.5)]
    assert lines_of(tmp_path, *(text_object(text, x, 50) for text, x in pieces)) == [
        "关于防汛of 2026 June"
    ]


def test_text_drawn_twice_to_look_bold_is_read_once(tmp_path: Path) -> None:
    assert lines_of(tmp_path, text_object("通知", 30, 50), text_object("通知", 30.05, 50)) == [
        "通知"
    ]


def test_repeated_steps_are_understood(tmp_path: Path) -> None:
    page = text_object("一二三四", 30, 50).replace("4.200 4.200 4.200", "g 3 8.4")
    (block,) = read(saved(tmp_path, ofd([page])), LIMITS).blocks
    left, _, right, _ = block.box or (0,) * 4
    assert right - left == pytest.approx((3 * 8.4 + 4.2) / 25.4 * 72, abs=0.1)


def test_names_in_gbk_without_a_mark_are_found(tmp_path: Path) -> None:
    content = "<ofd:Page %s>" + on_layer(text_object("内容", 30, 50)) + "</ofd:Page>"
    listed = (
        "<ofd:Document %s><ofd:Pages><ofd:Page ID='1' BaseLoc='中文/Content.xml'/></ofd:Pages>"
        "</ofd:Document>"
    )
    parts = {"Doc_0/Document.xml": listed, "Doc_0/xxxx/Content.xml": content}
    data = ofd([], parts=parts).replace(b"xxxx", "中文".encode("gbk"))
    assert read(saved(tmp_path, data), LIMITS).text == "内容"


def test_more_pages_than_allowed_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, ofd([text_object("页", 30, 30)] * 3))
    with pytest.raises(DocumentTooLong, match="3 pages"):
        read(path, ReadLimits(max_chars=100, max_pages=2))


def test_an_encrypted_ofd_is_reported(tmp_path: Path) -> None:
    path = saved(tmp_path, ofd([text_object("密", 30, 30)], entry="<ofd:Encryptions/>"))
    with pytest.raises(EncryptedDocument, match="password"):
        read(path, LIMITS)


def test_a_missing_document_is_damage_and_a_missing_page_is_not(tmp_path: Path) -> None:
    whole = ofd([text_object("一", 30, 30), text_object("二", 30, 30)])
    lacking = saved(tmp_path, whole.replace(b"Doc_0/Pages/Page_1", b"Doc_0/Pages/Page_7"))
    assert read(lacking, LIMITS).text == "一"
    root = "<ofd:OFD %s><ofd:DocBody><ofd:DocRoot>gone.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
    with pytest.raises(CorruptDocument, match="missing"):
        read(saved(tmp_path, ofd([""], parts={"OFD.xml": root})), LIMITS)


def test_a_page_without_anything_is_empty(tmp_path: Path) -> None:
    with pytest.raises(EmptyDocument):
        read(saved(tmp_path, ofd([""])), LIMITS)


def test_pages_that_draw_the_same_again_and_again_are_refused_early(tmp_path: Path) -> None:
    again = text_object("甲", 10, 10) * 2_000
    limits = ReadLimits(max_chars=1_000_000, max_pages=1_000, text_objects=10_000)
    assert read(saved(tmp_path, ofd([again] * 2)), limits).pages == 2
    with pytest.raises(DocumentTooLong, match="12,000 text objects for 2 characters"):
        read(saved(tmp_path, ofd([again] * 3)), limits)
    # Objects with their own characters are not limited by that.
    words = "".join(text_object(f"第{at}条", 10, at % 280) for at in range(2_000))
    assert read(saved(tmp_path, ofd([words] * 4)), limits).pages == 4
