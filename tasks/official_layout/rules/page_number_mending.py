"""Page numbers put in, and put right, in footers that there are or that are made."""

from __future__ import annotations

from lxml import etree

from documents.ooxml.write import give, made, namespace, properties
from documents.ooxml.xml import child, has, local_name
from tasks.official_layout.fonts import SONGTI
from tasks.official_layout.official import EVEN, Official, Section
from tasks.official_layout.rules.page_number_fields import Numbered

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
