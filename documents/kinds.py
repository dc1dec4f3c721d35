"""The usual names of the kinds of documents that have a reader, by media type.

The media types stand here once more because the readers, which define them, are slow to import.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
PLAIN_TEXT = "text/plain"
KINDS: Mapping[str, str] = {
    PLAIN_TEXT: "plain text",
    "text/markdown": "Markdown",
    "text/html": "HTML",
    "message/rfc822": "e-mail",
    f"{_OFFICE}.wordprocessingml.document": "DOCX",
    "application/vnd.ms-wordml": "Word XML",
    f"{_OFFICE}.spreadsheetml.sheet": "XLSX",
    f"{_OFFICE}.presentationml.presentation": "PPTX",
    "application/vnd.ms-outlook": "MSG",
    "application/zip": "ZIP",
    "application/pdf": "PDF",
    "application/ofd": "OFD",
    "application/vnd.ms-excel": "XLS",
    "application/vnd.ms-excel+xml": "Excel 2003 XML",
    "application/vnd.ms-excel.sheet.binary.macroEnabled.12": "XLSB",
    "application/msword": "DOC",
    "application/rtf": "RTF",
    f"{_OPEN}.text": "ODT",
    f"{_OPEN}.spreadsheet": "ODS",
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/tiff": "TIFF",
    "image/bmp": "BMP",
    "image/webp": "WebP",
    "image/gif": "GIF",
}


def kind_names(media_types: Iterable[str]) -> str:
    """`DOCX, PDF`. A media type without a name stands for itself."""
    return ", ".join(sorted(KINDS.get(each, each) for each in media_types))
