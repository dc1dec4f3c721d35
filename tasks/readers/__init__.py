"""Readers turn the bytes of a document into text in which every block has its place.

A new format is a file here with `MEDIA_TYPE` and `read`, a line in `READERS`, and a line in
`detect` that tells its bytes from others.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from tasks.document import Document
from tasks.readers import docx, eml, html, markdown, ofd, office, pdf, pictures, sheets, text
from tasks.readers.detect import READABLE, detect
from tasks.readers.limits import ReadLimits
from tasks.readers.reader import Reader


def read(path: Path, limits: ReadLimits, media_type: str | None = None) -> Document:
    """Read a document of any format that has a reader.

    The format is told by the bytes, unless the sender's word for it is `media_type`.

    Raises a `DocumentError` for whatever is wrong with the document, `OSError` where the file
    itself cannot be opened, and `MemoryError`.
    """
    return READERS[media_type or detect(path)](path, limits)


READERS: Mapping[str, Reader] = {
    text.MEDIA_TYPE: text.read,
    markdown.MEDIA_TYPE: markdown.read,
    html.MEDIA_TYPE: html.read,
    docx.MEDIA_TYPE: partial(docx.read, read_any=read),
    pdf.MEDIA_TYPE: pdf.read,
    ofd.MEDIA_TYPE: ofd.read,
    sheets.XLSX: sheets.read_xlsx,
    sheets.XLS: sheets.read_xls,
    sheets.ODS: sheets.read_ods,
    eml.MEDIA_TYPE: eml.reader(read),
    office.DOC: office.read_doc,
    office.RTF: office.read_rtf,
    office.ODT: office.read_odt,
    **dict.fromkeys(pictures.MEDIA_TYPES.values(), pictures.read),
}

__all__ = ["READABLE", "READERS", "ReadLimits", "Reader", "detect", "read"]
