from __future__ import annotations

import pytest
from lxml import etree

from documents.ooxml.number_formats import formatted
from documents.ooxml.numbering import Numbering
from documents.ooxml.styles import Styles

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def xml(name: str, inside: str) -> etree._Element:
    return etree.fromstring(f'<w:{name} xmlns:w="{W}">{inside}</w:{name}>')


def val(name: str, value: object) -> str:
    return f'<w:{name} w:val="{value}"/>'


def level(at: int, form: str, text: str, extra: str = "") -> str:
    inside = f"{val('start', 1)}{val('numFmt', form)}{extra}{val('lvlText', text)}"
    return f'<w:lvl w:ilvl="{at}">{inside}</w:lvl>'


def a_list(name: int, override: str = "") -> str:
    return f'<w:num w:numId="{name}">{val("abstractNumId", 0)}{override}</w:num>'


def marks(levels: str, lists: str, *paragraphs: tuple[int, int]) -> list[str | None]:
    """The marks of paragraphs, each given by its list and level."""
    numbering = Numbering(
        xml("numbering", f'<w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>{lists}')
    )
    styles = Styles(None)
    found = []
    for list_id, at in paragraphs:
        inside = f"<w:pPr><w:numPr>{val('ilvl', at)}{val('numId', list_id)}</w:numPr></w:pPr>"
        paragraph = xml("p", inside)
        found.append(numbering.mark(paragraph, styles.of(paragraph).numbering))
    return found


@pytest.mark.parametrize(
    ("form", "number", "shown"),
    [
        ("chineseCountingThousand", 105, "一百零五"),
        ("chineseLegalSimplified", 12, "壹拾贰"),
        ("ideographLegalTraditional", 2, "貳"),
        ("ideographDigital", 10, "一〇"),
        ("ideographTraditional", 10, "癸"),
        ("ideographTraditional", 11, "11"),
        ("ideographZodiac", 12, "亥"),
        ("ideographZodiacTraditional", 60, "癸亥"),
        ("ideographEnclosedCircle", 10, "㊉"),
        ("decimalEnclosedCircleChinese", 36, "㊱"),
        ("decimalEnclosedParen", 20, "⒇"),
        ("decimalEnclosedFullstop", 1, "⒈"),
        ("decimalFullWidth", 12, "１２"),
        ("decimalZero", 7, "07"),
        ("numberInDash", 3, "- 3 -"),
        ("ordinal", 112, "112th"),
        ("upperRoman", 14, "XIV"),
        ("lowerLetter", 28, "bb"),
        ("japaneseCounting", 110, "百十"),
        ("koreanCounting", 21, "이십일"),
        ("koreanDigital", 10, "일영"),
        ("ganada", 2, "나"),
        ("aiueoFullWidth", 46, "ン"),
        ("irohaFullWidth", 3, "ハ"),
        ("russianUpper", 2, "Б"),
        ("hex", 11, "B"),
        ("001, 002, 003, ...", 12, "012"),
        ("unknown", 4, "4"),
    ],
)
def test_numbers_in_each_format(form: str, number: int, shown: str) -> None:
    assert formatted(number, form) == shown


def test_a_list_with_a_start_of_its_own_begins_anew_and_another_one_continues() -> None:
    start = f'<w:lvlOverride w:ilvl="0">{val("startOverride", 1)}</w:lvlOverride>'
    lists = a_list(1) + a_list(2) + a_list(3, start)
    found = marks(level(0, "decimal", "%1."), lists, (1, 0), (2, 0), (3, 0), (3, 0))
    assert found == ["1. ", "2. ", "1. ", "2. "]


def test_legal_numbering_shows_every_level_in_arabic_digits() -> None:
    levels = level(0, "chineseCounting", "第%1章") + level(1, "decimal", "%1.%2", "<w:isLgl/>")
    assert marks(levels, a_list(1), (1, 0), (1, 1)) == ["第一章 ", "1.1 "]


def test_a_level_restarts_only_after_the_level_that_it_names() -> None:
    articles = level(1, "decimal", "第%2条", val("lvlRestart", 0))
    found = marks(
        level(0, "decimal", "第%1章") + articles, a_list(1), (1, 0), (1, 1), (1, 0), (1, 1)
    )
    assert found == ["第1章 ", "第1条 ", "第2章 ", "第2条 "]


def test_a_level_shows_no_number_of_the_levels_below_it() -> None:
    levels = level(0, "decimal", "%1.%2") + level(1, "decimal", "%1.%2")
    assert marks(levels, a_list(1), (1, 0), (1, 1)) == ["1. ", "1.1 "]


def test_levels_show_several_formats() -> None:
    levels = (
        level(0, "chineseCountingThousand", "第%1条")
        + level(1, "chineseCounting", "（%2）")
        + level(2, "lowerLetter", "%1-%2-%3)")
    )
    found = marks(levels, a_list(1), (1, 0), (1, 1), (1, 2), (1, 2), (1, 1), (1, 2))
    assert found == ["第一条 ", "（一） ", "一-一-a) ", "一-一-b) ", "（二） ", "一-二-a) "]


