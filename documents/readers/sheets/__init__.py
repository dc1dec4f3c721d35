"""Workbooks: the displayed values of XLSX, XLSB, XLS, ODS and Excel 2003 XML."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from documents.document import BlockKind, Document
from documents.draft import Draft
from documents.errors import DocumentTooLong
from documents.limits import ReadLimits
from documents.ooxml.drawings import drawing_text
from documents.ooxml.package import Package, parsed_xml
from documents.readers.sheets import binary
from documents.readers.sheets.books import BookReader
from documents.readers.sheets.comments import comments, in_order, ods_page_lines
from documents.readers.sheets.excel_2003_xml import Excel2003Reader
from documents.readers.sheets.form_controls import FormControl, form_controls
from documents.readers.sheets.ods import OdsReader
from documents.readers.sheets.sizes import checked_content, damaged
from documents.readers.sheets.xls_check import check_xls
from documents.readers.sheets.xls_records import xls_records
from documents.readers.sheets.xlsb import XlsbBook
from documents.readers.sheets.xlsx import XlsxBook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLSB = "application/vnd.ms-excel.sheet.binary.macroEnabled.12"
XLS = "application/vnd.ms-excel"
EXCEL_2003_XML = "application/vnd.ms-excel+xml"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
MEDIA_TYPES = frozenset((XLSX, XLSB, XLS, EXCEL_2003_XML, ODS))
XLSX_MAIN_TYPES = frozenset(
    (
        f"{XLSX}.main+xml",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
        "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        "application/vnd.ms-excel.template.macroEnabled.main+xml",
    )
)
XLSB_RECORDS = re.compile(
    r"xl/(?:(?:workbook|styles|sharedStrings|calcChain)|comments\d*|tables/table\d*"
    r"|(?:work|chart|dialog|macro)sheets/(?:sheet|binaryIndex)\d*)\.bin",
    re.IGNORECASE,
)
"""The parts of an XLSB that ordinary workbooks have in binary form."""
XLSB_MAIN_TYPES = frozenset(("application/vnd.ms-excel.sheet.binary.macroEnabled.main",))


def read_xlsx(path: Path, limits: ReadLimits) -> Document:
    """Read an Excel workbook. Raises a `DocumentError`: `NoTextLayer` if a process with OCR has to
    read its pictures.

    The name of a sheet is a heading, and rows without an empty row between them are a table. Cells
    have the text that Excel shows; values that it shows in another form are in `Table.raw`. Hidden
    sheets, rows and columns are read only with `limits.hidden`, else named as not read. Headers and
    footers of printed pages, comments on cells, and the text of shapes and charts come at the end.
    """
    draft = Draft(limits)
    with Package(path, limits) as package:
        main = package.main_part(XLSX_MAIN_TYPES)
        if main is None:
            raise damaged()
        reader = BookReader(draft, package, XlsxBook(package, main), limits)
        reader.add_shown()
        hidden = reader.hidden_parts()
        notes = comments(package, (name for name in package.names if name not in hidden))
        _add_objects(reader, draft, package, notes)
        if limits.hidden:
            reader.add_hidden()
            _add_hidden_objects(reader, draft, package, comments(package, sorted(hidden)))
    return draft.finish(XLSX, scans=reader.drawings.scans)


def read_xlsb(path: Path, limits: ReadLimits) -> Document:
    """Read a binary Excel workbook; see `read_xlsx`."""
    draft = Draft(limits)
    with Package(path, limits) as package:
        main = package.main_part(XLSB_MAIN_TYPES)
        if main is None:
            raise damaged()
        book = XlsbBook(package, main)
        reader = BookReader(draft, package, book, limits)
        reader.add_shown()
        _add_objects(reader, draft, package, book.comments(is_hidden=False))
        if limits.hidden:
            reader.add_hidden()
            _add_hidden_objects(reader, draft, package, book.comments(is_hidden=True))
    return draft.finish(XLSB, scans=reader.drawings.scans)


def _add_objects(reader: BookReader, draft: Draft, package: Package, notes: Iterable[str]) -> None:
    """Add what is beside the cells of the sheets that are shown."""
    hidden = reader.hidden_parts()
    controls = list(
        form_controls(
            package, (name for name in package.names if name not in hidden), reader.entries
        )
    )
    drawings = _drawings(package, reader.drawings.charts.read | hidden, controls)
    for kind, words in in_order(reader.page_lines, notes, drawings):
        draft.add(words, kind)
    for control in controls:
        if control.is_unread:
            draft.leave_out("form", control.caption, "the chosen entry of a list is not read")


def _add_hidden_objects(
    reader: BookReader, draft: Draft, package: Package, notes: Iterable[str]
) -> None:
    """Add what is beside the cells of hidden sheets."""
    hidden = reader.hidden_parts()
    others = set(package.names) - hidden | reader.drawings.charts.read
    drawings = _drawings(
        package, others, list(form_controls(package, sorted(hidden), reader.entries))
    )
    for _, words in in_order((), notes, drawings):
        draft.add(words, BlockKind.hidden)


def _drawings(
    package: Package, without: Collection[str], controls: Sequence[FormControl]
) -> Iterator[str]:
    """The text of form controls and shapes. Newer programs write a control as a shape too."""
    yield from (control.text for control in controls)
    captions = {control.caption for control in controls}
    yield from (text for text in drawing_text(package, without) if text not in captions)


def read_xls(path: Path, limits: ReadLimits) -> Document:
    """Read a workbook of Excel before 2007, or of WPS; see `read_xlsx`.

    Pictures, embedded objects and the data of charts are named as not read.
    """
    check_xls(path)
    draft = Draft(limits)
    binary.fill(draft, path, limits, xls_records(path))
    return draft.finish(XLS)


def read_ods(path: Path, limits: ReadLimits) -> Document:
    """Read an OpenDocument spreadsheet; see `read_xlsx`."""
    with Package(path, limits) as package:
        content, styles = checked_content(package), package.xml("styles.xml")
    lines = ods_page_lines(styles) if styles is not None else ()
    draft = Draft(limits)
    reader = OdsReader(draft, content, limits)
    reader.add_shown()
    for kind, words in in_order(lines, reader.notes, reader.drawings):
        draft.add(words, kind)
    if limits.hidden:
        reader.add_hidden()
    return draft.finish(ODS)


def read_excel_2003_xml(path: Path, limits: ReadLimits) -> Document:
    """Read a workbook that Excel 2003 or another program saved as XML; see `read_xlsx`."""
    if path.stat().st_size > limits.max_expanded_bytes:
        raise DocumentTooLong("The workbook is larger than allowed. Split it.")
    draft = Draft(limits)
    reader = Excel2003Reader(draft, parsed_xml(path.read_bytes(), "Workbook"), limits)
    reader.add_shown()
    for kind, words in in_order(reader.page_lines, reader.notes, ()):
        draft.add(words, kind)
    if limits.hidden:
        reader.add_hidden()
    return draft.finish(EXCEL_2003_XML)
