from __future__ import annotations

from pathlib import Path

import pytest

from documents.document import Document
from documents.read import read
from documents.table import Span
from standin.documents.builders import LIMITS, saved


def page(tmp_path: Path, markup: str) -> Document:
    return read(saved(tmp_path, f"<html><body>{markup}".encode()), LIMITS)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("申请人：<input type=text value=甲某>", "申请人： 甲某"),
        ("<input value=甲某>电话<input type=tel value=1>", "甲某 电话 1"),
        ("<select><option>城镇</option><option selected>农村</select>", "农村"),
        ("<select><option>请选择<option>城镇</select>", "请选择"),
        ("<select><option disabled>甲<option label=乙>x</select>", "乙"),
        ("<select multiple><option selected>甲<option>乙</select>", "☑甲 ☐乙"),
        ("<select size=3><option>甲<option selected>乙</select>", "☐甲 ☑乙"),
        ("<textarea>第一行\n第二行</textarea>", "第一行\n第二行"),
        ("<input type=checkbox checked>同意 <input type=CheckBox>不同意", "☑同意 ☐不同意"),
        ("<input type=radio name=a checked>甲<input type=radio name=a>乙", "☑甲☐乙"),
        # Of several that are checked a browser shows the last one.
        ("<input type=radio name=a checked>甲<input type=radio name=a checked>乙", "☐甲☑乙"),
        (
            "<form><input type=radio name=a checked>甲</form>"
            "<form><input type=radio name=a checked>乙</form>",
            "☑甲\n\n☑乙",
        ),
        ("a<input type=password value=no><input type=hidden value=no><input type=file>", "a"),
        ("<input type=submit value=提交>", "提交"),
        ("a<p style='visibility:hidden'><input value=no></p>", "a"),
    ],
)
def test_values_of_form_fields_are_read_as_a_browser_shows_them(
    tmp_path: Path, markup: str, text: str
) -> None:
    assert page(tmp_path, markup).text == text


def test_cells_that_span_others_keep_each_value_in_its_column(tmp_path: Path) -> None:
    document = page(
        tmp_path,
        "<table><tr><th rowspan=2>单位</th><th colspan=2>2025年</th><th colspan=2>2026年</th></tr>"
        "<tr><th>收入</th><th>支出</th><th>收入</th><th>支出</th></tr>"
        "<tr><td rowspan=2>财政局</td><td>10</td><td>18</td><td>20</td><td>28</td></tr>"
        "<tr><td colspan=3>无</td><td>29</td></tr></table>",
    )
    assert document.text.split("\n") == [
        "单位\t2025年\t\t2026年",
        "\t收入\t支出\t收入\t支出",
        "财政局\t10\t18\t20\t28",
        "\t无\t\t\t29",
    ]
    (table,) = document.tables
    assert table.head_rows == 2
    assert table.spans == (
        Span(0, 0, 2, 1),
        Span(0, 1, 1, 2),
        Span(0, 3, 1, 2),
        Span(2, 0, 2, 1),
        Span(3, 1, 1, 3),
    )


def test_a_foot_stands_below_the_rows_and_a_caption_before_them(tmp_path: Path) -> None:
    document = page(
        tmp_path,
        "<table><caption>表1</caption><tfoot><tr><td>合计<td>3</tfoot>"
        "<tbody><tr><td>甲<td>1<tr><td>乙<td>2</tbody><thead><tr><td>单位<td>数</thead></table>",
    )
    assert document.text == "表1\n\n单位\t数\n甲\t1\n乙\t2\n合计\t3"
    assert document.tables[0].head_rows == 1


def test_hidden_rows_and_cells_take_no_room(tmp_path: Path) -> None:
    markup = (
        "<style>.x{display:none} .y{visibility:hidden}</style>"
        "<table><tr><td class=x>no<td>a<td>b<tr class=x><td>no<td>no<tr><td class=y>no<td>c</table>"
    )
    assert page(tmp_path, markup).text == "a\tb\n\tc"


