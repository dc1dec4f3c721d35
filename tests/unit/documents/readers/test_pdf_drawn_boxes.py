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


def test_a_box_with_text_in_it_is_read_as_that_text(tmp_path: Path) -> None:
    content = "0 G 72 700 10 10 re S 0 g " + show("√", 72, 701, size=9) + LABEL
    assert "☐" not in text_of(tmp_path, content)


def test_a_box_drawn_under_a_form_field_is_read_once(tmp_path: Path) -> None:
    def fill(pdf: pikepdf.Pdf) -> None:
        add_field(pdf, "Btn", (72, 700, 82, 710), AS=Name.Yes, T=String("agree"))

    data = pdf_of([BOX + LABEL], fill)
    assert read(saved(tmp_path, data), LIMITS).text == "☑ 同意公开"
