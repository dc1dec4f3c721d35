"""Lists all text of a package: DOCX, XLSX, ODT, ODS, OFD and any other ZIP container.

Every part is listed, whether another part references it or not. The bytes of a part tell what it
is, not its name or its content type.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from documents.errors import CorruptDocument
from documents.inventory.document_text import document_entries
from documents.inventory.encodings import binary_text
from documents.inventory.entry import Entry, EntryKind, Unread, unread
from documents.inventory.fonts import revealed
from documents.inventory.nested import Inventory, Nested, Walk
from documents.inventory.package.xml_part import xml_entries
from documents.inventory.package.zip_container import container_entries
from documents.limits import Reader, ReadLimits
from documents.ooxml.embedded import XML_SUFFIXES
from documents.ooxml.package import Package, decoded_name

_DAMAGE = (zipfile.BadZipFile, struct.error, zlib.error, EOFError, OSError, ValueError)
_XML = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*<")
_DECLARED = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\0?<\0?\?\0?x\0?m\0?l")
_PAGE = re.compile(rb"<html[\s>]", re.IGNORECASE)
_SVG = re.compile(rb"<(?:\w{1,20}:)?svg[\s>]")
_FONT_TABLE = "word/fontTable.xml"
_FONT_KEY = re.compile(rb'fontKey="\{([0-9A-Fa-f-]{36})\}"')
# Settings of a printer (DEVMODE): its names in UTF-16, numbers, and data of its driver.
_PRINTER = re.compile(r".*/printerSettings/[^/]*\.bin", re.IGNORECASE)
_SIGNATURE = re.compile(r"(?:.*/)?Signs/.*", re.IGNORECASE)


def walk(
    inventory: Inventory, read: Reader | None = None, records: re.Pattern[str] | None = None
) -> Walk:
    """Return a walk of packages.

    `inventory` lists files inside the package. `read` reads the document, for formats whose parts
    do not hold its text in reading order. `records` matches the names of parts in a binary form of
    which the reader reads the text, and nobody the rest.
    """

    def entries(path: Path, limits: ReadLimits) -> Iterator[Entry]:
        nested = Nested(limits, inventory)
        try:
            yield from container_entries(path, nested)
        except _DAMAGE as error:
            raise CorruptDocument("The ZIP container is damaged. Save the file again.") from error
        if read is not None:
            yield from document_entries(read, path, limits)
        with Package(path, limits) as package:
            keys = _FONT_KEY.findall(package.data(_FONT_TABLE) or b"")
            for entry in package.entries:
                name = decoded_name(entry.filename)
                if records is not None and records.fullmatch(name):
                    yield unread(name, Unread.other_records)
                    continue
                yield from _part(name, package.unpacked(entry), nested, keys)

    return entries


def _part(name: str, data: bytes, nested: Nested, font_keys: Sequence[bytes]) -> Iterator[Entry]:
    is_named_xml = name.lower().endswith(XML_SUFFIXES)
    if _DECLARED.match(data) or (is_named_xml and _XML.match(data)):
        is_drawing = _SVG.search(data[:4096]) is not None
        if _PAGE.search(data[:4096]):
            # A page shows more than its elements hold: what styles and programs put together.
            yield from nested.file(name, data, name)
        entries = xml_entries(name, data, nested)
        # It can be large, and is needed no more once it has been parsed.
        del data
        yield from entries
        if is_drawing:
            yield unread(name, Unread.picture)
    elif _PRINTER.fullmatch(name):
        yield Entry(name, binary_text(data), EntryKind.metadata)
    else:
        for entry in nested.file(name, revealed(data, font_keys), name):
            is_seal = entry.reason == Unread.embedded_file.value and _SIGNATURE.fullmatch(name)
            yield replace(entry, reason=Unread.signature.value) if is_seal else entry
