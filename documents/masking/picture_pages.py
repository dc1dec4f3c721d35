"""Adds pages to a PDF that are a picture, with its text as an invisible layer."""

from __future__ import annotations

from collections.abc import Sequence

import pikepdf
from PIL import Image

from documents.masking.painted_picture import TextLine


class PicturePages:
    """Appends pages to `pdf`. `finish` must be called before the PDF is saved."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf

    def add(
        self, picture: Image.Image, size: tuple[float, float], lines: Sequence[TextLine]
    ) -> None:
        """Append a page of `size` in points. The boxes of `lines` are in the picture's pixels."""
        raise NotImplementedError

    def finish(self) -> None:
        """Write the font of the invisible text, with the characters that were used."""
        raise NotImplementedError
