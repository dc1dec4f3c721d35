"""Where paragraphs stand: indents, alignment, and blank lines between them."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from documents.ooxml.write import give, made, namespace, properties
from tasks.official_layout.finding import Found, Mend, Rule
from tasks.official_layout.official import Official
from tasks.official_layout.paragraphs import Paragraph, TextEdit

SIZE_3_TWIPS = 320
_WIDE_SPACES = "\u3000"
_CHARS_OFF = 0.3
_INDENTS = (
    "left", "leftChars", "start", "startChars", "right", "rightChars", "end", "endChars",
    "firstLine", "firstLineChars", "hanging", "hangingChars",
)  # fmt: skip


def first_indent(paragraph: Paragraph) -> float:
    """How many characters of size 3 its first line stands from the left edge of the type area."""
    look = paragraph.look
    first = look.first_chars / 100 if look.first_chars else look.first / SIZE_3_TWIPS
    return left_indent(paragraph) + first + spaces(paragraph.text[: paragraph.lead])


def left_indent(paragraph: Paragraph) -> float:
    look = paragraph.look
    return look.left_chars / 100 if look.left_chars else look.left / SIZE_3_TWIPS


def right_indent(paragraph: Paragraph) -> float:
    """How many characters of size 3 its end stands from the right edge, if it is set right."""
    look = paragraph.look
    right = look.right_chars / 100 if look.right_chars else look.right / SIZE_3_TWIPS
    return right + spaces(paragraph.text[len(paragraph.text.rstrip()) :])


def spaces(text: str) -> float:
    """White space in characters: a wide one is one, any other half."""
    return sum(1 if one in _WIDE_SPACES else 0.5 for one in text)


def is_near(chars: float, wanted: float) -> bool:
    return abs(chars - wanted) <= _CHARS_OFF


def indented(rule: Rule, paragraph: Paragraph, wanted: int) -> Iterator[Found]:
    """A first line that stands so many characters in, and the lines below it that do not.

    What Word numbers by itself is indented by its list, and left alone.
    """
    if paragraph.mark:
        return
    first, left = first_indent(paragraph), left_indent(paragraph)
    if is_near(first, wanted) and is_near(left, 0):
        return
    found = f"{first:.1f} characters in" if is_near(left, 0) else f"all lines {left:.1f} in"
    mend: Mend = lambda: set_indent(paragraph, wanted)  # noqa: E731 - one of two kinds of mending
    if spaces(paragraph.text[: paragraph.lead]) > wanted + _CHARS_OFF:
        mend = TextEdit(paragraph, 0, paragraph.lead, "")
    yield Found(rule, found, paragraph, mend=mend)


def set_indent(paragraph: Paragraph, wanted: int) -> None:
    """Give the first line so many characters; those that its text begins with count."""
    chars = max(0.0, wanted - spaces(paragraph.text[: paragraph.lead]))
    indent = _clear_indents(paragraph)
    give(indent, firstLineChars=round(chars * 100), firstLine=round(chars * SIZE_3_TWIPS))
    give(indent, leftChars=0, left=0)


def aligned(rule: Rule, paragraph: Paragraph, wanted: str, *also: str) -> Iterator[Found]:
    if paragraph.look.align not in {wanted, *also}:
        yield Found(
            rule, paragraph.look.align, paragraph, mend=lambda: set_align(paragraph, wanted)
        )


def set_align(paragraph: Paragraph, wanted: str) -> None:
    give(made(properties(paragraph.element), "jc"), val=wanted)


def centred(rule: Rule, paragraph: Paragraph) -> Iterator[Found]:
    """In the middle of the line: set so, and without an indent that pushes it aside."""
    look = paragraph.look
    pushed = abs(first_indent(paragraph) - right_indent(paragraph)) > _CHARS_OFF
    if look.align == "center" and not pushed:
        return

    def mend() -> None:
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
    yield Found(rule, found, paragraph, mend=mend)


def set_right(paragraph: Paragraph, chars: int) -> None:
    """Set it right, so many characters from the edge; those that its text ends with count."""
    set_align(paragraph, "right")
    indent = _clear_indents(paragraph)
    left = max(0.0, chars - spaces(paragraph.text[len(paragraph.text.rstrip()) :]))
    give(indent, rightChars=round(left * 100), right=round(left * SIZE_3_TWIPS))
    give(indent, firstLineChars=0, firstLine=0, leftChars=0, left=0)


def blank_lines(
    rule: Rule, official: Official, above: Paragraph, below: Paragraph, wanted: int
) -> Iterator[Found]:
    """So many blank paragraphs right above `below`, which comes after `above`."""
    between = official.paragraphs[above.index + 1 : below.index]
    blanks: list[Paragraph] = []
    for paragraph in reversed(between):
        if not paragraph.blank:
            break
        blanks.append(paragraph)
    if len(blanks) == wanted or not _one_parent(above, below):
        return
    # A paragraph that holds a section's measures is not to be taken out.
    spare = [one for one in blanks if not any(True for _ in one.element.iter("{*}sectPr"))]

    def mend() -> None:
        for _ in range(wanted - len(blanks)):
            below.element.addprevious(_blank_like(below.element))
        for paragraph in spare[: max(0, len(blanks) - wanted)]:
            parent = paragraph.element.getparent()
            if parent is not None:
                parent.remove(paragraph.element)

    able = len(blanks) - len(spare) <= wanted
    yield Found(rule, f"{len(blanks)} blank lines above", below, mend=mend if able else None)


def _blank_like(element: etree._Element) -> etree._Element:
    """A paragraph without words, its line as high as those of the text."""
    blank = etree.Element(f"{{{namespace(element)}}}p")
    give(made(properties(blank), "spacing"), line=579, lineRule="exact", before=0, after=0)
    return blank


def _one_parent(one: Paragraph, other: Paragraph) -> bool:
    return one.element.getparent() is other.element.getparent()


def _clear_indents(paragraph: Paragraph) -> etree._Element:
    indent = made(properties(paragraph.element), "ind")
    give(indent, **dict.fromkeys(_INDENTS))
    return indent
