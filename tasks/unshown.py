"""What a file holds and its text does not show: hidden text and sheets, and its properties.

Listed in `tasks.file_work` as `unshown`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pypdfium2 as pdfium

from tasks.document import BlockKind
from tasks.readers import READERS, docx, ofd, pdf, sheets
from tasks.readers.limits import ReadLimits
from tasks.readers.opc import Package
from tasks.source import Made

# The parts of a container that hold properties, by the format.
_PROPERTIES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        docx.MEDIA_TYPE: re.compile(r"docProps/(?:app|core|custom)\.xml"),
        sheets.XLSX: re.compile(r"docProps/(?:app|core|custom)\.xml"),
        sheets.ODS: re.compile(r"meta\.xml"),
        ofd.MEDIA_TYPE: re.compile(r"/?OFD\.xml", re.IGNORECASE),
    }
)
HOLD_MORE = frozenset((*_PROPERTIES, sheets.XLS, pdf.MEDIA_TYPE))


def unshown(path: Path, arguments: Mapping[str, Any], limits: ReadLimits) -> Made:
    """`found` has the `text`, a paragraph for each thing. `arguments` has `media_type`.

    Raises a `DocumentError`.
    """
    media_type = arguments["media_type"]
    texts = [*_hidden(path, media_type, limits), *properties(path, media_type, limits)]
    return Made({"text": "\n\n".join(texts)})


def properties(path: Path, media_type: str, limits: ReadLimits) -> Iterator[str]:
    """The properties that have words; none of a format that has no properties.

    Raises a `DocumentError`.
    """
    if media_type == pdf.MEDIA_TYPE:
        yield from _pdf_properties(path)
    elif pattern := _PROPERTIES.get(media_type):
        with Package(path, limits) as package:
            for name in filter(pattern.fullmatch, package.names):
                root = package.xml(name, lenient=True)
                yield from _words(map(str, root.itertext())) if root is not None else ()


def _hidden(path: Path, media_type: str, limits: ReadLimits) -> Iterator[str]:
    if media_type == pdf.MEDIA_TYPE:
        return  # its reader gives the whole text layer
    document = READERS[media_type](path, replace(limits, hidden=True))
    for block in document.blocks:
        if block.kind is BlockKind.hidden:
            yield document.text[block.start : block.end]


def _pdf_properties(path: Path) -> Iterator[str]:
    try:
        with pdfium.PdfDocument(path) as document:
            yield from _words(document.get_metadata_dict(skip_empty=True).values())
    except pdfium.PdfiumError as error:
        raise pdf.explained(error) from error


def _words(values: Iterable[str]) -> Iterator[str]:
    return (value.strip() for value in values if value.strip())
