"""Hidden content and metadata of a file: hidden text and sheets, annotations, properties.

Registered in `tasks.file_work` as `hidden_content`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pypdfium2 as pdfium

from documents.document import BlockKind
from documents.limits import ReadLimits
from documents.ooxml.embedded import embedded_files
from documents.ooxml.package import Package
from documents.read import READERS
from documents.readers import docx, ofd, pdf, sheets
from documents.readers.pdf import metadata
from documents.source import FileResult

# The parts of a container that hold properties, by format.
_PROPERTIES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        docx.MEDIA_TYPE: re.compile(r"docProps/(?:app|core|custom)\.xml"),
        sheets.XLSX: re.compile(r"docProps/(?:app|core|custom)\.xml"),
        sheets.ODS: re.compile(r"meta\.xml"),
        ofd.MEDIA_TYPE: re.compile(r"/?OFD\.xml", re.IGNORECASE),
    }
)
WITH_HIDDEN_CONTENT = frozenset((*_PROPERTIES, sheets.XLS, pdf.MEDIA_TYPE))


def hidden_content(path: Path, arguments: Mapping[str, Any], limits: ReadLimits) -> FileResult:
    """Returns the `text`, one paragraph for each item, and the names of `embedded` files.

    `arguments` has the `media_type`. Raises a `DocumentError`.
    """
    media_type = arguments["media_type"]
    if media_type == pdf.MEDIA_TYPE:
        return _of_pdf(path)
    texts = [*_hidden(path, media_type, limits), *properties(path, media_type, limits)]
    return _result(texts, _embedded(path, media_type, limits))


def _result(texts: Iterable[str], embedded: Iterable[str]) -> FileResult:
    return FileResult({"text": "\n\n".join(texts), "embedded": list(dict.fromkeys(embedded))})


def properties(path: Path, media_type: str, limits: ReadLimits) -> Iterator[str]:
    """The text of a container's properties; nothing for formats without properties.

    Raises a `DocumentError`.
    """
    if pattern := _PROPERTIES.get(media_type):
        with Package(path, limits) as package:
            for name in filter(pattern.fullmatch, package.names):
                root = package.xml(name, lenient=True)
                yield from _non_blank(map(str, root.itertext())) if root is not None else ()


def _embedded(path: Path, media_type: str, limits: ReadLimits) -> Iterator[str]:
    if media_type in _PROPERTIES:
        with Package(path, limits) as package:
            yield from embedded_files(package)


def _hidden(path: Path, media_type: str, limits: ReadLimits) -> Iterator[str]:
    document = READERS[media_type](path, replace(limits, hidden=True))
    for block in document.blocks:
        if block.kind is BlockKind.hidden:
            yield document.text[block.start : block.end]


def _of_pdf(path: Path) -> FileResult:
    """Everything except the text layer, which the reader returns."""
    try:
        with metadata.open_with_fields(path) as document:
            embedded = list(metadata.attachments(document))
            texts = [*metadata.properties(document), *metadata.bookmarks(document)]
            for page in document:
                texts += metadata.notes(document, page)
                embedded += metadata.attached(page)
                page.close()
    except pdfium.PdfiumError as error:
        raise pdf.document_error(error) from error
    return _result([*texts, *embedded], embedded)


def _non_blank(values: Iterable[str]) -> Iterator[str]:
    return (value.strip() for value in values if value.strip())
