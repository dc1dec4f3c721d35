"""Masks the cells of a worksheet (ECMA-376 part 1, 18.3.1) and the strings that sheets share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from lxml import etree

from documents.masking.joined_text import Piece, Separator, mask_joined
from documents.masking.replacement import Find, Replacement
from documents.ooxml.formulas import joined_constants
from documents.ooxml.xml import local_name

STRING_TEXT = frozenset(("t",))
_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
# Attributes of rows and cells, all of them numbers, words of the standard or references.
_ROW = frozenset(
    (
        "r", "spans", "s", "customFormat", "ht", "hidden", "customHeight", "outlineLevel",
        "collapsed", "thickTop", "thickBot", "ph",
    )
)  # fmt: skip
_CELL = frozenset(("r", "s", "t", "cm", "vm", "ph"))
_FORMULA = frozenset(
    ("t", "aca", "ref", "dt2D", "dtr", "del1", "del2", "r1", "r2", "ca", "si", "bx")
)
_VALUE = re.compile(
    r"[-+]?\d{1,9}(?:\.\d{1,17})?(?:E-?\d{1,3})?|[A-Z]{1,3}\d{1,7}(?::[A-Z]{1,3}\d{1,7})?"
    r"|\d{1,5}:\d{1,5}|true|false|[bdens]|str|inlineStr|normal|array|dataTable|shared"
)
_INLINE = "inlineStr"
_OTHER_BOOK = re.compile(r"\[\d+\]")
_INDEX = re.compile(r"[0-9]{1,9}")
_ESCAPED = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("\r"): "&#13;"}
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


@dataclass(frozen=True, slots=True)
class _Formula:
    text: str
    attributes: Mapping[str, str]


class _Cell:
    """A cell with its value as a reader sees it. A masked cell becomes an inline string."""

    is_writable = True
    __slots__ = ("attributes", "formula", "is_masked", "text", "value")

    def __init__(self, element: etree._Element, shared: Sequence[str]) -> None:
        self.attributes = _known(element, _CELL)
        self.formula: _Formula | None = None
        self.value = self.text = ""
        self.is_masked = False
        kind = self.attributes.get("t")
        for inside in element:
            name = local_name(inside)
            if name == "f":
                self.formula = _Formula(inside.text or "", _known(inside, _FORMULA))
            elif name == "v" and kind != _INLINE:
                self.value = inside.text or ""
                self.text = self._shown(kind, shared)
            elif name == "is" and kind == _INLINE:
                # Without formatting, which few programs write.
                self.value = self.text = _string(inside)

    def _shown(self, kind: str | None, shared: Sequence[str]) -> str:
        if kind == "s":
            number = int(self.value) if _INDEX.fullmatch(self.value) else -1
            if 0 <= number < len(shared):
                return shared[number]
            self.value = ""
            return ""
        return self.value if kind in {"str", "d", "e"} else formatted(self.value)

    def cut(self, start: int, end: int, replacement: str) -> None:
        self.text = self.text[:start] + replacement + self.text[end:]
        self.value, self.formula, self.is_masked = self.text, None, True
        self.attributes["t"] = _INLINE


class SheetRows:
    """Masks the rows of one sheet and writes them as XML.

    Args:
        prefix: The prefix of elements, with its colon; empty for the default namespace.
        shared: The texts of the shared strings, masked.
        formula: Returns a formula to write, or None if only its last value may stay.
    """

    def __init__(
        self, prefix: str, shared: Sequence[str], formula: Callable[[str], str | None]
    ) -> None:
        self._prefix = prefix
        self._shared = shared
        self._formula = formula
        # The last row, which may have the beginning of what continues in the next one.
        self._last: list[tuple[Mapping[str, str], list[_Cell]]] = []
        # The ids of shared formulas that were written.
        self._groups: set[str] = set()
        self.dropped_formulas = 0

    def mask(self, rows: Iterable[etree._Element], find: Find) -> tuple[str, list[Replacement]]:
        """Mask each cell, and the cells of all rows together.

        Returns the replacements, and the XML of all rows but the last, which `rest` returns after
        the last call.
        """
        table = self._last + [
            (_known(row, _ROW), [_Cell(cell, self._shared) for cell in row.iterchildren("{*}c")])
            for row in rows
        ]
        changes: list[Replacement] = []
        for between, end in ((_TAB, _LINE_END), (_APART, _APART)):
            pieces: list[Piece] = []
            for _, cells in table:
                shown = [cell for cell in cells if cell.text]
                for cell in shown[:-1]:
                    pieces += (cell, between)
                pieces += (*shown[-1:], end)
            changes += mask_joined(pieces, find)
        self._last = table[-1:]
        return "".join(self._row(row, cells) for row, cells in table[:-1]), changes

    def rest(self) -> str:
        return "".join(self._row(row, cells) for row, cells in self._last)

    def _row(self, attributes: Mapping[str, str], cells: Sequence[_Cell]) -> str:
        return self._element("row", attributes, "".join(map(self._cell, cells)))

    def _cell(self, cell: _Cell) -> str:
        content = self._written_formula(cell.formula) if cell.formula else ""
        value = cell.value.translate(_ESCAPED)
        if cell.attributes.get("t") == _INLINE:
            text = self._element("t", {"xml:space": "preserve"}, value)
            content += self._element("is", {}, text)
        elif value:
            content += self._element("v", {}, value)
        return self._element("c", cell.attributes, content)

    def _written_formula(self, formula: _Formula) -> str:
        """The formula as XML; empty if it has text to mask, or shares such a formula."""
        group = formula.attributes.get("si", "")
        is_shared = formula.attributes.get("t") == "shared"
        text = self._formula(formula.text) if formula.text else ""
        if text is None or (is_shared and not text and group not in self._groups):
            self.dropped_formulas += 1
            return ""
        if is_shared:
            self._groups.add(group)
        return self._element("f", formula.attributes, text.translate(_ESCAPED))

    def _element(self, name: str, attributes: Mapping[str, str], content: str) -> str:
        written = "".join([f' {key}="{value}"' for key, value in attributes.items()])
        name = self._prefix + name
        return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


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


def _known(element: etree._Element, names: frozenset[str]) -> dict[str, str]:
    """The attributes of these names whose values are no text."""
    return {
        str(key): str(value)
        for key, value in element.items()
        if key in names and _VALUE.fullmatch(str(value))
    }
