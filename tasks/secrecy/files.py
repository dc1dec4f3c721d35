"""Screens a file for a secrecy marking in the usual positions, without reading all of it.

Listed in `tasks.file_work` as `secrecy`. The whole text is checked when a job reads the document.
"""

from __future__ import annotations

import math
import re
import time
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
from tasks.secrecy import Marking, Secrecy, highest, marking_in, marking_of

# Formats that are screened by their first bytes.
SCREENED_BY_BYTES = frozenset((text.MEDIA_TYPE, markdown.MEDIA_TYPE))
_WRITTEN_BYTES = 256 * 1024
# Pages of a PDF that are always checked: markings are on the first pages.
_FIRST_PAGES = 2
_PDF_CHARS = 20_000
# Parts of a Word document that may contain a marking, besides the body.
_MARKED_PARTS = re.compile(r"word/(?:header|footer)\d*\.xml|docProps/(?:core|custom)\.xml")
_BREAKS = frozenset(("p", "br", "cr", "tr"))


def screen(path: Path, arguments: Mapping[str, Any], limits: ReadLimits) -> FileResult:
    """Returns the level found, if any, as `level` in `found`. `arguments` has `media_type`.

    With `seconds`, a PDF is checked until a marking is found or the time is over, but at least its
    first pages; without, all of it is. Raises a `DocumentError`.
    """
    media_type, seconds = arguments["media_type"], arguments.get("seconds")
    if media_type in SCREENED_BY_BYTES:
        marking = marking_of_bytes(path)
    elif media_type == pdf.MEDIA_TYPE:
        marking = _of_pdf(path, limits, seconds)
    else:
        check = _SCREENS.get(media_type)
        marking = check(path, limits) if check else None
    return FileResult({"level": marking.level.value} if marking else {})


def level_of(output: FileResult) -> Marking | None:
    """Returns the marking from the result of `screen`, without its position."""
    level = output.values.get("level")
    return Marking(Secrecy(level), 0, 0, level) if level else None


def marking_of_bytes(path: Path) -> Marking | None:
    """Returns the marking in the first bytes of a text file."""
    with path.open("rb") as file:
        data = file.read(_WRITTEN_BYTES + 1)
    try:
        return marking_of(decode(data[:_WRITTEN_BYTES], cut=len(data) > _WRITTEN_BYTES))
    except NotText:
        return None


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


def _of_pdf(path: Path, limits: ReadLimits, seconds: float | None) -> Marking | None:
    until = math.inf if seconds is None else time.monotonic() + seconds
    try:
        with metadata.open_with_fields(path) as document:
            texts = [*metadata.properties(document), *metadata.bookmarks(document)]
            found = highest(map(marking_of, (*texts, *metadata.attachments(document))))
            for number in range(min(len(document), limits.max_pages)):
                # Stop before a slow page, so that a marking already found is not lost to the limit.
                if number >= _FIRST_PAGES and _is_enough(found, until):
                    break
                found = highest((found, *map(marking_of, _page(document, number))))
            return found
    except pdfium.PdfiumError as error:
        raise pdf.document_error(error) from error


def _is_enough(found: Marking | None, until: float) -> bool:
    """Whether to stop: a marking was found or the time is over. Never without a time limit."""
    return until < math.inf and (found is not None or time.monotonic() >= until)


def _page(document: pdfium.PdfDocument, number: int) -> Iterator[str]:
    """Yields the text of a page, then each of its annotations."""
    page = document[number]
    with text_layer(page) as layer:
        words: str = layer.get_text_range(0, min(layer.count_chars(), _PDF_CHARS))
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
