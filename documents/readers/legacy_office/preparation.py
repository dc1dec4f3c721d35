"""Rewrites what LibreOffice would read otherwise than the programs that files are made for."""

from __future__ import annotations

import re

from lxml import etree

from documents.ooxml.package import parsed_xml
from documents.ooxml.xml import attribute

# An escaped backslash comes first, because it is not the beginning of a control word.
_UPR = re.compile(rb"\\\\|\\upr[ \r\n]*+\{")
_EXCEL = b'<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="Excel.Sheet"?>'
_IGNORED = rb"\upr{\*\uprold "
# What a double holds as it is written, up to the digits that programs add to a fraction.
_NUMBER = re.compile(r"[+-]?(?:0*+\d{0,15}(?:\.\d{0,30})?|\d(?:\.\d{0,30})?[Ee][+-]?\d{1,3})")


def unicode_only(data: bytes) -> bytes:
    """RTF in which a text in two versions (`\\upr`, RTF 1.9.1, "Unicode RTF") has the second only.

    The first is for programs without Unicode. LibreOffice would show both, one after the other, so
    that a number in the second would continue a word of the first.
    """
    return _UPR.sub(lambda match: match[0] if match[0] == rb"\\" else _IGNORED, data)


def exact_workbook(data: bytes) -> bytes:
    """A workbook of Excel 2003 in UTF-8, in which numbers with more digits than LibreOffice keeps,
    such as those of identity cards, are strings.

    LibreOffice garbles Chinese characters in other encodings. Raises `CorruptDocument` for XML that
    is not well-formed.
    """
    root = parsed_xml(data, "Workbook")
    for cell in root.iter("{*}Data"):
        written = "".join(map(str, cell.itertext()))
        if attribute(cell, "Type") == "Number" and not _NUMBER.fullmatch(written.strip()):
            for name in (one for one in cell.attrib if str(one).endswith("Type")):
                cell.set(name, "String")
    return _EXCEL + etree.tostring(root, encoding="unicode").encode()
