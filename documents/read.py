"""Reads the bytes of a document of any format into text and blocks.

To add a format, add a module in `documents/readers/` with `MEDIA_TYPE` and `read`, a line in
`READERS`, and a rule in `documents/detect.py` that recognises its bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from documents.detect import detect
from documents.document import Document
from documents.limits import Reader, ReadLimits
from documents.readers import (
    archive,
    docx,
    html,
    legacy_office,
    mail,
    markdown,
    ofd,
    outlook_message,
    pdf,
    pictures,
    presentation,
    sheets,
    text,
)


def read(path: Path, limits: ReadLimits, media_type: str | None = None) -> Document:
    """Read a document of any format that has a reader.

    The format is detected from the bytes, unless `media_type` gives it.

    Raises a `DocumentError` if the document cannot be read, `OSError` if the file cannot be
    opened, and `MemoryError`.
    """
    return READERS[media_type or detect(path)](path, limits)


READERS: Mapping[str, Reader] = {
    text.MEDIA_TYPE: text.read,
    markdown.MEDIA_TYPE: markdown.read,
    html.MEDIA_TYPE: html.read,
    docx.MEDIA_TYPE: partial(docx.read, read_any=read),
    docx.WORD_XML: partial(docx.read_word_xml, read_any=read),
    pdf.MEDIA_TYPE: pdf.read,
    ofd.MEDIA_TYPE: ofd.read,
    sheets.XLSX: sheets.read_xlsx,
    sheets.XLSB: sheets.read_xlsb,
    sheets.XLS: sheets.read_xls,
    sheets.EXCEL_2003_XML: sheets.read_excel_2003_xml,
    sheets.ODS: sheets.read_ods,
    presentation.MEDIA_TYPE: presentation.read,
    mail.MEDIA_TYPE: mail.reader(read),
    outlook_message.MEDIA_TYPE: outlook_message.reader(read),
    archive.MEDIA_TYPE: archive.reader(read),
    legacy_office.DOC: legacy_office.read_doc,
    legacy_office.RTF: legacy_office.read_rtf,
    legacy_office.ODT: legacy_office.read_odt,
    **dict.fromkeys(pictures.MEDIA_TYPES.values(), pictures.read),
}
