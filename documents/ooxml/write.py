"""Writes properties of WordprocessingML in the order of the schema (ECMA-376, 17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lxml import etree

from documents.ooxml.xml import child, local_name

TWIPS_PER_MM = 1440 / 25.4

_ORDER: Mapping[str, Sequence[str]] = {
    "rPr": (
        "rStyle", "rFonts", "b", "bCs", "i", "iCs", "caps", "smallCaps", "strike", "dstrike",
        "outline", "shadow", "emboss", "imprint", "noProof", "snapToGrid", "vanish", "webHidden",
        "color", "spacing", "w", "kern", "position", "sz", "szCs", "highlight", "u", "effect",
        "bdr", "shd", "fitText", "vertAlign", "rtl", "cs", "em", "lang", "eastAsianLayout",
        "specVanish", "oMath", "rPrChange",
    ),
    "pPr": (
        "pStyle", "keepNext", "keepLines", "pageBreakBefore", "framePr", "widowControl", "numPr",
        "suppressLineNumbers", "pBdr", "shd", "tabs", "suppressAutoHyphens", "kinsoku", "wordWrap",
        "overflowPunct", "topLinePunct", "autoSpaceDE", "autoSpaceDN", "bidi", "adjustRightInd",
        "snapToGrid", "spacing", "ind", "contextualSpacing", "mirrorIndents", "suppressOverlap",
        "jc", "textDirection", "textAlignment", "textboxTightWrap", "outlineLvl", "divId",
        "cnfStyle", "rPr", "sectPr", "pPrChange",
    ),
    "sectPr": (
        "headerReference", "footerReference", "footnotePr", "endnotePr", "type", "pgSz", "pgMar",
        "paperSrc", "pgBorders", "lnNumType", "pgNumType", "cols", "formProt", "vAlign",
        "noEndnote", "titlePg", "textDirection", "bidi", "rtlGutter", "docGrid",
        "printerSettings", "sectPrChange",
    ),
}  # fmt: skip


def namespace(element: etree._Element) -> str:
    return etree.QName(element).namespace or ""


def made(parent: etree._Element, name: str) -> etree._Element:
    """The child of that name. It is created, in the schema's order, if it does not exist."""
    element = child(parent, name)
    if element is not None:
        return element
    new = etree.Element(f"{{{namespace(parent)}}}{name}")
    order = _ORDER.get(local_name(parent), ())
    after = set(order[order.index(name) + 1 :]) if name in order else set()
    for place, other in enumerate(parent):
        if local_name(other) in after:
            parent.insert(place, new)
            return new
    parent.append(new)
    return new


def properties(element: etree._Element) -> etree._Element:
    """The properties of a paragraph or a run, created as its first child if missing."""
    name = "rPr" if local_name(element) == "r" else "pPr"
    found = child(element, name)
    if found is None:
        found = etree.Element(f"{{{namespace(element)}}}{name}")
        element.insert(0, found)
    return found


def give(element: etree._Element, **values: str | int | None) -> None:
    """Set attributes. None removes an attribute."""
    for name, value in values.items():
        key = f"{{{namespace(element)}}}{name}"
        if value is None:
            element.attrib.pop(key, "")
        else:
            element.set(key, str(value))


def whole(text: str | None) -> int | None:
    """The integer in an attribute, rounded; None if it is not a number."""
    try:
        return round(float(text)) if text else None
    except (ValueError, OverflowError):
        return None


def millimetres(twips: float) -> str:
    """A length in twips as millimetres with one decimal and the unit."""
    return f"{twips / TWIPS_PER_MM:.1f} mm"
