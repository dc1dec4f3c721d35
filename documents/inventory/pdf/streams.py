"""Texts in the streams of a PDF other than content streams."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pikepdf
from lxml import etree

from documents.inventory.entry import Entry, EntryKind
from documents.inventory.pdf.cmaps import to_unicode
from documents.inventory.pdf.strings import runs_in, text_of_bytes
from documents.inventory.xmp import divided_items

UNDECODED = "stream that cannot be decoded"
UNKNOWN_STREAM = "unknown stream"
_COMMENT = re.compile(rb"%[^\r\n]*")
# Lines of a usual character map that name nothing of the document.
_STANDARD_COMMENT = re.compile(
    rb"%!PS-Adobe-\d\.\d Resource-CMap|%%(?:EndComments|EndResource|EOF)|%%Version: \d\.\d{1,3}"
    rb"|%%(?:DocumentNeededResources|IncludeResource): [Pp]roc[Ss]et \(CIDInit\)"
)
_LITERAL = re.compile(rb"\(((?:[^()\\]|\\.)*)\)", re.DOTALL)
_ANY_STRING = re.compile(rb"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)|<[0-9A-Fa-f\s]*>", re.DOTALL)
_INLINE = re.compile(rb"\bID\b")
_HINT_KEYS = frozenset(
    ("/S", "/T", "/O", "/A", "/E", "/V", "/I", "/C", "/L", "/R", "/B", "/P", "/Length", "/Filter",
     "/DecodeParms")
)  # fmt: skip
_MOST_DECODED = 200_000_000


def decoded(stream: pikepdf.Stream) -> bytes | None:
    """The bytes of a stream; None if its filters are unknown, damaged, or give too much."""
    try:
        data = stream.read_bytes()
    except (pikepdf.PdfError, MemoryError):
        return None
    return data if len(data) <= _MOST_DECODED else None


def entries_of(where: str, stream: pikepdf.Stream) -> Iterator[Entry]:
    """Yield the text of a stream of a known kind; others are unread unless they are text."""
    data = decoded(stream)
    if data is None:
        yield Entry(where, "", EntryKind.unread, UNDECODED)
        return
    if b"begincmap" in data[:2_000]:
        yield from _of_map(where, data)
    elif str(stream.get("/Subtype")) == "/XML" or data.lstrip()[:1] == b"<":
        yield from _of_xml(where, data)
    elif "/FunctionType" in stream:
        yield from _of_comments(where, data)
    elif _is_font(stream, data):
        yield from _of_font(where, data)
    elif _is_profile(stream, data) or _is_hint(stream):
        yield from _if_any(where, runs_in(data), EntryKind.metadata)
    elif (text := text_of_bytes(data)) is not None:
        yield from _if_any(where, text, EntryKind.hidden)
    else:
        yield from _if_any(where, runs_in(data), EntryKind.hidden)
        if not _is_one_glyph(data):
            yield Entry(where, "", EntryKind.unread, UNKNOWN_STREAM)


def _is_hint(stream: pikepdf.Stream) -> bool:
    """Whether a stream has the hint tables of a file for the web (ISO 32000-2, annex F.4)."""
    keys = set(stream.stream_dict.keys())
    return "/S" in keys and keys <= _HINT_KEYS and isinstance(stream.get("/S"), int)


def comments_in(data: bytes) -> str:
    """The comments of a content stream, outside its strings.

    Where it has inline images, whose data may look like strings, also those within strings.
    """
    if b"%" not in data:
        return ""
    comments = _COMMENT.findall(_ANY_STRING.sub(b" ", data))
    if _INLINE.search(data):
        comments += _COMMENT.findall(data)
    return b"\n".join(comments).decode("utf-8", "replace")


def _if_any(where: str, text: str, kind: EntryKind) -> Iterator[Entry]:
    if text.strip():
        yield Entry(where, text, kind)


def _of_map(where: str, data: bytes) -> Iterator[Entry]:
    """A character map: the meanings of more than one character, and comments."""
    meanings = [text for text in to_unicode(data).values() if len(text) > 1]
    yield from _if_any(f"{where}, meanings of codes", "\n".join(meanings), EntryKind.hidden)
    yield from _of_comments(where, data)


def _of_comments(where: str, data: bytes) -> Iterator[Entry]:
    lines = [line for line in _COMMENT.findall(data) if not _STANDARD_COMMENT.fullmatch(line)]
    strings = [match for match in _LITERAL.findall(data) if match not in {b"Adobe", b"UCS"}]
    text = b"\n".join([*lines, *strings])
    yield from _if_any(where, text_of_bytes(text) or text.decode("latin-1"), EntryKind.hidden)


def _of_xml(where: str, data: bytes) -> Iterator[Entry]:
    """Texts, attributes, comments and instructions of an XML stream (XMP, XFA)."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None:
        yield from _if_any(where, text_of_bytes(data) or data.decode("latin-1"), EntryKind.metadata)
        return
    texts = [text.strip() for text in _texts(root)]
    yield from _if_any(where, "\n".join(filter(None, texts)), EntryKind.metadata)
    yield from _if_any(where, "".join(map(str, root.itertext())), EntryKind.metadata)
    for value in divided_items(data):
        yield Entry(f"{where}, items", value, EntryKind.metadata)


