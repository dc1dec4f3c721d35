"""What kind of document a file is, found from its bytes and never from its name."""

from __future__ import annotations

import mmap
import re
from pathlib import Path

from tasks.errors import EmptyDocument, EncryptedDocument, UnsupportedDocument
from tasks.readers import docx, html, markdown, pdf, pictures, text
from tasks.readers.encoding import NotText, decode
from tasks.readers.opc import Package

READABLE = "plain text, Markdown, HTML, DOCX, PDF and pictures (PNG, JPEG, TIFF, BMP, WebP, GIF)"

_HEAD = 64 * 1024
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_KNOWN = (
    (b"{\\rtf", "an RTF document"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
)
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
    if head.startswith(_OLE):
        raise _ole(path)
    if _is_pdf(head):
        return pdf.MEDIA_TYPE
    for sign, media_type in _PICTURES:
        if sign.match(head):
            return media_type
    for magic, name in _KNOWN:
        # A text may begin with the two letters that begin a program.
        if head.startswith(magic) and (magic != b"MZ" or b"\x00" in head):
            raise unsupported(f"The file is {name}")
    return _written(head[:_HEAD], cut=len(head) > _HEAD)


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
        if package.main_part(docx.MAIN_TYPES) is None:
            raise unsupported("The file is a zip container, but no Word document")
    return docx.MEDIA_TYPE


def _ole(path: Path) -> EncryptedDocument | UnsupportedDocument:
    """What to say of the container that old Office files and encrypted new ones share."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data.find("EncryptedPackage".encode("utf-16-le")) >= 0:
            return EncryptedDocument("The Office document has a password. Send it without one.")
    return UnsupportedDocument(
        "The file is an Office document of the kind before 2007 (DOC, XLS, PPT, WPS). "
        f"Save it as DOCX. Formats read: {READABLE}."
    )


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
