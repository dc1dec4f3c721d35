"""OCR, loaded on first use, so that other processes do not load it."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING

from PIL import Image

from documents.ocr.scan import Corners, Scan

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from documents.ocr.engine import OcrEngine

    Pixels = npt.NDArray[np.uint8]


def scan(picture: Image.Image, threads: int) -> Scan:
    """The lines of text on a picture, on at most `threads` threads. Raises `MemoryError`."""
    return _engine(threads).scan(picture)


def begun(picture: Image.Image, threads: int) -> Callable[[], Scan]:
    """Begin to read a picture as `scan` does. What is returned waits for the lines.

    With one thread, the picture is read when they are asked for.
    """
    if threads == 1:
        return partial(scan, picture, threads)
    return _engine(threads).begun(picture)


def gray(picture: Image.Image, scan: Scan) -> Pixels:
    """The picture that was scanned, upright and in gray."""
    import numpy as np  # noqa: PLC0415 - only processes with OCR load it

    return np.ascontiguousarray(np.rot90(np.asarray(picture.convert("L")), scan.turns))


def unread_ink(picture: Image.Image, scan: Scan) -> list[Corners]:
    """Boxes of ink that looks like text and that `scan` does not cover, in its upright pixels."""
    from documents.ocr.ink import text_like  # noqa: PLC0415

    return text_like(gray(picture, scan), scan)


def has_unclear_text(picture: Image.Image, scan: Scan) -> bool:
    """Whether the picture may hold text that `scan` does not have, or has with mistakes."""
    lines_are_clear = all(line.is_clear for line in scan.lines)
    seals_are_clear = all(seal.is_clear for seal in scan.seals)
    is_clear = lines_are_clear and seals_are_clear and not scan.unclear
    return not is_clear or bool(unread_ink(picture, scan))


@cache
def _engine(threads: int) -> OcrEngine:
    # ONNX Runtime sends telemetry with a machine id unless this is set before it is imported; its
    # own call to disable it is too late.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    # Loading takes a second and 200 MiB.
    from documents.ocr.engine import OcrEngine  # noqa: PLC0415

    return OcrEngine(threads)
