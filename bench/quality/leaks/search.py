"""Searches a file for values in every encoding, without the project's own readers.

Knows no format's structure: bytes are unpacked and decoded in every way that applies, again and
again, and every result is searched.
"""

from __future__ import annotations

import base64
import binascii
import email
import email.policy
import hashlib
import html
import io
import quopri
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from urllib.parse import unquote, unquote_to_bytes

from lxml import etree

from bench.quality.leaks.search_pdf import pdf_streams, pdf_texts

_DEEPEST = 5
_MOST_LAYERS = 4_000
_LARGEST = 64 * 1024 * 1024
_GZIP = re.compile(rb"\x1f\x8b\x08")
_RASTER = 1024 * 1024
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-](?:[A-Za-z0-9+/_-]|[\r\n]+(?=[A-Za-z0-9+/_-])){10,}={0,2}")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}\s?){6,}")
_WORD = re.compile(r"=\?([\w-]+)\?([bBqQ])\?([^?]*)\?=")
_IGNORED = re.compile(
    "[\\s\u0000-\u001f\u007f\u00ad\u061c\u200b-\u200f\u2010\u2011\u202a-\u202e\u2060-\u2069"
    "\ufeff\ufffe\ufffd-]+"
)


def found_in(data: bytes, values: Collection[str]) -> dict[str, str]:
    """The values that the file holds in any form, and by which way each was found."""
    wanted = {squeezed(value): value for value in values}
    found: dict[str, str] = {}
    for way, layer in layers(data):
        if _is_raster(layer):
            found |= {one: way for one in values if one not in found and _is_among(layer, one)}
            continue
        texts: set[str] = set()
        for name, text in _decoded(layer):
            if text in texts:  # most spellings change nothing
                continue
            texts.add(text)
            searched = squeezed(text)
            for words, value in wanted.items():
                if value not in found and words in searched:
                    found[value] = f"{way}, {name}"
            if len(found) == len(values):
                return found
    return found


def _is_raster(layer: bytes) -> bool:
    """Whether a large layer is the pixels of a picture, which would take seconds to decode."""
    if len(layer) < _RASTER or layer.startswith((b"PK", b"%PDF")):
        return False
    return all(b"\xff" in piece or b"\x00" in piece for piece in (layer[:4_096], layer[-4_096:]))


def _is_among(layer: bytes, value: str) -> bool:
    """Whether the bytes of a value, not split or spaced, are among others."""
    names = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")
    return any(value.encode(name) in layer for name in names)


def squeezed(text: str) -> str:
    """In one spelling, without characters that have no ink and without hyphens."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text)).casefold()


def layers(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The bytes, and everything that can be unpacked from them."""
    seen: set[bytes] = set()
    waiting = [("file", data, 0)]
    while waiting:
        way, layer, depth = waiting.pop(0)
        digest = hashlib.sha256(layer).digest()
        if digest in seen or len(seen) > _MOST_LAYERS or len(layer) > _LARGEST:
            continue
        seen.add(digest)
        yield way, layer
        if depth < _DEEPEST and not _is_raster(layer):
            waiting += [(f"{way} / {name}", inner, depth + 1) for name, inner in _unpacked(layer)]


def _decoded(data: bytes) -> Iterator[tuple[str, str]]:
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"):
        for skipped in (0, 1) if encoding.startswith("utf-16") else (0,):
            yield encoding, data[skipped:].decode(encoding, "ignore")
    text = data.decode("utf-8", "replace")
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        text = data.decode("utf-16", "replace")
    yield from _spellings(text)
    if data.lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t\x00")[:1] == b"<":
        yield from _of_elements(data)
    if b"%PDF" in data[:1024] or b" Tf" in data or b"begincmap" in data or b" obj" in data:
        yield from pdf_texts(data)


def _spellings(text: str) -> Iterator[tuple[str, str]]:
    plain = html.unescape(text)
    yield "references", html.unescape(plain)
    yield "without tags", html.unescape(_without_tags(text))
    yield "joined literals", re.sub(r"['\"]\s*[&,+.]?\s*['\"]", "", plain)
    for encoding in ("utf-8", "gb18030"):
        once = unquote(plain, encoding, "ignore")
        yield f"percent {encoding}", once
        yield f"percent {encoding} twice", unquote(once, encoding, "ignore")
    if "\\" in text:
        yield from (("escapes", _without_escapes(text)), ("RTF", _without_rtf(text)))
    if "=?" in text:
        yield "encoded words", _WORD.sub(_word, re.sub(r"\?=\s+=\?", "?==?", text))
    if "*" in text or "~" in text:
        yield "without marks", re.sub(r"[*~`\\]", "", text)


def _without_tags(text: str) -> str:
    # Only up to the last `>`: each later `<` would search the whole rest for one.
    tagged, end, rest = text.rpartition(">")
    return re.sub(r"<[^>]*>", "", tagged + end) + rest


