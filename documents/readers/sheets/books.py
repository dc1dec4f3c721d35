"""Adds the sheets of a workbook to a document, of XLSX and of XLSB."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from documents.document import BlockKind
from documents.draft import Draft
from documents.limits import ReadLimits
from documents.ooxml.formats.styles import Styles
from documents.ooxml.package import Package
from documents.readers.sheets.drawings import SheetDrawings
from documents.readers.sheets.tables import Cell, Merge, SheetLayout, SheetTables
from documents.readers.sheets.worksheet import cell_range

_CELLS = re.compile(
    r"(?:(?:'(?P<quoted>(?:[^']|''){1,64})'|(?P<name>[^'!:]{1,64}))!)?(?P<cells>[$A-Z0-9:]{3,30})"
)
_MOST_ENTRIES = 10_000  # of a list
_MOST_LISTS = 100
CELL_SHEETS = frozenset(("worksheet", "xlMacrosheet", "xlIntlMacrosheet"))


@dataclass(frozen=True, slots=True)
class BookSheet:
    """A sheet of a workbook. `part` is the name of its part, `kind` that of its relationship."""

    name: str
    part: str
    kind: str
    is_hidden: bool


class SheetRow(NamedTuple):
    """A row. `number` counts from 0, higher than before; `unshown` are the cells with a value that
    their format does not show.
    """

    number: int
    cells: list[Cell]
    unshown: Sequence[Cell]
    is_hidden: bool


class SheetContent(Protocol):
    """What a sheet holds. Raises a `DocumentError`."""

    def layout(self) -> SheetLayout: ...

    def page_lines(self) -> Iterable[tuple[BlockKind, str]]:
        """Headers and footers of printed pages."""
        ...

    def rows(self) -> Iterable[SheetRow]: ...


class Book(Protocol):
    """A workbook that is open."""

    @property
    def sheets(self) -> Sequence[BookSheet]: ...
    @property
    def styles(self) -> Styles: ...

    def content(self, sheet: BookSheet, draft: Draft) -> SheetContent:
        """What a sheet holds; `draft` notes cells that are not read."""
        ...


class BookReader:
    """Adds the sheets of a workbook to a draft.

    Attributes:
        page_lines: Headers and footers of printed pages.
        drawings: Reads pictures.
    """

    def __init__(self, draft: Draft, package: Package, book: Book, limits: ReadLimits) -> None:
        self._draft, self._book, self._limits = draft, book, limits
        self._package = package
        self.drawings = SheetDrawings(draft, package, limits)
        self.page_lines: list[tuple[BlockKind, str]] = []
        self._apart: list[tuple[str, list[str]]] = []
        self._entries: dict[tuple[str, str], Sequence[str]] = {}

    def add_shown(self) -> None:
        for sheet in self._book.sheets:
            if not sheet.is_hidden:
                self._add(sheet, BlockKind.heading, BlockKind.table)
            elif not self._limits.hidden:
                self._draft.leave_out("hidden sheet", sheet.name, "a hidden sheet is not read")

    def hidden_parts(self) -> frozenset[str]:
        """The parts with the comments, drawings and charts of hidden sheets only."""
        reached: dict[bool, set[str]] = {False: set(), True: set()}
        for sheet in self._book.sheets:
            near = self._targets(sheet.part)
            reached[sheet.is_hidden] |= near.union(*map(self._targets, near))
        return frozenset(reached[True] - reached[False])

    def _targets(self, part: str) -> set[str]:
        return {
            target for _, _, target, is_external in self._package.relations(part) if not is_external
        }

    def entries(self, part: str, reference: str) -> Sequence[str] | None:
        """The texts of the cells of a list, to which a part with a form refers: `$A$1:$A$3`.

        None for a name of cells, for too many cells or lists, and for a sheet that is not there.
        """
        match = _CELLS.fullmatch(reference)
        ranges = cell_range(match["cells"].replace("$", "")) if match else ()
        if not match or not ranges or _size(ranges[0]) > _MOST_ENTRIES:
            return None
        name = match["quoted"].replace("''", "'") if match["quoted"] else match["name"]
        sheet = next((one for one in self._book.sheets if self._is_of(one, name, part)), None)
        if sheet is None or sheet.kind not in CELL_SHEETS:
            return None
        key = sheet.part, match["cells"]
        if key not in self._entries:
            if len(self._entries) >= _MOST_LISTS:
                return None
            self._entries[key] = list(self._texts(sheet, ranges[0]))
        return self._entries[key]

    def _is_of(self, sheet: BookSheet, name: str | None, part: str) -> bool:
        return sheet.name == name if name else part in self._targets(sheet.part)

    def _texts(self, sheet: BookSheet, cells: Merge) -> Iterator[str]:
        """The texts of cells row by row, empty for cells without one."""
        top, left, bottom, right = cells
        found: dict[tuple[int, int], str] = {}
        # What these rows lack is noted where the sheet is read.
        for row in self._book.content(sheet, Draft(self._limits)).rows():
            if row.number > bottom:
                break
            if row.number >= top:
                found |= {(row.number, column): text for column, text, _ in row.cells}
        for number in range(top, bottom + 1):
            yield from (found.get((number, column), "") for column in range(left, right + 1))

    def add_hidden(self) -> None:
        """Add hidden sheets, and the hidden cells of those that were added before."""
        for name, lines in self._apart:
            self._draft.add(name, BlockKind.hidden)
            self._draft.add("\n".join(lines), BlockKind.hidden)
        for sheet in self._book.sheets:
            if sheet.is_hidden:
                self._add(sheet, BlockKind.hidden, BlockKind.hidden)

    def _add(self, sheet: BookSheet, heading: BlockKind, kind: BlockKind) -> None:
        self._draft.add(sheet.name, heading)
        if sheet.kind in CELL_SHEETS:
            self._add_cells(sheet, kind)
        self.drawings.add(sheet.part, sheet.name, kind if kind is BlockKind.hidden else None)

    def _add_cells(self, sheet: BookSheet, kind: BlockKind) -> None:
        content = self._book.content(sheet, self._draft)
        self.page_lines += content.page_lines()
        tables = SheetTables(self._draft, self._limits, sheet.name, content.layout(), kind)
        for number, cells, unshown, is_hidden in content.rows():
            if cells or unshown or is_hidden:
                tables.add(number, cells, unshown, is_hidden=is_hidden)
        if self._book.styles.unread:
            self._draft.leave_out("number format", "", self._book.styles.unread)
        if hidden := tables.finish():
            self._apart.append((sheet.name, hidden))


def _size(cells: Merge) -> int:
    return (cells[2] - cells[0] + 1) * (cells[3] - cells[1] + 1)


def sorted_cells(cells: list[Cell]) -> list[Cell]:
    """Cells in the order of their columns; of several in one column the last."""
    columns = [cell[0] for cell in cells]
    if columns == sorted(set(columns)):
        return cells
    return sorted({cell[0]: cell for cell in cells}.values())
