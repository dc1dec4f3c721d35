"""A page of a PDF or a picture as a PNG, for people to look at, and where words are on it.

Listed in `tasks.file_work` as `page_picture` and `word_boxes`.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
from PIL import Image

from documents.errors import CorruptDocument, UnsupportedDocument
from documents.limits import ReadLimits
from documents.page.blocks import Box
from documents.readers import pdf, pictures
from documents.readers.pdf.characters import Place, placing
from documents.source import FileResult

MEDIA_TYPES = frozenset((pdf.MEDIA_TYPE, *pictures.MEDIA_TYPES.values()))
_MOST_SIDE = 1_600  # pixels
_MOST_OCCURRENCES = 200


def page_picture(path: Path, arguments: Mapping[str, Any], limits: ReadLimits) -> FileResult:
    """Returns the PNG, and the page's `width` and `height` in points, as boxes of blocks have them,
    and the number of `pages`.

    `arguments` has `media_type` and `page`, from 1. Raises a `DocumentError`; `CorruptDocument` for
    a page that the document does not have.
    """
    media_type, number = arguments["media_type"], arguments["page"]
    if media_type == pdf.MEDIA_TYPE:
        return _of_pdf(path, number, limits)
    if media_type in MEDIA_TYPES:
        return _of_picture(path, number)
    raise UnsupportedDocument("Only pages of PDF files and pictures can be shown.")


def word_boxes(path: Path, arguments: Mapping[str, Any], limits: ReadLimits) -> FileResult:
    """Returns the `boxes` of each of the `places` on a page of a PDF: those of its lines, in points
    from the page's top left; none where its words are not in the page's text inside its box.

    A place is the words, and the box that they are in, such as that of their paragraph. Equal
    places are the occurrences in turn. `arguments` has `page`, from 1, and `places`. Raises a
    `DocumentError`.
    """
    with _page(path, arguments["page"], limits) as (page, _):
        text, place, times = page.get_textpage(), placing(page), Counter[str]()
        boxes = []
        for words, around in arguments["places"]:
            found = list(_occurrences(text, words, around, place))
            boxes.append(found[min(times[words], len(found) - 1)] if found else [])
            times[words] += len(found) > times[words]
    return FileResult({"boxes": boxes})


def _occurrences(
    text: pdfium.PdfTextPage, words: str, around: Box, place: Place
) -> Iterator[Sequence[Box]]:
    """The boxes of each occurrence of words whose first line is inside `around`."""
    if not words.strip():
        return
    searcher = text.search(words, match_case=True)
    for span in islice(iter(searcher.get_next, None), _MOST_OCCURRENCES):
        boxes = [place(*text.get_rect(index)) for index in range(text.count_rects(*span))]
        if boxes and _is_inside(boxes[0], around):
            yield boxes


def _is_inside(box: Box, around: Box) -> bool:
    """Whether the middle of a box is inside another."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return around[0] <= x <= around[2] and around[1] <= y <= around[3]


@contextmanager
def _page(path: Path, number: int, limits: ReadLimits) -> Iterator[tuple[pdfium.PdfPage, int]]:
    """A page of a PDF, from 1, and the number of pages. Raises a `DocumentError`."""
    try:
        # PDFium resolves a path, and a file in memory has none.
        with path.open("rb") as file, pdfium.PdfDocument(file) as document:
            pages = len(document)
            if not 1 <= number <= min(pages, limits.max_pages):
                raise _no_such_page(number)
            yield document[number - 1], pages
    except pdfium.PdfiumError as error:
        raise pdf.document_error(error) from error


def _of_pdf(path: Path, number: int, limits: ReadLimits) -> FileResult:
    with _page(path, number, limits) as (page, pages):
        width, height = page.get_size()
        scale = _MOST_SIDE / max(width, height, 1.0)
        picture = page.render(scale=scale, rev_byteorder=True).to_pil()
        return _result(picture, width, height, pages)


def _of_picture(path: Path, number: int) -> FileResult:
    with path.open("rb") as file, pictures.damage():
        picture = Image.open(file, formats=tuple(pictures.MEDIA_TYPES))
        is_paged = pictures.media_type_of(picture) == pictures.TIFF
        pages = getattr(picture, "n_frames", 1) if is_paged else 1
        if not 1 <= number <= pages:
            raise _no_such_page(number)
        picture.seek(number - 1)
        upright, scale = pictures.prepared(picture)
        width, height = (side * scale for side in upright.size)
        upright.thumbnail((_MOST_SIDE, _MOST_SIDE))
        return _result(upright, width, height, pages)


def _result(picture: Image.Image, width: float, height: float, pages: int) -> FileResult:
    png = io.BytesIO()
    picture.save(png, "PNG")
    return FileResult({"width": width, "height": height, "pages": pages}, png.getvalue())


def _no_such_page(number: int) -> CorruptDocument:
    return CorruptDocument(f"The document has no page {number}.")
