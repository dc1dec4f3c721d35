"""Builds ODS workbooks out of rows of cells (ODF 1.3, 9)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from odf import table
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style, TableProperties
from odf.text import P


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of `parts`: rows, columns, shapes. With `is_hidden`, programs do not show it."""

    name: str
    parts: Sequence[Any]
    is_hidden: bool = False


def ods(*sheets: Sheet) -> bytes:
    book = OpenDocumentSpreadsheet()
    unseen = Style(name="unseen", family="table")
    unseen.addElement(TableProperties(display="false"))
    if any(sheet.is_hidden for sheet in sheets):
        book.automaticstyles.addElement(unseen)
    for sheet in sheets:
        style = {"stylename": unseen} if sheet.is_hidden else {}
        book.spreadsheet.addElement(within(table.Table(name=sheet.name, **style), *sheet.parts))
    written = io.BytesIO()
    book.write(written)
    return written.getvalue()


def row(*cells: Any, **attributes: Any) -> Any:
    """A row of cells; a text stands for the cell that holds it."""
    made = (cell(one) if isinstance(one, str) else one for one in cells)
    return within(table.TableRow(**attributes), *made)


def cell(text: str = "", *before: Any, **attributes: Any) -> Any:
    """A cell with a text, and with the elements `before` it, such as a comment."""
    if text:
        attributes.setdefault("valuetype", "string")
    return within(table.TableCell(**attributes), *before, *([P(text=text)] if text else ()))


def within(element: Any, *parts: Any) -> Any:
    """The element, with the parts added to it."""
    for part in parts:
        element.addElement(part)
    return element
