"""Compares how pages look before and after they were rewritten."""

from __future__ import annotations

import pypdfium2 as pdfium
from PIL import Image, ImageChops

_SCALE = 50 / 72
_MOST_PIXELS = 4_000_000
_MOST_DIFFERENCE = 40  # of 255: profiles of colours are not copied
_MOST_SHARE = 0.0005  # of the pixels may differ more


class Likeness:
    """Compares pages of `document` with those of a new `file`."""

    def __init__(self, document: pdfium.PdfDocument, file: bytes) -> None:
        self._old = document
        self._new = pdfium.PdfDocument(file)

    def is_same(self, number: int, other: int) -> bool:
        """Whether page `number` looks as page `other` of the new file does."""
        old, new = _rendered(self._old, number), _rendered(self._new, other)
        if old.size != new.size:
            return False
        histogram = ImageChops.difference(old, new).histogram()
        return sum(histogram[_MOST_DIFFERENCE + 1 :]) <= _MOST_SHARE * old.width * old.height


def _rendered(document: pdfium.PdfDocument, number: int) -> Image.Image:
    page = document[number]
    width, height = page.get_size()
    scale = min(_SCALE, (_MOST_PIXELS / max(1.0, width * height)) ** 0.5)
    picture: Image.Image = page.render(
        scale=scale, grayscale=True, may_draw_forms=False, draw_annots=False
    ).to_pil()
    page.close()
    return picture.convert("L")
