"""OCR, loaded by the process that first needs it and by no other."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from PIL import Image

from documents.ocr.scan import Scan

if TYPE_CHECKING:
    from documents.ocr.engine import OcrEngine


def scan(picture: Image.Image, threads: int) -> Scan:
    """The lines of text on a picture, on at most `threads` threads. Raises `MemoryError`."""
    return _engine(threads).scan(picture)


@cache
def _engine(threads: int) -> OcrEngine:
    # ONNX Runtime reports to its makers and keeps an id of the machine, unless it is told not to
    # before it is imported: its own call for that comes too late.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    # Takes a second and 200 MiB, which a process that reads letters should not spend.
    from documents.ocr.engine import OcrEngine  # noqa: PLC0415

    return OcrEngine(threads)
