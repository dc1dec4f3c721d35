"""A quick look at a file for a secrecy marking: where markings stand, and not all of it.

Listed in `tasks.file_work` as `secrecy`. The whole text is looked at when it is read for a job.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
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
from tasks.secrecy import Marking, Secrecy, marking_in, marking_of

# Of these the first bytes are looked at, without a process of their own.
WRITTEN = frozenset((text.MEDIA_TYPE, markdown.MEDIA_TYPE))
_WRITTEN_BYTES = 256 * 1024
# Pages of a PDF that are looked at however long they take: where markings stand, if anywhere.
_FIRST_PAGES = 2
_PDF_CHARS = 20_000
# Parts of a Word document that may bear a marking, beside its body.
_APART = re.compile(r"word/(?:header|footer)\d*\.xml|docProps/(?:core|custom)\.xml")
_BREAKS = frozenset(("p", "br", "cr", "tr"))


def look(path: Path, arguments: Mapping[str, Any], limits: ReadLimits) -> FileResult:
    """`found` has the marking, or is empty. `arguments` has `media_type`.

    With `seconds`, a PDF is looked through until a marking is found or they are over, its first
    pages anyhow; else all of it is. Raises a `DocumentError`.
    """
    media_type, seconds = arguments["media_type"], arguments.get("seconds")
    if media_type == pdf.MEDIA_TYPE:
        marking = _of_pdf(path, limits, seconds)
    else:
        see = _LOOKS.get(media_type)
        marking = see(path, limits) if see else None
    return FileResult({"level": marking.level.value} if marking else {})


def level_of(made: FileResult) -> Marking | None:
    """The marking that a look has found; where it stands is not told."""
    level = made.values.get("level")
    return Marking(Secrecy(level), 0, 0, level) if level else None


def marking_of_bytes(path: Path) -> Marking | None:
    """The marking that a written file bears in its first bytes."""
    with path.open("rb") as file:
        data = file.read(_WRITTEN_BYTES + 1)
    try:
        return marking_of(decode(data[:_WRITTEN_BYTES], cut=len(data) > _WRITTEN_BYTES))
    except NotText:
        return None


def _of_docx(path: Path, limits: ReadLimits) -> Marking | None:
    with Package(path, limits) as package:
        main = package.main_part(WORD_MAIN_TYPES)
        names = [main, *(name for name in package.names if _APART.fullmatch(name))]
        return _most(marking_of(_words(package.xml(name))) for name in names if name)


def _words(root: etree._Element | None) -> str:
    """All words of a part, text boxes, hidden and deleted ones included, a line a paragraph.

    Watermarks are at the end, each a line.
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
            found = _most(map(marking_of, (*texts, *metadata.attachments(document))))
            for number in range(min(len(document), limits.max_pages)):
                # A slow page after the first ones must not cost what was found on them.
                if number >= _FIRST_PAGES and _is_enough(found, until):
                    break
                found = _most((found, *map(marking_of, _page(document, number))))
            return found
    except pdfium.PdfiumError as error:
        raise pdf.document_error(error) from error


def _is_enough(found: Marking | None, until: float) -> bool:
    """Whether to look no further; never where there is no end to the time."""
    return until < math.inf and (found is not None or time.monotonic() >= until)


def _page(document: pdfium.PdfDocument, number: int) -> Iterator[str]:
    """The text of a page, and each of its notes by itself."""
    page = document[number]
    with text_layer(page) as layer:
        words: str = layer.get_text_range(0, min(layer.count_chars(), _PDF_CHARS))
    yield words.replace("\r\n", "\n")
    yield from metadata.notes(document, page)
    yield from metadata.attached(page)
    page.close()


def _of_all(media_type: str) -> Callable[[Path, ReadLimits], Marking | None]:
    """For formats of which there is no quicker look than to read them."""

    def look(path: Path, limits: ReadLimits) -> Marking | None:
        document: Document = READERS[media_type](path, replace(limits, hidden=True))
        return _most((marking_in(document), *map(marking_of, properties(path, media_type, limits))))

    return look


def _most(markings: Iterable[Marking | None]) -> Marking | None:
    """The most secret one."""
    found = [one for one in markings if one is not None]
    return max(found, key=lambda one: list(Secrecy).index(one.level), default=None)


_READ = (html.MEDIA_TYPE, ofd.MEDIA_TYPE, sheets.XLSX, sheets.XLS, sheets.ODS, mail.MEDIA_TYPE)
_LOOKS: Mapping[str, Callable[[Path, ReadLimits], Marking | None]] = MappingProxyType(
    {
        docx.MEDIA_TYPE: _of_docx,
        **{media_type: _of_all(media_type) for media_type in _READ},
    }
)
LOOKED_AT = frozenset((*_LOOKS, pdf.MEDIA_TYPE))
