from __future__ import annotations

from pathlib import Path

import pytest

from documents.detect import detect
from documents.document import BlockKind
from documents.errors import CorruptDocument, DocumentTooLong
from documents.limits import ReadLimits
from documents.read import read
from documents.readers import presentation as reader
from documents.table import Span
from standin.documents.builders import LIMITS, saved
from standin.documents.office_builders import presentation, shape, slide

HIDDEN = ReadLimits(max_chars=10_000, max_pages=10, hidden=True)
NOTES = "ppt/notesSlides/notes1.xml"
LAYOUT = "ppt/slideLayouts/layout1.xml"


def numbered(text: str, kind: str) -> str:
    return f'<a:p><a:pPr><a:buAutoNum type="{kind}"/></a:pPr><a:r><a:t>{text}</a:t></a:r></a:p>'


def graphic(content: str) -> str:
    return (
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="1" name="g"/><p:nvPr/>'
        f'</p:nvGraphicFramePr><a:graphic><a:graphicData uri="x">{content}</a:graphicData>'
        "</a:graphic></p:graphicFrame>"
    )


def cell(text: str, attributes: str = "") -> str:
    return f"<a:tc{attributes}><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>"


def picture(size: int) -> str:
    return (
        '<p:pic><p:nvPicPr><p:cNvPr id="1" name="p"/><p:nvPr/></p:nvPicPr><p:spPr><a:xfrm>'
        f'<a:off x="0" y="0"/><a:ext cx="{size}" cy="{size}"/></a:xfrm></p:spPr></p:pic>'
    )


def test_slides_are_pages_in_order_with_the_title_first(tmp_path: Path) -> None:
    slides = [
        shape("正文", "第二段") + shape("标题", placeholder="title"),
        f"<p:grpSp>{shape('组内')}</p:grpSp>" + shape("看不见", properties=' hidden="1"'),
    ]
    path = saved(tmp_path, presentation(slides))
    assert detect(path) == reader.MEDIA_TYPE
    document = read(path, LIMITS)
    found = [
        (document.text[block.start : block.end], block.kind, block.page, block.box)
        for block in document.blocks
    ]
    box = (10.0, 20.0, 110.0, 70.0)
    assert found == [
        ("标题", BlockKind.heading, 1, box),
        ("正文", BlockKind.paragraph, 1, box),
        ("第二段", BlockKind.paragraph, 1, box),
        ("组内", BlockKind.paragraph, 2, None),
    ]
    assert document.pages == 2


def test_numbers_of_lists_are_written(tmp_path: Path) -> None:
    items = (
        numbered("a", "arabicPeriod"), numbered("b", "arabicPeriod"), "between",
        numbered("c", "ea1ChsPeriod"), numbered("d", "circleNumDbPlain"),
        numbered("e", "alphaLcParenBoth"), numbered("f", "romanUcParenR"),
    )  # fmt: skip
    document = read(saved(tmp_path, presentation([shape(*items)])), LIMITS)
    assert document.text.split("\n\n") == [
        "1. a", "2. b", "between", "一、 c", "② d", "(c) e", "IV) f",
    ]  # fmt: skip


def test_a_table_has_its_spans_and_its_head(tmp_path: Path) -> None:
    rows = (
        cell("街道", ' rowSpan="2"') + cell("收入", ' gridSpan="2"') + cell("", ' hMerge="1"'),
        cell("", ' vMerge="1"') + cell("上年") + cell("今年"),
        cell("东街") + cell("1") + cell("2"),
    )
    table = "".join(f"<a:tr>{row}</a:tr>" for row in rows)
    table = f'<a:tbl><a:tblPr firstRow="1"/>{table}</a:tbl>'
    document = read(saved(tmp_path, presentation([graphic(table)])), LIMITS)
    assert document.text == "街道\t收入\n\t上年\t今年\n东街\t1\t2"
    (found,) = document.tables
    assert (found.spans, found.head_rows) == ((Span(0, 0, 2, 1), Span(0, 1, 1, 2)), 1)


def test_notes_comments_and_layouts_follow_the_slides(tmp_path: Path) -> None:
    data = presentation(
        [shape("正文") + shape("3", placeholder="sldNum") + shape("页脚", placeholder="ftr")],
        relations_of={
            1: [
                ("n", "notesSlide", NOTES),
                ("l", "slideLayout", LAYOUT),
                ("c", "comments", "ppt/comments/comment1.xml"),
            ]
        },
        parts={
            NOTES: slide(shape("讲稿", placeholder="body") + shape("1", placeholder="sldNum")),
            LAYOUT: slide(shape("单击此处编辑", placeholder="title") + shape("某某局")),
            "ppt/comments/comment1.xml": '<p:cmLst xmlns:p="http://schemas.openxmlformats.org/'
            'presentationml/2006/main"><p:cm><p:text>请核对</p:text></p:cm></p:cmLst>',
        },
    )
    document = read(saved(tmp_path, data), LIMITS)
    found = [(document.text[block.start : block.end], block.kind) for block in document.blocks]
    assert found == [
        ("正文", BlockKind.paragraph),
        ("页脚", BlockKind.footer),
        ("讲稿", BlockKind.footnote),
        ("请核对", BlockKind.comment),
        ("某某局", BlockKind.annotation),
    ]


