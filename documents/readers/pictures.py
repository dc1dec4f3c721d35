"""Pictures of pages: PNG, JPEG, TIFF of one or many pages, BMP, WebP and GIF, read by OCR."""

from __future__ import annotations

import io
import struct
import time
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from documents.document import Document
from documents.draft import Draft, too_many_pages
from documents.errors import CorruptDocument, DocumentTooLong, NoTextLayer
from documents.limits import ReadLimits
from documents.ocr.layout import Frame, confidence, page_blocks
from documents.ocr.scan import Scan

PNG, JPEG, TIFF = "image/png", "image/jpeg", "image/tiff"
BMP, WEBP, GIF = "image/bmp", "image/webp", "image/gif"
MEDIA_TYPES = {"PNG": PNG, "JPEG": JPEG, "TIFF": TIFF, "BMP": BMP, "WEBP": WEBP, "GIF": GIF}

MOST_PIXELS = 100_000_000  # A3 at 600 dots to an inch has 70 million
MOST_SIDE = 30_000
READ_SIDE = 5_000  # OCR reads nothing more on a page that is larger
_POINTS = 72.0
_BELIEVED = range(50, 2_401)  # dots to an inch
# What Pillow raises over bytes that are not what they say.
_BAD_PICTURE = (
    UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError,
    TypeError, KeyError, IndexError, AttributeError, EOFError, OverflowError, ZeroDivisionError,
    struct.error, zlib.error,
)  # fmt: skip


class OcrBudget:
    """What is left of the pages and the time that OCR may take for one document."""

    def __init__(self, limits: ReadLimits) -> None:
        self.pages = limits.ocr_pages or 0
        self.threads = limits.ocr_threads
        self._ends = time.monotonic() + limits.ocr_seconds

    def take(self) -> bool:
        """Whether one more page may be read."""
        if self.pages <= 0 or time.monotonic() > self._ends:
            return False
        self.pages -= 1
        return True


def read(path: Path, limits: ReadLimits) -> Document:
    """Read a picture, or each page of a TIFF. Raises a `DocumentError`.

    A box is in points where the picture says how large it is, else in pixels.
    """
    if not limits.ocr_pages:
        raise NoTextLayer("The file is a picture, and OCR is switched off here. Send a text.")
    draft = Draft(limits)
    budget = OcrBudget(limits)
    unread: list[int] = []
    with path.open("rb") as file:
        with _damage():
            picture = Image.open(file, formats=tuple(MEDIA_TYPES))
            # A telephone puts its second camera into the same file, as another format.
            media_type = MEDIA_TYPES.get(picture.format or "", JPEG)
            # Of a picture that moves, the first one is what a page would show.
            pages = getattr(picture, "n_frames", 1) if media_type == TIFF else 1
        if pages > limits.max_pages:
            raise too_many_pages(pages, limits)
        for number in range(1, pages + 1):
            if not budget.take():
                unread.append(number)
                continue
            with _damage():
                picture.seek(number - 1)
                upright, scale = prepared(picture)
            add_scanned(draft, ocr_scan(upright, budget), scale, number)
    return draft.finish(media_type, pages, tuple(unread))


def decoded_picture(data: bytes) -> Image.Image:
    """A picture inside a document, as people see it.

    Raises `CorruptDocument`, or `DocumentTooLong` for one of too many pixels.
    """
    with _damage():
        return prepared(Image.open(io.BytesIO(data), formats=tuple(MEDIA_TYPES)))[0]


def ocr_scan(picture: Image.Image, budget: OcrBudget) -> Scan:
    # Pillow is light; what reads is loaded when it is called for the first time.
    from documents.ocr.recognition import scan  # noqa: PLC0415

    return scan(picture, budget.threads)


def add_scanned(draft: Draft, scan: Scan, scale: float, page: int) -> None:
    """Add the blocks of a page; `scale` is points to a pixel."""
    frame = Frame(scan, scale, scan.lean)
    placed = [(frame.straight(line), line) for line in scan.lines]
    for block in page_blocks(scan, frame):
        sure = confidence(block, placed)
        box = frame.on_page(block.box)
        draft.add(block.text, block.kind, page=page, box=box, confidence=sure)


def prepared(picture: Image.Image) -> tuple[Image.Image, float]:
    """A picture as people see it, in gray or colours on white, and its points to a pixel.

    Raises `DocumentTooLong` for one of more pixels than a page has, before it unpacks them.
    """
    width, height = picture.size
    if not width or not height:
        raise ValueError("a picture without pixels")
    if width * height > MOST_PIXELS or max(width, height) > MOST_SIDE:
        raise DocumentTooLong(
            f"The picture is {width:,} by {height:,} pixels, more than a page needs. Scan it with "
            "300 dots to an inch."
        )
    scale = _points_to_a_pixel(picture)
    shrunk = max(1.0, max(width, height) / READ_SIDE) if width * height > READ_SIDE**2 else 1.0
    if shrunk > 1:
        picture.draft(None, (round(width / shrunk), round(height / shrunk)))
    seen = _on_white(ImageOps.exif_transpose(picture))
    if shrunk > 1:
        size = (max(1, round(seen.width / shrunk)), max(1, round(seen.height / shrunk)))
        seen = seen.resize(size, Image.Resampling.BOX)
    return seen, scale * max(width, height) / max(seen.size)


def _points_to_a_pixel(picture: Image.Image) -> float:
    given = picture.info.get("dpi")
    dots = float(given[0]) if given else 0.0
    return _POINTS / dots if dots and round(dots) in _BELIEVED else 1.0


def _on_white(picture: Image.Image) -> Image.Image:
    """In gray or colours, of eight bits."""
    if picture.mode.startswith(("I", "F")):
        return _eight_bits(picture)
    if picture.mode in {"LA", "PA", "La", "RGBA", "RGBa"} or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        flat = Image.alpha_composite(white, layer).convert("RGB")
        flat.info = dict(picture.info)
        return flat
    return picture.convert("L" if picture.mode in {"1", "L"} else "RGB")


def _eight_bits(picture: Image.Image) -> Image.Image:
    low, high = picture.getextrema()
    if not isinstance(low, int | float) or not isinstance(high, int | float) or high <= low:
        return Image.new("L", picture.size, 255)
    step = 255.0 / (high - low)
    return picture.convert("F").point(lambda value: value * step - low * step).convert("L")


@contextmanager
def _damage() -> Iterator[None]:
    with warnings.catch_warnings():
        # Pillow warns of much that does not matter, such as a camera's odd notes.
        warnings.simplefilter("ignore")
        try:
            yield
        except Image.DecompressionBombError as error:
            raise DocumentTooLong(
                "The picture has more pixels than a page needs. Scan it with 300 dots to an inch."
            ) from error
        except _BAD_PICTURE as error:
            raise CorruptDocument("The picture is damaged or cut short. Send it again.") from error
