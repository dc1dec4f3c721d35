"""Masks pictures: PNG, JPEG, TIFF, BMP, WebP and GIF, alone or inside another file.

Only the pixels of the picture as it is shown are written, and its resolution.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import pikepdf
from PIL import Image

from documents.draft import too_many_pages
from documents.inventory.entry import Unread
from documents.limits import OcrBudget, ReadLimits
from documents.masking.account import Account
from documents.masking.masked_file import MaskedFile
from documents.masking.pictures.pages import PicturePages
from documents.masking.pictures.painted_picture import PaintedPicture, paint
from documents.masking.replacement import Masking
from documents.readers import pdf
from documents.readers.pictures import (
    GIF,
    JPEG,
    MEDIA_TYPES,
    TIFF,
    WEBP,
    damage,
    media_type_of,
    points_per_pixel,
    upright,
)

_FORMATS: Mapping[str, str] = MappingProxyType({kind: name for name, kind in MEDIA_TYPES.items()})
_QUALITY = 90
_OPTIONS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {JPEG: {"quality": _QUALITY}, WEBP: {"quality": _QUALITY}, TIFF: {"compression": "tiff_lzw"}}
)
_BLACK_AND_WHITE: Mapping[str, Any] = MappingProxyType({"compression": "group4"})
_POINTS = 72.0
_MOST_POINTS = 14_400.0  # the longest side of a page of a PDF


def mask_picture_file(
    path: Path, masking: Masking, limits: ReadLimits, account: Account
) -> MaskedFile:
    """Return a masked copy of a picture of the same format; of a TIFF with several pages, a PDF.

    Raises a `DocumentError`: `PagesUnread` if OCR is switched off or did not read all pages.
    """
    budget = OcrBudget(limits)
    with path.open("rb") as file:
        with damage():
            picture = Image.open(file, formats=tuple(MEDIA_TYPES))
            pages = getattr(picture, "n_frames", 1)
        if media_type_of(picture) != TIFF or pages == 1:
            return mask_picture(file, masking, budget, account, "page 1")
        if pages > limits.max_pages:
            raise too_many_pages(pages, limits)
        return MaskedFile(_as_pdf(picture, pages, masking, budget, account), pdf.MEDIA_TYPE)


def mask_picture(
    file: BinaryIO | bytes, masking: Masking, budget: OcrBudget, account: Account, where: str
) -> MaskedFile:
    """Return a masked copy of a picture, of the same format; `where` is its place, for `account`.

    Only the first frame of an animation is kept, because only it is searched. Raises
    `CorruptDocument` also for a format that cannot be read, `DocumentTooLong` for too many pixels,
    `PagesUnread` as `paint` does, and `MemoryError`.
    """
    with damage():
        picture = Image.open(
            io.BytesIO(file) if isinstance(file, bytes) else file, formats=tuple(MEDIA_TYPES)
        )
        media_type = media_type_of(picture)
        frames = getattr(picture, "n_frames", 1)
        is_bilevel = picture.mode == "1"
        scale = points_per_pixel(picture)
        seen = upright(picture)
    painted = paint(seen, masking, budget)
    _note(painted, account, where, scale)
    if frames > 1:
        account.removed["further frames of a picture"] += frames - 1
    return MaskedFile(_saved(painted.picture, media_type, scale, is_bilevel=is_bilevel), media_type)


def _as_pdf(
    picture: Image.Image, pages: int, masking: Masking, budget: OcrBudget, account: Account
) -> bytes:
    """Each page is read, painted and compressed before the next one is decoded."""
    with pikepdf.new() as document:
        written = PicturePages(document)
        for number in range(1, pages + 1):
            with damage():
                picture.seek(number - 1)
                is_bilevel = picture.mode == "1"
                scale = points_per_pixel(picture)
                seen = upright(picture)
            painted = paint(seen, masking, budget)
            shown = _plain(painted.picture, is_bilevel=is_bilevel)
            scale = min(scale, _MOST_POINTS / max(shown.size))
            _note(painted, account, f"page {number}", scale)
            written.add(shown, (shown.width * scale, shown.height * scale), painted.lines)
        written.finish()
        file = io.BytesIO()
        document.save(file)
        return file.getvalue()


def _note(painted: PaintedPicture, account: Account, where: str, scale: float) -> None:
    """Note what was painted over; `scale` is in points per pixel."""
    account.count(where, [finding.change for finding in painted.findings])
    for finding in painted.findings:
        for left, top, right, bottom in finding.boxes:
            box = (
                round(left * scale, 1), round(top * scale, 1),
                round(right * scale, 1), round(bottom * scale, 1),
            )  # fmt: skip
            account.add_box(where, finding.change.label, box)
    if painted.unclear:
        account.add_not_covered(Unread.unclear_text.value, where)
    account.removed.update(f"{cover.value} in pictures" for cover, _ in painted.covered)


def _saved(picture: Image.Image, media_type: str, scale: float, *, is_bilevel: bool) -> bytes:
    # JPEG, WebP and GIF have no mode with one bit.
    plain = _plain(picture, is_bilevel=is_bilevel and media_type not in {JPEG, WEBP, GIF})
    options = dict(_OPTIONS.get(media_type, {}))
    if media_type == TIFF and is_bilevel:
        options = dict(_BLACK_AND_WHITE)
    if scale != 1.0 and media_type not in {WEBP, GIF}:
        options["dpi"] = (_POINTS / scale, _POINTS / scale)
    file = io.BytesIO()
    plain.save(file, _FORMATS[media_type], **options)
    return file.getvalue()


def _plain(picture: Image.Image, *, is_bilevel: bool) -> Image.Image:
    """The pixels without what else Pillow keeps with a picture and would write."""
    plain = picture.convert("1", dither=Image.Dither.NONE) if is_bilevel else picture
    plain.info = {}
    return plain
