"""Equations in a linear form that keeps their value."""

from __future__ import annotations

import pytest
from lxml import etree

from documents.ooxml.seen import VIEWS
from documents.ooxml.text import shown_text, text_nodes

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
M = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def paragraph(inside: str) -> etree._Element:
    return etree.fromstring(f'<w:p xmlns:w="{W}" xmlns:m="{M}">{inside}</w:p>')


def r(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


def o(name: str, properties: str = "", **parts: str) -> str:
    inside = "".join(f"<m:{part}>{text}</m:{part}>" for part, text in parts.items())
    return f"<m:{name}><m:{name}Pr>{properties}</m:{name}Pr>{inside}</m:{name}>"


def run(text: str, align: str = "") -> str:
    properties = f'<w:rPr><w:vertAlign w:val="{align}"/></w:rPr>' if align else ""
    return f"<w:r>{properties}<w:t>{text}</w:t></w:r>"


HALF = o("f", num=r("1"), den=r("2"))
POWER = o("sSup", e=r("10"), sup=r("8"))


@pytest.mark.parametrize(
    ("equation", "shown"),
    [
        (HALF, "1/2"),
        (r("2") + HALF, "2 1/2"),
        (HALF + r("a"), "1/2 a"),
        (o("f", num=r("a+1"), den=r("人口数")), "(a+1)/人口数"),
        (o("f", num=HALF, den=r("3")), "(1/2)/3"),
        (o("d", e=o("f", '<m:type m:val="noBar"/>', num=r("n"), den=r("k"))), "(n¦k)"),
        (r("3×") + POWER, "3×10^8"),
        (POWER + r("5"), "10^8 5"),
        (o("sSup", e=r("10"), sup=r("−6")), "10^−6"),
        (o("sSup", e=r("x+1"), sup=r("2n")), "(x+1)^(2n)"),
        (o("sSup", e=r("x"), sup=r("a+b")), "x^(a+b)"),
        (o("f", num=r("GDP"), den=r("1,000")), "(GDP)/1,000"),
        (o("sSubSup", e=r("x"), sub=r("i"), sup=r("2")), "x_i^2"),
        (o("sPre", sub=r("6"), sup=r("14"), e=r("C")), "_6^14 C"),
        (o("rad", e=r("x+1")), "√(x+1)"),
        (o("rad", deg=r("3"), e=r("8")), "√[3]8"),
        (o("nary", '<m:chr m:val="∑"/>', sub=r("i=1"), sup=r("n"), e=r("x")), "∑_(i=1)^n x"),
        (o("nary", e=r("f")), "∫ f"),
        (o("d", '<m:begChr m:val="["/><m:endChr m:val=""/>', e=r("a")), "[a"),
        (o("func", fName=r("sin"), e=r("x")), "sin x"),
        (o("func", fName=o("limLow", e=r("lim"), lim=r("n→∞")), e=r("x")), "lim_(n→∞) x"),
        ("<m:eqArr><m:e>" + r("a") + "</m:e><m:e>" + r("b") + "</m:e></m:eqArr>", "a; b"),
        ("<m:m><m:mr><m:e>" + r("1") + "</m:e><m:e>" + r("0") + "</m:e></m:mr></m:m>", "[1, 0]"),
        (o("acc", '<m:chr m:val="̅"/>', e=r("x")), "x̅"),
        (o("phant", '<m:show m:val="0"/>', e=r("x")) + r("y"), "y"),
    ],
)
def test_equations_keep_their_value(equation: str, shown: str) -> None:
    root = paragraph(f"<m:oMath>{equation}</m:oMath>")
    assert shown_text(root) == shown


@pytest.mark.parametrize(
    ("runs", "shown"),
    [
        ([("1.5×10", ""), ("5", "superscript"), ("元", "")], "1.5×10^5元"),
        ([("10", ""), ("-", "superscript"), ("6", "superscript")], "10^-6"),
        ([("100m", ""), ("2", "superscript"), ("3台", "")], "100m^2 3台"),
        ([("100米", ""), ("2", "superscript")], "100米^2"),
        ([("总则", ""), ("1", "superscript")], "总则1"),
        ([("H", ""), ("2", "subscript"), ("O", "")], "H2O"),
        ([("log", ""), ("2", "subscript"), ("8", "")], "log2 8"),
        ([("101", ""), ("2", "subscript")], "101_2"),
        ([("1", ""), ("st", "superscript")], "1st"),
    ],
)
def test_raised_and_lowered_numbers_do_not_join_others(
    runs: list[tuple[str, str]], shown: str
) -> None:
    root = paragraph("".join(run(text, align) for text, align in runs))
    assert shown_text(root) == shown


def test_a_hidden_script_has_no_sign() -> None:
    hidden = '<w:rPr><w:vanish/><w:vertAlign w:val="superscript"/></w:rPr>'
    assert shown_text(paragraph(f"{run('10')}<w:r>{hidden}<w:t>5</w:t></w:r>{run('元')}")) == "10元"


def test_a_fraction_does_not_join_the_number_in_the_text_before_it() -> None:
    root = paragraph(f"{run('2')}<m:oMath>{HALF}</m:oMath>{run('5')}")
    assert shown_text(root) == "2 1/2 5"


def test_a_number_with_a_raised_digit_is_also_seen_without_the_sign() -> None:
    root = paragraph(run("1381234123") + run("4", "superscript"))
    texts = {"".join(node.text for node in text_nodes(root) if view(node)) for view in VIEWS}
    assert texts == {"1381234123^4", "13812341234", ""}
