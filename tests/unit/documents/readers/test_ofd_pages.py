"""What OFD pages draw: composite objects, glyphs by number, vertical text, tables."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import reportlab
from reportlab.pdfbase.ttfonts import TTFontFile

from bench.quality.invoices import expected_fields, read_fields
from documents.document import BlockKind, Document
from documents.errors import DocumentTooLong
from documents.limits import ReadLimits
from documents.read import read
from standin.documents.builders import LIMITS, saved
from standin.documents.ofd_builder import ofd, on_layer, text_object
from standin.documents.ofd_invoices import LAYOUTS, WAYS, invoice, invoice_file

COMMON = "<ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes>"
FONT = Path(reportlab.__file__).parent / "fonts/Vera.ttf"


def texts(document: Document) -> list[str]:
    return [document.text[block.start : block.end] for block in document.blocks]


def reading(folder: Path, *pages: str, **options: object) -> Document:
    return read(saved(folder, ofd(pages, **options)), LIMITS)  # type: ignore[arg-type]


def unit(number: int, content: str) -> str:
    return (
        f'<ofd:CompositeGraphicUnit ID="{number}" Width="150" Height="20"><ofd:Content>{content}'
        "</ofd:Content></ofd:CompositeGraphicUnit>"
    )


def resources(*entries: str) -> dict[str, str | bytes]:
    listed = f"<ofd:CompositeGraphicUnits>{''.join(entries)}</ofd:CompositeGraphicUnits>"
    return {"Doc_0/DocumentRes.xml": f'<ofd:Res %s BaseLoc="Res">{listed}</ofd:Res>'}


def drawn(number: int, attributes: str = "") -> str:
    return f'<ofd:CompositeObject Boundary="20 100 150 20" ResourceID="{number}" {attributes}/>'


# Composite objects.


def test_text_in_composite_objects_is_read_where_it_is_shown(tmp_path: Path) -> None:
    page = drawn(8) + text_object("第一行", 20, 50) + drawn(8, 'Visible="false"')
    inner = text_object("外层", 0, 10) + drawn(9, 'CTM="2 0 0 2 10 0"')
    units = resources(unit(8, inner), unit(9, text_object("里层", 30, 5, 4)))
    document = reading(tmp_path, page, common=COMMON, parts=units)
    assert texts(document) == ["第一行", "外层", "里层"]
    left, _, right, _ = document.blocks[2].box or (0,) * 4
    # 20 mm and 20 + 10 mm for the boxes and the matrix, then twice 30 mm.
    assert left == pytest.approx((20 + 20 + 10 + 60) / 25.4 * 72, abs=0.1)
    assert right - left == pytest.approx(2 * 2 * 4 / 25.4 * 72, abs=0.1)


def test_a_composite_object_without_content_is_named(tmp_path: Path) -> None:
    document = reading(tmp_path, text_object("正文", 20, 50) + drawn(7))
    (left_out,) = document.unread
    assert (left_out.what, left_out.page) == ("drawing", 1)
    assert "missing" in left_out.reason


def test_units_that_draw_themselves_and_many_others_end_early(tmp_path: Path) -> None:
    units = resources(*(unit(at, drawn(at + 1) * 12) for at in range(8)), unit(8, drawn(8)))
    with pytest.raises(DocumentTooLong, match="text objects"):
        reading(tmp_path, text_object("正文", 20, 50) + drawn(0), common=COMMON, parts=units)
    document = reading(tmp_path, text_object("正文", 20, 50) + drawn(8), common=COMMON, parts=units)
    assert document.text == "正文"
    assert document.unread


# Glyphs by number.


def with_glyphs(text: str, glyphs: list[int]) -> str:
    transform = (
        f'<ofd:CGTransform CodePosition="0" CodeCount="{len(glyphs)}" GlyphCount="{len(glyphs)}">'
        f"<ofd:Glyphs>{' '.join(map(str, glyphs))}</ofd:Glyphs></ofd:CGTransform>"
    )
    return text_object(text, 20, 50).replace("<ofd:TextCode", f"{transform}<ofd:TextCode")


@pytest.mark.parametrize("codes", ["¤¤¤¤", "□□□□", "    ", ""])
def test_placeholders_for_glyphs_are_named_and_not_read(tmp_path: Path, codes: str) -> None:
    page = with_glyphs(codes, [12, 13, 14, 15]) + text_object("可读的一行文字", 20, 80)
    document = reading(tmp_path, page)
    assert texts(document) == ["可读的一行文字"]
    (left_out,) = document.unread
    assert (left_out.what, left_out.page) == ("font", 1)
    assert left_out.box is not None


def test_radicals_are_read_as_characters(tmp_path: Path) -> None:
    assert reading(tmp_path, text_object("⾏政⽂书", 20, 50)).text == "行政文书"


def test_codes_of_glyphs_are_the_text(tmp_path: Path) -> None:
    document = reading(tmp_path, with_glyphs("□通知□", [7, 13, 14, 7]))
    assert texts(document) == ["□通知□"]
    assert document.unread == ()


@pytest.mark.parametrize("codes", ["¤¤¤¤¤¤", ""])
def test_an_embedded_font_says_which_characters_glyphs_are(tmp_path: Path, codes: str) -> None:
    data = FONT.read_bytes()
    glyphs = TTFontFile(str(FONT)).charToGlyph
    fonts = (
        '<ofd:Res %s BaseLoc="Res"><ofd:Fonts><ofd:Font ID="3" FontName="Vera">'
        "<ofd:FontFile>Vera.ttf</ofd:FontFile></ofd:Font></ofd:Fonts></ofd:Res>"
    )
    parts = {"Doc_0/DocumentRes.xml": fonts, "Doc_0/Res/Vera.ttf": data}
    page = with_glyphs(codes, [glyphs[ord(char)] for char in "Notice"])
    page += text_object("其余内容都能读出", 20, 80)
    document = reading(tmp_path, page, common=COMMON, parts=parts)
    assert texts(document) == ["Notice", "其余内容都能读出"]
    assert document.unread == ()
    # A damaged font says nothing.
    parts["Doc_0/Res/Vera.ttf"] = data[: len(data) // 2]
    assert "Notice" not in reading(tmp_path, page, common=COMMON, parts=parts).text


# Directions.


def down(text: str, x: float, y: float, attributes: str = 'ReadDirection="90"') -> str:
    return (
        f'<ofd:TextObject Boundary="{x} {y} 6 200" Font="3" Size="5" {attributes}>'
        f'<ofd:TextCode X="0" Y="5">{text}</ofd:TextCode></ofd:TextObject>'
    )


def test_vertical_text_is_read_from_the_right(tmp_path: Path) -> None:
    lines = ["关于开展档案工作检查的", "通知各乡镇人民政府。"]
    page = down(lines[1], 150, 40) + down(lines[0], 160, 40) + down("特此通知", 100, 40)
    document = reading(tmp_path, page)
    assert "".join(texts(document)).startswith("".join(lines))
    assert texts(document)[-1] == "特此通知"
    left, top, right, bottom = document.blocks[-1].box or (0,) * 4
    assert bottom - top == pytest.approx(4 * 5 / 25.4 * 72, abs=1)
    assert left < 101 / 25.4 * 72 < right


@pytest.mark.parametrize(
    ("matrix", "first"),
    [("0 1 -1 0 0 0", 150.0), ("0 -1 1 0 0 0", 50.0), ("-1 0 0 -1 0 0", None)],
    ids=["down", "up", "upside down"],
)
def test_turned_lines_are_read_in_their_order(
    tmp_path: Path, matrix: str, first: float | None
) -> None:
    lines = ["一是加强档案管理，", "二是落实工作责任。"]
    places = (
        [(first or 150.0, 150.0), (100.0, 150.0)] if first else [(150.0, 150.0), (150.0, 100.0)]
    )
    page = "".join(
        f'<ofd:TextObject Boundary="{x} {y} 60 60" Font="3" Size="5" CTM="{matrix}"><ofd:TextCode '
        f'X="0" Y="0" DeltaX="g 8 5">{line}</ofd:TextCode></ofd:TextObject>'
        for line, (x, y) in reversed(list(zip(lines, places, strict=True)))
    )
    assert "".join(texts(reading(tmp_path, page))) == "".join(lines)


def test_a_vertical_note_beside_the_text_stands_where_it_begins(tmp_path: Path) -> None:
    page = "".join(text_object(f"第{at}条的文字。", 40, 50 + 20 * at) for at in range(1, 5))
    document = reading(tmp_path, page + down("装订线", 10, 85))
    assert texts(document) == [
        "第1条的文字。", "装订线", "第2条的文字。", "第3条的文字。", "第4条的文字。",
    ]  # fmt: skip


def test_slanted_text_is_no_part_of_the_lines_that_it_crosses(tmp_path: Path) -> None:
    mark = text_object("仅供参考", 60, 62, attributes='CTM="0.8 0.4 -0.4 0.8 0 0"')
    lines = [text_object(f"第{at}行的文字内容很长。", 40, 50 + 7 * at) for at in range(1, 5)]
    document = reading(tmp_path, lines[0] + mark + "".join(lines[1:]) + mark)
    assert (document.blocks[-1].kind, texts(document)[-1]) == (BlockKind.annotation, "仅供参考")
    assert "".join(texts(document)[:-1]) == "".join(
        f"第{at}行的文字内容很长。" for at in range(1, 5)
    )


# Tables.


def rule(x: float, y: float, width: float, height: float, *, filled: bool = False) -> str:
    if filled:
        thick = f"M 0 0 L {width or 0.3} 0 L {width or 0.3} {height or 0.3} L 0 {height or 0.3} C"
        attributes, path = 'Stroke="false" Fill="true"', thick
    else:
        attributes, path = "", f"M 0 0 L {width} {height}"
    return (
        f'<ofd:PathObject Boundary="{x} {y} {width + 1} {height + 1}" {attributes}>'
        f"<ofd:AbbreviatedData>{path}</ofd:AbbreviatedData></ofd:PathObject>"
    )


@pytest.mark.parametrize("filled", [False, True])
def test_a_ruled_table_has_its_cells_and_spans(tmp_path: Path, filled: bool) -> None:  # noqa: FBT001
    rules = "".join(rule(20, y, 120, 0, filled=filled) for y in (40, 50, 60))
    rules += rule(20, 40, 0, 20, filled=filled) + rule(140, 40, 0, 20, filled=filled)
    rules += rule(60, 40, 0, 20, filled=filled) + rule(100, 50, 0, 10, filled=filled)
    words = [
        ("项目", 22, 47),
        ("上下半年合计", 62, 47),
        ("水费", 22, 57),
        ("12", 62, 57),
        ("7", 102, 57),
    ]
    document = reading(tmp_path, rules + "".join(text_object(*word) for word in words))
    assert document.text == "项目\t上下半年合计\n水费\t12\t7"
    (block,), (table,) = document.blocks, document.tables
    assert block.kind is BlockKind.table
    assert [(span.row, span.column, span.rows, span.columns) for span in table.spans] == [
        (0, 1, 1, 2)
    ]


def test_a_table_without_rules_whose_cells_wrap_is_no_columns(tmp_path: Path) -> None:
    rows = [
        ("主要任务", "经费", "牵头单位和参加单位"),
        ("清理各处室积压的档案并登记/造册入库", "1,200.5", "办公室会同档案局和信息中心"),
        ("培训档案工作人员", "880", "人事处会同办公室和各业务处/室以及所属事业单位"),
        (
            "建立电子档案移交与接收的办/法并组织实施",
            "",
            "信息中心会同各业务处室以及/所属事业单位办理",
        ),
        *[("按季度通报各单位档案工作的/情况并督促整改", "9", "办公室会同纪检监察机关办理")] * 5,
    ]
    page, top = text_object("任务分工如下。", 20, 30), 40.0
    for row in rows:
        high = max(cell.count("/") for cell in row)
        for left, cell in zip((20, 95, 120), row, strict=True):
            first = top + 3.5 * (high - cell.count("/"))
            for at, words in enumerate(cell.split("/") if cell else ()):
                page += text_object(words, left, first + 7 * at, 5)
        top += 7 * high + 10
    document = reading(tmp_path, page + text_object("请遵照执行。", 20, top + 15))
    table = "\n".join("\t".join(row).replace("/", "") for row in rows)
    assert texts(document) == ["任务分工如下。", table, "请遵照执行。"]


def test_the_lines_of_ruled_columns_are_rows(tmp_path: Path) -> None:
    rules = "".join(rule(20, y, 120, 0) for y in (40, 50, 90))
    rules += "".join(rule(x, 40, 0, 50) for x in (20, 80, 110, 140))
    cells = [
        ("名称", 22, 47), ("数量", 82, 47), ("金额", 112, 47),
        ("复印纸", 22, 57), ("3", 82, 57), ("60.00", 112, 57),
        ("会议场地综合服务费用一", 22, 65), ("1", 82, 65), ("9.50", 112, 65), ("号厅", 22, 70),
        ("墨盒", 22, 78), ("12", 82, 78), ("84.00", 112, 78),
    ]  # fmt: skip
    document = reading(tmp_path, rules + "".join(text_object(*cell) for cell in cells))
    assert document.text.split("\n") == [
        "名称\t数量\t金额", "复印纸\t3\t60.00",
        "会议场地综合服务费用一号厅\t1\t9.50", "墨盒\t12\t84.00",
    ]  # fmt: skip


def test_words_of_a_wide_cell_that_stand_in_no_columns_are_its_text(tmp_path: Path) -> None:
    rules = "".join(rule(20, y, 80, 0) for y in (40, 50, 60, 80)) + rule(60, 40, 0, 20)
    rules += rule(20, 40, 0, 40) + rule(100, 40, 0, 40)
    words = [("甲", 22, 47), ("乙", 62, 47), ("丙", 22, 57), ("丁", 62, 57), ("备注：无", 22, 67)]
    page = rules + "".join(text_object(*word) for word in words)
    assert reading(tmp_path, page).text == "甲\t乙\n丙\t丁\n备注：无"


def test_a_line_over_several_cells_is_divided(tmp_path: Path) -> None:
    rules = "".join(rule(20, y, 80, 0) for y in (40, 50, 60))
    rules += "".join(rule(x, 40, 0, 20) for x in (20, 60, 100))
    row = '<ofd:TextCode X="0" Y="4.2" DeltaX="4.2 35.8 4.2">水费电费</ofd:TextCode>'
    first = f'<ofd:TextObject Boundary="22 43 90 6" Font="3" Size="4.2">{row}</ofd:TextObject>'
    page = rules + first + text_object("甲", 22, 57) + text_object("乙", 62, 57)
    assert reading(tmp_path, page).text == "水费\t电费\n甲\t乙"


def test_each_label_in_a_cell_begins_a_piece_of_its_text(tmp_path: Path) -> None:
    rules = "".join(rule(20, y, 80, 0) for y in (40, 60, 80))
    rules += "".join(rule(x, 40, 0, 40) for x in (20, 50, 100))
    page = rules + text_object("购买方", 22, 47) + text_object("销售方", 22, 67)
    # The first line is full, and the second is the rest of it.
    for x, y, line in (
        (52, 46, "地址：青川县城东街道"), (52, 51, "七号"), (52, 56, "电话："),
        (52, 66, "地址：无"),
    ):  # fmt: skip
        page += text_object(line, x, y)
    assert reading(tmp_path, page).text.split("\n") == [
        "购买方\t地址：青川县城东街道七号 电话：", "销售方\t地址：无",
    ]  # fmt: skip
    full = page.replace("七号", "电话").replace("电话：", "邮编：")
    assert "街道 电话" not in reading(tmp_path, full).text
    assert "街道 电话：" in reading(tmp_path, full.replace(">电话<", ">电话：<")).text


def test_headings_beside_their_values_are_in_the_same_columns(tmp_path: Path) -> None:
    rules = "".join(rule(20, y, 160, 0) for y in (30, 40, 50, 90))
    rules += "".join(rule(x, 30, 0, 60) for x in (20, 180)) + rule(60, 30, 0, 20)
    cells = [
        ("编号", 22, 37), ("一", 62, 37),
        ("合同", 22, 47), ("二〇二六年", 62, 47),
        ("名称", 22, 57), ("规格", 60, 57), ("金额", 90, 57), ("税额", 140, 57),
        ("纸", 30, 65), ("60.00", 110, 65), ("3.60", 160, 65),
        ("笔", 30, 73), ("A4", 60, 73), ("8.00", 110, 73), ("0.48", 160, 73),
    ]  # fmt: skip
    document = reading(tmp_path, rules + "".join(text_object(*cell) for cell in cells))
    assert document.text.split("\n")[-3:] == [
        "名称\t规格\t金额\t税额", "纸\t\t60.00\t3.60", "笔\tA4\t8.00\t0.48",
    ]  # fmt: skip


# Ruled rows with two cells above a cell over the whole width.
FORM = "".join(
    [
        *(rule(20, y, 170, 0) for y in (20, 30, 40, 90)),
        *(rule(x, 20, 0, 70) for x in (20, 190)),
        rule(80, 20, 0, 20),
    ]
)


def test_spread_characters_of_a_heading_are_one_heading(tmp_path: Path) -> None:
    cells = [
        ("编号", 22, 27), ("一", 82, 27), ("合同", 22, 37), ("二", 82, 37),
        ("项目", 22, 47), ("单", 60, 47), ("位", 70, 47), ("数", 95, 47), ("量", 105, 47),
        ("金额", 135, 47), ("税额", 165, 47),
        ("纸", 22, 57), ("箱", 65, 57), ("3", 110, 57), ("60.00", 135, 57), ("3.60", 165, 57),
        ("笔", 22, 65), ("12", 109, 65), ("8.00", 135, 65), ("0.48", 165, 65),
    ]  # fmt: skip
    document = reading(tmp_path, FORM + "".join(text_object(*cell) for cell in cells))
    assert document.text.split("\n")[-3:] == [
        "项目\t单位\t数量\t金额\t税额", "纸\t箱\t3\t60.00\t3.60", "笔\t\t12\t8.00\t0.48",
    ]  # fmt: skip


def test_headings_of_one_character_stay_apart_over_their_values(tmp_path: Path) -> None:
    cells = [
        ("编号", 22, 27), ("一", 82, 27), ("合同", 22, 37), ("二", 82, 37),
        ("单位", 22, 47), ("男", 60, 47), ("女", 72, 47), ("合计", 110, 47),
        ("一科", 22, 57), ("3", 61, 57), ("5", 73, 57), ("8", 112, 57),
        ("二科", 22, 65), ("4", 61, 65), ("2", 73, 65), ("6", 112, 65),
    ]  # fmt: skip
    document = reading(tmp_path, FORM + "".join(text_object(*cell) for cell in cells))
    assert document.text.split("\n")[-3:] == [
        "单位\t男\t女\t合计", "一科\t3\t5\t8", "二科\t4\t2\t6",
    ]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_fields_of_an_invoice_stand_beside_their_labels(
    tmp_path: Path, layout: str, way: str
) -> None:
    one = invoice(7)
    document = read(saved(tmp_path, invoice_file(one, layout, way)), LIMITS)
    assert read_fields(document.text) == expected_fields(one, layout)
    rows = [tuple(filter(None, row.split("\t"))) for row in document.text.split("\n")]
    if layout != "plain":
        assert all(tuple(filter(None, item.cells)) in rows for item in one.items)


# Running heads, hidden content, what is left out.


def test_running_heads_and_page_numbers_follow_the_body(tmp_path: Path) -> None:
    pages = [
        text_object("青川县档案工作简报", 80, 15)
        + text_object(f"第{at}部分的工作情况如下。", 25, 60)
        + text_object(f"— {at} —", 100, 280)
        for at in (1, 2, 3)
    ]
    document = reading(tmp_path, *pages)
    kinds = [
        (block.kind, text) for block, text in zip(document.blocks, texts(document), strict=True)
    ]
    assert kinds == [
        *((BlockKind.paragraph, f"第{at}部分的工作情况如下。") for at in (1, 2, 3)),
        (BlockKind.header, "青川县档案工作简报"),
        *((BlockKind.footer, f"— {at} —") for at in (1, 2, 3)),
    ]


def test_the_number_of_a_form_is_no_running_head(tmp_path: Path) -> None:
    pages = [
        text_object(f"发票号码：{at}2345678", 150, 12) + text_object("内容", 25, 60)
        for at in (1, 2, 3)
    ]
    document = reading(tmp_path, *pages)
    assert [block.kind for block in document.blocks] == [BlockKind.paragraph] * 6


def test_text_beside_the_page_is_hidden(tmp_path: Path) -> None:
    page = text_object("看得见", 30, 30) + text_object("看不见", 240, 60)
    path = saved(tmp_path, ofd([page]))
    assert read(path, LIMITS).text == "看得见"
    hidden = read(path, replace(LIMITS, hidden=True))
    assert [(block.kind) for block in hidden.blocks] == [BlockKind.paragraph, BlockKind.hidden]


def test_what_is_missing_or_attached_is_named(tmp_path: Path) -> None:
    page = '<ofd:Template TemplateID="9"/>' + on_layer(text_object("正文", 30, 60))
    attached = (
        '<ofd:Attachments %s><ofd:Attachment ID="1" Name="附表.xlsx"><ofd:FileLoc>a.xlsx'
        "</ofd:FileLoc></ofd:Attachment></ofd:Attachments>"
    )
    data = ofd(
        [page, page],
        common='<ofd:TemplatePage ID="9" BaseLoc="Tpls/T.xml"/>',
        after="<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments>",
        parts={"Doc_0/Attachs/Attachments.xml": attached},
    ).replace(b"Doc_0/Pages/Page_1", b"Doc_0/Pages/Page_7")
    document = read(saved(tmp_path, data), LIMITS)
    assert [(one.what, one.where, one.page) for one in document.unread] == [
        ("template", "Tpls/T.xml", 1),
        ("page", "Pages/Page_1/Content.xml", 2),
        ("attachment", "附表.xlsx", None),
    ]


def test_a_picture_on_a_page_with_text_is_named(tmp_path: Path) -> None:
    seal = '<ofd:ImageObject Boundary="120 200 40 40" CTM="40 0 0 40 0 0" ResourceID="1"/>'
    dot = seal.replace("40 40", "2 2").replace("40 0 0 40", "2 0 0 2")
    (left_out,) = reading(tmp_path, text_object("正文", 30, 60) + seal + dot).unread
    assert (left_out.what, left_out.page) == ("picture", 1)
    assert left_out.box == pytest.approx(
        [edge / 25.4 * 72 for edge in (120, 200, 160, 240)], abs=0.1
    )


def test_folders_whose_case_differs_are_found(tmp_path: Path) -> None:
    data = ofd([text_object("正文", 30, 60)])
    renamed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(renamed, "w") as new:
        for name in old.namelist():
            new.writestr(name.replace("Pages", "PAGES").replace("Doc_0", "doc_0"), old.read(name))
    assert read(saved(tmp_path, renamed.getvalue()), LIMITS).text == "正文"


def test_more_text_than_allowed_ends_the_reading_early(tmp_path: Path) -> None:
    pages = [text_object("很长的文字" * 20, 10, 60)] * 50
    with pytest.raises(DocumentTooLong, match="200 characters"):
        read(saved(tmp_path, ofd(pages)), ReadLimits(max_chars=200, max_pages=100))
