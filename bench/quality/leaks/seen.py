"""Reads values from pixels by OCR: pages of a PDF as they are drawn, and pictures in any layer."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress

import pypdfium2 as pdfium
from PIL import Image, ImageSequence, UnidentifiedImageError

from bench.quality.leaks.search import layers, squeezed
from documents.ocr.recognition import scan

_SCALE = 150 / 72
_SMALLEST = 24
# PNG, JPEG, TIFF, BMP, WebP, GIF.
_BEGINNINGS = (b"\x89PNG", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"BM", b"RIFF", b"GIF8")


def seen_in(data: bytes, value: str) -> str | None:
    """Where OCR reads the value in what a reader sees; None if nowhere."""
    for where, picture in _pictures(data):
        lines = [line.text for line in scan(picture, 1).lines]
        if squeezed(value) in squeezed("".join(lines)):
            return where
    return None


def _pictures(data: bytes) -> Iterator[tuple[str, Image.Image]]:
    if b"%PDF" in data[:1024]:
        with pdfium.PdfDocument(data) as document:
            for number, page in enumerate(document, start=1):
                yield f"page {number}", page.render(scale=_SCALE).to_pil()
    for way, layer in layers(data):
        if layer.startswith(_BEGINNINGS):
            yield from _frames(way, layer)


def _frames(where: str, data: bytes) -> Iterator[tuple[str, Image.Image]]:
    with suppress(UnidentifiedImageError, OSError), Image.open(io.BytesIO(data)) as picture:
        if min(picture.size) >= _SMALLEST:
            for frame in ImageSequence.Iterator(picture):
                yield where, frame.convert("RGB")
