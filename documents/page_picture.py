"""A page of a PDF or a picture as a PNG, for people to look at.

Listed in `tasks.file_work` as `page_picture`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
from PIL import Image

from documents.errors import CorruptDocument, UnsupportedDocument
from documents.limits import ReadLimits
from documents.readers import pdf, pictures
from documents.source import FileResult

MEDIA_TYPES = frozenset((pdf.MEDIA_TYPE, *pictures.MEDIA_TYPES.values()))
_MOST_SIDE = 1_600  # pixels


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


def _of_pdf(path: Path, number: int, limits: ReadLimits) -> FileResult:
    try:
        # PDFium resolves a path, and a file in memory has none.
        with path.open("rb") as file, pdfium.PdfDocument(file) as document:
            pages = len(document)
            if not 1 <= number <= min(pages, limits.max_pages):
                raise _no_such_page(number)
            page = document[number - 1]
            width, height = page.get_size()
            scale = _MOST_SIDE / max(width, height, 1.0)
            picture = page.render(scale=scale, rev_byteorder=True).to_pil()
            return _result(picture, width, height, pages)
    except pdfium.PdfiumError as error:
        raise pdf.document_error(error) from error


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
