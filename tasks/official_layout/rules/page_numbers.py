"""Page numbers: in the footer, between dashes, outside on each page."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from documents.ooxml.write import TWIPS_PER_MM, give, made, millimetres
from documents.ooxml.xml import has
from tasks.official_layout.finding import Found, Rule, Severity
from tasks.official_layout.fonts import SONGTI
from tasks.official_layout.official import EVEN, FIRST, ODD, Official, Section
from tasks.official_layout.rules.page_number_fields import NUMBER, Numbered, numbered_in
from tasks.official_layout.rules.page_number_mending import (
    HALF_POINTS,
    add_number,
    realign,
    refont,
    resize,
    rewrite,
    turn,
    turns,
)

_DASHES = ("—", "―", "─")
# The number's own line is 14 pt high and its dash in the middle of it.
_DASH_HEIGHT_MM = 2.5
_GAP_MM, _GAP_TOLERANCE_MM = 7.0, 3.0

FIELD = Rule("number.field", "7.5", Severity.error, "a page number in the footer", fixable=True)
DASHES = Rule(
    "number.dashes", "7.5", Severity.error, "a dash (—) on either side of the page number",
    fixable=True,
)  # fmt: skip
SIZE = Rule("number.size", "7.5", Severity.error, "page numbers in size 4 (14 pt)", fixable=True)
FONT = Rule("number.font", "7.5", Severity.error, "page numbers in Songti (宋体)", fixable=True)
ODD_RIGHT = Rule(
    "number.odd", "7.5", Severity.error, "the number of an odd page on its right", fixable=True
)
EVEN_LEFT = Rule(
    "number.even", "7.5", Severity.error, "the number of an even page on its left", fixable=True
)
DISTANCE = Rule(
    "number.distance", "7.5", Severity.warning,
    "page numbers 7 mm below the type area, 3 mm off at most", fixable=True,
)  # fmt: skip
RULES = (FIELD, DASHES, SIZE, FONT, ODD_RIGHT, EVEN_LEFT, DISTANCE)


def check(official: Official) -> Iterator[Found]:
    done: set[etree._Element] = set()
    missing: set[str] = set()
    for section in official.sections:
        for page in _pages(section):
            footer = section.footers.get(page)
            numbered = numbered_in(official, footer) if footer is not None else None
            if numbered is None and page not in missing:
                missing.add(page)
                yield _without(official, section, page)
            elif numbered is not None and numbered.element not in done:
                done.add(numbered.element)
                yield from _look(official, section, page, numbered)
        yield from _distance(section)


def _pages(section: Section) -> Iterator[str]:
    """The footers that ought to have a number, the first page's where it has one of its own."""
    yield ODD
    yield EVEN
    if has(section.element, "titlePg"):
        yield FIRST


def _without(official: Official, section: Section, page: str) -> Found:
    if page == EVEN and section.footers.get(ODD) is not None and not turns(official):
        return Found(
            EVEN_LEFT,
            "one footer for all pages",
            section=section.number,
            mend=None if official.settings is None else lambda: add_number(official, section, EVEN),
        )
    names = {ODD: "odd pages", EVEN: "even pages", FIRST: "the first page"}
    return Found(
        FIELD,
        f"no page number on {names[page]}",
        section=section.number,
        mend=lambda: add_number(official, section, page),
    )


def _look(official: Official, section: Section, page: str, numbered: Numbered) -> Iterator[Found]:
    number = section.number
    if not _between_dashes(numbered.words):
        found = numbered.words.replace(NUMBER, "1").strip()
        yield Found(DASHES, found, section=number, mend=lambda: rewrite(numbered.element, page))
    sizes = {official.looks.of_run(numbered.element, run).half_points for run in numbered.runs}
    if sizes - {HALF_POINTS}:
        found = ", ".join(f"{size / 2:g} pt" for size in sorted(sizes))
        yield Found(SIZE, found, section=number, mend=lambda: resize(numbered))
    fonts = {official.looks.of_run(numbered.element, run).ascii for run in numbered.runs}
    if not all(SONGTI.has(font) for font in fonts):
        found = ", ".join(sorted(font or "none given" for font in fonts))
        yield Found(FONT, found, section=number, mend=lambda: refont(numbered))
    wanted = "left" if page == EVEN else "right"
    if numbered.align not in {wanted, "outside"}:
        rule = EVEN_LEFT if page == EVEN else ODD_RIGHT
        yield Found(
            rule, numbered.align, section=number, mend=lambda: realign(numbered.element, page)
        )
    if page == EVEN and not turns(official):
        yield Found(
            EVEN_LEFT, "odd and even pages are not told apart", section=number,
            mend=None if official.settings is None else lambda: turn(official),
        )  # fmt: skip


def _distance(section: Section) -> Iterator[Found]:
    footer, bottom = section.measure("pgMar", "footer"), section.measure("pgMar", "bottom")
    if footer is None or bottom is None:
        return
    gap = (bottom - footer) / TWIPS_PER_MM - _DASH_HEIGHT_MM
    if abs(gap - _GAP_MM) > _GAP_TOLERANCE_MM:

        def mend() -> None:
            distance = round(bottom - (_GAP_MM + _DASH_HEIGHT_MM) * TWIPS_PER_MM)
            give(made(section.element, "pgMar"), footer=distance)

        found = f"about {millimetres(gap * TWIPS_PER_MM)}"
        yield Found(DISTANCE, found, section=section.number, mend=mend)


def _between_dashes(words: str) -> bool:
    bare = "".join(words.split())
    return any(bare == f"{dash}{NUMBER}{dash}" for dash in _DASHES)
