"""Pictures of pages: PNG, JPEG, TIFF (all pages), BMP, WebP and GIF, read by OCR."""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from PIL import ExifTags, Image, ImageOps, ImageStat, UnidentifiedImageError

from documents.document import Document
from documents.draft import Draft, too_many_pages
from documents.errors import CorruptDocument, DocumentTooLong, NoTextLayer
from documents.limits import OcrBudget, ReadLimits
from documents.ocr.layout import Frame, confidence, page_blocks
from documents.ocr.scan import Scan
from documents.page.arrange import arrange
from documents.page.blocks import PageBlock, TableBlock
from documents.readers.ahead import Finish, finish_in_order

PNG, JPEG, TIFF = "image/png", "image/jpeg", "image/tiff"
BMP, WEBP, GIF = "image/bmp", "image/webp", "image/gif"
MEDIA_TYPES = {"PNG": PNG, "JPEG": JPEG, "TIFF": TIFF, "BMP": BMP, "WEBP": WEBP, "GIF": GIF}

MOST_PIXELS = 100_000_000  # A3 at 600 dots per inch has 70 million
MOST_SIDE = 30_000
READ_SIDE = 5_000  # a larger picture does not improve OCR
_OPAQUE = 255
_UPRIGHT = 1
_POINTS = 72.0
_PLAUSIBLE = range(50, 2_401)  # dots per inch
# Errors of Pillow on damaged files.
_BAD_PICTURE = (
    UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError,
    TypeError, KeyError, IndexError, AttributeError, EOFError, OverflowError, ZeroDivisionError,
    struct.error, zlib.error,
)  # fmt: skip


def read(path: Path, limits: ReadLimits) -> Document:
    """Read a picture, or each page of a TIFF. Raises a `DocumentError`.

    Boxes are in points if the picture stores its resolution, else in pixels.
    """
    if not limits.ocr_pages:
        raise NoTextLayer(
            "The file is a picture, and OCR is switched off. Send a document with text."
        )
    draft = Draft(limits)
    budget = OcrBudget(limits)
    unread: list[int] = []
    heights: dict[int, float] = {}
    with path.open("rb") as file:
        with damage():
            picture = Image.open(file, formats=tuple(MEDIA_TYPES))
            media_type = media_type_of(picture)
            # Only the first frame of an animation.
            pages = getattr(picture, "n_frames", 1) if media_type == TIFF else 1
        if pages > limits.max_pages:
            raise too_many_pages(pages, limits)

        def begin() -> Iterator[Finish]:
            for number in range(1, pages + 1):
                if not budget.take():
                    unread.append(number)
                    continue
                with damage():
                    picture.seek(number - 1)
                    seen, scale = prepared(picture)
                heights[number] = seen.height * scale
                yield partial(_add_page, draft, begun_scan(seen, budget), scale, number)

        finish_in_order(begin(), limits.ocr_threads)
    arrange(draft, heights)
    return draft.finish(media_type, pages, tuple(unread), budget.scans)


def decoded_picture(data: bytes) -> Image.Image:
    """Decode a picture inside a document, upright and on white.

    Raises `CorruptDocument`, or `DocumentTooLong` for one of too many pixels.
    """
    with damage():
        return prepared(Image.open(io.BytesIO(data), formats=tuple(MEDIA_TYPES)))[0]


def media_type_of(picture: Image.Image) -> str:
    """The media type of an open picture."""
    # Phones store the second camera's picture in the same file, as MPO.
    return MEDIA_TYPES.get(picture.format or "", JPEG)


def ocr_scan(picture: Image.Image, budget: OcrBudget) -> Scan:
    """What OCR reads in a picture. The same picture of a document is read once."""
    return begun_scan(picture, budget)()


def begun_scan(picture: Image.Image, budget: OcrBudget) -> Callable[[], Scan]:
    """Begin to read a picture, if there is a thread for it. What is returned is `ocr_scan`."""
    # OCR takes a second and much memory to load, so it is loaded on first use.
    from documents.ocr.recognition import begun  # noqa: PLC0415

    digest = hashlib.sha256(f"{picture.mode} {picture.size}".encode())
    digest.update(picture.tobytes())
    key = digest.digest()
    if key not in budget.scans and key not in budget.begun:
        budget.begun[key] = begun(picture, budget.threads)

    def finish() -> Scan:
        if key in budget.begun:
            # After an error, the next page with this picture has the same error.
            budget.scans[key] = budget.begun[key]()
            del budget.begun[key]
        return budget.scans[key]

    return finish


def _add_page(draft: Draft, begun: Callable[[], Scan], scale: float, number: int) -> None:
    scan = begun()
    add_scanned(draft, Frame(scan, scale, scan.lean), number)


