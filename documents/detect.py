"""Detects the format of a file from its bytes, never from its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from documents import compound_file
from documents.errors import (
    READABLE,
    CorruptDocument,
    EmptyDocument,
    EncryptedDocument,
    UnsupportedDocument,
)
from documents.limits import ReadLimits
from documents.ooxml.package import WORD_MAIN_TYPES, Package
from documents.ooxml.single_file import is_word_xml
from documents.other_kinds import compound_kind, known_kind, zip_kind
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
from documents.readers.ofd.package import is_ofd
from documents.readers.sheets.excel_2003_xml import is_excel_xml
from documents.readers.text.encoding import NotText, decode
from documents.source import FileResult

_HEAD = 64 * 1024
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_RTF = b"{\\rtf"
_OFFICE_TYPES = (
    (WORD_MAIN_TYPES, docx.MEDIA_TYPE),
    (sheets.XLSX_MAIN_TYPES, sheets.XLSX),
    (sheets.XLSB_MAIN_TYPES, sheets.XLSB),
    (presentation.MAIN_TYPES, presentation.MEDIA_TYPE),
)
_OPEN_DOCUMENT = frozenset((sheets.ODS, legacy_office.ODT))
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
# WPS writes the same containers with its own extensions (.wps, .et).
_OLE_STREAMS = (("WordDocument", legacy_office.DOC), ("Workbook", sheets.XLS), ("Book", sheets.XLS))
_PICTURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), pictures.PNG),
    (re.compile(rb"\xff\xd8\xff"), pictures.JPEG),
    (re.compile(rb"II[*+]\x00|MM\x00[*+]"), pictures.TIFF),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), pictures.WEBP),
    (re.compile(rb"GIF8[79]a"), pictures.GIF),
    # Text may begin with `BM`, but not continue with the length of a bitmap header.
    (re.compile(rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\x00\x00\x00", re.DOTALL), pictures.BMP),
)
_HTML = re.compile(
    r"\s*+(?:<\?xml[^>]*+>\s*+|<!--(?:(?!-->).)*+-->\s*+)*+"
    r"<(?:!doctype\s+html|(?:html|head|body|meta|title|link|style|script|div|p|table|h[1-6]|span|article"
    r"|section|main|header|nav|form|fieldset|ul|ol|dl|center|font|pre|blockquote)[\s>])",
    re.IGNORECASE | re.DOTALL,
)
_MARKDOWN = re.compile(
    r"^ {0,3}#{1,6}[ \t]+\S"  # a heading
    r"|^ {0,3}```"
    r"|^ {0,3}\|?[ \t]*:?-{3,}:?[ \t]*\|[ \t|:-]*$",  # the line below a table's header
    re.MULTILINE,
)


def detect(path: Path) -> str:
    """Return the media type of the document: one that has a reader.

    Raises `EmptyDocument`, `EncryptedDocument`, `CorruptDocument` or `UnsupportedDocument`.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD + 1)
    if not head:
        raise EmptyDocument("The file is empty. Send a file with content.")
    if head.startswith(_ZIP):
        return _zip_type(path)
    if head.startswith(compound_file.MAGIC):
        return _compound_type(path)
    if known := _signature_type(head):
        return known
    if name := known_kind(head):
        raise unsupported(f"The file is {name}")
    if mail.is_email(head):
        return mail.MEDIA_TYPE
    return _text_type(head[:_HEAD], cut=len(head) > _HEAD)


def detection(path: Path, _arguments: Mapping[str, Any], _limits: ReadLimits) -> FileResult:
    """As `detect`, for `FileWork`. Returns `media_type`."""
    return FileResult({"media_type": detect(path)})


def _signature_type(head: bytes) -> str | None:
    """The media type of a format with a signature in its first bytes, other than containers."""
    if head.startswith(_RTF):
        return legacy_office.RTF
    if _is_pdf(head):
        return pdf.MEDIA_TYPE
    return next((media_type for sign, media_type in _PICTURES if sign.match(head)), None)


def unsupported(what: str) -> UnsupportedDocument:
    return UnsupportedDocument(f"{what}. The name of a file is ignored. Supported: {READABLE}.")


def _is_pdf(head: bytes) -> bool:
    """A PDF may have other bytes before its header, within the first 1,024."""
    place = head[:1024].find(b"%PDF-")
    if place < 0:
        return False
    return not head[:place].strip(b"\xef\xbb\xbf \t\r\n\x00") or b"\x00" in head or b" obj" in head


def _zip_type(path: Path) -> str:
    with Package(path) as package:
        for types, media_type in _OFFICE_TYPES:
            if package.main_part(types) is not None:
                return media_type
        if is_ofd(package):
            return ofd.MEDIA_TYPE
        # OpenDocument stores its media type in this part (OpenDocument 1.3, part 2, 3.3).
        declared = (package.data("mimetype") or b"").strip().decode("ascii", errors="replace")
        if declared.removesuffix("-template") in _OPEN_DOCUMENT:
            return declared.removesuffix("-template")
        if name := zip_kind(declared, package.names):
            raise unsupported(f"The file is {name}")
    return archive.MEDIA_TYPE


def _compound_type(path: Path) -> str:
    """The media type of a compound file: Office before 2007, or encrypted Office Open XML."""
    with compound_file.opened(path) as data:
        try:
            streams = compound_file.CompoundFile(data).root_streams()
        except compound_file.DAMAGE:
            streams = {}
        # A damaged container may have no readable directory, but still holds the stream's name.
        if "EncryptedPackage" in streams or (not streams and data.find(_ENCRYPTED) >= 0):
            raise EncryptedDocument("The Office document has a password. Send it without one.")
    if not streams:
        raise CorruptDocument("The Office document is damaged or cut short. Send it again.")
    # Names of streams are compared without case (MS-CFB, 2.6.4).
    streams = {name.upper(): beginning for name, beginning in streams.items()}
    for name, media_type in _OLE_STREAMS:
        if name.upper() in streams:
            if compound_file.is_locked(name, streams[name.upper()]):
                raise EncryptedDocument("The document has a password. Send it without one.")
            return media_type
    if outlook_message.STREAM.upper() in streams:
        return outlook_message.MEDIA_TYPE
    raise unsupported(f"The file is {compound_kind(streams)}")


def _text_type(head: bytes, *, cut: bool) -> str:
    try:
        words = decode(head, cut=cut)
    except NotText as error:
        raise unsupported("The file is neither text nor a supported format") from error
    if not words.strip():
        return text.MEDIA_TYPE
    if is_excel_xml(words):
        return sheets.EXCEL_2003_XML
    if _HTML.match(words):
        return html.MEDIA_TYPE
    if is_word_xml(words):
        return docx.WORD_XML
    return markdown.MEDIA_TYPE if _MARKDOWN.search(words) else text.MEDIA_TYPE