@pytest.mark.parametrize(
    ("span", "rows"),
    [("0", ["a\tb", "\tc", "d\te"]), ("99", ["a\tb", "\tc", "d\te"]), ("x", ["a\tb", "c", "d\te"])],
)
def test_a_cell_spans_rows_of_its_section_only(tmp_path: Path, span: str, rows: list[str]) -> None:
    markup = (
        f"<table><tbody><tr><td rowspan={span}>a<td>b<tr><td>c</tbody>"
        "<tbody><tr><td>d<td>e</tbody></table>"
    )
    assert page(tmp_path, markup).text.split("\n") == rows


def test_a_table_with_headers_is_data_even_with_headings_in_it(tmp_path: Path) -> None:
    markup = "<table><tr><th><h3>项目</h3><th>数<tr><td>甲<td><b>1</b>0<sup>8</sup></table>"
    assert page(tmp_path, markup).text == "项目\t数\n甲\t10^8"


def test_an_invisible_row_keeps_its_room_and_a_collapsed_one_has_none(tmp_path: Path) -> None:
    markup = (
        "<table><tr><td>a<td rowspan=2>b<tr style='visibility:hidden'><td>no"
        "<tr style='visibility:collapse'><td>no<td>no<tr><td>c<td>d</table>"
    )
    document = page(tmp_path, markup)
    assert document.text == "a\tb\nc\td"


INNER = "<table><caption>内题</caption><tr><td>x<td>y<tr><td>z<td>w</table>"


@pytest.mark.parametrize(
    ("attributes", "heads"),
    [("", "<caption>外题</caption><tr><th>甲<th>乙"), ("border=1", "<tr><td>甲<td>乙")],
)
def test_a_table_in_a_cell_is_text_of_the_cell(tmp_path: Path, attributes: str, heads: str) -> None:
    markup = f"<table {attributes}>{heads}<tr><td>1<td>明细{INNER}完<tr><td>2<td>3</table>"
    grid = "甲\t乙\n1\t明细 内题 x y z w 完\n2\t3"
    title = "外题\n\n" if "caption" in heads else ""
    assert page(tmp_path, markup).text == title + grid


@pytest.mark.parametrize("attributes", ["", "border=0", "border=1 role=presentation"])
def test_a_table_for_layout_leaves_the_tables_in_it_whole(tmp_path: Path, attributes: str) -> None:
    markup = f"<table {attributes}><tr><td>导航<td>{INNER}<tr><td>下<td>面</table>"
    assert page(tmp_path, markup).text == "导航\n\n内题\n\nx\ty\nz\tw\n\n下\n\n面"


def test_tables_nested_to_any_depth_are_read(tmp_path: Path) -> None:
    markup = "<table border=1><tr><td>a<td>b<tr><td>c<td>" * 300 + "完"
    text = page(tmp_path, markup).text
    assert (text.count("a"), text[-1]) == (300, "完")


@pytest.mark.parametrize(
    ("markup", "items"),
    [
        ("<ol class=c><li>甲<li value=12>乙</ol>", ["一、甲", "十二、乙"]),
        ("<ol class=n><li>1、自写<li>2、自写</ol>", ["1、自写", "2、自写"]),
        ("<ol><li class=n>无号<li>有号</ol>", ["无号", "2. 有号"]),
        ("<ul><li>点<li style='list-style-type: decimal'>号</ul>", ["点", "2. 号"]),
        ("<ol style='list-style: upper-roman inside'><li>甲</ol>", ["I. 甲"]),
        ("<ol style='list-style-type: simp-chinese-formal' start=3><li>甲</ol>", ["叁、甲"]),
        ("<ol style='list-style-type: lower-alpha' start=28><li>甲</ol>", ["ab. 甲"]),
        ("<ol start=0><li>甲<li>乙</ol>", ["0. 甲", "1. 乙"]),
    ],
)
def test_numbers_of_lists_are_as_style_sheets_show_them(
    tmp_path: Path, markup: str, items: list[str]
) -> None:
    sheet = "<style>.c { list-style-type: cjk-ideographic } .n { list-style: none inside }</style>"
    assert page(tmp_path, sheet + markup).text.split("\n\n") == items
