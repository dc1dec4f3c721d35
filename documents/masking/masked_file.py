"""The result of masking a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from documents.readers import docx, html, mail, markdown, ofd, pdf, pictures, sheets, text


@dataclass(frozen=True, slots=True)
class MaskedFile:
    """The bytes of a masked file, and its media type, which may differ from the original's."""

    data: bytes
    media_type: str


# File name extensions, for files whose media type changed.
EXTENSIONS: Mapping[str, str] = MappingProxyType(
    {
        docx.MEDIA_TYPE: ".docx",
        html.MEDIA_TYPE: ".html",
        mail.MEDIA_TYPE: ".eml",
        markdown.MEDIA_TYPE: ".md",
        ofd.MEDIA_TYPE: ".ofd",
        pdf.MEDIA_TYPE: ".pdf",
        sheets.XLSX: ".xlsx",
        text.MEDIA_TYPE: ".txt",
        pictures.PNG: ".png",
        pictures.JPEG: ".jpg",
        pictures.TIFF: ".tiff",
        pictures.BMP: ".bmp",
        pictures.WEBP: ".webp",
        pictures.GIF: ".gif",
    }
)
