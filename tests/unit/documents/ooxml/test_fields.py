"""What fields show: stored results, choices, tick boxes and equations."""

from __future__ import annotations

import pytest
from lxml import etree

from documents.ooxml.fields import field_text
from documents.ooxml.text import hidden_text, shown_text

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def paragraph(inside: str) -> etree._Element:
    return etree.fromstring(f'<w:p xmlns:w="{W}">{inside}</w:p>')


def mark(kind: str, data: str = "") -> str:
    return f'<w:r><w:fldChar w:fldCharType="{kind}">{data}</w:fldChar></w:r>'


def code(text: str) -> str:
    return f"<w:r><w:instrText>{text}</w:instrText></w:r>"


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def field(instruction: str, result: str = "", data: str = "") -> str:
    separate = mark("separate") + result if result else ""
    return mark("begin", data) + code(instruction) + separate + mark("end")


def form(data: str, result: str = "") -> str:
    return field("FORM", result, f"<w:ffData>{data}</w:ffData>")


ON, OFF = '<w:default w:val="1"/>', '<w:default w:val="0"/>'
LIST = '<w:listEntry w:val="城镇"/><w:listEntry w:val="农村"/>'


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (f"<w:checkBox>{OFF}<w:checked/></w:checkBox>", "☑"),
        (f'<w:checkBox>{ON}<w:checked w:val="0"/></w:checkBox>', "☐"),
        (f"<w:checkBox>{ON}</w:checkBox>", "☑"),
        ("<w:checkBox/>", "☐"),
        (f'<w:ddList><w:result w:val="1"/>{LIST}</w:ddList>', "农村"),
        (f"<w:ddList>{LIST}</w:ddList>", "城镇"),
        (f'<w:ddList><w:default w:val="1"/>{LIST}</w:ddList>', "农村"),
        (f'<w:ddList><w:result w:val="9"/>{LIST}</w:ddList>', ""),
    ],
)
def test_form_fields_show_their_values(data: str, shown: str) -> None:
    assert shown_text(paragraph(form(data))) == shown


def test_a_form_field_shows_its_result_where_it_has_one() -> None:
    assert shown_text(paragraph(form("<w:textInput/>", run("张")))) == "张"
    assert shown_text(paragraph(form(f"<w:ddList>{LIST}</w:ddList>", run("农村")))) == "农村"


@pytest.mark.parametrize(
    ("instruction", "shown"),
    [
        (r" eq \o\ac(○,密)", "密"),
        (r"EQ \o\ac(○,12)", "⑫"),
        (r" EQ \o\ac(□,三)", "㊂"),
        (r"EQ \f(1,2)", "1/2"),
        (r"EQ \f(a+b,\r(3,x))", "(a+b)/(√[3]x)"),
        (r"EQ \r(x+1)", "√(x+1)"),
        (r"EQ 10\s\up8(5)", "10^5"),
        (r"EQ x\s\do4(i)", "x_i"),
        (r"EQ \b\lc\{\rc\}(\a(1,2))", "{1; 2}"),
        (r"EQ \b(a)", "(a)"),
        (r"EQ \i\su(i=1,n,x)", "∑_(i=1)^n x"),
        (r'EQ \* jc2 \* "Font:宋体" \* hps10 \o\ad(\s\up 9(pīn),拼)', "拼"),
        (r"EQ f(1,2)\,3", "f(1,2),3"),
        (r'SYMBOL 254 \f "Wingdings" \s 12', "☑"),
        (r"SYMBOL 0xF0A3 \f Wingdings\ 2", ""),
        ("MACROBUTTON NoMacro [点击此处填写姓名]", "[点击此处填写姓名]"),
        ("PAGE", ""),
        ("", ""),
    ],
)
def test_instructions_that_show_a_text_themselves(instruction: str, shown: str) -> None:
    assert field_text(instruction) == shown


def test_an_instruction_in_several_runs_shows_its_text_in_its_place() -> None:
    split = mark("begin") + code(r"eq \o\ac(○,") + code("1") + code(")") + mark("end")
    assert shown_text(paragraph(run("附件") + split + run("所列"))) == "附件①所列"
    simple = r'<w:fldSimple w:instr="EQ \f(1,2)"/>'
    assert shown_text(paragraph(run("共") + simple)) == "共1/2"


def test_the_result_of_a_field_in_an_instruction_is_not_shown() -> None:
    inner = field("MERGEFIELD x", run("inner"))
    outer = mark("begin") + code("IF ") + inner + code(' = "a"') + mark("separate")
    root = paragraph(run("before ") + outer + run("result") + mark("end"))
    assert shown_text(root) == "before result"
    assert "inner" in "".join(hidden_text(root))


def test_text_after_a_field_that_never_ends_is_shown() -> None:
    assert shown_text(paragraph(mark("begin") + code("PAGE") + run("text"))) == "text"
    opened = mark("begin") + code("TOC") + mark("separate") + run("entry")
    assert shown_text(paragraph(opened)) == "entry"


def test_deep_equations_end() -> None:
    depth = 3_000
    assert field_text("EQ " + r"\f(1," * depth + "2" + ")" * depth).startswith("1/")
