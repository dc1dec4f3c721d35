"""`parse`: the reading order of pages that a browser draws, as text and as scans.

The figure is the mean edit distance of a page's text, divided by its length. `CHANCERY_ORDER_SCANS`
is the number of scanned pages, each of which takes OCR seconds; 0 for none.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import pypdfium2 as pdfium

from bench.quality.measure import Measure
from bench.quality.ocr import distance
from bench.quality.order_pages import Drawn, as_pdf, drawn_across, pages
from bench.quality.pages import law_paragraphs
from documents.document import BlockKind, Document
from documents.limits import ReadLimits
from documents.read import read
from standin.documents.builders import saved

PAGES = 504
SCANS = 21
_DOTS = 200
_TEXT, _SCANS = 0.03, 0.08
_LIMITS = ReadLimits(max_chars=5_000_000, max_pages=1_000, ocr_pages=1_000)
_APART = frozenset({BlockKind.header, BlockKind.footer})


def measures() -> Iterator[Measure]:
    drawn = pages(PAGES, [part for part in law_paragraphs() if len(part) > 20])
    printed = as_pdf(drawn)
    yield from _figures("text PDF", drawn, _texts(printed), _TEXT)
    upright = [at for at, page in enumerate(drawn) if page.kind == "vertical"]
    across = _texts(drawn_across(printed, upright))
    level = [at for at in range(len(drawn)) if at not in set(upright)]
    yield from _figures(
        "text PDF drawn line by line",
        [drawn[at] for at in level],
        [across[at] for at in level],
        _TEXT,
    )
    count = int(os.environ.get("CHANCERY_ORDER_SCANS", SCANS))
    if not count:
        return
    yield from _figures("scan at 200 dpi", drawn[:count], _texts(_scanned(printed, count)), _SCANS)


def _figures(
    what: str, drawn: Sequence[Drawn], texts: Sequence[str], target: float
) -> Iterator[Measure]:
    every = [error(page.words, text) for page, text in zip(drawn, texts, strict=True)]
    yield _measure(f"reading order, {what}", every, target)
    groups: dict[str, list[float]] = defaultdict(list)
    for page, one in zip(drawn, every, strict=True):
        groups[page.kind].append(one)
    for page, one in sorted(zip(drawn, every, strict=True), key=lambda pair: pair[0].columns):
        groups[f"{page.columns} column{'s' * (page.columns > 1)}"].append(one)
    for kind, found in groups.items():
        yield _measure(f"reading order, {what}: {kind}", found, None)


def _measure(name: str, errors: Sequence[float], target: float | None) -> Measure:
    mean = round(sum(errors) / len(errors), 4)
    return Measure("parse", name, len(errors), mean, target, lower_is_better=True)


def error(wanted: str, text: str) -> float:
    """The edit distance of two texts without white space, divided by the longer length."""
    one, other = "".join(wanted.split()), "".join(text.split())
    longest = max(len(one), len(other), 1)
    # Most pages are the same but for a part.
    start = _common(one, other)
    end = _common(one[start:][::-1], other[start:][::-1])
    return distance(one[start : len(one) - end], other[start : len(other) - end]) / longest


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _texts(data: bytes) -> list[str]:
    """The text of each page without its running heads."""
    with tempfile.TemporaryDirectory() as folder:
        document = read(saved(Path(folder), data), _LIMITS)
    return [_text(document, number) for number in range(1, (document.pages or 0) + 1)]


def _text(document: Document, number: int) -> str:
    return "\n".join(
        document.text[block.start : block.end]
        for block in document.blocks
        if block.page == number and block.kind not in _APART
    )


def _scanned(printed: bytes, count: int) -> bytes:
    """The first pages as pictures."""
    with pdfium.PdfDocument(printed) as document:
        pictures = [
            document[number].render(scale=_DOTS / 72).to_pil().convert("L")
            for number in range(count)
        ]
    written = io.BytesIO()
    pictures[0].save(written, "PDF", save_all=True, append_images=pictures[1:], resolution=_DOTS)
    return written.getvalue()
