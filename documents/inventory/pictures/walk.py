"""Lists all text of a picture: what OCR reads on it, and what its file holds beside the pixels."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from PIL import Image

from documents.errors import CorruptDocument, DocumentError
from documents.inventory.encodings import binary_text
from documents.inventory.entry import Entry, EntryKind, Unread, unread
from documents.inventory.nested import Inventory, Nested, Walk
from documents.inventory.pictures.part import PartKind, PicturePart
from documents.inventory.pictures.parts import PARTS
from documents.inventory.pictures.png import after_the_pixels
from documents.inventory.pictures.tiff_tags import exif_parts
from documents.inventory.pictures.transparent import hides_pixels, shows_more
from documents.inventory.xmp import divided_items
from documents.limits import OcrBudget, ReadLimits
from documents.ocr.recognition import has_unclear_text
from documents.ocr.scan import Scan
from documents.ocr.views import views
from documents.readers.pictures import (
    JPEG,
    MEDIA_TYPES,
    PNG,
    TIFF,
    check_size,
    damage,
    media_type_of,
    ocr_scan,
    prepared,
    transparency,
)
from documents.readers.text.encoding import NotText, decode, strict

_MOST_STRINGS = 1 << 20  # bytes
# A larger picture is not decoded to see whether it is blank.
_MOST_BLANK_BYTES = 1 << 20
_MOST_PARTS = 10_000
_REDUCED = 8
_ISO_2022 = re.compile(rb"\x1b\$")  # selects a set of Chinese, Japanese or Korean characters


def walk(inventory: Inventory) -> Walk:
    """Return a walk of pictures; `inventory` lists what is embedded in their metadata."""

    def entries(path: Path, limits: ReadLimits) -> Iterator[Entry]:
        data = path.read_bytes()
        nested = Nested(limits, inventory)
        with path.open("rb") as file:
            try:
                with damage():
                    picture = Image.open(file, formats=tuple(MEDIA_TYPES))
            except DocumentError:
                yield Entry("", binary_text(data[:_MOST_STRINGS]), EntryKind.metadata)
                yield unread("", Unread.picture)
                return
            media_type = media_type_of(picture)
            is_small = len(data) <= _MOST_BLANK_BYTES
            yield from _parts(PARTS[media_type](data), nested)
            if media_type == PNG and (is_small or limits.ocr_pages):
                yield from _parts(after_the_pixels(data), nested)
            budget = limits.ocr_budget or OcrBudget(limits)
            if is_small and media_type == JPEG and not budget.pages and _has_colors(data):
                yield unread("", Unread.picture)
                return
            yield from _pages(picture, limits, budget, is_small=is_small)

    return entries


def _parts(parts: Iterator[PicturePart], nested: Nested) -> Iterator[Entry]:
    left = nested.limits.max_expanded_bytes
    for count, part in enumerate(parts):
        left -= len(part.data)
        if left < 0 or count >= _MOST_PARTS:
            yield unread("metadata", Unread.too_long)
            return
        yield from _part(part, nested)


def _part(part: PicturePart, nested: Nested) -> Iterator[Entry]:
    if part.kind is PartKind.tags:
        for tag in exif_parts(part.data):
            yield from _part(tag, nested)
    elif part.kind is PartKind.frame:
        yield unread(part.where, Unread.picture)
    elif part.kind is PartKind.text:
        text = strict(part.data.strip(b"\0"), "utf-8")
        words = binary_text(part.data) if text is None or "\0" in text else text
        yield from nested.text(part.where, words.replace("\0", " "), EntryKind.metadata)
        yield from _of_escapes(part, nested)
        for value in divided_items(part.data):
            yield Entry(f"{part.where}, items", value, EntryKind.metadata)
    else:
        yield Entry(part.where, binary_text(part.data), EntryKind.metadata)
        yield from _of_escapes(part, nested)
        if part.kind is PartKind.unknown:
            yield unread(part.where, Unread.other_records)
        elif part.kind is PartKind.outside:
            yield from nested.file(part.where, part.data)


def _has_colors(jpeg: bytes) -> bool:
    """Whether a JPEG shows more than one color at an eighth of its size, so that it is not blank.

    Decoding it whole takes three times as long. False if it cannot be decoded.
    """
    try:
        with damage():
            picture = Image.open(io.BytesIO(jpeg), formats=("JPEG",))
            check_size(picture)
            picture.draft(None, (picture.width // _REDUCED, picture.height // _REDUCED))
            return picture.getcolors(1) is None
    except DocumentError:
        return False


def _of_escapes(part: PicturePart, nested: Nested) -> Iterator[Entry]:
    """Text in ISO 2022, as comments of EXIF data in JIS are (Exif 3.0, 4.6.5, UserComment)."""
    if (escape := _ISO_2022.search(part.data)) is not None:
        with suppress(NotText):
            text = decode(part.data[escape.start() :].rstrip(b"\0"))
            yield from nested.text(part.where, text, EntryKind.metadata)


def _pages(
    picture: Image.Image, limits: ReadLimits, budget: OcrBudget, *, is_small: bool
) -> Iterator[Entry]:
    with damage():
        pages = getattr(picture, "n_frames", 1) if media_type_of(picture) == TIFF else 1
    for number in range(1, pages + 1):
        where = f"page {number}" if pages > 1 else ""
        if number > limits.max_pages:
            yield unread(where, Unread.too_long)
            return
        yield from _page(picture, number, where, budget, is_small=is_small)


def _page(
    picture: Image.Image, number: int, where: str, budget: OcrBudget, *, is_small: bool
) -> Iterator[Entry]:
    """The text of a page, and of its alpha channel where that shows more than the colors on white.

    A page of one color is read; without OCR any other is unread.
    """
    if not is_small and not budget.pages:
        yield unread(where, Unread.picture)
        return
    try:
        with damage():
            picture.seek(number - 1)
            hides = hides_pixels(picture)
            seen, _ = prepared(picture)
            mask = transparency(picture)
    except CorruptDocument:
        yield unread(where, Unread.damaged)
        return
    except DocumentError:
        yield unread(where, Unread.too_long)
        return
    if hides:
        yield unread(f"{where} transparent pixels".strip(), Unread.picture)
    yield from _seen(seen, where, budget)
    if mask is not None and shows_more(mask, seen):
        yield from _seen(mask, f"{where} transparency".strip(), budget)


def _seen(seen: Image.Image, where: str, budget: OcrBudget) -> Iterator[Entry]:
    if seen.getcolors(1) is not None:
        return
    if not budget.take():
        yield unread(where, Unread.picture)
        return
    scan = ocr_scan(seen, budget)
    yield from _texts(scan, where)
    if has_unclear_text(seen, scan):
        yield unread(where, Unread.unclear_text)


def _texts(scan: Scan, where: str) -> Iterator[Entry]:
    *others, lines = views(scan)
    if lines.text.strip():
        yield Entry(where, lines.text.strip(), EntryKind.shown, whole=True)
        for view in others:
            yield Entry(where, view.text.strip(), EntryKind.shown)
    for seal in scan.seals:
        if seal.text:
            yield Entry(f"{where} seal".strip(), seal.text, EntryKind.shown, whole=True)
