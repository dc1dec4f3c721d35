"""Checks how many cells a workbook spans, before it is read.

The library that reads cells allocates the whole rectangle that the cells of a sheet span, so two
cells in opposite corners would take all memory.
"""

from __future__ import annotations

from lxml import etree

from documents.errors import CorruptDocument, DocumentTooLong, EncryptedDocument
from documents.ooxml.package import Package
from documents.ooxml.xml import local_name

MOST_CELLS = 4_000_000  # of all sheets; an empty one takes 24 bytes

_ODF_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


def checked_content(package: Package) -> etree._Element:
    """The content of an OpenDocument workbook.

    Raises `DocumentTooLong`, or `EncryptedDocument` if the file has a password.
    """
    manifest = package.xml("META-INF/manifest.xml")
    for element in manifest.iter() if manifest is not None else ():
        if local_name(element) == "encryption-data":
            raise EncryptedDocument("The workbook has a password. Send it without one.")
    content = package.xml("content.xml")
    if content is None:
        raise CorruptDocument("The workbook has no content. Save it again.")
    cells = 0
    for table in content.iter(f"{_ODF_TABLE}table"):
        cells += _repeated_cells(table)
        check_cells(cells)
    return content


def _repeated_cells(table: etree._Element) -> int:
    """The number of cells of an OpenDocument table, without empty ones at its ends."""
    rows = last_row = last_column = 0
    for row in table.iter(f"{_ODF_TABLE}table-row"):
        rows += _times(row, "rows")
        columns = 0
        for cell in row:
            columns += _times(cell, "columns")
            if len(cell) or cell.get(
                "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}value-type"
            ):
                last_row, last_column = rows, max(last_column, columns)
    return last_row * last_column


def _times(element: etree._Element, what: str) -> int:
    times = element.get(f"{_ODF_TABLE}number-{what}-repeated") or "1"
    return int(times[:9]) if times.isdecimal() and times.isascii() else 1


def check_cells(cells: int) -> None:
    """Raises `DocumentTooLong` if `cells`, of all sheets together, exceeds the limit."""
    if cells > MOST_CELLS:
        raise _too_many()


def damaged() -> CorruptDocument:
    return CorruptDocument("The workbook is damaged. Save it again and resend it.")


def _too_many() -> DocumentTooLong:
    return DocumentTooLong(
        f"The workbook's sheets span more than {MOST_CELLS:,} cells. Delete cells far from the "
        "others, or split it."
    )
