"""What OCR read of a document is kept with it, and masking its file does not read it again."""

from __future__ import annotations

import io
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image

from documents.ocr import record
from documents.ocr.scan import OcrLine, OcrSeal, Scan
from documents.page.rulings import Ruling
from standin.direct_source import read_with_source
from standin.documents.builders import as_text, saved
from standin.scripted_engine import ScriptedEngine
from tasks.redact import RedactOptions, redact
from tests.unit.documents.readers.pages import SCANS, a4, drawn, saved_picture, scanned_pdf

PHONE = "13812341234"
CORNERS = ((10.0, 10.0), (210.0, 10.0), (210.0, 30.1), (10.0, 30.0))


def test_a_record_gives_back_what_was_read() -> None:
    line = OcrLine("\u7532 8\U00020bb7", 1 / 3, CORNERS, (0.1, 0.2, 2 / 7, 0.9))
    rulings = (Ruling(1, 2, 3.5),), (Ruling(4, 5, 6),)
    seal = OcrSeal("oval", "\u7532\n8", (1.5, 2, 3, 4), 0.9)
    scan = Scan((line,), 300, 100, 1, 0.01, *rulings, (CORNERS,), (seal,))
    scans = {b"\x00\xff": scan, b"2": Scan((), 1, 1)}
    assert record.loaded(record.dumped(scans)) == scans
    assert record.loaded(record.dumped({})) == {}


async def pictures_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """How many pictures OCR reads when a document is read, and when its file is masked."""
    read: list[Image.Image] = []

    def scan(picture: Image.Image, threads: int) -> Scan:
        read.append(picture)
        line = OcrLine(f"Call {PHONE} today", 0.99, CORNERS)
        return Scan((line,), *picture.size)

    monkeypatch.setattr("documents.ocr.recognition.scan", scan)
    document, source = read_with_source(path, SCANS)
    first = len(read)
    engine = ScriptedEngine(lambda _: pytest.fail("the model was asked"))
    result = await redact(document, RedactOptions(use_model=False), engine)
    assert result.file is not None
    assert [one.count for one in result.in_file] == [1] * first
    assert source.kept
    return first, len(read) - first


@pytest.mark.parametrize("size", [None, (1_500.0, 2_000.0)])
async def test_pages_of_a_scan_are_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[float, float] | None
) -> None:
    data = scanned_pdf([a4(), a4(["Another page"])])
    if size is not None:
        data = of_size(data, size)
    again = await pictures_read(saved(tmp_path, data), monkeypatch)
    # A large page has more pixels in the masked file than OCR reads for the document.
    assert again == (2, 0 if size is None else 2)


async def test_a_picture_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved_picture(tmp_path, drawn(mode="RGB"), "PNG")
    assert await pictures_read(path, monkeypatch) == (1, 0)


def test_a_document_without_ocr_has_no_record(tmp_path: Path) -> None:
    document, _ = read_with_source(saved(tmp_path, as_text()), SCANS)
    assert document.scans == ""


def of_size(data: bytes, size: tuple[float, float]) -> bytes:
    """The PDF with each page enlarged to `size` points."""
    with pdfium.PdfDocument(data) as document:
        for page in document:
            width, height = page.get_size()
            for item in page.get_objects():
                item.transform(pdfium.PdfMatrix().scale(size[0] / width, size[1] / height))
            page.set_mediabox(0, 0, *size)
            page.gen_content()
        written = io.BytesIO()
        document.save(written)
    return written.getvalue()
