"""Pictures inside a document of another format, read by OCR like scanned pages."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import NamedTuple

from PIL import Image

from documents.document import BlockKind, Seal
from documents.errors import CorruptDocument, DocumentTooLong
from documents.limits import OcrBudget, ReadLimits
from documents.ocr.layout import Frame, confidence, page_blocks
from documents.ocr.scan import Scan
from documents.readers.pictures import MEDIA_TYPES, damage, decoded_picture, ocr_scan

# Points on the page. Narrower pictures are rules; smaller ones are icons and bullets.
_NARROW, _ICON = 8.0, 30.0
_FEW_PIXELS = 12
# Bytes per pixel: a picture with more of them has more than one colour.
_PLAIN_BYTES = 0.05
_PLAIN_RANGE = 16  # of 256 shades
# Pixels of a document that are decoded to see whether they have one colour: about two seconds.
_MOST_PLAIN_PIXELS = 200_000_000


class Size(NamedTuple):
    """The size of a picture on its page, in points."""

    width: float
    height: float

    @property
    def is_decorative(self) -> bool:
        """Whether a picture holds no text: it is narrower than 8 points, or smaller than 30 by 30
        points.
        """
        return min(self) < _NARROW or max(self) < _ICON


class PictureBlock(NamedTuple):
    """A block of text in a picture, with OCR's confidence."""

    text: str
    kind: BlockKind
    confidence: float | None


class PictureText(NamedTuple):
    """What a picture says. `unread` is why it was not read; None if it was. `seals` have no
    place.
    """

    blocks: tuple[PictureBlock, ...] = ()
    unread: str | None = None
    seals: tuple[Seal, ...] = ()


class EmbeddedPictures:
    """Reads the pictures of one document, within the limits of OCR."""

    def __init__(self, limits: ReadLimits) -> None:
        self._budget = OcrBudget(limits)
        self._is_ocr_off = limits.ocr_pages == 0
        self._pixels = _MOST_PLAIN_PIXELS

    @property
    def scans(self) -> Mapping[bytes, Scan]:
        """What OCR read, by the digest of the picture."""
        return self._budget.scans

    def read(self, data: bytes) -> PictureText:
        """Read a picture, given its bytes.

        One with fewer than 12 pixels on a side, or of one colour, has no text. Raises `NoTextLayer`
        if a process with OCR has to read it.
        """
        try:
            if self._is_empty(data):
                return PictureText()
            if not self._budget.take():
                off = "OCR is switched off"
                return PictureText((), off if self._is_ocr_off else "the limit of OCR is reached")
            picture = decoded_picture(data)
        except DocumentTooLong:
            return PictureText((), "it has too many pixels")
        except CorruptDocument:
            return PictureText((), "its format is not supported, or it is damaged")
        scan = ocr_scan(picture, self._budget)
        frame = Frame(scan, 1.0, scan.lean)
        placed = [(frame.straight(line), line) for line in scan.lines]
        return PictureText(
            tuple(
                PictureBlock(block.text, block.kind, confidence(block, placed))
                for block in page_blocks(scan, frame)
            ),
            seals=tuple(frame.seals(None)),
        )

    def _is_empty(self, data: bytes) -> bool:
        """Raises `CorruptDocument` and `DocumentTooLong`."""
        with damage():
            picture = Image.open(io.BytesIO(data), formats=tuple(MEDIA_TYPES))
            if min(picture.size) < _FEW_PIXELS:
                return True
            pixels = picture.width * picture.height
        if len(data) > pixels * _PLAIN_BYTES or pixels > self._pixels:
            return False
        self._pixels -= pixels
        extrema = decoded_picture(data).convert("L").getextrema()
        low, high = (float(one) for one in extrema if isinstance(one, int | float))
        return high - low < _PLAIN_RANGE
