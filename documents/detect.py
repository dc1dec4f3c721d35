"""What kind of document a file is, found from its bytes and never from its name."""

from __future__ import annotations

import re
from pathlib import Path

from documents import compound_file
from documents.errors import CorruptDocument, EmptyDocument, EncryptedDocument, UnsupportedDocument
from documents.ooxml.package import WORD_MAIN_TYPES, Package
from documents.readers import (
    docx,
    html,
    legacy_office,
    mail,
    markdown,
    ofd,
    pdf,
    pictures,
    sheets,
    text,
)
from documents.readers.ofd.package import is_ofd
from documents.readers.text.encoding import NotText, decode

READABLE = (
    "plain text, Markdown, HTML, e-mail (EML), DOCX, PDF, OFD, XLSX, XLS, ODS, pictures (PNG, "
    "JPEG, TIFF, BMP, WebP, GIF) and, where LibreOffice is installed, DOC, WPS, RTF and ODT"
)

_HEAD = 64 * 1024
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_RTF = b"{\\rtf"
_KNOWN = (
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
)
_OPEN_DOCUMENT = frozenset((sheets.ODS, legacy_office.ODT))
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
# WPS writes the same containers under names of its own (.wps, .et).
_OLE_STREAMS = (("WordDocument", legacy_office.DOC), ("Workbook", sheets.XLS), ("Book", sheets.XLS))
_PICTURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), pictures.PNG),
    (re.compile(rb"\xff\xd8\xff"), pictures.JPEG),
    (re.compile(rb"II[*+]\x00|MM\x00[*+]"), pictures.TIFF),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), pictures.WEBP),
    (re.compile(rb"GIF8[79]a"), pictures.GIF),
    # A text may begin with these two letters, but not go on with the length of a header.
    (re.compile(rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\x00\x00\x00", re.DOTALL), pictures.BMP),
)
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*"
    r"<(?:!doctype\s+html|(?:html|head|body|meta|title|div|p|table|h[1-6]|span|article|section)[\s>])",
    re.IGNORECASE | re.DOTALL,
)
_MARKDOWN = re.compile(
    r"^ {0,3}#{1,6}[ \t]+\S"  # a heading
    r"|^ {0,3}```"
    r"|^ {0,3}\|?[ \t]*:?-{3,}:?[ \t]*\|[ \t|:-]*$",  # the line below a table's heading
    re.MULTILINE,
)


def detect(path: Path) -> str:
    """The media type of the document, one that has a reader.

    Raises `EmptyDocument`, `EncryptedDocument`, `CorruptDocument` or `UnsupportedDocument`.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD + 1)
    if not head:
        raise EmptyDocument("The file has no bytes. Send one that does.")
    if head.startswith(_ZIP):
        return _packed(path)
    if head.startswith(compound_file.MAGIC):
        return _ole(path)
    if known := _signed(head):
        return known
    for magic, name in _KNOWN:
        # A text may begin with the two letters that begin a program.
        if head.startswith(magic) and (magic != b"MZ" or b"\x00" in head):
            raise unsupported(f"The file is {name}")
    if mail.is_email(head):
        return mail.MEDIA_TYPE
    return _written(head[:_HEAD], cut=len(head) > _HEAD)


def _signed(head: bytes) -> str | None:
    """What a file is that says so in its first bytes, and is one piece."""
    if head.startswith(_RTF):
        return legacy_office.RTF
    if _is_pdf(head):
        return pdf.MEDIA_TYPE
    return next((media_type for sign, media_type in _PICTURES if sign.match(head)), None)


def unsupported(what: str) -> UnsupportedDocument:
    return UnsupportedDocument(f"{what}, whatever its name says. Formats read: {READABLE}.")


def _is_pdf(head: bytes) -> bool:
    """A PDF may have other bytes before its header, within the first 1,024."""
    place = head[:1024].find(b"%PDF-")
    if place < 0:
        return False
    return not head[:place].strip(b"\xef\xbb\xbf \t\r\n\x00") or b"\x00" in head or b" obj" in head


def _packed(path: Path) -> str:
    with Package(path) as package:
        if package.main_part(WORD_MAIN_TYPES) is not None:
            return docx.MEDIA_TYPE
        if package.main_part(sheets.XLSX_MAIN_TYPES) is not None:
            return sheets.XLSX
        if is_ofd(package):
            return ofd.MEDIA_TYPE
        # OpenDocument says what it is in a part of that name (OpenDocument 1.3, part 2, 3.3).
        said = (package.data("mimetype") or b"").strip().decode("ascii", errors="replace")
    if said.removesuffix("-template") in _OPEN_DOCUMENT:
        return said.removesuffix("-template")
    raise unsupported("The file is a zip container, but no document that is known")


def _ole(path: Path) -> str:
    """What is in the container that old Office files and encrypted new ones share."""
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
    for name, media_type in _OLE_STREAMS:
        if name in streams:
            if compound_file.is_locked(name, streams[name]):
                raise EncryptedDocument("The document has a password. Send it without one.")
            return media_type
    raise unsupported("The file is of the kind of Office before 2007, but neither DOC nor XLS")


def _written(head: bytes, *, cut: bool) -> str:
    try:
        words = decode(head, cut=cut)
    except NotText as error:
        raise unsupported("The file is neither text nor of a known format") from error
    if not words.strip():
        return text.MEDIA_TYPE
    if _HTML.match(words):
        return html.MEDIA_TYPE
    return markdown.MEDIA_TYPE if _MARKDOWN.search(words) else text.MEDIA_TYPE
