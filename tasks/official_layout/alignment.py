"""Indents, alignment and blank lines of paragraphs: checking and setting them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from lxml import etree

from documents.ooxml.write import give, made, namespace, properties
from tasks.official_layout.finding import Breach, Correction, Rule
from tasks.official_layout.official import OfficialDocument
from tasks.official_layout.paragraphs import Paragraph, TextEdit

SIZE_3_TWIPS = 320
_WIDE_SPACES = "\u3000"
_CHARS_OFF = 0.3
_INDENTS = (
    "left", "leftChars", "start", "startChars", "right", "rightChars", "end", "endChars",
    "firstLine", "firstLineChars", "hanging", "hangingChars",
)  # fmt: skip


def first_indent(paragraph: Paragraph) -> float:
    """The distance of the first line from the left edge of the type area, in size 3 characters."""
    look = paragraph.format
    first = look.first_chars / 100 if look.first_chars else look.first / SIZE_3_TWIPS
    return left_indent(paragraph) + first + spaces(paragraph.text[: paragraph.lead])


def left_indent(paragraph: Paragraph) -> float:
    look = paragraph.format
    return look.left_chars / 100 if look.left_chars else look.left / SIZE_3_TWIPS


def right_indent(paragraph: Paragraph) -> float:
    """The distance of right-aligned text from the right edge, in size 3 characters."""
    look = paragraph.format
    right = look.right_chars / 100 if look.right_chars else look.right / SIZE_3_TWIPS
    return right + spaces(paragraph.text[len(paragraph.text.rstrip()) :])


def spaces(text: str) -> float:
    """The width of white space in characters: full-width 1, others 0.5."""
    return sum(1 if one in _WIDE_SPACES else 0.5 for one in text)


def is_near(chars: float, expected: float) -> bool:
    return abs(chars - expected) <= _CHARS_OFF


def check_indent(rule: Rule, paragraph: Paragraph, expected: int) -> Iterator[Breach]:
    """Checks that the first line is indented by `expected` characters, and the others are not.

    Paragraphs that Word numbers are skipped: their list sets the indent.
    """
    if paragraph.mark:
        return
    first, left = first_indent(paragraph), left_indent(paragraph)
    if is_near(first, expected) and is_near(left, 0):
        return
    found = f"first line indented by {first:.1f} characters"
    if not is_near(left, 0):
        found = f"all lines indented by {left:.1f} characters"
    correction: Correction = partial(set_indent, paragraph, expected)
    if spaces(paragraph.text[: paragraph.lead]) > expected + _CHARS_OFF:
        correction = TextEdit(paragraph, 0, paragraph.lead, "")
    yield Breach(rule, found, paragraph, correction=correction)


def set_indent(paragraph: Paragraph, expected: int) -> None:
    """Indents the first line by `expected` characters, including the white space in its text."""
    chars = max(0.0, expected - spaces(paragraph.text[: paragraph.lead]))
    indent = _clear_indents(paragraph)
    give(indent, firstLineChars=round(chars * 100), firstLine=round(chars * SIZE_3_TWIPS))
    give(indent, leftChars=0, left=0)


def check_alignment(
    rule: Rule, paragraph: Paragraph, expected: str, *also: str
) -> Iterator[Breach]:
    if paragraph.format.align not in {expected, *also}:
        yield Breach(
            rule,
            paragraph.format.align,
            paragraph,
            correction=partial(set_align, paragraph, expected),
        )


def set_align(paragraph: Paragraph, expected: str) -> None:
    give(made(properties(paragraph.element), "jc"), val=expected)


def check_centred(rule: Rule, paragraph: Paragraph) -> Iterator[Breach]:
    """Checks that the paragraph is centred, without an indent that shifts it."""
    look = paragraph.format
    pushed = abs(first_indent(paragraph) - right_indent(paragraph)) > _CHARS_OFF
    if look.align == "center" and not pushed:
        return

    def correct() -> None:
        set_align(paragraph, "center")
        indent = _clear_indents(paragraph)
        edge = spaces(paragraph.text[len(paragraph.text.rstrip()) :])
        lead = spaces(paragraph.text[: paragraph.lead])
        give(indent, firstLineChars=0, firstLine=0, leftChars=0, rightChars=0)
        give(indent, left=round(max(0, edge - lead) * SIZE_3_TWIPS))
        give(indent, leftChars=round(max(0, edge - lead) * 100))
        give(indent, right=round(max(0, lead - edge) * SIZE_3_TWIPS))
        give(indent, rightChars=round(max(0, lead - edge) * 100))

    found = "indented" if look.align == "center" else look.align
    yield Breach(rule, found, paragraph, correction=correct)


def set_right(paragraph: Paragraph, chars: int) -> None:
    """Right-aligns it `chars` characters from the edge, including the white space in its text."""
    set_align(paragraph, "right")
    indent = _clear_indents(paragraph)
    left = max(0.0, chars - spaces(paragraph.text[len(paragraph.text.rstrip()) :]))
    give(indent, rightChars=round(left * 100), right=round(left * SIZE_3_TWIPS))
    give(indent, firstLineChars=0, firstLine=0, leftChars=0, left=0)


def check_blank_lines(
    rule: Rule, official: OfficialDocument, above: Paragraph, below: Paragraph, expected: int
) -> Iterator[Breach]:
    """Checks that `expected` blank paragraphs precede `below`, which follows `above`."""
    between = official.paragraphs[above.index + 1 : below.index]
    blanks: list[Paragraph] = []
    for paragraph in reversed(between):
        if not paragraph.blank:
            break
        blanks.append(paragraph)
    if len(blanks) == expected or not _one_parent(above, below):
        return
    # Removing a paragraph with section properties would change the page setup.
    removable = [one for one in blanks if not any(True for _ in one.element.iter("{*}sectPr"))]

    def correct() -> None:
        for _ in range(expected - len(blanks)):
            below.element.addprevious(_blank_like(below.element))
        for paragraph in removable[: max(0, len(blanks) - expected)]:
            parent = paragraph.element.getparent()
            if parent is not None:
                parent.remove(paragraph.element)

    possible = len(blanks) - len(removable) <= expected
    yield Breach(
        rule, f"{len(blanks)} blank lines above", below, correction=correct if possible else None
    )


def _blank_like(element: etree._Element) -> etree._Element:
    """An empty paragraph with the line height of the body text."""
    blank = etree.Element(f"{{{namespace(element)}}}p")
    give(made(properties(blank), "spacing"), line=579, lineRule="exact", before=0, after=0)
    return blank


def _one_parent(one: Paragraph, other: Paragraph) -> bool:
    return one.element.getparent() is other.element.getparent()


def _clear_indents(paragraph: Paragraph) -> etree._Element:
    indent = made(properties(paragraph.element), "ind")
    give(indent, **dict.fromkeys(_INDENTS))
    return indent