def _without_escapes(text: str) -> str:
    """`\\u4e00` and `\\x4e` of JSON and scripts, `\\4e00` of style sheets."""
    units = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    units = re.sub(r"\\x([0-9a-fA-F]{2})", lambda match: chr(int(match[1], 16)), units)
    return _paired(
        re.sub(r"\\([0-9a-fA-F]{4,6}) ?", lambda match: chr(int(match[1], 16) % 0x110000), units)
    )


def _without_rtf(text: str) -> str:
    """`\\u-123?` and `\\'ab` of RTF."""
    units = re.sub(r"\\u(-?\d+)\s?\??", lambda match: chr(int(match[1]) % 0x10000), text)
    return _paired(
        re.sub(
            r"(?:\\'[0-9a-fA-F]{2})+",
            lambda match: bytes.fromhex(match[0].replace("\\'", "")).decode("gb18030", "replace"),
            units,
        )
    )


def _paired(text: str) -> str:
    """With one character for each pair of surrogates."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _word(match: re.Match[str]) -> str:
    charset, way, words = match.groups()
    with suppress(ValueError, LookupError):
        data = words.encode("ascii", "ignore")
        decoded = base64.b64decode(data + b"==") if way in "bB" else quopri.decodestring(data, True)
        return decoded.decode(charset, "replace")
    return match[0]


def _of_elements(data: bytes) -> Iterator[tuple[str, str]]:
    """The text of a tree, and the texts of all elements of one name, joined."""
    root = None
    for parser in (etree.XMLParser(recover=True, huge_tree=False), etree.HTMLParser()):
        with suppress(etree.LxmlError, ValueError):
            root = etree.fromstring(data, parser)
        if root is not None:
            break
    if root is None:
        return
    named: dict[str, list[str]] = {}
    for element in root.iter():
        if isinstance(element.tag, str):
            named.setdefault(element.tag, []).append(element.text or "")
            for name, text in element.attrib.items():
                named.setdefault(f"{element.tag}/{name!s}", []).append(str(text))
    yield "elements", "".join(map(str, root.itertext()))
    for name, pieces in named.items():
        yield f"all {name}", "".join(pieces)


def _unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    yield from _zip_members(data)
    for name, start, bits in (("gzip", _GZIP, 31), ("zlib", _ZLIB, 15)):
        for match in start.finditer(data):
            if inner := _inflated(data[match.start() :], bits):
                yield name, inner
    yield from pdf_streams(data)
    if re.match(rb"[\w-]+: ?", data) or b"\nContent-T" in data:
        yield from _mail_parts(data)
    if b"\x00" not in data[:200]:
        yield from _from_letters(data)


def _from_letters(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Bytes that are spelled in ASCII characters."""
    if re.search(rb"=(?:[0-9A-F]{2}|\r?\n)", data):
        yield "quoted-printable", quopri.decodestring(data)
    for match in _BASE64.finditer(data):
        yield from _from_base64(match[0])
    for match in _HEX.finditer(data):
        digits = re.sub(rb"\s", b"", match[0])
        yield "hex", binascii.unhexlify(digits[: len(digits) // 2 * 2])
    if b"%" in data:
        yield "percent", unquote_to_bytes(data)
    if b"#" in data:
        yield "names", unquote_to_bytes(data.replace(b"%", b"%25").replace(b"#", b"%"))


def _from_base64(run: bytes) -> Iterator[tuple[str, bytes]]:
    letters = re.sub(rb"[\r\n=]", b"", run).translate(bytes.maketrans(b"-_", b"+/"))
    for skipped in range(4 if len(letters) < 4_096 else 1):
        rest = letters[skipped:]
        if len(rest) % 4 == 1:
            rest = rest[:-1]
        with suppress(ValueError):
            yield "Base64", base64.b64decode(rest + b"=" * (-len(rest) % 4))


def _zip_members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The members that the directory lists, and those that only their own headers name."""
    if b"PK\x03\x04" not in data:
        return
    with (
        suppress(zipfile.BadZipFile, ValueError, NotImplementedError, OSError),
        zipfile.ZipFile(io.BytesIO(data)) as package,
    ):
        for entry in package.infolist():
            with suppress(zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError,
                              EOFError, ValueError, OSError):  # fmt: skip
                if entry.file_size <= _LARGEST:
                    yield entry.filename, package.read(entry)
    for match in re.finditer(rb"PK\x03\x04", data):
        header = data[match.start() : match.start() + 30]
        if len(header) == 30 and header[8:10] == b"\x08\x00":
            name, extra = (int.from_bytes(header[at : at + 2], "little") for at in (26, 28))
            if inner := _inflated(data[match.start() + 30 + name + extra :], -15):
                yield "entry", inner


def _inflated(data: bytes, bits: int) -> bytes:
    with suppress(zlib.error):
        return zlib.decompressobj(bits).decompress(data, _LARGEST)
    return b""


def _mail_parts(data: bytes) -> Iterator[tuple[str, bytes]]:
    with suppress(Exception):  # any error of the library's parser: the raw bytes are searched
        message = email.message_from_bytes(data, policy=email.policy.compat32)
        for part in message.walk():
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes) and payload:
                yield f"part {part.get_content_type()}", payload
