"""Masks the cells of a worksheet (ECMA-376 part 1, 18.3.1) and the strings that sheets share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from lxml import etree

from documents.inventory.neighbours import joined_values
from documents.masking.joined_text import Piece, Separator, mask_joined
from documents.masking.replacement import Find, Replacement
from documents.ooxml.formats.styles import Styles
from documents.ooxml.formats.values import shown_number, shown_text
from documents.ooxml.formulas import joined_constants, list_items
from documents.ooxml.seen import APART, as_seen
from documents.ooxml.workbook import nodes_of, texts_of
from documents.ooxml.xml import child, local_name

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
        for item in some:
            changes += _mask_as_seen(item, find)
        for item, text in zip(some, before, strict=True):
            _remove_readings(item, find, is_masked=_string(item) != text)
    return changes


def _mask_as_seen(item: etree._Element, find: Find) -> Iterator[Replacement]:
    if child(item, "rPh") is None and child(item, "r") is None:
        return
    nodes = list(nodes_of(item))
    pieces = [TextPiece(node.element) for node in nodes]
    for order in as_seen(nodes):
        view: list[Piece] = [_APART if at == APART else pieces[at] for at in order]
        yield from mask_joined(view, find)


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
    """A cell with its value as a reader sees it. A masked cell becomes an inline string.

    `is_searched` says that its text was searched by itself: shared strings are.
    """

    is_writable = True
    __slots__ = ("attributes", "formula", "is_masked", "is_searched", "shown", "text", "value")

    def __init__(self, element: etree._Element, shared: Sequence[str], styles: Styles) -> None:
        self.attributes = _known(element, _CELL)
        self.formula: _Formula | None = None
        self.value = self.text = ""
        kind = self.attributes.get("t")
        self.is_searched = kind == "s"
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
        # As the number format shows it.
        self.shown = self.text
        style = styles.of(self.attributes.get("s", "")) if self.text else None
        if style is not None:
            is_number = kind in {None, "n"}
            show = shown_number if is_number else shown_text
            self.shown = show(self.value if is_number else self.text, style)[0] or self.text

    def _shown(self, kind: str | None, shared: Sequence[str]) -> str:
        if kind == "s":
            number = int(self.value) if _INDEX.fullmatch(self.value) else -1
            if 0 <= number < len(shared):
                return shared[number]
            self.value = ""
            return ""
        return self.value if kind in {"str", "d", "e"} else formatted(self.value)

    def cut(self, start: int, end: int, replacement: str) -> None:
        self.mask(self.text[:start] + replacement + self.text[end:])

    def mask(self, text: str) -> None:
        self.value = self.text = self.shown = text
        self.formula, self.is_masked, self.is_searched = None, True, False
        self.attributes["t"] = _INLINE


class _ShownText:
    """The text of a cell as its number format shows it."""

    is_writable = True
    __slots__ = ("_cell",)

    def __init__(self, cell: _Cell) -> None:
        self._cell = cell

    @property
    def text(self) -> str:
        return self._cell.shown

    def cut(self, start: int, end: int, replacement: str) -> None:
        self._cell.mask(self._cell.shown[:start] + replacement + self._cell.shown[end:])


class SheetRows:
    """Masks the rows of one sheet and writes them as XML.

    Args:
        prefix: The prefix of elements, with its colon; empty for the default namespace.
        shared: The texts of the shared strings, masked.
        styles: The number formats of cells.
        formula: Returns a formula to write, or None if only its last value may stay.
    """

    def __init__(
        self,
        prefix: str,
        shared: Sequence[str],
        styles: Styles,
        formula: Callable[[str], str | None],
    ) -> None:
        self._prefix = prefix
        self._shared, self._styles = shared, styles
        self._formula = formula
        # The last row, which may have the beginning of what continues in the next one.
        self._last: list[tuple[Mapping[str, str], list[_Cell]]] = []
        # The ids of shared formulas that were written.
        self._groups: set[str] = set()
        self.dropped_formulas = 0

    def mask(self, rows: Iterable[etree._Element], find: Find) -> tuple[str, list[Replacement]]:
        """Mask each cell, and the cells of all rows together, as stored and as shown.

        Returns the replacements, and the XML of all rows but the last, which `rest` returns after
        the last call.
        """
        table = self._last + [(_known(row, _ROW), self._cells(row)) for row in rows]
        changes: list[Replacement] = []
        rows_of_text = [[cell for cell in cells if cell.text] for _, cells in table]
        changes += mask_joined(list(_joined(rows_of_text, _stored, _TAB, _LINE_END)), find)
        unsearched = [[cell for cell in cells if not cell.is_searched] for cells in rows_of_text]
        changes += mask_joined(list(_joined(unsearched, _stored, _APART, _APART)), find)
        if any(cell.shown != cell.text for cells in rows_of_text for cell in cells):
            for between, end in ((_TAB, _LINE_END), (_APART, _APART)):
                changes += mask_joined(list(_joined(rows_of_text, _ShownText, between, end)), find)
        self._last = table[-1:]
        return "".join(self._row(row, cells) for row, cells in table[:-1]), changes

    def _cells(self, row: etree._Element) -> list[_Cell]:
        return [_Cell(cell, self._shared, self._styles) for cell in row.iterchildren("{*}c")]

    def rest(self) -> str:
        return "".join(self._row(row, cells) for row, cells in self._last)

    def _row(self, attributes: Mapping[str, str], cells: Sequence[_Cell]) -> str:
        return self._element("row", attributes, "".join(map(self._cell, cells)))

    def _cell(self, cell: _Cell) -> str:
        content = self._written_formula(cell.formula) if cell.formula else ""
        value, prefix = cell.value.translate(_ESCAPED), self._prefix
        if cell.attributes.get("t") == _INLINE:
            text = f'<{prefix}t xml:space="preserve">{value}</{prefix}t>'
            content += f"<{prefix}is>{text}</{prefix}is>"
        elif value:
            content += f"<{prefix}v>{value}</{prefix}v>"
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


def _joined(
    rows: Iterable[Sequence[_Cell]],
    piece: Callable[[_Cell], Piece],
    between: Separator,
    end: Separator,
) -> Iterator[Piece]:
    for cells in rows:
        for cell in cells[:-1]:
            yield piece(cell)
            yield between
        if cells:
            yield piece(cells[-1])
        yield end


def _stored(cell: _Cell) -> Piece:
    return cell


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
    texts = (text, joined_constants(text), *joined_values(list_items(text)))
    return bool(_OTHER_BOOK.search(text) or any(map(find, texts)))


def _known(element: etree._Element, names: frozenset[str]) -> dict[str, str]:
    """The attributes of these names whose values are no text."""
    return {
        str(key): str(value)
        for key, value in element.items()
        if key in names and _VALUE.fullmatch(str(value))
    }