def test_an_override_of_a_level_keeps_counting() -> None:
    own = level(0, "upperRoman", "%1)").replace(val("start", 1), "")
    own = f'<w:lvlOverride w:ilvl="0">{own}</w:lvlOverride>'
    found = marks(level(0, "decimal", "%1."), a_list(1) + a_list(2, own), (1, 0), (2, 0))
    assert found == ["1. ", "II) "]


def test_a_format_of_ones_own_is_read_from_its_example() -> None:
    inside = (
        "<mc:AlternateContent "
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        '<mc:Choice Requires="w14"><w:numFmt w:val="custom" w:format="001, 002, 003, ..."/>'
        '</mc:Choice><mc:Fallback><w:numFmt w:val="decimal"/></mc:Fallback></mc:AlternateContent>'
    )
    levels = f'<w:lvl w:ilvl="0">{val("start", 1)}{inside}{val("lvlText", "%1")}</w:lvl>'
    assert marks(levels, a_list(1), (1, 0)) == ["001 "]


def test_levels_that_are_passed_over_begin_and_a_level_without_a_start_begins_at_0() -> None:
    """As LibreOffice shows them."""
    levels = "".join(
        level(at, "decimal", text) for at, text in enumerate(("%1.", "%1.%2", "%1.%2.%3"))
    )
    found = marks(levels, a_list(1), (1, 1), (1, 1), (1, 0), (1, 2), (1, 1), (1, 2))
    assert found == ["1.1 ", "1.2 ", "2. ", "2.1.1 ", "2.2 ", "2.2.1 "]
    levels = levels.replace(val("start", 1), "")
    assert marks(levels, a_list(1), (1, 0), (1, 1)) == ["0. ", "0.0 "]


@pytest.mark.parametrize(
    ("font", "text", "shown"),
    [("Wingdings", "\uf0fe", "☑ "), ("Wingdings", "\uf0a8", "☐ "), ("宋体", "□", "☐ "),
     ("Wingdings", "\uf06c", ""), ("Symbol", "\uf0b7", "")],
)  # fmt: skip
def test_bullets_are_shown_if_they_are_boxes(font: str, text: str, shown: str) -> None:
    fonts = f'<w:rPr><w:rFonts w:ascii="{font}"/></w:rPr>'
    levels = level(0, "bullet", text).replace("</w:lvl>", f"{fonts}</w:lvl>")
    assert marks(levels, a_list(1), (1, 0)) == [shown]


def test_a_definition_may_name_the_style_of_another() -> None:
    root = xml(
        "numbering",
        f'<w:abstractNum w:abstractNumId="0">{val("styleLink", "S")}'
        f"{level(0, 'decimal', '%1.')}</w:abstractNum>"
        f'<w:abstractNum w:abstractNumId="1">{val("numStyleLink", "S")}</w:abstractNum>'
        f'<w:num w:numId="1">{val("abstractNumId", 1)}</w:num>',
    )
    numbering = Numbering(root)
    paragraph = xml("p", f"<w:pPr><w:numPr>{val('numId', 1)}</w:numPr></w:pPr>")
    assert numbering.mark(paragraph, Styles(None).of(paragraph).numbering) == "1. "


def by_style(levels: str, **styles: str) -> list[str | None]:
    """The marks of a paragraph of each style, given by the insides of the styles."""
    numbering = Numbering(
        xml("numbering", f'<w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>{a_list(1)}')
    )
    inside = "".join(
        f'<w:style w:styleId="{name}">{style}</w:style>' for name, style in styles.items()
    )
    known = Styles(xml("styles", inside))
    paragraphs = [xml("p", f"<w:pPr>{val('pStyle', name)}</w:pPr>") for name in styles]
    return [numbering.mark(one, known.of(one).numbering) for one in paragraphs]


NUMBERED = f"<w:pPr><w:numPr>{val('numId', 1)}</w:numPr></w:pPr>"


def test_the_level_follows_from_the_style_that_it_names() -> None:
    levels = level(0, "decimal", "%1", val("pStyle", "H1"))
    levels += level(1, "decimal", "%1.%2", val("pStyle", "H2"))
    found = by_style(levels, H1=NUMBERED, H2=NUMBERED, Own=val("basedOn", "H2"))
    assert found == ["1 ", "1.1 ", "1.2 "]
    based = by_style(levels, H1=NUMBERED, H2=val("basedOn", "H1"))
    assert based == ["1 ", "1.1 "]


def test_a_style_takes_its_list_from_the_style_that_it_is_based_on() -> None:
    levels = level(0, "decimal", "%1") + level(1, "decimal", "%1.%2")
    below = f"{val('basedOn', 'H1')}<w:pPr><w:numPr>{val('ilvl', 1)}</w:numPr></w:pPr>"
    assert by_style(levels, H1=NUMBERED, H2=below) == ["1 ", "1.1 "]
