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


# File name extensions by media type.
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
# A masked file has no macros and is no template, and Office rejects other extensions.
_ONE_EXTENSION = frozenset((docx.MEDIA_TYPE, sheets.XLSX, ofd.MEDIA_TYPE, pdf.MEDIA_TYPE))


def extension_of(file_type: str, original_type: str, original: str) -> str:
    """The extension of a masked file's name.

    Args:
        file_type: The media type of the masked file.
        original_type: That of the original.
        original: The extension of the original, which stays where it names the same format.
    """
    if file_type != original_type or file_type in _ONE_EXTENSION:
        return EXTENSIONS[file_type]
    return original or EXTENSIONS[file_type]
