"""Page numbers: in the footer, between dashes, on the outer side of each page.

The checks come first, then finding page numbers in footers, then the corrections.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from documents.ooxml.write import TWIPS_PER_MM, give, made, millimetres, namespace, properties
from documents.ooxml.xml import attribute, child, has, local_name
from tasks.official_layout.finding import Breach, Rule, Severity
from tasks.official_layout.fonts import SONGTI
from tasks.official_layout.official import EVEN, FIRST, ODD, OfficialDocument, Section

_DASHES = ("—", "―", "─")
# The line of the number is 14 pt high, with the dash in its middle.
_DASH_HEIGHT_MM = 2.5
_GAP_MM, _GAP_TOLERANCE_MM = 7.0, 3.0

FIELD = Rule("number.field", "7.5", Severity.error, "a page number in the footer", fixable=True)
DASHES = Rule(
    "number.dashes", "7.5", Severity.error, "a dash (—) on both sides of the page number",
    fixable=True,
)  # fmt: skip
SIZE = Rule("number.size", "7.5", Severity.error, "page numbers in size 4 (14 pt)", fixable=True)
FONT = Rule("number.font", "7.5", Severity.error, "page numbers in Songti (宋体)", fixable=True)
ODD_RIGHT = Rule(
    "number.odd", "7.5", Severity.error, "the number of an odd page on the right", fixable=True
)
EVEN_LEFT = Rule(
    "number.even", "7.5", Severity.error, "the number of an even page on the left", fixable=True
)
DISTANCE = Rule(
    "number.distance", "7.5", Severity.warning,
    "page numbers 7 mm below the type area, ±3 mm", fixable=True,
)  # fmt: skip
RULES = (FIELD, DASHES, SIZE, FONT, ODD_RIGHT, EVEN_LEFT, DISTANCE)

NUMBER = "\ue000"
"""The placeholder for the number in `PageNumber.words`."""

_PAGE = re.compile(r"^\s*PAGE\b", re.IGNORECASE)

HALF_POINTS = 28

_RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_STRICT_RELATIONSHIPS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_FOOTER = "application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"
_SPACE_CHARS = 100
# The elements that follow `evenAndOddHeaders` in the schema (ECMA-376, 17.15.1.78).
_AFTER_EVEN_AND_ODD = frozenset((
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
class PageNumber:
    """A paragraph of a footer that contains a page number; `align` is its alignment."""

    element: etree._Element
    words: str
    runs: tuple[etree._Element, ...]
    align: str


def check(official: OfficialDocument) -> Iterator[Breach]:
    done: set[etree._Element] = set()
    missing: set[str] = set()
    for section in official.sections:
        for page in _pages(section):
            footer = section.footers.get(page)
            number = find_page_number(official, footer) if footer is not None else None
            if number is None and page not in missing:
                missing.add(page)
                yield _missing(official, section, page)
            elif number is not None and number.element not in done:
                done.add(number.element)
                yield from _check_number(official, section, page, number)
        yield from _distance(section)


def _pages(section: Section) -> Iterator[str]:
    """Yields the footer types that need a number; the first page only if it has its own footer."""
    yield ODD
    yield EVEN
    if has(section.element, "titlePg"):
        yield FIRST


def _missing(official: OfficialDocument, section: Section, page: str) -> Breach:
    if page == EVEN and section.footers.get(ODD) is not None and not has_even_footers(official):
        return Breach(
            EVEN_LEFT,
            "one footer for all pages",
            section=section.number,
            correction=None
            if official.settings is None
            else lambda: add_number(official, section, EVEN),
        )
    names = {ODD: "odd pages", EVEN: "even pages", FIRST: "the first page"}
    return Breach(
        FIELD,
        f"no page number on {names[page]}",
        section=section.number,
        correction=lambda: add_number(official, section, page),
    )


def _check_number(
    official: OfficialDocument, section: Section, page: str, number: PageNumber
) -> Iterator[Breach]:
    where = section.number
    if not _between_dashes(number.words):
        found = number.words.replace(NUMBER, "1").strip()
        yield Breach(DASHES, found, section=where, correction=lambda: rewrite(number.element, page))
    sizes = {official.formatting.of_run(number.element, run).half_points for run in number.runs}
    if sizes - {HALF_POINTS}:
        found = ", ".join(f"{size / 2:g} pt" for size in sorted(sizes))
        yield Breach(SIZE, found, section=where, correction=lambda: resize(number))
    fonts = {official.formatting.of_run(number.element, run).ascii for run in number.runs}
    if not all(SONGTI.includes(font) for font in fonts):
        found = ", ".join(sorted(font or "not set" for font in fonts))
        yield Breach(FONT, found, section=where, correction=lambda: refont(number))
    expected = "left" if page == EVEN else "right"
    if number.align not in {expected, "outside"}:
        rule = EVEN_LEFT if page == EVEN else ODD_RIGHT
        yield Breach(
            rule, number.align, section=where, correction=lambda: realign(number.element, page)
        )
    if page == EVEN and not has_even_footers(official):
        yield Breach(
            EVEN_LEFT, "the same footer on odd and even pages", section=where,
            correction=None if official.settings is None else lambda: enable_even_footers(official),
        )  # fmt: skip


def _distance(section: Section) -> Iterator[Breach]:
    footer, bottom = section.measure("pgMar", "footer"), section.measure("pgMar", "bottom")
    if footer is None or bottom is None:
        return
    gap = (bottom - footer) / TWIPS_PER_MM - _DASH_HEIGHT_MM
    if abs(gap - _GAP_MM) > _GAP_TOLERANCE_MM:

        def correct() -> None:
            distance = round(bottom - (_GAP_MM + _DASH_HEIGHT_MM) * TWIPS_PER_MM)
            give(made(section.element, "pgMar"), footer=distance)

        found = f"about {millimetres(gap * TWIPS_PER_MM)}"
        yield Breach(DISTANCE, found, section=section.number, correction=correct)


def _between_dashes(words: str) -> bool:
    bare = "".join(words.split())
    return any(bare == f"{dash}{NUMBER}{dash}" for dash in _DASHES)


def find_page_number(official: OfficialDocument, footer: etree._Element) -> PageNumber | None:
    for paragraph in footer.iter("{*}p"):
        if any(local_name(one) == "Fallback" for one in paragraph.iterancestors()):
            continue
        pieces = list(_pieces(paragraph))
        words = "".join(text for _, text in pieces)
        if NUMBER in words:
            runs = tuple(dict.fromkeys(run for run, text in pieces if text.strip()))
            return PageNumber(paragraph, words, runs, _align(official, paragraph))
    return None


def _pieces(paragraph: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """Yields each run with its text, and `NUMBER` for the page number field."""
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


def _align(official: OfficialDocument, paragraph: etree._Element) -> str:
    """Returns the alignment of the paragraph, or of the frame or text box around it."""
    frame = child(properties(paragraph), "framePr") if child(paragraph, "pPr") is not None else None
    place = attribute(frame, "xAlign") if frame is not None else None
    if place is None:
        for around in paragraph.iterancestors("{*}anchor"):
            for align in around.iterfind("{*}positionH/{*}align"):
                place = align.text
    return place or official.formatting.of_paragraph(paragraph).align


def has_even_footers(official: OfficialDocument) -> bool:
    return official.settings is not None and has(official.settings, "evenAndOddHeaders")


def enable_even_footers(official: OfficialDocument) -> None:
    settings = official.settings
    if settings is None:
        return
    switch = child(settings, "evenAndOddHeaders")
    if switch is None:
        switch = etree.Element(f"{{{namespace(settings)}}}evenAndOddHeaders")
        places = [at for at, one in enumerate(settings) if local_name(one) in _AFTER_EVEN_AND_ODD]
        settings.insert(places[0] if places else len(settings), switch)
    give(switch, val=None)


def add_number(official: OfficialDocument, section: Section, page: str) -> None:
    """Adds a page number to the footer; creates the footer if necessary."""
    if page == EVEN:
        enable_even_footers(official)
    footer = section.footers.get(page)
    if footer is None:
        footer = _new_footer(official, section, page)
    paragraph = next((one for one in footer if _is_empty(one)), None)
    if paragraph is None:
        paragraph = etree.SubElement(footer, f"{{{namespace(footer)}}}p")
    rewrite(paragraph, page)


def _is_empty(element: etree._Element) -> bool:
    return local_name(element) == "p" and not any(True for _ in element.iter("{*}r"))


def _new_footer(official: OfficialDocument, section: Section, page: str) -> etree._Element:
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
    """Replaces the paragraph by a page number in the form of the standard."""
    words = namespace(paragraph)
    for piece in list(paragraph):
        if local_name(piece) != "pPr":
            paragraph.remove(piece)
    for kind, text in (
        ("t", "— "), ("begin", ""), ("instrText", " PAGE "), ("separate", ""), ("t", "1"),
        ("end", ""), ("t", " —"),
    ):  # fmt: skip
        run = etree.SubElement(paragraph, f"{{{words}}}r")
        _set_font(run)
        if kind in {"begin", "separate", "end"}:
            give(etree.SubElement(run, f"{{{words}}}fldChar"), fldCharType=kind)
            continue
        piece = etree.SubElement(run, f"{{{words}}}{kind}")
        piece.text = text
        piece.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    realign(paragraph, page)


def _set_font(run: etree._Element) -> None:
    give(made(properties(run), "rFonts"), **_SONG)
    for name in ("sz", "szCs"):
        give(made(properties(run), name), val=HALF_POINTS)


_SONG: dict[str, str | None] = {
    "ascii": SONGTI.font, "hAnsi": SONGTI.font, "eastAsia": SONGTI.font,
    "asciiTheme": None, "hAnsiTheme": None, "eastAsiaTheme": None,
}  # fmt: skip


def resize(number: PageNumber) -> None:
    for run in number.element.iter("{*}r"):
        for name in ("sz", "szCs"):
            give(made(properties(run), name), val=HALF_POINTS)


def refont(number: PageNumber) -> None:
    for run in number.element.iter("{*}r"):
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
