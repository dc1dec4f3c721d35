"""Masks the cells of a worksheet (ECMA-376 part 1, 18.3.1) and the strings that sheets share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from lxml import etree

from documents.masking.joined_text import Piece, Separator, mask_joined
from documents.masking.replacement import Find, Masking, Replacement
from documents.masking.xml_text import mask_nodes
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
_TAB, _LINE_END = Separator("\t"), Separator("\n")


def mask_string(item: etree._Element, find: Find) -> Sequence[Replacement]:
    """Mask a shared or inline string: its runs together."""
    phonetic = [inside for inside in item if local_name(inside) == "rPh"]
    texts = [
        TextPiece(text)
        for inside in item
        if local_name(inside) != "rPh"
        for text in inside.iter("{*}t")
    ]
    changes = list(mask_joined(texts, find))
    for reading in phonetic:
        # The reading of a masked name says the name.
        if changes or find("".join(map(str, reading.itertext()))):
            item.remove(reading)
    return changes


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

    def mask(self, masking: Masking) -> list[Replacement]:
        """Mask each cell, and the cells of a row together. Returns the replacements."""
        changes: list[Replacement] = []
        self._keep_understood()
        groups = self._formula_groups()
        remaining = iter(list(self._data))
        while rows := list(islice(remaining, _ROWS_AT_ONCE)):
            pieces = list(self._pieces(rows, masking, changes))
            changes += mask_joined(pieces, masking.find)
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
                    elif local_name(inside) != "is":
                        _keep_attributes(inside, _FORMULA)
                    inside.tail = None
                cell.text = cell.tail = None
            row.text = row.tail = None
        self._data.text = None

    def _pieces(
        self, rows: Sequence[etree._Element], masking: Masking, changes: list[Replacement]
    ) -> Iterator[Piece]:
        for row in rows:
            for cell in row:
                text = self._text(cell, masking, changes)
                if text:
                    yield _Cell(cell, text)
                    yield _TAB
            yield _LINE_END

    def _text(self, cell: etree._Element, masking: Masking, changes: list[Replacement]) -> str:
        kind = cell.get("t")
        if kind == "inlineStr":
            item = child(cell, "is")
            if item is None:
                return ""
            changes += mask_string(item, masking.find)
            changes += mask_nodes(item, masking, STRING_TEXT)
            return "".join(str(text.text or "") for text in item.iter("{*}t"))
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
    joined = re.sub(r"\"\s*&\s*\"", "", text)
    return bool(_OTHER_BOOK.search(text) or find(text) or (joined != text and find(joined)))


def _keep_attributes(element: etree._Element, known: re.Pattern[str]) -> None:
    for key, value in element.attrib.items():
        if not known.fullmatch(str(key)) or not _VALUE.fullmatch(str(value)):
            del element.attrib[key]