def add_scanned(draft: Draft, frame: Frame, page: int) -> None:
    """Add the blocks and the seals of a page that OCR read."""
    placed = [(frame.straight(line), line) for line in frame.scan.lines]
    for block in page_blocks(frame.scan, frame):
        sure = confidence(block, placed)
        add_block(draft, replace(block, box=frame.on_page(block.box)), page, sure)
    add_seals(draft, frame, page)


def add_seals(draft: Draft, frame: Frame, page: int | None) -> None:
    for seal in frame.seals(page):
        draft.add_seal(seal)


def add_block(draft: Draft, block: PageBlock, page: int, sure: float | None = None) -> None:
    """Add a block of a page. `sure` is OCR's confidence."""
    if isinstance(block, TableBlock):
        draft.add_table(block, page=page, box=block.box, confidence=sure)
    else:
        draft.add(block.text, block.kind, page=page, box=block.box, confidence=sure)


def prepared(picture: Image.Image) -> tuple[Image.Image, float]:
    """A picture, upright, in gray or RGB on white, and its points per pixel.

    A large picture is shrunk to what OCR needs. Raises `DocumentTooLong` for too many pixels,
    before they are decoded.
    """
    check_size(picture)
    width, height = picture.size
    scale = points_per_pixel(picture)
    if (shrink := _shrink(picture)) > 1:
        picture.draft(None, (round(width / shrink), round(height / shrink)))
    seen = of_read_size(_on_white(_turned(picture)))
    return seen, scale * max(width, height) / max(seen.size)


def transparency(picture: Image.Image) -> Image.Image | None:
    """What the alpha channel of a picture shows, upright, in gray; None if all of it is opaque.

    The rarer of opaque and transparent is black, as text is. Raises as `prepared` does.
    """
    if not picture.has_transparency_data:
        return None
    check_size(picture)
    alpha = _turned(picture).convert("RGBA").getchannel("A")
    low, _ = alpha.getextrema()
    if low == _OPAQUE:
        return None
    rarer = alpha if ImageStat.Stat(alpha).mean[0] > _OPAQUE / 2 else ImageOps.invert(alpha)
    return of_read_size(rarer)


def upright(picture: Image.Image) -> Image.Image:
    """A picture as a person sees it, in its full size: upright, in gray or RGB on white.

    Raises `DocumentTooLong` for too many pixels, before they are decoded.
    """
    check_size(picture)
    return _on_white(_turned(picture))


def of_read_size(picture: Image.Image) -> Image.Image:
    """The picture, shrunk to what OCR needs if it is larger."""
    if (shrink := _shrink(picture)) <= 1:
        return picture
    size = (max(1, round(picture.width / shrink)), max(1, round(picture.height / shrink)))
    return picture.resize(size, Image.Resampling.BOX)


def _shrink(picture: Image.Image) -> float:
    width, height = picture.size
    return max(width, height) / READ_SIDE if width * height > READ_SIDE**2 else 1.0


def check_size(picture: Image.Image) -> None:
    """Raises `DocumentTooLong` for too many pixels, and `ValueError` for none."""
    width, height = picture.size
    if not width or not height:
        raise ValueError("a picture without pixels")
    if width * height > MOST_PIXELS or max(width, height) > MOST_SIDE:
        raise DocumentTooLong(
            f"The picture is {width:,} by {height:,} pixels, more than a page needs. Scan it with "
            "300 dots per inch."
        )


def points_per_pixel(picture: Image.Image) -> float:
    """Points per pixel by the stored resolution; 1 without a plausible one."""
    stored = picture.info.get("dpi")
    dots = float(stored[0]) if stored else 0.0
    return _POINTS / dots if dots and round(dots) in _PLAUSIBLE else 1.0


def _turned(picture: Image.Image) -> Image.Image:
    """The picture as its Exif data turn it: the same object if they do not turn it.

    Pillow copies such a picture, which takes as long as to decode it.
    """
    orientation = picture.getexif().get(ExifTags.Base.Orientation, _UPRIGHT)
    return picture if orientation == _UPRIGHT else ImageOps.exif_transpose(picture)


def _on_white(picture: Image.Image) -> Image.Image:
    """The picture in 8-bit gray or RGB."""
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
def damage() -> Iterator[None]:
    """Turns Pillow's errors into `CorruptDocument` and `DocumentTooLong`."""
    with warnings.catch_warnings():
        # Pillow warns about harmless things, such as odd camera metadata.
        warnings.simplefilter("ignore")
        try:
            yield
        except Image.DecompressionBombError as error:
            raise DocumentTooLong(
                "The picture has more pixels than a page needs. Scan it with 300 dots per inch."
            ) from error
        except _BAD_PICTURE as error:
            raise CorruptDocument("The picture is damaged or cut short. Send it again.") from error
