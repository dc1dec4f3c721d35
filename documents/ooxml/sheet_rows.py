"""Divides a worksheet into its rows, which may be very many, and the rest of its XML."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from documents.errors import CorruptDocument
from documents.ooxml.xml import local_name

SPREADSHEET = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
"""The namespaces of both editions of the standard."""
_ROWS_AT_ONCE = 500
_ROW, _DATA = "row", "sheetData"


def without_rows(data: bytes) -> etree._Element:
    """The root of a worksheet whose `sheetData` is empty. Raises `CorruptDocument`."""
    sheet = _Sheet(data)
    deque(sheet.groups(), maxlen=0)
    root = sheet.root()
    for number, element in enumerate(_data_elements(root)):
        if number:
            root.remove(element)
        else:
            element.clear()
    return root


def row_groups(data: bytes) -> Iterator[list[etree._Element]]:
    """Yields the rows of a worksheet, some hundred at a time. Raises `CorruptDocument`."""
    return _Sheet(data).groups()


def shared_strings(data: bytes) -> Iterator[etree._Element]:
    """Yields the shared strings of a workbook. Raises `CorruptDocument`."""
    stream = _Stream(data, "si")
    for element in stream.elements():
        yield element
        parent = element.getparent()
        # The last one must stay in its place until the parser has left it.
        if parent is not None and len(parent) > _ROWS_AT_ONCE:
            del parent[:-1]
    stream.root()


class _Stream:
    """Parses the XML of a part, and yields the elements of one name as they end.

    A name is quicker to look for in given namespaces than in any.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self._events = etree.iterparse(
            io.BytesIO(data),
            events=("end",),
            tag=[f"{{{namespace}}}{name}" for namespace in SPREADSHEET],
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            remove_comments=True,
            remove_pis=True,
        )

    def elements(self) -> Iterator[etree._Element]:
        try:
            for _, element in self._events:
                yield element
        except etree.XMLSyntaxError as error:
            if getattr(error, "code", None) == etree.ErrorTypes.ERR_NO_MEMORY:
                raise MemoryError from error
            raise CorruptDocument("A worksheet is not well-formed XML. Save it again.") from error

    def root(self) -> etree._Element:
        """The root, after the last element."""
        root: etree._Element | None = self._events.root
        if root is None:
            raise CorruptDocument("A worksheet has no XML content. Save it again.")
        if root.getroottree().docinfo.internalDTD is not None:
            raise CorruptDocument(
                "The document declares XML entities, which are not allowed. Save it again."
            )
        return root


class _Sheet:
    def __init__(self, data: bytes) -> None:
        self._stream = _Stream(data, _ROW)

    def groups(self) -> Iterator[list[etree._Element]]:
        for row in self._stream.elements():
            parent = row.getparent()
            # The last row must stay in its place until the parser has left it.
            if parent is not None and len(parent) > _ROWS_AT_ONCE and _is_data(parent):
                yield _taken(parent)
        for element in _data_elements(self.root()):
            while len(element):
                yield _taken(element)

    def root(self) -> etree._Element:
        return self._stream.root()


def _taken(parent: etree._Element) -> list[etree._Element]:
    """Takes the first elements out of `parent`; returns the rows of them."""
    elements = list(islice(parent, _ROWS_AT_ONCE))
    for element in elements:
        parent.remove(element)
    return [element for element in elements if local_name(element) == _ROW]


def _data_elements(root: etree._Element) -> list[etree._Element]:
    return [element for element in root if local_name(element) == _DATA]


def _is_data(element: etree._Element) -> bool:
    parent = element.getparent()
    return local_name(element) == _DATA and parent is not None and parent.getparent() is None
