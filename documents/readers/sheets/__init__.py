"""Workbooks: the displayed values of XLSX, XLS and ODS, as far as the file stores them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetMetadata,
    SheetTypeEnum,
    SheetVisibleEnum,
    load_workbook,
)

from documents.document import BlockKind, Document
from documents.draft import Draft
from documents.errors import EncryptedDocument
from documents.limits import ReadLimits
from documents.ooxml.drawings import drawing_text, ods_drawing_text
from documents.ooxml.package import Package
from documents.readers.sheets.comments import comments, ods_comments, ods_page_lines, page_lines
from documents.readers.sheets.sizes import checked_content, checked_sheets, damaged
from documents.readers.sheets.xls_check import check_xls

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLS = "application/vnd.ms-excel"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
XLSX_MAIN_TYPES = frozenset(
    (
        f"{XLSX}.main+xml",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
        "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        "application/vnd.ms-excel.template.macroEnabled.main+xml",
    )
)

Cell = int | float | str | bool | time | date | datetime | timedelta


def read_xlsx(path: Path, limits: ReadLimits) -> Document:
    """Read an Excel workbook. Raises a `DocumentError`.

    The name of a sheet is a heading, and rows without an empty row between them are a table. Hidden
    sheets are read only with `limits.hidden`. Headers and footers of printed pages, comments on
    cells, and the text of shapes and charts come at the end.
    """
    with Package(path, limits) as package:
        lines = [line for sheet in checked_sheets(package) for line in page_lines(sheet)]
        extras = [*_in_order(lines, comments(package), drawing_text(package))]
    draft = Draft(limits)
    _fill(draft, path, limits, extras)
    return draft.finish(XLSX)


def read_xls(path: Path, limits: ReadLimits) -> Document:
    """Read the cells of a workbook of Excel before 2007, or of WPS; see `read_xlsx`."""
    check_xls(path)
    draft = Draft(limits)
    _fill(draft, path, limits)
    return draft.finish(XLS)


def read_ods(path: Path, limits: ReadLimits) -> Document:
    """Read an OpenDocument spreadsheet; see `read_xlsx`."""
    with Package(path, limits) as package:
        content, styles = checked_content(package), package.xml("styles.xml")
    lines = ods_page_lines(styles) if styles is not None else ()
    draft = Draft(limits)
    _fill(draft, path, limits, _in_order(lines, ods_comments(content), ods_drawing_text(content)))
    return draft.finish(ODS)


def _in_order(
    lines: Iterable[tuple[BlockKind, str]], notes: Iterable[str], drawings: Iterable[str]
) -> Iterator[tuple[BlockKind, str]]:
    """Headers, footers, comments and drawings, in this order, each text once."""
    yield from sorted(dict.fromkeys(lines), key=lambda line: line[0] is BlockKind.footer)
    yield from ((BlockKind.comment, note) for note in dict.fromkeys(notes))
    yield from ((BlockKind.drawing, words) for words in dict.fromkeys(drawings))


def _fill(
    draft: Draft, path: Path, limits: ReadLimits, extras: Iterable[tuple[BlockKind, str]] = ()
) -> None:
    try:
        with load_workbook(path) as book:
            sheets = [sheet for sheet in book.sheets_metadata if _has_cells(sheet)]
            for sheet in sheets:
                if sheet.visible == SheetVisibleEnum.Visible:
                    _add(draft, book, sheet)
            for kind, words in extras:
                draft.add(words, kind)
            for sheet in sheets if limits.hidden else ():
                if sheet.visible != SheetVisibleEnum.Visible:
                    _add(draft, book, sheet, BlockKind.hidden)
    except PasswordError as error:
        raise EncryptedDocument("The workbook has a password. Send it without one.") from error
    except (CalamineError, ValueError, OverflowError) as error:
        raise damaged() from error
    # A panic in the library's Rust code: a `BaseException`.
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise damaged() from error


def _has_cells(sheet: SheetMetadata) -> bool:
    return sheet.typ in (SheetTypeEnum.WorkSheet, SheetTypeEnum.MacroSheet)


def _add(
    draft: Draft, book: CalamineWorkbook, sheet: SheetMetadata, kind: BlockKind | None = None
) -> None:
    draft.add(sheet.name, kind or BlockKind.heading)
    for table in _tables(book.get_sheet_by_name(sheet.name).iter_rows()):
        draft.add(table, kind or BlockKind.table)


def _tables(rows: Iterable[list[Cell]]) -> Iterator[str]:
    table: list[str] = []
    for row in rows:
        line = "\t".join(map(_formatted, row)).rstrip("\t")
        if line.strip():
            table.append(line)
        elif table:
            yield "\n".join(table)
            table = []
    yield "\n".join(table)


def _formatted(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        # Excel stores and shows fifteen digits.
        return f"{cell:.0f}" if cell.is_integer() and abs(cell) < 1e15 else f"{cell:.15g}"
    if isinstance(cell, datetime):
        is_day = cell.time() == time()
        return cell.date().isoformat() if is_day else cell.isoformat(" ", "seconds")
    if isinstance(cell, time):
        return cell.isoformat("seconds")
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return " ".join(str(cell).split())
