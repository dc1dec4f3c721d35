"""Lists the text of workbooks that are one XML file: as read, and everything in the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from documents.inventory.document_text import document_entries
from documents.inventory.entry import Entry
from documents.inventory.nested import Inventory, Nested, Walk
from documents.inventory.package.xml_part import xml_entries
from documents.limits import Reader, ReadLimits
from documents.ooxml.package import parsed_xml


def walk(inventory: Inventory, text_walk: Walk, read: Reader) -> Walk:
    """Return a walk of XML files; `text_walk` lists text files, `read` reads the document."""

    def entries(path: Path, limits: ReadLimits) -> Iterator[Entry]:
        yield from document_entries(read, path, limits)
        yield from text_walk(path, limits)
        yield from xml_entries("settings", _without_tables(path), Nested(limits, inventory))

    return entries


def _without_tables(path: Path) -> bytes:
    """The file without the cells, which are most of it, and which the reader reads."""
    root = parsed_xml(path.read_bytes(), "Workbook")
    for table in root.findall("{*}Worksheet/{*}Table"):
        table.clear()
    return etree.tostring(root, encoding="utf-8")
