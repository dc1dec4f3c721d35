"""Readers turn the bytes of a document into text in which every block has its place.

A new format is a file here with `MEDIA_TYPE` and `read`, a line in `READERS`, and a line in
`detect` that tells its bytes from others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tasks.document import Document
from tasks.readers import docx, html, markdown, pdf, pictures, text
from tasks.readers.detect import READABLE, detect
from tasks.readers.limits import ReadLimits

Reader = Callable[[Path, ReadLimits], Document]

READERS: Mapping[str, Reader] = {
    text.MEDIA_TYPE: text.read,
    markdown.MEDIA_TYPE: markdown.read,
    html.MEDIA_TYPE: html.read,
    docx.MEDIA_TYPE: docx.read,
    pdf.MEDIA_TYPE: pdf.read,
    **dict.fromkeys(pictures.MEDIA_TYPES.values(), pictures.read),
}


def read(path: Path, limits: ReadLimits, media_type: str | None = None) -> Document:
    """Read a document of any format that has a reader.

    The format is told by the bytes, unless the sender's word for it is `media_type`.

    Raises a `DocumentError` for whatever is wrong with the document, `OSError` where the file
    itself cannot be opened, and `MemoryError`.
    """
    return READERS[media_type or detect(path)](path, limits)


__all__ = ["READABLE", "READERS", "ReadLimits", "Reader", "detect", "read"]
