"""Pages as from scanners and cameras, drawn with Pillow's built-in font."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from documents.limits import ReadLimits

SCANS = ReadLimits(max_chars=1_000_000, max_pages=100, ocr_pages=20)
NOTICE = (
    "Riverside District Office",
    "The market square will be cleaned from 3 May",
    "to 5 May 2026. No cars may park there.",
)
DOTS = 100


def drawn(lines: Sequence[str] = NOTICE, *, mode: str = "L", size: int = 22) -> Image.Image:
    """A small page with a line of text every 40 pixels."""
    page = Image.new("L", (600, 80 + 40 * len(lines)), 255)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(size)
    for at, line in enumerate(lines):
        pen.text((50, 40 + 40 * at), line, font=font, fill=0)
    return page.convert(mode)


def saved_picture(
    folder: Path, picture: Image.Image, kind: str, *, more: Sequence[Image.Image] = ()
) -> Path:
    path = folder / "document.bin"
    options = {"save_all": True, "append_images": list(more)} if more else {}
    picture.save(path, kind, dpi=(DOTS, DOTS), **options)
    return path


def scanned_pdf(pages: Sequence[Image.Image | None], *, header: str = "") -> bytes:
    """A picture over the whole of each page, or a text page if there is none."""
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=A4, invariant=1)
    width, height = A4
    for page in pages:
        if page is None:
            canvas.drawString(72, 700, "This page was written and not scanned.")
        else:
            canvas.drawImage(ImageReader(page), 0, 0, width, height)
        if header:
            canvas.drawString(72, 820, header)
        canvas.showPage()
    canvas.save()
    return written.getvalue()


def a4(lines: Sequence[str] = NOTICE) -> Image.Image:
    """The lines on a page of the shape of A4, at 100 dots per inch."""
    page = Image.new("L", (827, 1169), 255)
    page.paste(drawn(lines), (60, 120))
    return page
