"""What is on a sheet of an XLS file beside its cells: comments, shapes, form fields, page lines.

Section numbers are those of MS-XLS and MS-ODRAW.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from documents.document import BlockKind
from documents.readers.sheets.comments import in_order, page_line_sections

# Records: 2.4.168, 2.4.181, 2.4.329, 2.4.58, 2.4.170, 2.4.254, 2.4.136, 2.4.124, 2.4.137
_BEGINNING, _CHART_BEGINNING = 0x0809, b"\x20\x00"
_NOTE, _OBJECT, _TEXT, _CONTINUE, _DRAWING = 0x001C, 0x005D, 0x01B6, 0x003C, 0x00EC
_SERIES_TEXT, _HEADER, _FOOTER, _MORE_LINES = 0x100D, 0x0014, 0x0015, 0x089C
_LINES = {_HEADER: BlockKind.header, _FOOTER: BlockKind.footer}
OBJECT_RECORDS = frozenset(
    (
        _BEGINNING, _NOTE, _OBJECT, _TEXT, _CONTINUE, _DRAWING, _SERIES_TEXT, _HEADER, _FOOTER,
        _MORE_LINES,
    )
)  # fmt: skip
_MORE_LINES_AT = 38  # four lengths of two bytes, then the texts
# Kinds of objects (2.5.143) and parts of an object (2.5.139 and following).
_CHART, _PICTURE, _CHECK_BOX, _RADIO, _LIST, _DROP_DOWN, _COMMENT = 5, 8, 11, 12, 18, 20, 25
_COMMON, _FORMULA, _CHECK = 0x15, 0x09, 0x12
_OWN = 0x0100  # of the flags: Excel drew it, such as the arrow of a filter
_BOXES = ("☐", "☑", "☐")  # the third is undecided
_PROPERTIES, _CONTAINER, _WORD_ART = 0xF00B, 0xF, 0x00C0  # MS-ODRAW 2.2.9, 2.3.22.2
_IS_COMPLEX, _PROPERTY = 0x8000, 0x3FFF
_MOST_TEXT = 1 << 20  # characters of an object


class _Comment(NamedTuple):
    row: int
    column: int
    object_: int


@dataclass(slots=True)
class _Object:
    kind: int
    number: int
    check: int = 0
    is_embedded: bool = False
    is_own: bool = False
    text: str = ""


@dataclass(slots=True)
class SheetObjects:
    """Collects the records of one sheet in their order; damaged ones are left out.

    Attributes:
        page_lines: Headers and footers of printed pages.
    """

    page_lines: list[tuple[BlockKind, str]] = field(default_factory=list)
    _comments: list[_Comment] = field(default_factory=list)
    _objects: list[_Object] = field(default_factory=list)
    _words: list[str] = field(default_factory=list)  # of charts and WordArt
    _missing: int = 0  # characters of the last object that are in the next records
    _is_chart: bool = False

    def add(self, kind: int, body: bytes, *, is_inside: bool) -> None:
        """Note one of `OBJECT_RECORDS`. `is_inside` is true for those of a chart on the sheet."""
        if kind == _CONTINUE:
            self._add_text(body)
            return
        self._missing = 0
        if kind == _BEGINNING:
            self._is_chart |= body[2:4] == _CHART_BEGINNING
        elif kind in _LINES and not is_inside:
            self._add_lines(_LINES[kind], string(body)[0])
        elif kind == _MORE_LINES and not is_inside:
            self._add_more_lines(body)
        elif kind == _NOTE and len(body) >= 8:
            row, column, _, number = struct.unpack_from("<4H", body)
            self._comments.append(_Comment(row, column, number))
        elif kind == _OBJECT:
            self._objects += _object(body)
        elif kind == _TEXT and len(body) >= 12:
            self._missing = struct.unpack_from("<H", body, 10)[0]
        elif kind == _SERIES_TEXT and len(body) >= 4:
            self._words.append(_characters(body[3:], body[2]))
        elif kind == _DRAWING:
            self._words += _word_art(body)

    def comments(self) -> Iterator[str]:
        """The comments on cells, by row and column."""
        texts = {one.number: one.text for one in self._objects if one.kind == _COMMENT}
        for one in sorted(self._comments):
            yield texts.pop(one.object_, "")
        yield from texts.values()

    def drawings(self) -> Iterator[str]:
        """The text of shapes, form fields and charts."""
        for one in self._objects:
            if one.kind in {_CHECK_BOX, _RADIO}:
                yield f"{_BOXES[min(one.check, 2)]} {one.text}".rstrip()
            elif one.kind != _COMMENT:
                yield one.text
        yield from self._words

    def unread(self) -> Iterator[tuple[str, str]]:
        """What is on the sheet and not read, with the reason."""
        if self._is_chart or any(one.kind == _CHART for one in self._objects):
            yield "chart", "of charts in XLS files only titles and names of series are read"
        for one in self._objects:
            if one.is_embedded:
                yield "embedded object", "embedded objects in XLS files are not read"
            elif one.kind == _PICTURE:
                yield "picture", "pictures in XLS files are not read"
            elif one.kind in {_LIST, _DROP_DOWN} and not one.is_own:
                yield "form", "the chosen entry of a list in an XLS file is not read"

    def _add_text(self, body: bytes) -> None:
        if self._missing and self._objects and len(body) > 1:
            text = _characters(body, self._missing)
            self._missing -= len(text)
            last = self._objects[-1]
            last.text = (last.text + text)[:_MOST_TEXT]

    def _add_lines(self, kind: BlockKind, line: str) -> None:
        self.page_lines += [(kind, section) for section in page_line_sections(line)]

    def _add_more_lines(self, body: bytes) -> None:
        """The headers and footers of even pages and of the first page."""
        if len(body) < _MORE_LINES_AT:
            return
        at = _MORE_LINES_AT
        kinds = (BlockKind.header, BlockKind.footer) * 2
        lengths = struct.unpack_from("<4H", body, at - 8)
        for kind, length in zip(kinds, lengths, strict=True):
            if length and at + 2 < len(body):
                line, end = string(body[at:])
                self._add_lines(kind, line)
                at += end


def objects_in_order(sheets: Sequence[SheetObjects]) -> Iterator[tuple[BlockKind, str]]:
    """The texts beside the cells of some sheets, in the order of the other workbooks."""
    yield from in_order(
        (line for sheet in sheets for line in sheet.page_lines),
        (note for sheet in sheets for note in sheet.comments()),
        (words for sheet in sheets for words in sheet.drawings()),
    )


def string(data: bytes) -> tuple[str, int]:
    """A text with its length in two bytes before it, and the place after it (2.5.294)."""
    if len(data) < 3:
        return "", len(data)
    (length,) = struct.unpack_from("<H", data)
    text = _characters(data[2:], length)
    return text, 3 + length * (2 if data[2] & 1 else 1)


def _characters(data: bytes, length: int) -> str:
    """`length` characters after a byte that says whether each has one byte or two."""
    if data[:1] and data[0] & 1:
        return data[1 : 1 + 2 * length].decode("utf-16-le", errors="replace")
    return data[1 : 1 + length].decode("latin-1")


def _object(body: bytes) -> Sequence[_Object]:
    """The object of a record, from its parts: kind and length in two bytes each, and content."""
    found: list[_Object] = []
    at = 0
    while at + 4 <= len(body):
        part, length = struct.unpack_from("<HH", body, at)
        content = body[at + 4 : at + 4 + length]
        if part == _COMMON and len(content) >= 6:
            kind, number, flags = struct.unpack_from("<3H", content)
            found = [_Object(kind, number, is_own=bool(flags & _OWN))]
        elif found and part == _CHECK and len(content) >= 2:
            found[0].check = struct.unpack_from("<H", content)[0]
        elif found and part == _FORMULA and found[0].kind == _PICTURE:
            found[0].is_embedded = True
        at += 4 + length
    return found


def _word_art(drawing: bytes) -> Iterator[str]:
    """The texts of WordArt in a part of a drawing (MS-ODRAW 2.3.22.2)."""
    at = 0
    while at + 8 <= len(drawing):
        header, kind, length = struct.unpack_from("<HHI", drawing, at)
        at += 8
        if header & 0xF == _CONTAINER:
            continue  # what it holds follows
        if kind == _PROPERTIES:
            yield from _word_art_text(drawing[at : at + length], header >> 4)
        at += length


def _word_art_text(properties: bytes, count: int) -> Iterator[str]:
    """The text among `count` properties of 6 bytes; long values follow them, in their order."""
    at = 6 * count
    for place in range(0, min(at, len(properties) - 5), 6):
        name, value = struct.unpack_from("<HI", properties, place)
        if not name & _IS_COMPLEX:
            continue
        if name & _PROPERTY == _WORD_ART:
            yield properties[at : at + value].decode("utf-16-le", errors="replace").rstrip("\0")
        at += value
