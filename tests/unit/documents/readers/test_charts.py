"""The values of charts in documents, workbooks and presentations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from documents.document import BlockKind, Document
from documents.ooxml.package import parsed_xml
from documents.read import read
from documents.readers import docx
from documents.readers.charts import chart_tables
from standin.documents.builders import LIMITS, saved
from standin.documents.office_builders import package, presentation, relations, shape, workbook

C = "http://schemas.openxmlformats.org/drawingml/2006/chart"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def texts(*values: str) -> str:
    points = "".join(
        f'<c:pt idx="{at}"><c:v>{one}</c:v></c:pt>' for at, one in enumerate(values) if one
    )
    return f"<c:strRef><c:f>S!A1</c:f><c:strCache>{points}</c:strCache></c:strRef>"


def numbers(*values: str, code: str = "General") -> str:
    points = "".join(
        f'<c:pt idx="{at}"><c:v>{one}</c:v></c:pt>' for at, one in enumerate(values) if one
    )
    cache = f"<c:formatCode>{code}</c:formatCode>{points}"
    return f"<c:numRef><c:numCache>{cache}</c:numCache></c:numRef>"


def series(name: str, categories: str, values: str, more: str = "") -> str:
    named = f"<c:tx>{texts(name)}</c:tx>" if name else ""
    return f"<c:ser>{named}<c:cat>{categories}</c:cat><c:val>{values}</c:val>{more}</c:ser>"


def chart(*listed: str, title: str = "") -> str:
    heading = f"<c:title><a:p><a:r><a:t>{title}</a:t></a:r></a:p></c:title>" if title else ""
    return (
        f'<c:chartSpace xmlns:c="{C}" xmlns:a="{A}"><c:chart>{heading}<c:plotArea>'
        f"<c:barChart>{''.join(listed)}</c:barChart></c:plotArea></c:chart></c:chartSpace>"
    )


SPENDING = chart(
    series("收入", texts("一季度", "二季度"), numbers("12.5", "13")),
    series("完成率", texts("一季度", "二季度"), numbers("0.25", "0.5", code="0%")),
    title="财政收支",
)
EXPECTED = "\t收入\t完成率\n一季度\t12.5\t25%\n二季度\t13\t50%"


def in_docx() -> bytes:
    drawing = (
        f'<w:p><w:r><w:drawing><a:graphic xmlns:a="{A}"><a:graphicData><c:chart xmlns:c="{C}" '
        f'xmlns:r="{R}" r:id="rc"/></a:graphicData></a:graphic></w:drawing></w:r></w:p>'
    )
    body = "".join(f"<w:p><w:r><w:t>{one}</w:t></w:r></w:p>" for one in ("前文", "", "后文"))
    parts = {
        "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>'
        + body.replace("<w:p><w:r><w:t></w:t></w:r></w:p>", drawing)
        + "</w:body></w:document>",
        "word/charts/chart1.xml": SPENDING,
        "word/_rels/document.xml.rels": relations(("rc", "chart", "word/charts/chart1.xml")),
    }
    return package(parts, "word/document.xml", f"{docx.MEDIA_TYPE}.main+xml")


def in_xlsx() -> bytes:
    return workbook(
        '<row r="1"><c r="A1" t="inlineStr"><is><t>前文</t></is></c></row>',
        sheet_relations=[("r1", "drawing", "xl/drawings/drawing1.xml")],
        parts={
            "xl/drawings/drawing1.xml": "<x/>",
            "xl/drawings/_rels/drawing1.xml.rels": relations(
                ("a", "chart", "xl/charts/chart1.xml")
            ),
            "xl/charts/chart1.xml": SPENDING,
        },
    )


def in_pptx() -> bytes:
    graphic = (
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="4" name="x"/></p:nvGraphicFramePr>'
        f'<a:graphic><a:graphicData><c:chart xmlns:c="{C}" r:id="c"/></a:graphicData></a:graphic>'
        "</p:graphicFrame>"
    )
    return presentation(
        [shape("前文") + graphic + shape("后文")],
        relations_of={1: [("c", "chart", "ppt/charts/chart1.xml")]},
        parts={"ppt/charts/chart1.xml": SPENDING},
    )


def words(document: Document) -> list[str]:
    return [document.text[one.start : one.end] for one in document.blocks]


@pytest.mark.parametrize("file", [in_docx, in_xlsx, in_pptx])
def test_a_chart_is_a_table_below_its_title_and_in_its_place(
    tmp_path: Path, file: Callable[[], bytes]
) -> None:
    document = read(saved(tmp_path, file()), LIMITS)
    found = words(document)
    at = found.index("前文")
    assert found[at : at + 3] == ["前文", "财政收支", EXPECTED]
    assert found[at + 3 :] == ([] if file is in_xlsx else ["后文"])
    assert document.unread == ()
    (table,) = document.tables
    assert (table.head_rows, table.raw) == (1, "\n\t\t0.25\n\t\t0.5")
    assert next(one.kind for one in document.blocks if one.start == table.start) is (
        BlockKind.table
    )


def tables(*listed: str) -> tuple[list[str], list[str]]:
    found, reasons = chart_tables(parsed_xml(chart(*listed).encode(), "chart"))
    return [table.finish()[0] for table in found], reasons


def test_series_with_other_categories_are_a_table_of_their_own() -> None:
    points = "<c:xVal>{}</c:xVal><c:yVal>{}</c:yVal>"
    first = points.format(numbers("1", "2"), numbers("3", "4"))
    second = points.format(numbers("5"), numbers("6"))
    sizes = f"<c:bubbleSize>{numbers('9')}</c:bubbleSize>"
    found, reasons = tables(
        f"<c:ser><c:tx><c:v>甲</c:v></c:tx>{first}</c:ser>", f"<c:ser>{second}{sizes}</c:ser>"
    )
    assert found == ["\t甲\n1\t3\n2\t4", "\t系列2\t系列2 (size)\n5\t6\t9"]
    assert reasons == []


def test_categories_in_levels_are_joined() -> None:
    levels = (
        '<c:multiLvlStrRef><c:multiLvlStrCache><c:lvl><c:pt idx="0"><c:v>上半年</c:v></c:pt>'
        '<c:pt idx="1"><c:v>下半年</c:v></c:pt><c:pt idx="2"><c:v>上半年</c:v></c:pt></c:lvl>'
        '<c:lvl><c:pt idx="0"><c:v>2024</c:v></c:pt><c:pt idx="2"><c:v>2025</c:v></c:pt></c:lvl>'
        "</c:multiLvlStrCache></c:multiLvlStrRef>"
    )
    (found,), _ = tables(series("人数", levels, numbers("1", "2", "3")))
    assert found == "\t人数\n2024 上半年\t1\n2024 下半年\t2\n2025 上半年\t3"


def test_dates_missing_values_and_missing_categories() -> None:
    dated = series("a", numbers("46174", "46204", code="yyyy/m"), numbers("1", ""))
    plain = "<c:ser><c:val>" + numbers("7", "", "9") + "</c:val></c:ser>"
    found, _ = tables(dated, plain)
    assert found == ["\ta\n2026/6\t1\n2026/7", "\t系列2\n1\t7\n3\t9"]


def test_a_series_without_values_is_named() -> None:
    empty = "<c:numRef><c:f>S!B2:B3</c:f></c:numRef>"
    found, reasons = tables(
        series("收入", texts("a"), numbers("1")), series("支出", texts("a"), empty)
    )
    assert found == ["\t收入\na\t1"]
    assert reasons == ["the file has no values of the series “支出”"]


def test_another_kind_of_chart_is_named() -> None:
    xml = '<cx:chartSpace xmlns:cx="urn:x"><cx:series layoutId="waterfall"/></cx:chartSpace>'
    assert chart_tables(parsed_xml(xml.encode(), "chart")) == (
        [],
        ["the values of this kind of chart are not read"],
    )


def test_a_chart_with_points_far_apart_is_bounded() -> None:
    point = '<c:numRef><c:numCache><c:pt idx="{}"><c:v>1</c:v></c:pt></c:numCache></c:numRef>'
    far = series("a", texts("x"), point.format(999_999_999))
    assert tables(far)[0] == ["\ta\nx\n\t1"]
    many = [series("a", texts("x"), point.format(at)) for at in range(1_100)]
    assert tables(*many) == ([], ["it has too many values"])


def test_a_chart_that_the_file_lacks_is_named(tmp_path: Path) -> None:
    document = read(
        saved(
            tmp_path,
            presentation(
                [
                    shape("甲")
                    + '<p:graphicFrame><a:graphic><a:graphicData><c:chart xmlns:c="urn:c" '
                    'r:id="z"/></a:graphicData></a:graphic></p:graphicFrame>'
                ]
            ),
        ),
        LIMITS,
    )
    assert [(one.what, one.reason) for one in document.unread] == [
        ("chart", "it is not in the file")
    ]


def test_more_number_formats_than_are_applied_are_named() -> None:
    points = "".join(
        f'<c:pt idx="{at}" formatCode="0.0&quot;{at}&quot;"><c:v>2</c:v></c:pt>'
        for at in range(2_001)
    )
    values = f"<c:numRef><c:numCache>{points}</c:numCache></c:numRef>"
    read_tables, reasons = tables(series("a", "", values))
    assert read_tables[0].endswith("2.01999\n2001\t2")
    assert ["2,000 number formats" in one for one in reasons] == [True]
