"""Symbol fonts: boxes, numbers in circles and Greek letters."""

from __future__ import annotations

import pytest
from lxml import etree

from documents.ooxml.symbols import shown_glyphs, symbol_character
from documents.ooxml.text import shown_text

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
W14 = "http://schemas.microsoft.com/office/word/2010/wordml"


def paragraph(inside: str) -> etree._Element:
    return etree.fromstring(f'<w:p xmlns:w="{W}" xmlns:w14="{W14}">{inside}</w:p>')


@pytest.mark.parametrize(
    ("font", "code", "shown"),
    [
        ("Wingdings 2", 0xF052, "☑"),
        ("Wingdings 2", 0x52, "☑"),
        ("Wingdings 2", 0xA3, "☐"),
        ("Wingdings 2", 0xF030, "☐"),
        ("Wingdings 2", 0xF06A, "①"),
        ("Wingdings", 0xF0FE, "☑"),
        ("Wingdings", 0xF0FD, "☒"),
        ("Wingdings", 0xF0A8, "☐"),
        ("Wingdings", 0xF08A, "⑩"),
        ("Symbol", 0xF061, "α"),
        ("Symbol", 0xF0B3, "≥"),
        ("Symbol", 0xF031, "1"),
        ("MS Gothic", 0x2611, "☑"),
        ("Wingdings 3", 0xF031, ""),
        ("Unknown", 0xE123, ""),
    ],
)
def test_characters_of_symbol_fonts(font: str, code: int, shown: str) -> None:
    assert symbol_character(code, font) == shown


@pytest.mark.parametrize(
    ("text", "font", "shown"),
    [
        ("R低保户 ", "Wingdings 2", "☑低保户 "),
        ("£", "Wingdings 2", "☐"),
        ("\uf0fe", "Wingdings", "☑"),
        ("\uf0b3 5", "Symbol", "≥ 5"),
        ("Robert", "Wingdings 2", "Robert"),
        ("13800138000", "Wingdings 2", "13800138000"),
    ],
)
def test_letters_are_pictures_only_where_all_of_them_are(text: str, font: str, shown: str) -> None:
    assert shown_glyphs(text, font) == shown
    run = f'<w:r><w:rPr><w:rFonts w:ascii="{font}"/></w:rPr><w:t>{text}</w:t></w:r>'
    assert shown_text(paragraph(run)) == shown


def test_a_symbol_with_a_fallback_is_read_once() -> None:
    names = (
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:se="http://schemas.microsoft.com/office/word/2015/wordml/symex"'
    )
    run = (
        f'<w:r><mc:AlternateContent {names}><mc:Choice Requires="se"><se:symEx se:font="Segoe UI" '
        'se:char="1F5F9"/></mc:Choice><mc:Fallback><w:t>x</w:t></mc:Fallback>'
        "</mc:AlternateContent></w:r>"
    )
    assert shown_text(paragraph(run)) == "🗹"


def box(inside: str, states: str = "") -> str:
    return (
        f"<w:sdt><w:sdtPr><w14:checkbox>{states}</w14:checkbox></w:sdtPr>"
        f"<w:sdtContent>{inside}</w:sdtContent></w:sdt>"
    )


STATES = (
    '<w14:checked w14:val="1"/><w14:checkedState w14:val="0052" w14:font="Wingdings 2"/>'
    '<w14:uncheckedState w14:val="00A3" w14:font="Wingdings 2"/>'
)


@pytest.mark.parametrize(
    ("control", "shown"),
    [
        (box("<w:r><w:t>☒</w:t></w:r>"), "☑"),
        (box("<w:r><w:t>☐</w:t></w:r>"), "☐"),
        (box("<w:r><w:t>R</w:t></w:r>", STATES), "☑"),
        (box('<w:r><w:sym w:font="Wingdings 2" w:char="F0A3"/></w:r>', STATES), "☐"),
        (box("<w:r><w:t>张某某</w:t></w:r>"), "张某某"),
    ],
)
def test_tick_boxes_show_their_state(control: str, shown: str) -> None:
    assert shown_text(paragraph(control)) == shown


def test_a_list_shows_its_chosen_value_only() -> None:
    items = '<w:dropDownList><w:listItem w:displayText="城镇" w:value="1"/></w:dropDownList>'
    content = "<w:r><w:t>农村</w:t></w:r>"
    control = f"<w:sdt><w:sdtPr>{items}</w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>"
    assert shown_text(paragraph(control)) == "农村"