def test_a_hidden_slide_is_hidden_content(tmp_path: Path) -> None:
    path = saved(tmp_path, presentation([shape("甲"), shape("藏")], hidden=[2]))
    document = read(path, LIMITS)
    assert document.text == "甲"
    assert [(one.what, one.page) for one in document.unread] == [("hidden slide", 2)]
    document = read(path, HIDDEN)
    assert document.text == "甲\n\n藏"
    assert document.blocks[-1].kind is BlockKind.hidden


def test_pictures_are_named_and_small_pictures_are_not(tmp_path: Path) -> None:
    chart = graphic('<c:chart xmlns:c="urn:c" r:id="c"/>')
    drawing = "http://schemas.openxmlformats.org/drawingml/2006/main"
    data = presentation(
        [shape("甲") + chart + picture(2_000_000) + picture(100_000)],
        relations_of={1: [("c", "chart", "ppt/charts/chart1.xml")]},
        parts={
            "ppt/charts/chart1.xml": f'<c:chart xmlns:c="urn:c" xmlns:a="{drawing}"><c:rich>'
            "<a:p><a:r><a:t>图名</a:t></a:r></a:p></c:rich></c:chart>"
        },
    )
    document = read(saved(tmp_path, data), LIMITS)
    assert document.text == "甲\n\n图名"
    assert [one.what for one in document.unread] == ["picture"]


def test_too_many_slides_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, presentation([shape("甲")] * 3))
    with pytest.raises(DocumentTooLong, match="pages"):
        read(path, ReadLimits(max_chars=100, max_pages=2))


def test_a_presentation_with_groups_in_groups_is_damaged(tmp_path: Path) -> None:
    deep = "<p:grpSp>" * 200 + shape("甲") + "</p:grpSp>" * 200
    assert read(saved(tmp_path, presentation([deep])), LIMITS).text == "甲"
    deeper = "<p:grpSp>" * 5_000 + "</p:grpSp>" * 5_000
    with pytest.raises(CorruptDocument):
        read(saved(tmp_path, presentation([deeper])), LIMITS)


MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
DRAWN_2010 = "http://schemas.microsoft.com/office/drawing/2010/main"


def equation(content: str) -> str:
    """An equation as PowerPoint writes it: with a picture for older programs."""
    return (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006'
        f'"><mc:Choice xmlns:a14="{DRAWN_2010}" Requires="a14"><a14:m><m:oMath xmlns:m="{MATH}">'
        f"{content}</m:oMath></a14:m></mc:Choice><mc:Fallback><a:r><a:t>[图]</a:t></a:r>"
        "</mc:Fallback></mc:AlternateContent>"
    )


def mathematical(text: str) -> str:
    return f"<m:r><a:rPr/><m:t>{text}</m:t></m:r>"


def run(text: str, baseline: str = "") -> str:
    properties = f'<a:rPr baseline="{baseline}"/>' if baseline else ""
    return f"<a:r>{properties}<a:t>{text}</a:t></a:r>"


HALF = f"<m:f><m:num>{mathematical('1')}</m:num><m:den>{mathematical('2')}</m:den></m:f>"
POWER = f"<m:sSup><m:e>{mathematical('10')}</m:e><m:sup>{mathematical('8')}</m:sup></m:sSup>"


@pytest.mark.parametrize(
    ("paragraph", "shown"),
    [
        (run("面积为") + equation(HALF) + run("公顷"), "面积为1/2公顷"),
        (run("about 3") + equation(HALF), "about 3 1/2"),
        (equation(mathematical("N=") + POWER), "N=10^8"),
        (run("10") + run("8", "30000") + run("元"), "10^8元"),
        (run("CO2") + run("2", "-25000") + run("排放"), "CO2_2排放"),
        (run("办法") + run("1", "30000"), "办法1"),
        (run("10") + run("8", "0"), "108"),
    ],
)
def test_equations_and_scripts_keep_their_value(tmp_path: Path, paragraph: str, shown: str) -> None:
    document = read(saved(tmp_path, presentation([shape(f"<a:p>{paragraph}</a:p>")])), LIMITS)
    assert (document.text, document.unread) == (shown, ())


def test_an_equation_in_a_table_is_read(tmp_path: Path) -> None:
    inside = cell("x").replace("<a:r><a:t>x</a:t></a:r>", equation(POWER))
    table = graphic(f"<a:tbl><a:tr>{cell('数量')}{inside}</a:tr></a:tbl>")
    assert read(saved(tmp_path, presentation([table])), LIMITS).text == "数量\t10^8"


@pytest.mark.parametrize(
    ("mark", "text"),
    [("138", "138 12341234"), ("（一）", "（一） 12341234"), ("•", "12341234"), ("l", "12341234")],
)
def test_a_mark_that_is_text_is_read(tmp_path: Path, mark: str, text: str) -> None:
    item = f'<a:p><a:pPr><a:buChar char="{mark}"/></a:pPr><a:r><a:t>12341234</a:t></a:r></a:p>'
    document = read(saved(tmp_path, presentation([shape(item)])), LIMITS)
    assert document.text == text
