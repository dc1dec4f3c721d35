"""The body text: typeface, size, colour, line spacing and indents."""

from __future__ import annotations

from collections.abc import Iterator

from documents.ooxml.write import give, made, properties
from documents.ooxml.xml import attribute, child
from tasks.official_layout.alignment import check_indent, set_align
from tasks.official_layout.finding import Breach, Rule, Severity
from tasks.official_layout.fonts import FANGSONG, wrong_colour, wrong_size, wrong_typeface
from tasks.official_layout.official import OfficialDocument
from tasks.official_layout.paragraphs import Paragraph
from tasks.official_layout.rules.headings import heading_of

_POINTS = 16
_LEAST_LINE, _MOST_LINE, _LINE = 560, 600, 579
_SINGLE = 240
_ASIDE = frozenset(("center", "right"))

FONT = Rule(
    "body.font", "5.2.2, 7.3.3", Severity.error, "the text in Fangsong (仿宋)", fixable=True
)
SIZE = Rule("body.size", "5.2.2, 7.3.3", Severity.error, "the text in size 3 (16 pt)", fixable=True)
COLOUR = Rule("body.colour", "5.2.4", Severity.error, "text in black", fixable=True)
LINE = Rule(
    "body.line", "5.2.3", Severity.error,
    "line spacing of 28 to 30 pt, or single spacing on a grid (22 lines a page)", fixable=True,
)  # fmt: skip
SPACE = Rule(
    "body.space", "5.2.3", Severity.warning, "no space above or below a paragraph", fixable=True
)
INDENT = Rule(
    "body.indent", "7.3.3", Severity.error,
    "the first line of a paragraph indented by two characters, the others not", fixable=True,
)  # fmt: skip
ALIGN = Rule(
    "body.align", "7.3.3", Severity.error, "text neither centred nor right-aligned", fixable=True
)
RULES = (FONT, SIZE, COLOUR, LINE, SPACE, INDENT, ALIGN)


def check(official: OfficialDocument) -> Iterator[Breach]:
    roles, grid = official.roles, _has_grid(official)
    for paragraph in roles.text:
        heading = heading_of(paragraph)
        yield from wrong_typeface(FONT, paragraph, FANGSONG, start=_body_start(paragraph))
        yield from wrong_size(SIZE, paragraph, _POINTS)
        yield from _check_text(paragraph, grid=grid)
        if heading is None or not paragraph.mark:
            yield from check_indent(INDENT, paragraph, 2)
        yield from _check_alignment(paragraph)
    rest = [roles.recipient, *roles.attachment_note, roles.signature, roles.date]
    for other in rest:
        if other is not None:
            yield from wrong_typeface(FONT, other, FANGSONG)
            yield from wrong_size(SIZE, other, _POINTS)
            yield from _check_text(other, grid=grid)
    for line in roles.title:
        yield from wrong_colour(COLOUR, line)


def _body_start(paragraph: Paragraph) -> int:
    """Where the text after a heading of level 1 or 2 begins."""
    heading = heading_of(paragraph)
    return heading.end if heading is not None and heading.level <= 2 else 0


def _check_text(paragraph: Paragraph, *, grid: bool) -> Iterator[Breach]:
    yield from wrong_colour(COLOUR, paragraph)
    look = paragraph.format
    exact = look.line_rule == "exact" and _LEAST_LINE <= look.line <= _MOST_LINE
    on_grid = grid and look.snaps and look.line_rule == "auto" and look.line == _SINGLE
    if not exact and not on_grid:
        found = f"{look.line / 240:g} lines"
        if look.line_rule != "auto":
            found = f"{look.line_rule} {look.line / 20:g} pt"
        yield Breach(LINE, found, paragraph, correction=lambda: _set_line(paragraph))
    if look.before or look.after:
        found = f"{look.before / 20:g} pt above, {look.after / 20:g} pt below"
        yield Breach(SPACE, found, paragraph, correction=lambda: _set_space(paragraph))


def _check_alignment(paragraph: Paragraph) -> Iterator[Breach]:
    if paragraph.format.align in _ASIDE:
        yield Breach(
            ALIGN,
            paragraph.format.align,
            paragraph,
            correction=lambda: set_align(paragraph, "both"),
        )


def _has_grid(official: OfficialDocument) -> bool:
    """Whether every section has a line grid."""
    grids = [child(section.element, "docGrid") for section in official.sections]
    kinds = [attribute(grid, "type") if grid is not None else None for grid in grids]
    return bool(kinds) and all(kind not in {None, "default"} for kind in kinds)


def _set_line(paragraph: Paragraph) -> None:
    give(made(properties(paragraph.element), "spacing"), line=_LINE, lineRule="exact")


def _set_space(paragraph: Paragraph) -> None:
    spacing = made(properties(paragraph.element), "spacing")
    give(spacing, before=0, after=0, beforeLines=0, afterLines=0)
    give(spacing, beforeAutospacing=0, afterAutospacing=0)
