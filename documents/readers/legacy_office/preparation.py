"""Rewrites what LibreOffice would read otherwise than the programs that files are made for."""

from __future__ import annotations

import re

from lxml import etree

from documents.ooxml.package import parsed_xml

# An escaped backslash comes first, because it is not the beginning of a control word.
_UPR = re.compile(rb"\\\\|\\upr[ \r\n]*+\{")
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_DECLARED = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"'](?!utf-8[\"'])", re.IGNORECASE)
_EXCEL = b'<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="Excel.Sheet"?>'
_IGNORED = rb"\upr{\*\uprold "


def unicode_only(data: bytes) -> bytes:
    """RTF in which a text in two versions (`\\upr`, RTF 1.9.1, "Unicode RTF") has the second only.

    The first is for programs without Unicode. LibreOffice would show both, one after the other, so
    that a number in the second would continue a word of the first.
    """
    return _UPR.sub(lambda match: match[0] if match[0] == rb"\\" else _IGNORED, data)


def workbook_in_utf_8(data: bytes) -> bytes:
    """A workbook of Excel 2003 in UTF-8. LibreOffice garbles Chinese characters in other encodings.

    Raises `CorruptDocument` for a workbook in another encoding that is not well-formed XML.
    """
    if not data.startswith(_WIDE) and _DECLARED.match(data) is None:
        return data
    return _EXCEL + etree.tostring(parsed_xml(data, "Workbook"), encoding="unicode").encode()
