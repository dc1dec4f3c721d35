"""Typefaces, sizes, line spacing and indents, from all sources of formatting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor

from tests.unit.tasks.official_layout.official_letter import (
    DATE,
    FIRST,
    NOTE,
    OPENING,
    PLAIN,
    RECIPIENT,
    SECOND,
    SIGNATURE,
    TITLE,
    broken,
    checked,
    corrected,
    letter,
    set_font,
    text,
)


@pytest.mark.parametrize(
    ("place", "rule"),
    [
        (TITLE, "title.font"),
        (RECIPIENT, "body.font"),
        (OPENING, "body.font"),
        (FIRST, "heading.first_font"),
        (SECOND, "heading.second_font"),
        (NOTE, "body.font"),
        (SIGNATURE, "body.font"),
        (DATE, "body.font"),
    ],
)
def test_each_part_has_its_typeface(place: int, rule: str) -> None:
    document = letter()
    set_font(document.paragraphs[place].runs[0], "微软雅黑")
    (finding,) = checked(document)["findings"]
    assert (finding["rule"], finding["place"]["paragraph"]) == (rule, place)
    assert finding["found"] == "微软雅黑"


@pytest.mark.parametrize("font", ["仿宋", "FangSong", "fangsong_gb2312", "方正仿宋_GBK"])
def test_a_typeface_has_several_font_names(font: str) -> None:
    document = letter()
    set_font(document.paragraphs[OPENING].runs[0], font)
    assert broken(document) == []


def test_only_the_text_in_another_typeface_is_reported() -> None:
    document = letter()
    paragraph = document.paragraphs[OPENING]
    words = paragraph.runs[0].text
    paragraph.runs[0].text = words[:5]
    for part, font in ((words[5:8], "宋体"), (words[8:], "仿宋")):
        run = paragraph.add_run(part)
        run.font.size = Pt(16)
        set_font(run, font)
    (finding,) = checked(document)["findings"]
    assert (finding["place"]["start"], finding["place"]["end"]) == (5, 8)
    assert finding["place"]["words"] == words[5:8]


def test_digits_between_wrong_runs_do_not_make_two_findings() -> None:
    document = letter()
    paragraph = document.paragraphs[DATE]
    for run in paragraph.runs:
        paragraph._p.remove(run._r)
    for part in ("2024", "年", "3", "月", "5", "日"):
        run = paragraph.add_run(part)
        run.font.size = Pt(16)
        set_font(run, "宋体")
    assert broken(document) == [("body.font", DATE)]


def test_only_the_heading_of_a_paragraph_has_its_typeface(tmp_path: Path) -> None:
    document = letter()
    paragraph = document.paragraphs[SECOND]
    paragraph.runs[0].text = "（一）明确责任。各单位要高度重视。"
    (finding,) = checked(document)["findings"]
    assert (finding["rule"], finding["place"]["words"]) == ("body.font", "各单位要高度重视。")
    _, after = corrected(document, tmp_path)
    first, second = after.paragraphs[SECOND].runs
    assert (first.text, second.text) == ("（一）明确责任。", "各单位要高度重视。")
    assert broken(after) == []


def _bare(document: Any) -> Any:
    """The opening's run without direct formatting."""
    run = document.paragraphs[OPENING].runs[0]
    run._r.remove(run._r.rPr)
    return run


def _style(document: Any, based_on: Any = None) -> Any:
    style = document.styles.add_style(f"s{len(document.styles)}", WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = based_on
    return style


def test_formatting_is_inherited_from_styles_and_their_ancestors() -> None:
    document = letter()
    _bare(document)
    base = _style(document)
    base.font.size = Pt(16)
    base.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "仿宋")
    document.paragraphs[OPENING].style = _style(document, base)
    assert broken(document) == []
    base.font.size = Pt(12)
    assert broken(document) == [("body.size", OPENING)]


def test_formatting_is_inherited_from_a_character_style_and_overridden_by_the_run() -> None:
    document = letter()
    run = _bare(document)
    style = document.styles.add_style("letters", WD_STYLE_TYPE.CHARACTER)
    style.font.size = Pt(16)
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "仿宋")
    run.style = style
    assert broken(document) == []
    set_font(run, "宋体")
    assert broken(document) == [("body.font", OPENING)]


