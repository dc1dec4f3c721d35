"""Screens a file for a secrecy marking in the usual positions, without reading all of it.

Listed in `tasks.file_work` as `secrecy`. The whole text is checked when a job reads the document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pypdfium2 as pdfium
from lxml import etree

from documents.document import Document
from documents.inventory.hidden_content import properties
from documents.limits import ReadLimits
from documents.ooxml.package import WORD_MAIN_TYPES, Package
from documents.ooxml.text import shape_text
from documents.ooxml.xml import local_name
from documents.read import READERS
from documents.readers import docx, html, mail, markdown, ofd, pdf, sheets, text
from documents.readers.pdf import metadata
from documents.readers.pdf.text_layer import text_layer
from documents.readers.text.encoding import NotText, decode
from documents.source import FileResult
from tasks.secrecy import Marking, highest, marking_in, marking_of
from tasks.secrecy.look import Look

# Formats without hidden content.
SCREENED_BY_BYTES = frozenset((text.MEDIA_TYPE, markdown.MEDIA_TYPE))
# A longer text file has more characters than any job reads.
_MOST_WRITTEN_BYTES = 16 * 1024 * 1024
# Parts of a Word document that may contain a marking, besides the body.
_MARKED_PARTS = re.compile(r"word/(?:header|footer)\d*\.xml|docProps/(?:core|custom)\.xml")
_BREAKS = frozenset(("p", "br", "cr", "tr"))


def screen(path: Path, arguments: Mapping[str, Any], limits: ReadLimits) -> FileResult:
    """Returns the level found, if any, as `level` in `found`, and `complete`.

    `arguments` has `media_type`. Raises a `DocumentError`.
    """
    media_type = arguments["media_type"]
    if media_type in SCREENED_BY_BYTES:
        look = look_at_bytes(path)
    elif media_type == pdf.MEDIA_TYPE:
        look = _of_pdf(path, limits)
    else:
        check = _SCREENS.get(media_type)
        look = Look(check(path, limits)) if check else Look(None, complete=False)
    level = {"level": look.marking.level.value} if look.marking else {}
    return FileResult({**level, "complete": look.complete})


def look_at_bytes(path: Path) -> Look:
    """Looks for a marking in a text file."""
    with path.open("rb") as file:
        data = file.read(_MOST_WRITTEN_BYTES + 1)
    whole = len(data) <= _MOST_WRITTEN_BYTES
    try:
        return Look(marking_of(decode(data[:_MOST_WRITTEN_BYTES], cut=not whole)), whole)
    except NotText:
        return Look(None, complete=False)


def _of_docx(path: Path, limits: ReadLimits) -> Marking | None:
    with Package(path, limits) as package:
        main = package.main_part(WORD_MAIN_TYPES)
        names = [main, *(name for name in package.names if _MARKED_PARTS.fullmatch(name))]
        return highest(marking_of(_words(package.xml(name))) for name in names if name)


def _words(root: etree._Element | None) -> str:
    """Returns the text of a part, one line per paragraph, including text boxes, hidden and deleted
    text. Watermarks are at the end, one per line.
    """
    if root is None:
        return ""
    return "\n".join(("".join(_pieces(root)), *shape_text(root)))


def _pieces(root: etree._Element) -> Iterator[str]:
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = local_name(element)
        if event == "start" and (name in {"t", "delText"} or (len(element) == 0 and name != "p")):
            yield element.text or ""
        elif name in _BREAKS or (event == "end" and element.getparent() is root):
            yield "\n"


def _of_pdf(path: Path, limits: ReadLimits) -> Look:
    left = limits.max_chars
    try:
        with metadata.open_with_fields(path) as document:
            texts = [*metadata.properties(document), *metadata.bookmarks(document)]
            found = highest(map(marking_of, (*texts, *metadata.attachments(document))))
            for number in range(min(len(document), limits.max_pages)):
                words, *others = _page(document, number, left)
                left -= len(words)
                found = highest((found, *map(marking_of, (words, *others))))
            return Look(found, complete=left > 0 and len(document) <= limits.max_pages)
    except pdfium.PdfiumError as error:
        raise pdf.document_error(error) from error


def _page(document: pdfium.PdfDocument, number: int, most: int) -> Iterator[str]:
    """Yields the text of a page, at most `most` characters, then each of its annotations."""
    page = document[number]
    with text_layer(page) as layer:
        count = min(layer.count_chars(), max(0, most))
        words: str = layer.get_text_range(0, count) if count else ""
    yield words.replace("\r\n", "\n")
    yield from metadata.notes(document, page)
    yield from metadata.attached(page)
    page.close()


def _of_all(media_type: str) -> Callable[[Path, ReadLimits], Marking | None]:
    """Returns a function for formats that must be read completely."""

    def screen(path: Path, limits: ReadLimits) -> Marking | None:
        document: Document = READERS[media_type](path, replace(limits, hidden=True))
        return highest(
            (marking_in(document), *map(marking_of, properties(path, media_type, limits)))
        )

    return screen


_READ = (html.MEDIA_TYPE, ofd.MEDIA_TYPE, sheets.XLSX, sheets.XLS, sheets.ODS, mail.MEDIA_TYPE)
_SCREENS: Mapping[str, Callable[[Path, ReadLimits], Marking | None]] = MappingProxyType(
    {
        docx.MEDIA_TYPE: _of_docx,
        **{media_type: _of_all(media_type) for media_type in _READ},
    }
)
SCREENED_IN_PROCESS = frozenset((*_SCREENS, pdf.MEDIA_TYPE))
