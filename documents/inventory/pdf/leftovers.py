"""Bytes of a PDF that belong to no object of its last revision: older objects, data between."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import pikepdf

from documents.inventory.entry import Entry, EntryKind
from documents.inventory.pdf.cmaps import readings, to_unicode
from documents.inventory.pdf.encryption import Decryption
from documents.inventory.pdf.orphans import is_readable
from documents.inventory.pdf.strings import (
    is_hash,
    runs_in,
    text_of_bytes,
    text_of_name,
    texts_of_string,
)

_OBJECT = re.compile(rb"(?<![0-9])(\d{1,10})\s+(\d{1,5})\s+obj\b")
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_LITERAL = re.compile(rb"\(((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*)\)", re.DOTALL)
_HEX = re.compile(rb"<([0-9A-Fa-f\s]{4,})>")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"",
            b"\r": b"", b"\r\n": b""}  # fmt: skip
# What lies between objects in any PDF.
_STRUCTURE = re.compile(
    rb"%PDF-\d\.\d|%[\x80-\xff]{1,8}|xref|trailer|startxref|%%EOF|\d{1,10} \d{5} [nf]"
    rb"|\d{1,10}(?: \d{1,10})?|endobj|<<|>>"
)
# What a trailer has besides strings and names.
_TRAILER_TOKEN = re.compile(
    rb"\d{1,10}(?= |\r|\n|/|\[|\]|>)|<<|>>|[\[\]]|\bR\b|\bnull\b|\btrailer\b"
)
_NAME = re.compile(rb"/([^\s/<>\[\]()%]{1,200})")
_PICTURE = re.compile(rb"/Subtype\s*/Image|/FontFile|/DCTDecode|/JPXDecode|/JBIG2Decode")
_BOOKKEEPING = re.compile(rb"/Type\s*/XRef")
_SHOWN = re.compile(rb"\bBT\b")
_MOST_DECODED = 100_000_000


Maps = list[Mapping[bytes, str]]


def leftovers(
    data: bytes, pdf: pikepdf.Pdf, known: Set[str], maps: Sequence[Mapping[bytes, str]]
) -> Iterator[Entry]:
    """Yield what the last revision's objects do not hold.

    `known` are the texts that they hold, and `maps` the meanings of codes in its fonts.
    """
    raw = {_digest(one.read_raw_bytes()) for one in pdf.objects if isinstance(one, pikepdf.Stream)}
    maps = [*maps]
    decryption = Decryption.of(pdf)
    outside: list[bytes] = []
    at = 0
    while match := _OBJECT.search(data, at):
        outside.append(data[at : match.start()])
        body, at = _object_at(data, match.end())
        plain = _Plain(decryption, int(match[1]), int(match[2]))
        yield from _of_object(body, plain, raw, known, maps)
    outside.append(data[at:])
    yield from _between(b"\n".join(outside), known)


def _object_at(data: bytes, start: int) -> tuple[bytes, int]:
    """The bytes of an object from `start`, and where it ends."""
    end = data.find(b"endobj", start)
    stream = _STREAM.search(data, start, end if end >= 0 else len(data))
    if stream:
        closing = data.find(b"endstream", stream.end())
        if closing >= 0:
            end = data.find(b"endobj", closing)
    if end < 0:
        return data[start:], len(data)
    return data[start:end], end + len(b"endobj")


@dataclass(frozen=True, slots=True)
class _Plain:
    """The content of an object as it is, and decrypted if the file is encrypted."""

    decryption: Decryption | None
    number: int
    generation: int

    def streams(self, content: bytes) -> list[bytes]:
        """What the stream may be, with and without the end of line that precedes its end."""
        written = [content, content[:-1], content[:-2]]
        if self.decryption is None:
            return written
        texts = [self.decryption.stream(one, self.number, self.generation) for one in written]
        # Metadata need not be encrypted.
        return [*(one for one in texts if one is not None), *written]

    def strings(self, data: bytes) -> Iterator[bytes]:
        for string in strings_in(data):
            yield string
            if self.decryption is not None:
                text = self.decryption.string(string, self.number, self.generation)
                yield from () if text is None else (text,)


def _of_object(
    body: bytes, plain: _Plain, raw: Set[bytes], known: Set[str], maps: Maps
) -> Iterator[Entry]:
    where = "earlier revision or unused object"
    stream = _STREAM.search(body)
    head = body[: stream.start()] if stream else body
    for string in plain.strings(head):
        yield from _new(where, string, known)
    if stream is None or _BOOKKEEPING.search(head):
        return
    end = body.rfind(b"endstream")
    contents = plain.streams(body[stream.end() : end if end >= 0 else len(body)])
    if any(_digest(one) in raw for one in contents):
        return
    content = contents[0]
    decoded = _inflated(content)
    if decoded is None and _PICTURE.search(head):
        yield Entry(where, "", EntryKind.unread, "picture")
    elif decoded is None:
        yield from _strings(where, content, known, ())
        yield Entry(where, "", EntryKind.unread, "stream that cannot be decoded")
    elif b"/ObjStm" in head or b"begincmap" in decoded:
        if b"begincmap" in decoded:
            maps.append(to_unicode(decoded))
        yield from _strings(where, decoded, known, ())
    elif _PICTURE.search(head):
        yield Entry(where, "", EntryKind.unread, "picture")
    else:
        yield from _strings(where, decoded, known, maps)
        if _SHOWN.search(decoded) and not is_readable(strings_in(decoded), maps):
            yield Entry(where, "", EntryKind.unread, "characters without a known meaning")
        yield from _source(where, decoded)


def strings_in(data: bytes) -> list[bytes]:
    """The literal and hexadecimal strings in the source of objects or of a content stream."""
    strings = [_unescaped(match[1]) for match in _LITERAL.finditer(data)]
    return strings + [_hex(match[1]) for match in _HEX.finditer(data)]


def _strings(
    where: str, data: bytes, known: Set[str], maps: Sequence[Mapping[bytes, str]]
) -> Iterator[Entry]:
    strings = strings_in(data)
    for string in strings:
        yield from _new(where, string, known)
    for text in readings(strings, maps):
        yield Entry(where, text, EntryKind.hidden)


def _new(where: str, string: bytes, known: Set[str]) -> Iterator[Entry]:
    for text in texts_of_string(string):
        if text not in known:
            yield Entry(where, text, EntryKind.hidden)


def _between(data: bytes, known: Set[str]) -> Iterator[Entry]:
    rest, trailers = _divided(data)
    for trailer in trailers:
        yield from _of_trailer(trailer, known)
    lines = (line.strip() for line in re.split(rb"[\r\n]+", rest))
    rest = b"\n".join(line for line in lines if line and not _STRUCTURE.fullmatch(line))
    yield from _source("between the objects", rest)
    yield from _strings("between the objects", rest, known, ())


def _divided(data: bytes) -> tuple[bytes, list[bytes]]:
    """The data without its trailers, and the trailers."""
    rest, trailers, at = [], [], 0
    while (start := data.find(b"trailer", at)) >= 0:
        rest.append(data[at:start])
        at = data.find(b"startxref", start)
        at = at if at >= 0 else len(data)
        trailers.append(data[start:at])
    return b"".join([*rest, data[at:]]), trailers


def _of_trailer(data: bytes, known: Set[str]) -> Iterator[Entry]:
    """The strings and names of a trailer, and what else does not belong there."""
    where = "trailer of a revision"
    for string in strings_in(data):
        if not is_hash(string):
            yield from _new(where, string, known)
    without = _HEX.sub(b" ", _LITERAL.sub(b" ", data))
    for match in _NAME.finditer(without):
        if text := text_of_name(match[1].decode("utf-8", "surrogateescape")):
            yield Entry(where, text, EntryKind.name)
    yield from _source(where, _TRAILER_TOKEN.sub(b" ", _NAME.sub(b" ", without)).strip())


def _source(where: str, data: bytes) -> Iterator[Entry]:
    if data:
        text = text_of_bytes(data)
        yield Entry(where, text if text is not None else runs_in(data), EntryKind.hidden)


def _inflated(data: bytes) -> bytes | None:
    try:
        return zlib.decompressobj().decompress(data, _MOST_DECODED)
    except zlib.error:
        return data if text_of_bytes(data) is not None else None


def _digest(data: bytes) -> bytes:
    return data if len(data) < 64 else hash(data).to_bytes(8, signed=True)


def _hex(digits: bytes) -> bytes:
    text = b"".join(digits.split()).decode("ascii")
    return bytes.fromhex(text + "0" * (len(text) % 2))


def _unescaped(literal: bytes) -> bytes:
    def plain(match: re.Match[bytes]) -> bytes:
        code = match[1]
        if code[:1].isdigit() and code[:1] in b"01234567":
            return bytes([int(code, 8) & 0xFF])
        return _ESCAPED.get(code, code)

    return _ESCAPE.sub(plain, literal)