def test_a_themes_font_counts_as_the_font() -> None:
    document = letter()
    run = document.paragraphs[OPENING].runs[0]
    fonts = run._r.rPr.rFonts
    del fonts.attrib[qn("w:eastAsia")]
    fonts.set(qn("w:eastAsiaTheme"), "minorEastAsia")
    (finding,) = checked(document)["findings"]
    assert finding["found"] == "宋体"


def test_document_defaults_apply_last() -> None:
    document = letter()
    _bare(document)
    defaults = document.styles.element.find(
        f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}"
    )
    for name, value in (("sz", "32"),):
        defaults.find(qn(f"w:{name}")).set(qn("w:val"), value)
    fonts = defaults.find(qn("w:rFonts"))
    del fonts.attrib[qn("w:eastAsiaTheme")]
    fonts.set(qn("w:eastAsia"), "仿宋_GB2312")
    assert broken(document) == []


@pytest.mark.parametrize(
    ("place", "rule"),
    [(TITLE, "title.size"), (OPENING, "body.size"), (FIRST, "body.size"), (DATE, "body.size")],
)
def test_each_part_has_its_size(place: int, rule: str) -> None:
    document = letter()
    document.paragraphs[place].runs[0].font.size = Pt(12)
    assert broken(document) == [(rule, place)]


def test_words_are_black() -> None:
    document = letter()
    document.paragraphs[PLAIN].runs[0].font.color.rgb = RGBColor(0xFF, 0, 0)
    assert broken(document) == [("body.colour", PLAIN)]


@pytest.mark.parametrize(
    ("spacing", "found"), [(1.5, [("body.line", PLAIN)]), (Pt(20), [("body.line", PLAIN)]),
                           (Pt(28), []), (Pt(30), []), (1.0, [])],
)  # fmt: skip
def test_22_lines_fill_a_page(spacing: Any, found: list[tuple[str, int]]) -> None:
    document = letter()
    document.paragraphs[PLAIN].paragraph_format.line_spacing = spacing
    assert broken(document) == found


def test_single_lines_need_the_grid() -> None:
    document = letter()
    document.paragraphs[PLAIN].paragraph_format.line_spacing = 1.0
    document.sections[0]._sectPr.remove(document.sections[0]._sectPr.find(qn("w:docGrid")))
    assert broken(document) == [("page.grid", None), ("body.line", PLAIN)]


def test_there_is_no_space_between_paragraphs() -> None:
    document = letter()
    document.paragraphs[PLAIN].paragraph_format.space_before = Pt(8)
    assert broken(document) == [("body.space", PLAIN)]


@pytest.mark.parametrize(
    ("first", "left", "lead", "right"),
    [
        (Pt(32), Pt(0), "", True),
        (Pt(0), Pt(0), "　　", True),
        (Pt(0), Pt(0), "    ", True),
        (Pt(16), Pt(0), "　", True),
        (Pt(0), Pt(0), "", False),
        (Pt(32), Pt(0), "　　", False),
        (Pt(0), Pt(32), "", False),
        (Pt(-32), Pt(32), "", False),
    ],
)
def test_a_first_line_is_indented_by_two_characters(
    first: Any, left: Any, lead: str, *, right: bool
) -> None:
    document = letter()
    paragraph = document.paragraphs[PLAIN]
    paragraph.paragraph_format.first_line_indent = first
    paragraph.paragraph_format.left_indent = left
    paragraph.runs[0].text = lead + paragraph.runs[0].text
    assert broken(document) == ([] if right else [("body.indent", PLAIN)])


def test_hundredths_of_a_character_take_precedence_over_twips() -> None:
    document = letter()
    indent = document.paragraphs[PLAIN]._p.pPr.ind
    indent.set(qn("w:firstLine"), "420")
    indent.set(qn("w:firstLineChars"), "200")
    assert broken(document) == []


def test_the_text_is_neither_centred_nor_right() -> None:
    document = letter()
    document.paragraphs[PLAIN].alignment = WD_ALIGN_PARAGRAPH.CENTER
    assert broken(document) == [("body.align", PLAIN)]


def test_hidden_and_deleted_words_are_ignored() -> None:
    document = letter()
    run = document.paragraphs[PLAIN].add_run("藏")
    run.font.hidden = True
    deleted = document.paragraphs[OPENING]._p.makeelement(qn("w:del"), {})
    deleted.append(text(document, "去", font="宋体").runs[0]._r)
    document._body._body.remove(document.paragraphs[-1]._p)
    document.paragraphs[OPENING]._p.append(deleted)
    assert broken(document) == []
