"""Boxes to tick that a PDF draws as paths, as browsers print them."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pytest
from pikepdf import Name, String

from documents.read import read
from standin.documents.builders import LIMITS, saved
from standin.documents.pdf_pages import add_field, pdf_of, show

BOX = "1 g 72 700 10 10 re f 0.5 G 72 700 10 10 re S\n"
BLUE = "0 0.4 0.8 rg 72 700 10 10 re f\n"
TICKED = BLUE + "1 G 74 705 m 76 702 l 80 708 l S\n"
CROSSED = "72 700 10 10 re S 73 701 m 81 709 l S 73 709 m 81 701 l S\n"
LABEL = "0 g " + show("同意公开", 86)


def text_of(tmp_path: Path, content: str) -> str:
    return read(saved(tmp_path, pdf_of([content])), LIMITS).text


@pytest.mark.parametrize(("drawn", "mark"), [(BOX, "☐"), (TICKED, "☑"), (CROSSED, "☑")])
def test_a_drawn_box_before_a_label_is_read(tmp_path: Path, drawn: str, mark: str) -> None:
    assert text_of(tmp_path, drawn + LABEL) == f"{mark} 同意公开"


def test_the_dot_of_a_drawn_button_is_its_mark(tmp_path: Path) -> None:
    square = "1 g 72 700 10 10 re f 0 G 72 700 10 10 re S 0 g 75 703 4 4 re f\n"
    assert text_of(tmp_path, square + LABEL) == "☑ 同意公开"


@pytest.mark.parametrize(
    "drawn",
    [
        "0 g 72 700 10 10 re f\n",
        "1 0 0 rg 0 G 72 700 10 10 re B\n",
        "0 G 72 700 10 10 re S 62 700 10 10 re S\n",
        "0 G 72 730 10 10 re S\n",
        "0 G 40 700 10 10 re S\n",
        "0 G 72 700 10 16 re S\n",
        "0 G 58 694 24 24 re S\n",
        "0 G 80 703 3 3 re S\n",
        "0 G 72 700 m 82 700 l 77 710 l s\n",
        "1 g 72 700 10 10 re f\n",
        BLUE + "1 g 75 703 4 4 re f\n",
        BLUE + "1 g 0 G 74 702 m 80 702 l 77 708 l b\n",
        BLUE + "1 G 74 702 m " + "80 702 l 80 708 l 74 708 l 74 702 l " * 3 + "S\n",
    ],
    ids=[
        "bullet",
        "legend",
        "cells",
        "other row",
        "far",
        "oblong",
        "large",
        "tiny",
        "triangle",
        "white",
        "square icon",
        "filled icon",
        "icon of lines",
    ],
)
def test_other_squares_are_no_boxes_to_tick(tmp_path: Path, drawn: str) -> None:
    assert text_of(tmp_path, drawn + LABEL) == "同意公开"


@pytest.mark.parametrize("inside", ["0 g 74 702 6 3 re f\n", "76 704 m 77 705 l S\n"])
def test_a_bar_or_a_speck_is_no_mark(tmp_path: Path, inside: str) -> None:
    assert text_of(tmp_path, BOX + inside + LABEL) == "☐ 同意公开"


def box_at(x: float, y: float = 700) -> str:
    return f"0 G {x} {y} 10 10 re S\n"


def filled_at(x: float, y: float = 700) -> str:
    return f"0 g {x} {y} 10 10 re f\n"


def ticked_at(x: float, y: float = 700) -> str:
    return box_at(x, y) + f"{x + 2} {y + 5} m {x + 4} {y + 2} l {x + 8} {y + 8} l S\n"


@pytest.mark.parametrize(
    ("drawn", "text"),
    [
        ("0 g " + show("同意", 44) + BOX, "同意 ☐"),
        ("0 g " + show("同意", 44) + TICKED, "同意 ☑"),
        ("0 g " + show("属实", 44) + ticked_at(300), "属实　 ☑"),
        (ticked_at(59) + box_at(72) + LABEL, "☑ ☐ 同意公开"),
        (
            box_at(72) + filled_at(130) + "0 g " + show("不同意", 84) + show("同意", 142),
            "☐ 不同意 ☑ 同意",
        ),
        (
            box_at(72) + filled_at(72, 680) + LABEL + show("不同意", 86, 680),
            "☐ 同意公开\n\n☑ 不同意",
        ),
    ],
    ids=[
        "label before",
        "tick behind",
        "tick far",
        "close to a tick",
        "filled in a row",
        "filled in a column",
    ],
)
def test_boxes_are_read_wherever_they_are_sure(tmp_path: Path, drawn: str, text: str) -> None:
    assert text_of(tmp_path, drawn) == text


def test_boxes_in_the_cells_of_a_table_are_read_where_one_is_ticked(tmp_path: Path) -> None:
    rules = "".join(f"0 G 70 {y} m 260 {y} l S\n" for y in (680, 700, 720, 740))
    rules += "".join(f"{x} 680 m {x} 740 l S\n" for x in (70, 180, 220, 260))
    words = show("项目", 74, 724) + show("是", 184, 724) + show("否", 224, 724)
    words += show("残疾", 74, 704) + show("低保", 74, 684)
    marks = ticked_at(195, 705) + box_at(235, 705) + box_at(195, 685) + box_at(235, 685)
    rows = text_of(tmp_path, rules + "0 g " + words + marks).split("\n")
    assert rows == ["项目\t是\t否", "残疾\t☑\t☐", "低保\t☐\t☐"]


@pytest.mark.parametrize(
    "drawn",
    [
        "".join(map(box_at, range(72, 132, 13))),
        filled_at(72) + box_at(200),
        filled_at(72) + "0 G 72 730 12 12 re S\n" + "0 g " + show("甲", 86, 730),
    ],
    ids=["cells for digits", "a bullet and a far square", "a bullet and a larger box"],
)
def test_squares_like_no_box_to_tick_are_none(tmp_path: Path, drawn: str) -> None:
    text = text_of(tmp_path, "0 g " + show("同意", 44) + drawn)
    assert "☑" not in text.replace("☐ 甲", "")
    assert "☐" not in text.replace("☐ 甲", "")


def test_a_white_square_in_a_box_is_no_mark(tmp_path: Path) -> None:
    assert text_of(tmp_path, BOX + "1 g 74 702 6 6 re f\n" + LABEL) == "☐ 同意公开"


def test_boxes_on_a_page_with_too_many_are_named(tmp_path: Path) -> None:
    def boxes(count: int) -> str:
        return "".join(box_at(40 + 25 * (at % 20), 60 + 25 * (at // 20)) for at in range(count))

    few = read(saved(tmp_path, pdf_of([boxes(150) + LABEL])), LIMITS)
    many = read(saved(tmp_path, pdf_of([boxes(250) + LABEL])), LIMITS)
    specks = "0 g 40 60 1 1 re f\n" * 5_001
    shapes = read(saved(tmp_path, pdf_of([specks + LABEL])), LIMITS)
    assert not few.unread
    assert [(one.what, one.page) for one in many.unread] == [("form", 1)]
    assert [(one.what, one.page) for one in shapes.unread] == [("form", 1)]


def test_a_box_with_text_in_it_is_read_as_that_text(tmp_path: Path) -> None:
    content = "0 G 72 700 10 10 re S 0 g " + show("√", 72, 701, size=9) + LABEL
    assert "☐" not in text_of(tmp_path, content)


def test_a_box_drawn_under_a_form_field_is_read_once(tmp_path: Path) -> None:
    def fill(pdf: pikepdf.Pdf) -> None:
        add_field(pdf, "Btn", (72, 700, 82, 710), AS=Name.Yes, T=String("agree"))

    data = pdf_of([BOX + LABEL], fill)
    assert read(saved(tmp_path, data), LIMITS).text == "☑ 同意公开"
