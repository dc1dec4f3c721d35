"""Paper, margins, grid and page numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from tests.unit.tasks.official_layout.official_letter import broken, checked, corrected, letter


def rules(document: Any) -> list[str]:
    return [rule for rule, _ in broken(document)]


def test_a_correct_letter_has_no_findings() -> None:
    assert checked(letter())["findings"] == []


@pytest.mark.parametrize(
    ("name", "millimetres", "rule"),
    [
        ("top_margin", 35.5, "page.top"),
        ("left_margin", 30, "page.left"),
        ("right_margin", 28, "page.right"),
        ("page_width", 215.9, "page.size"),
        ("page_height", 279.4, "page.size"),
    ],
)
def test_a_wrong_measure_is_reported(name: str, millimetres: float, rule: str) -> None:
    document = letter()
    setattr(document.sections[0], name, Mm(millimetres))
    assert rules(document) == [rule]


@pytest.mark.parametrize("millimetres", [36.05, 37.95])
def test_a_margin_within_a_millimetre_is_right(millimetres: float) -> None:
    document = letter()
    document.sections[0].top_margin = Mm(millimetres)
    assert rules(document) == []


def test_margins_within_tolerance_may_give_a_wrong_type_area() -> None:
    document = letter()
    document.sections[0].left_margin, document.sections[0].right_margin = Mm(28.9), Mm(26.9)
    assert rules(document) == ["page.type_area"]


def test_a_landscape_page_is_ignored() -> None:
    document = letter()
    section = document.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = Mm(37)
    assert rules(document) == []


def test_each_section_is_checked() -> None:
    document = letter()
    document.add_section(WD_SECTION.NEW_PAGE).left_margin = Mm(20)
    (finding,) = checked(document)["findings"]
    assert (finding["rule"], finding["place"]["section"]) == ("page.left", 2)
    assert (finding["place"]["paragraph"], finding["found"]) == (None, "20.0 mm")


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"type": "lines"}, "page.grid"),
        ({"linePitch": "312"}, "page.lines"),
        ({"charSpace": "0", "type": "linesAndChars"}, None),
        ({"charSpace": "2000"}, "page.characters"),
        # Cells are counted from the Normal style, which is of 11 pt here.
        ({"type": "snapToChars"}, "page.characters"),
        ({"type": "snapToChars", "charSpace": "19620"}, None),
    ],
)
def test_the_grid_gives_22_lines_of_28_characters(values: dict[str, str], rule: str | None) -> None:
    document = letter()
    grid = document.sections[0]._sectPr.find(qn("w:docGrid"))
    for name, value in values.items():
        grid.set(qn(f"w:{name}"), value)
    assert rules(document) == ([rule] if rule else [])


def test_a_missing_page_number_is_reported_and_added(tmp_path: Path) -> None:
    document = letter()
    paragraph = document.sections[0].footer.paragraphs[0]
    for run in list(paragraph.runs):
        paragraph._p.remove(run._r)
    assert rules(document) == ["number.field"]
    _, after = corrected(document, tmp_path)
    assert after.sections[0].footer.paragraphs[0].text == "— 1 —"
    assert rules(after) == []


@pytest.mark.parametrize("has_even_footer", [True, False])
def test_odd_and_even_pages_have_different_footers(
    tmp_path: Path, *, has_even_footer: bool
) -> None:
    document = letter()
    document.settings.odd_and_even_pages_header_footer = False
    if not has_even_footer:
        for reference in document.sections[0]._sectPr.findall(qn("w:footerReference")):
            if reference.get(qn("w:type")) == "even":
                document.sections[0]._sectPr.remove(reference)
    assert rules(document) == ["number.even"]
    _, after = corrected(document, tmp_path)
    assert after.settings.odd_and_even_pages_header_footer
    assert after.sections[0].even_page_footer.paragraphs[0].text == "— 1 —"
    assert rules(after) == []


def test_the_format_of_a_page_number_is_checked_and_corrected(tmp_path: Path) -> None:
    document = letter()
    paragraph = document.sections[0].footer.paragraphs[0]
    paragraph.alignment = 1
    for run in paragraph.runs:
        run.font.size, run.font.name = Pt(9), "Calibri"
    paragraph.runs[0].text = "第"
    assert sorted(rules(document)) == ["number.dashes", "number.font", "number.odd", "number.size"]
    assert rules(corrected(document, tmp_path)[1]) == []


def test_a_page_number_in_a_frame_has_the_alignment_of_the_frame() -> None:
    document = letter()
    properties = document.sections[0].footer.paragraphs[0]._p.get_or_add_pPr()
    frame = properties.makeelement(qn("w:framePr"), {qn("w:xAlign"): "outside"})
    properties.insert(1, frame)
    document.sections[0].footer.paragraphs[0].alignment = 1
    assert rules(document) == []
    frame.set(qn("w:xAlign"), "center")
    assert rules(document) == ["number.odd"]
