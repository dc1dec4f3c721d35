"""Masks the cells of a worksheet (ECMA-376 part 1, 18.3.1) and the strings that sheets share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from lxml import etree

from documents.masking.joined_text import Piece, Separator, mask_joined
from documents.masking.replacement import Find, Replacement
from documents.ooxml.formulas import joined_constants
from documents.ooxml.xml import child, local_name

STRING_TEXT = frozenset(("t",))
_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
# Attributes of rows and cells, all of them numbers, words of the standard or references.
_ROW = re.compile(
    r"r|spans|s|customFormat|ht|hidden|customHeight|outlineLevel|collapsed|thickTop|thickBot|ph"
)
_CELL = re.compile(r"r|s|t|cm|vm|ph")
_FORMULA = re.compile(r"t|aca|ref|dt2D|dtr|del1|del2|r1|r2|ca|si|bx")
_VALUE = re.compile(
    r"[-+]?\d{1,9}(?:\.\d{1,17})?(?:E-?\d{1,3})?|[A-Z]{1,3}\d{1,7}(?::[A-Z]{1,3}\d{1,7})?"
    r"|\d{1,5}:\d{1,5}|true|false|[bdens]|str|inlineStr|normal|array|dataTable|shared"
)
_CELL_PARTS = frozenset(("f", "v", "is"))
_OTHER_BOOK = re.compile(r"\[\d+\]")
_INDEX = re.compile(r"[0-9]{1,9}")
_ROWS_AT_ONCE = 500
_ITEMS_AT_ONCE = 5_000
_TAB, _LINE_END, _APART = Separator("\t"), Separator("\n"), Separator("\n\n\n\n")


def mask_strings(items: Sequence[etree._Element], find: Find) -> list[Replacement]:
    """Mask shared strings or comments: the runs of each together. Returns the replacements.

    The reading of a masked text, which is written for its pronunciation, is removed.
    """
    changes: list[Replacement] = []
    remaining = iter(items)
    while some := list(islice(remaining, _ITEMS_AT_ONCE)):
        pieces: list[Piece] = []
        before = [_string(item) for item in some]
        for item in some:
            pieces += [*map(TextPiece, texts_of(item)), _APART]
        changes += mask_joined(pieces, find)
        for item, text in zip(some, before, strict=True):
            _remove_readings(item, find, is_masked=_string(item) != text)
    return changes


def texts_of(item: etree._Element) -> Iterator[etree._Element]:
    """The elements with the text of a shared string, an inline string or a comment."""
    for inside in item:
        if local_name(inside) != "rPh":
            yield from inside.iter("{*}t")


def _string(item: etree._Element) -> str:
    return "".join(str(text.text or "") for text in texts_of(item))


def _remove_readings(item: etree._Element, find: Find, *, is_masked: bool) -> None:
    for reading in [inside for inside in item if local_name(inside) == "rPh"]:
        if is_masked or find("".join(map(str, reading.itertext()))):
            item.remove(reading)


class TextPiece:
    """The text of one element."""

    is_writable = True

    def __init__(self, element: etree._Element) -> None:
        self._element = element

    @property
    def text(self) -> str:
        return self._element.text or ""

    def cut(self, start: int, end: int, replacement: str) -> None:
        self._element.text = self.text[:start] + replacement + self.text[end:]
        self._element.set(_XML_SPACE, "preserve")


class _Cell:
    """A cell with a value. A masked cell becomes an inline string without formula."""

    is_writable = True
    __slots__ = ("element", "text")

    def __init__(self, element: etree._Element, text: str) -> None:
        self.element = element
        self.text = text

    def cut(self, start: int, end: int, replacement: str) -> None:
        self.text = self.text[:start] + replacement + self.text[end:]
        element = self.element
        name = str(element.tag).rpartition("}")[0]
        for inside in list(element):
            element.remove(inside)
        element.set("t", "inlineStr")
        text = etree.SubElement(etree.SubElement(element, f"{name}}}is"), f"{name}}}t")
        text.text = self.text
        text.set(_XML_SPACE, "preserve")


class SheetCells:
    """The cells of one sheet.

    Args:
        data: The element `sheetData`.
        shared: The texts of the shared strings, masked.
        drops: Whether a formula is to be removed, so that only its last value stays.
    """

    def __init__(
        self, data: etree._Element, shared: Sequence[str], drops: Callable[[str], bool]
    ) -> None:
        self._data = data
        self._shared = shared
        self._drops = drops
        self._formulas = 0

    def mask(self, find: Find) -> list[Replacement]:
        """Mask each cell, and the cells of a row together. Returns the replacements."""
        changes: list[Replacement] = []
        self._keep_understood()
        groups = self._formula_groups()
        remaining = iter(list(self._data))
        while rows := list(islice(remaining, _ROWS_AT_ONCE)):
            cells = [[cell for cell in map(self._cell, row) if cell.text] for row in rows]
            # The cells of a row together, and each by itself.
            for between, end in ((_TAB, _LINE_END), (_APART, _APART)):
                pieces: list[Piece] = []
                for row in cells:
                    for cell in row:
                        pieces += (cell, between)
                    pieces.append(end)
                changes += mask_joined(pieces, find)
        self._drop_formulas(groups)
        return changes

    @property
    def dropped_formulas(self) -> int:
        return self._formulas

    def _keep_understood(self) -> None:
        for row in list(self._data):
            if local_name(row) != "row":
                self._data.remove(row)
                continue
            _keep_attributes(row, _ROW)
            for cell in list(row):
                if local_name(cell) != "c":
                    row.remove(cell)
                    continue
                _keep_attributes(cell, _CELL)
                for inside in list(cell):
                    if local_name(inside) not in _CELL_PARTS:
                        cell.remove(inside)
                    elif local_name(inside) == "is":
                        _keep_plain(inside)
                    else:
                        _keep_attributes(inside, _FORMULA)
                        for unknown in list(inside):
                            inside.remove(unknown)
                    inside.tail = None
                cell.text = cell.tail = None
            row.text = row.tail = None
        self._data.text = self._data.tail = None
        self._data.attrib.clear()

    def _cell(self, element: etree._Element) -> _Cell:
        return _Cell(element, self._text(element))

    def _text(self, cell: etree._Element) -> str:
        kind = cell.get("t")
        if kind == "inlineStr":
            item = child(cell, "is")
            return _string(item) if item is not None else ""
        value = child(cell, "v")
        words = (value.text or "") if value is not None else ""
        if kind == "s":
            number = int(words) if _INDEX.fullmatch(words) else -1
            return self._shared[number] if 0 <= number < len(self._shared) else ""
        return words if kind in {"str", "d", "e"} else formatted(words)

    def _formula_groups(self) -> dict[etree._Element, str]:
        """The formulas that other cells share, by the id of their group."""
        formulas = self._data.iter("{*}f")
        return {one: one.get("si") or "" for one in formulas if one.get("t") == "shared"}

    def _drop_formulas(self, groups: dict[etree._Element, str]) -> None:
        """Remove formulas with text to mask. Cells that share one lose it together."""
        dropped = {group for one, group in groups.items() if one.getparent() is None}
        for formula in list(self._data.iter("{*}f")):
            if formula.text and self._drops(formula.text):
                dropped.add(formula.get("si") or "-")
                self._remove(formula)
        for formula, group in groups.items():
            if group in dropped and formula.getparent() is not None:
                self._remove(formula)

    def _remove(self, formula: etree._Element) -> None:
        cell = formula.getparent()
        if cell is not None:
            cell.remove(formula)
            self._formulas += 1


def formatted(value: str) -> str:
    """A number as a reader of the file shows it; other text as it is."""
    try:
        number = float(value)
    except ValueError:
        return value
    if number.is_integer() and abs(number) < 1e20:
        return f"{number:.0f}"
    return f"{number:.15g}"


def drops_formula(text: str, find: Find) -> bool:
    """Whether a formula has text to mask, also divided into several texts, or uses another file."""
    return bool(_OTHER_BOOK.search(text) or find(text) or find(joined_constants(text)))


def _keep_plain(item: etree._Element) -> None:
    """Keep the text of an inline string without its formatting, which few programs write."""
    text = _string(item)
    name = str(item.tag).rpartition("}")[0]
    item.clear()
    kept = etree.SubElement(item, f"{name}}}t")
    kept.text = text
    kept.set(_XML_SPACE, "preserve")


def _keep_attributes(element: etree._Element, known: re.Pattern[str]) -> None:
    for key, value in element.attrib.items():
        if not known.fullmatch(str(key)) or not _VALUE.fullmatch(str(value)):
            del element.attrib[key]
