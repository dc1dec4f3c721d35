"""Pages of masked files, compared with the original pages outside the masks."""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pypdfium2 as pdfium
from PIL import Image, ImageChops, ImageDraw

from bench.quality.leaks.clean import paragraphs
from bench.quality.leaks.outcome import masked_file
from bench.quality.leaks.values import Value, value
from standin.documents.builders import PARAGRAPH, Item, as_docx, as_pdf

_SEED = 20_261_201
_SCALE = 2.0
# Differences of one pixel's grey that are not seen, out of 255.
_UNSEEN = 48


@dataclass(frozen=True, slots=True)
class PageDifference:
    """The share of pixels that differ, outside the lines with the value.

    `is_text` says that the masked page is no picture.
    """

    format: str
    page: int
    share: float
    is_text: bool


def differences(files: int) -> Iterator[PageDifference]:
    """Masks `files` PDF files of three pages, and two DOCX files where LibreOffice is installed."""
    rng = random.Random(_SEED)
    for _ in range(files):
        one = value(rng, latin=True)
        yield from _compared("PDF", one, as_pdf(_content(one, rng), breaks=True))
    for _ in range(2 if shutil.which("soffice") else 0):
        one = value(rng, latin=True)
        yield from _compared("DOCX", one, as_docx(_content(one, rng)))


def _content(one: Value, rng: random.Random) -> list[Item]:
    """Three paragraphs; the second is a line with the value."""
    first, last = paragraphs(rng, 2)
    return [(PARAGRAPH, first), (PARAGRAPH, f"号码：{one.text}。"), (PARAGRAPH, last)]


def _compared(kind: str, one: Value, data: bytes) -> Iterator[PageDifference]:
    masked = masked_file(data, one)
    before, after = (data, masked) if kind == "PDF" else (_as_pdf(data), _as_pdf(masked))
    with pdfium.PdfDocument(before) as original, pdfium.PdfDocument(after) as copy:
        for at in range(max(len(original), len(copy))):
            if at >= min(len(original), len(copy)):
                yield PageDifference(kind, at + 1, 1.0, is_text=True)
                continue
            boxes = _boxes(original[at], one.text)
            share = _share(_picture(original[at]), _picture(copy[at]), boxes)
            yield PageDifference(kind, at + 1, share, is_text=not _is_picture(copy[at]))


def _boxes(page: pdfium.PdfPage, text: str) -> list[tuple[float, float, float, float]]:
    """The lines that hold the text: masking may move what follows it on the line."""
    found = page.get_textpage().search(text)
    boxes = []
    while (match := found.get_next()) is not None:
        start, count = match
        lefts = [page.get_textpage().get_charbox(start + at) for at in range(count)]
        bottom, top = min(box[1] for box in lefts), max(box[3] for box in lefts)
        boxes.append((0.0, bottom - 4, page.get_width(), top + 4))
    return boxes


def _picture(page: pdfium.PdfPage) -> Image.Image:
    picture: Image.Image = page.render(scale=_SCALE).to_pil().convert("L")
    return picture


def _is_picture(page: pdfium.PdfPage) -> bool:
    """Whether one picture covers the page."""
    area = page.get_width() * page.get_height()
    for item in page.get_objects(filter=[pdfium.raw.FPDF_PAGEOBJ_IMAGE]):
        left, bottom, right, top = item.get_bounds()
        if (right - left) * (top - bottom) > 0.9 * area:
            return True
    return False


def _share(
    one: Image.Image, other: Image.Image, boxes: Sequence[tuple[float, float, float, float]]
) -> float:
    if one.size != other.size:
        return 1.0
    difference = ImageChops.difference(one, other)
    pen = ImageDraw.Draw(difference)
    for left, bottom, right, top in boxes:
        edges = (left, one.height / _SCALE - top, right, one.height / _SCALE - bottom)
        pen.rectangle([edge * _SCALE for edge in edges], fill=0)
    counts = difference.histogram()
    return sum(counts[_UNSEEN:]) / (one.width * one.height)


def _as_pdf(data: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "document.docx")
        source.write_bytes(data)
        command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless"]
        subprocess.run(
            [*command, "--convert-to", "pdf", "--outdir", folder, str(source)],
            check=True, stdout=subprocess.DEVNULL, timeout=180,
        )  # fmt: skip
        return source.with_suffix(".pdf").read_bytes()
