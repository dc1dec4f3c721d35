"""Reads the rendered pages of a masked PDF by OCR, as a person sees them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pypdfium2 as pdfium

from documents.limits import OcrBudget
from documents.masking.pictures.painted_picture import texts

_DPI = 150
_POINTS = 72
_MOST_PIXELS = 40_000_000


def page_texts(path: Path, budget: OcrBudget) -> Iterator[tuple[int, list[str]]]:
    """Yields each page, from 1, and its text in the views of `documents.ocr.views`.

    Raises `PagesUnread` at the first page that OCR may not read.
    """
    # PDFium resolves a path, and a file in memory has none.
    with path.open("rb") as file, pdfium.PdfDocument(file) as document:
        for number in range(len(document)):
            page = document[number]
            width, height = page.get_size()
            scale = min(_DPI / _POINTS, (_MOST_PIXELS / max(1.0, width * height)) ** 0.5)
            picture = page.render(scale=scale).to_pil().convert("RGB")
            page.close()
            yield number + 1, texts(picture, budget)
