"""The number formats of a workbook by the style of a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lxml import etree

from documents.ooxml.formats.builtin import BUILTIN, GENERAL
from documents.ooxml.formats.number_format import NumberFormat
from documents.ooxml.xml import attribute, child, local_name

_MOST_CODES = 2_000


class Styles:
    """The formats of a workbook, each compiled when the first cell needs it.

    Args:
        codes: The code of the number format of each cell style, by its number.
        from_1904: Whether days are counted from 1 January 1904.

    Attributes:
        unread: Why values are shown without their format; empty while none is.
    """

    def __init__(self, codes: Sequence[str], *, from_1904: bool = False) -> None:
        self._codes = codes
        self._from_1904 = from_1904
        self.unread = ""
        self._formats: dict[str, NumberFormat | None] = {}
        self._by_style: dict[str, NumberFormat | None] = {}

    def of(self, style: str) -> NumberFormat | None:
        """The format of the cells of a style, the first if it is empty; None for `General`."""
        style = style or "0"
        if style not in self._by_style:
            is_known = style.isascii() and style.isdecimal() and int(style[:9]) < len(self._codes)
            self._by_style[style] = self.coded(self._codes[int(style)]) if is_known else None
        return self._by_style[style]

    def coded(self, code: str) -> NumberFormat | None:
        """The format of a code; None for `General`, and for more codes than Excel would write."""
        if code not in self._formats:
            if len(self._formats) >= _MOST_CODES:
                self.unread = (
                    f"values with others than the first {_MOST_CODES:,} number formats are shown "
                    "without their format"
                )
                return None
            made = NumberFormat(code, from_1904=self._from_1904)
            self._formats[code] = None if made.is_general else made
        return self._formats[code]


def xlsx_styles(root: etree._Element | None, *, from_1904: bool) -> Styles:
    """The styles of the part `styles` of an XLSX workbook (ECMA-376 part 1, 18.8)."""
    written: dict[int, str] = {}
    for element in root.iter("{*}numFmt") if root is not None else ():
        number = element.get("numFmtId") or ""
        if number.isascii() and number.isdecimal():
            written[int(number[:9])] = element.get("formatCode") or GENERAL
    cells = child(root, "cellXfs") if root is not None else None
    styles = [one for one in (cells if cells is not None else ()) if local_name(one) == "xf"]
    codes = [code_of(attribute(one, "numFmtId") or "0", written) for one in styles]
    return Styles(codes, from_1904=from_1904)


def is_from_1904(book: etree._Element) -> bool:
    """Whether the workbook with this main part counts days from 1 January 1904."""
    properties = child(book, "workbookPr")
    return properties is not None and attribute(properties, "date1904") in {"1", "true", "on"}


def code_of(number: str, written: Mapping[int, str]) -> str:
    """The code of a format by its number: one that the workbook writes, or a built-in one."""
    if not number.isascii() or not number.isdecimal():
        return GENERAL
    key = int(number[:9])
    return written.get(key) or BUILTIN.get(key, GENERAL)
