"""`parse`: seals on scans, and the text beneath them.

Pages are drawn with seals of several colours, strengths of ink, angles and resolutions. Half of
them are measured again as scans in gray. `CHANCERY_SEALS` is the number of pages, each of which
takes OCR seconds.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path

from bench.quality.measure import Measure
from bench.quality.order import error
from bench.quality.pages import find_font
from bench.quality.seal_pages import SealedPage, sealed_pages
from documents.document import Document, Seal
from documents.limits import ReadLimits
from documents.page.blocks import Box
from documents.read import read

PAGES = 30
_BENEATH, _ISSUERS, _SEALS, _RING_TEXT = 0.97, 25 / 30, 0.95, 0.1
_SAME = 0.7  # of both boxes together
_LIMITS = ReadLimits(max_chars=100_000, max_pages=10, ocr_pages=10)


def measures() -> Iterator[Measure]:
    """Raises `NoFont` if no Chinese font is installed."""
    pages = sealed_pages(int(os.environ.get("CHANCERY_SEALS", PAGES)), find_font())
    yield from _measures("seals", pages)
    gray = [replace(page, picture=page.picture.convert("L")) for page in pages[: len(pages) // 2]]
    yield from _measures("seals on gray scans", gray)


def _measures(what: str, pages: Sequence[SealedPage]) -> Iterator[Measure]:
    documents = [_read(page) for page in pages]
    beneath = [one for pair in zip(pages, documents, strict=True) for one in characters(*pair)]
    yield _measure(f"{what}: characters beneath that are read", beneath, _BENEATH)
    issuers = [
        page.issuer in "".join(document.text.split())
        for page, document in zip(pages, documents, strict=True)
    ]
    yield _measure(f"{what}: issuers beneath that are read whole", issuers, _ISSUERS)
    found = [seal_of(page, document) for page, document in zip(pages, documents, strict=True)]
    yield _measure(f"{what}: found, with place and shape", [one is not None for one in found],
                   _SEALS)  # fmt: skip
    errors = [
        error(page.seal.text, seal.text.partition("\n")[0]) if seal else 1.0
        for page, seal in zip(pages, found, strict=True)
    ]
    mean = round(sum(errors) / len(errors), 4)
    yield Measure(
        "parse", f"{what}: error of the ring text", len(errors), mean, _RING_TEXT,
        lower_is_better=True,
    )  # fmt: skip
    extra = sum(len(document.seals) for document in documents) - sum(map(bool, found))
    yield Measure("parse", f"{what}: found where there is none", len(pages), extra, 0,
                  lower_is_better=True)  # fmt: skip


def _measure(name: str, hits: list[bool], target: float) -> Measure:
    return Measure("parse", name, len(hits), round(sum(hits) / len(hits), 4), target)


def _read(page: SealedPage) -> Document:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.png"
        page.picture.save(path, dpi=(page.dots, page.dots))
        return read(path, _LIMITS)


def characters(page: SealedPage, document: Document) -> Iterator[bool]:
    """For each character beneath the seal, whether it was read."""
    text = "".join(document.text.split())
    for line, beneath in page.beneath:
        blocks = SequenceMatcher(None, line, text, autojunk=False).get_matching_blocks()
        read_ones = {at for one in blocks for at in range(one.a, one.a + one.size)}
        yield from (at in read_ones for at in beneath)


def seal_of(page: SealedPage, document: Document) -> Seal | None:
    """The seal that was found in the place and the shape of the one on the page."""
    return next(
        (
            seal
            for seal in document.seals
            if seal.box and seal.page == 1 and seal.shape == page.seal.shape
            and _share(seal.box, page.seal.box) >= _SAME
        ),
        None,
    )  # fmt: skip


def _share(one: Box, other: Box) -> float:
    """The area of what two boxes have in common, of the area of both."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    common = max(0.0, width) * max(0.0, height)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return common / (areas - common)
