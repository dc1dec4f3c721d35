"""Page numbers: in the footer, between dashes, outside on each page.

First the rules and their checks, then finding the numbers in footers, then putting them right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from documents.ooxml.write import TWIPS_PER_MM, give, made, millimetres, namespace, properties
from documents.ooxml.xml import attribute, child, has, local_name
from tasks.official_layout.finding import Found, Rule, Severity
from tasks.official_layout.fonts import SONGTI
from tasks.official_layout.official import EVEN, FIRST, ODD, Official, Section

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

NUMBER = "\ue000"
"""What stands for the page's number in `Numbered.words`."""

_PAGE = re.compile(r"^\s*PAGE\b", re.IGNORECASE)

HALF_POINTS = 28

_RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_STRICT_RELATIONSHIPS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_FOOTER = "application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"
_SPACE_CHARS = 100
# What the schema (ECMA-376, 17.15.1.78) puts after the switch for odd and even pages.
_AFTER_SWITCH = frozenset((
    "bookFoldRevPrinting", "bookFoldPrinting", "bookFoldPrintingSheets",
    "drawingGridHorizontalSpacing", "drawingGridVerticalSpacing",
    "displayHorizontalDrawingGridEvery", "displayVerticalDrawingGridEvery",
    "doNotUseMarginsForDrawingGridOrigin", "drawingGridHorizontalOrigin",
    "drawingGridVerticalOrigin", "doNotShadeFormData", "noPunctuationKerning",
    "characterSpacingControl", "printTwoOnOne", "strictFirstAndLastChars", "noLineBreaksAfter",
    "noLineBreaksBefore", "savePreviewPicture", "doNotValidateAgainstSchema",
    "saveInvalidXml", "ignoreMixedContent", "alwaysShowPlaceholderText",
    "doNotDemarcateInvalidXml", "saveXmlDataOnly", "useXSLTWhenSaving", "saveThroughXslt",
    "showXMLTags", "alwaysMergeEmptyNamespace", "updateFields", "hdrShapeDefaults", "footnotePr",
    "endnotePr", "compat", "docVars", "rsids", "mathPr", "attachedSchema", "themeFontLang",
    "clrSchemeMapping", "doNotIncludeSubdocsInStats", "doNotAutoCompressPictures",
    "forceUpgrade", "captions", "readModeInkLockDown", "smartTagType", "schemaLibrary",
    "shapeDefaults", "doNotEmbedSmartTags", "decimalSymbol", "listSeparator",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Numbered:
    """A paragraph of a footer with a page number in it. `align` is where it stands."""

    element: etree._Element
    words: str
    runs: tuple[etree._Element, ...]
    align: str


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


def numbered_in(official: Official, footer: etree._Element) -> Numbered | None:
    for paragraph in footer.iter("{*}p"):
        if any(local_name(one) == "Fallback" for one in paragraph.iterancestors()):
            continue
        pieces = list(_pieces(paragraph))
        words = "".join(text for _, text in pieces)
        if NUMBER in words:
            runs = tuple(dict.fromkeys(run for run, text in pieces if text.strip()))
            return Numbered(paragraph, words, runs, _align(official, paragraph))
    return None


def _pieces(paragraph: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """Each run's words, with one character for the page number itself."""
    depth, showing = 0, False
    for run in paragraph.iter("{*}r"):
        inside = next((up for up in run.iterancestors("{*}p")), None)
        if inside is not paragraph:
            continue
        simple = next((up for up in run.iterancestors("{*}fldSimple")), None)
        if simple is not None:
            yield run, NUMBER if _PAGE.match(attribute(simple, "instr") or "") else ""
            continue
        for piece in run:
            name = local_name(piece)
            if name == "fldChar":
                kind = attribute(piece, "fldCharType")
                depth += {"begin": 1, "end": -1}.get(kind or "", 0)
                showing = showing and depth > 0
            elif name == "instrText" and _PAGE.match(piece.text or ""):
                showing = True
                yield run, NUMBER
            elif name == "t" and depth == 0:
                yield run, piece.text or ""


def _align(official: Official, paragraph: etree._Element) -> str:
    """Where the number stands: the paragraph's place, or that of the frame or box around it."""
    frame = child(properties(paragraph), "framePr") if child(paragraph, "pPr") is not None else None
    place = attribute(frame, "xAlign") if frame is not None else None
    if place is None:
        for around in paragraph.iterancestors("{*}anchor"):
            for align in around.iterfind("{*}positionH/{*}align"):
                place = align.text
    return place or official.looks.of_paragraph(paragraph).align


def turns(official: Official) -> bool:
    return official.settings is not None and has(official.settings, "evenAndOddHeaders")


def turn(official: Official) -> None:
    settings = official.settings
    if settings is None:
        return
    switch = child(settings, "evenAndOddHeaders")
    if switch is None:
        switch = etree.Element(f"{{{namespace(settings)}}}evenAndOddHeaders")
        places = [at for at, one in enumerate(settings) if local_name(one) in _AFTER_SWITCH]
        settings.insert(places[0] if places else len(settings), switch)
    give(switch, val=None)


def add_number(official: Official, section: Section, page: str) -> None:
    """A number for pages that have none: in their footer, or in a new one."""
    if page == EVEN:
        turn(official)
    footer = section.footers.get(page)
    if footer is None:
        footer = _new_footer(official, section, page)
    paragraph = next((one for one in footer if _is_empty(one)), None)
    if paragraph is None:
        paragraph = etree.SubElement(footer, f"{{{namespace(footer)}}}p")
    rewrite(paragraph, page)


def _is_empty(element: etree._Element) -> bool:
    return local_name(element) == "p" and not any(True for _ in element.iter("{*}r"))


def _new_footer(official: Official, section: Section, page: str) -> etree._Element:
    words = namespace(section.element)
    footer = etree.Element(f"{{{words}}}ftr", nsmap={"w": words})
    etree.SubElement(footer, f"{{{words}}}p")
    relation = official.parts.add(footer, "footer.xml", kind="footer", media_type=_FOOTER)
    reference = etree.Element(f"{{{words}}}footerReference")
    base = _STRICT_RELATIONSHIPS if words == _STRICT else _RELATIONSHIPS
    give(reference, type=page)
    reference.set(f"{{{base}}}id", relation)
    heads = [at for at, one in enumerate(section.element) if "Reference" in local_name(one)]
    section.element.insert(heads[-1] + 1 if heads else 0, reference)
    section.footers[page] = footer
    return footer


def rewrite(paragraph: etree._Element, page: str) -> None:
    """Make a paragraph say nothing but its page's number, as the standard wants it."""
    words = namespace(paragraph)
    for piece in list(paragraph):
        if local_name(piece) != "pPr":
            paragraph.remove(piece)
    for kind, text in (
        ("t", "— "), ("begin", ""), ("instrText", " PAGE "), ("separate", ""), ("t", "1"),
        ("end", ""), ("t", " —"),
    ):  # fmt: skip
        run = etree.SubElement(paragraph, f"{{{words}}}r")
        _dress(run)
        if kind in {"begin", "separate", "end"}:
            give(etree.SubElement(run, f"{{{words}}}fldChar"), fldCharType=kind)
            continue
        piece = etree.SubElement(run, f"{{{words}}}{kind}")
        piece.text = text
        piece.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    realign(paragraph, page)


def _dress(run: etree._Element) -> None:
    give(made(properties(run), "rFonts"), **_SONG)
    for name in ("sz", "szCs"):
        give(made(properties(run), name), val=HALF_POINTS)


_SONG: dict[str, str | None] = {
    "ascii": SONGTI.written, "hAnsi": SONGTI.written, "eastAsia": SONGTI.written,
    "asciiTheme": None, "hAnsiTheme": None, "eastAsiaTheme": None,
}  # fmt: skip


def resize(numbered: Numbered) -> None:
    for run in numbered.element.iter("{*}r"):
        for name in ("sz", "szCs"):
            give(made(properties(run), name), val=HALF_POINTS)


def refont(numbered: Numbered) -> None:
    for run in numbered.element.iter("{*}r"):
        give(made(properties(run), "rFonts"), **_SONG)


def realign(paragraph: etree._Element, page: str) -> None:
    own = properties(paragraph)
    frame = child(own, "framePr")
    if frame is not None:
        own.remove(frame)
    for around in paragraph.iterancestors("{*}anchor"):
        for align in around.iterfind("{*}positionH/{*}align"):
            align.text = "outside"
            return
    left = page == EVEN
    give(made(own, "jc"), val="left" if left else "right")
    indent = made(own, "ind")
    for key in list(indent.attrib):
        del indent.attrib[key]
    side = "left" if left else "right"
    give(indent, **{f"{side}Chars": _SPACE_CHARS, side: HALF_POINTS * 10, "firstLineChars": 0})
    give(indent, firstLine=0)