def _texts(root: etree._Element) -> Iterator[str]:
    nodes = (*root.itersiblings(preceding=True), *root.iter(), *root.itersiblings())
    for node in nodes:
        yield node.text or ""
        yield node.tail or ""
        if isinstance(node.tag, str):
            yield from map(str, node.attrib.values())


def _is_font(stream: pikepdf.Stream, data: bytes) -> bool:
    return (
        "/Length1" in stream
        or str(stream.get("/Subtype")) in {"/Type1C", "/CIDFontType0C", "/OpenType"}
        or data[:4] in {b"\x00\x01\x00\x00", b"OTTO", b"true", b"ttcf"}
        or data.startswith(b"%!PS-AdobeFont")
    )


def _is_one_glyph(data: bytes) -> bool:
    """Whether data is a `CIDToGIDMap` with one glyph for every code but 0: it can hold no text.

    Fonts of invisible text have it, as OCR programs and the masker write them.
    """
    codes, odd = divmod(len(data), 2)
    return not odd and codes > 1 and data[2:] == data[2:4] * (codes - 1)


def _is_profile(stream: pikepdf.Stream, data: bytes) -> bool:
    return "/N" in stream and data[36:40] == b"acsp"


def _of_font(where: str, data: bytes) -> Iterator[Entry]:
    """The names in a font program, and what can be read between its outlines."""
    if data[:4] in {b"\x00\x01\x00\x00", b"OTTO", b"true"}:
        yield from _if_any(where, "\n".join(_font_names(data)), EntryKind.metadata)
    elif data.startswith(b"%!"):
        head = data[: data.find(b"eexec")] if b"eexec" in data else data
        yield from _of_comments(where, head)
    yield from _if_any(where, runs_in(data), EntryKind.metadata)


def _font_names(data: bytes) -> Iterator[str]:
    """The texts of the `name` table of an OpenType font."""
    for at in range(12, 12 + 16 * min(int.from_bytes(data[4:6]), 100), 16):
        if data[at : at + 4] != b"name":
            continue
        start = int.from_bytes(data[at + 8 : at + 12])
        table = data[start : start + int.from_bytes(data[at + 12 : at + 16])]
        strings = int.from_bytes(table[4:6])
        for entry in range(6, 6 + 12 * min(int.from_bytes(table[2:4]), 2_000), 12):
            platform = int.from_bytes(table[entry : entry + 2])
            length = int.from_bytes(table[entry + 8 : entry + 10])
            offset = strings + int.from_bytes(table[entry + 10 : entry + 12])
            words = table[offset : offset + length]
            yield words.decode("latin-1" if platform == 1 else "utf-16-be", "replace")
