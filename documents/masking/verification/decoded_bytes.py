"""Decodes bytes in every way that could hide text, without knowledge of the file's format.

Compressed data is found by its signature at any offset, encoded text by its characters. Each result
is decoded again, so that a Base64 text of a ZIP file in an e-mail is read as well.
"""

from __future__ import annotations

import binascii
import hashlib
import html
import quopri
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from types import MappingProxyType
from urllib.parse import unquote_to_bytes

from documents.errors import RedactionIncomplete
from documents.masking.verification.compressed_bytes import Budget, decompressed
from documents.masking.verification.written_bytes import (
    encoded_files,
    in_digits,
    without_escapes,
    without_pieces,
)

_MOST_DEPTH, _MOST_LAYERS = 24, 100_000
# In data that is no text: no encoded text that is decoded is shorter. With 6, a picture of a page
# has three times as many by chance, and their decodings took two thirds of the time.
_LEAST_STRING = 8
_SAMPLE = 1 << 20
_CONTROLS = bytes({*range(32)} - {*b"\t\n\r\f"}) + b"\x7f"
_TEXT_SHARE = 0.02
_NUL_SHARE = 0.2
_PRINTABLE = re.compile(rb"[\t\n\r\x20-\x7e]{%d,}" % _LEAST_STRING)
# Longer runs begin where the data begins; in shorter ones it may begin at any of four characters.
_LONG = 65_536
_CONTAINER = 64
_BASE64 = re.compile(rb"[A-Za-z0-9+/_\-]{8,}(?:\r?\n[ \t]?[A-Za-z0-9+/_\-]{2,})*")
_SIGNATURE = re.compile(rb"\x1f\x8b|BZh|\xfd7z|x[\x01\x5e\x9c\xda]")
# Long enough to mean something anywhere in data, whose beginning may be missing.
_LONG_SIGNATURE = re.compile(rb"PK\x03\x04|%PDF-")
# In decoded UTF-8, where U+FFFD stands for bytes that are none.
_READABLE = re.compile(r"[\t\x20-\x7e\x80-\ufffc\ufffe-\U0010ffff]{4,}")
_BASE64_URL = bytes.maketrans(b"-_", b"+/")
_HEX = re.compile(rb"[0-9A-Fa-f](?:[0-9A-Fa-f]|\s){7,}")
_SPACE = re.compile(rb"\s+")
# Each alternative begins with a character, so that the search skips to one of them.
_PDF_TEXT = re.compile(rb"T(?<=\bT)[jJ*]|o(?<=\bo)bj\b|\)\s{0,3}['\"]|>\s{0,3}['\"]")
_PDF_NAME = re.compile(rb"/([^\s/<>\[\](){}%]{1,512})")
_NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_PDF_STRING = re.compile(
    rb"\((?P<literal>(?:[^()\\]|\\.|\((?:[^()\\]|\\.)*+\))*+)\)"
    rb"|<(?P<hex>[0-9A-Fa-f\s]{2,})>",
    re.DOTALL,
)
_PDF_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|.))", re.DOTALL)
_PDF_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_UTF16_MARKS = (b"\xfe\xff", b"\xff\xfe")
_ESCAPE_SIGNS = re.compile(rb"[%&\\]")
_ESCAPE = re.compile(
    rb"%[0-9A-Fa-f]{2}|&(?:#0{0,64}\d{1,7}|#[xX]0{0,64}[0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});"
    rb"|\\{1,64}(?:u[0-9A-Fa-f]{4}(?:\\{1,64}u[0-9A-Fa-f]{4})*+|[xX'][0-9A-Fa-f]{2})"
)
_NOT_HEX = re.compile(rb"\\{1,64}u")
_QUOTED_PRINTABLE = re.compile(rb"=[0-9A-F]{2}=[0-9A-F]{2}|=\r?\n")
_TAGS = re.compile(rb"(?:<[^<>]{0,4096}>)+")
_BLOCK_TAGS = re.compile(
    rb"</?(?:\w+:)?(?:p|tr|td|tc|th|li|div|row|c|si|dt|dd|h\d|br|option|title|TextObject|TextCode)\b"
)


class _Step(StrEnum):
    """How a layer came of another. `container` is whole data: a file, or what was compressed."""

    container = "data"
    utf16 = "UTF-16"
    printable = "printable characters"
    quoted_printable = "quoted-printable"
    escapes = "escapes"
    tags = "text without tags"
    strings = "strings"
    names = "names"
    short_runs = "short encoded texts"
    written = "other digits and escapes"


# The steps that can follow a step. Without this order each layer would be decoded in every order.
_NEXT: Mapping[_Step, frozenset[_Step]] = MappingProxyType(
    {
        _Step.container: frozenset(_Step) - {_Step.container},
        _Step.utf16: frozenset((_Step.escapes, _Step.tags, _Step.short_runs, _Step.written)),
        _Step.printable: frozenset(_Step) - {_Step.container, _Step.utf16, _Step.printable},
        _Step.quoted_printable: frozenset(_Step) - {_Step.container, _Step.utf16, _Step.printable},
        _Step.escapes: frozenset((_Step.escapes, _Step.tags, _Step.short_runs, _Step.written)),
        _Step.tags: frozenset((_Step.escapes, _Step.written)),
        _Step.strings: frozenset((_Step.escapes, _Step.short_runs, _Step.written)),
        _Step.names: frozenset((_Step.escapes,)),
        _Step.short_runs: frozenset((_Step.escapes,)),
        _Step.written: frozenset(),
    }
)


# Compressed data is searched in these.
_UNPACKED = frozenset((_Step.container, _Step.escapes, _Step.quoted_printable, _Step.utf16))


@dataclass(frozen=True, slots=True)
class Layer:
    """Bytes from a file, and the decodings that gave them, such as `part word/document.xml`.

    `is_text` says that the bytes are text in an encoding that contains ASCII, which is searched and
    decoded as such; what is written in other digits is searched as bytes only. `hint` is the PDF
    dictionary that stood before a stream.
    """

    data: bytes
    path: tuple[str, ...]
    step: _Step
    is_text: bool
    hint: bytes = b""
    is_tagless: bool = False

    def inner(self, step: _Step, data: bytes, name: str = "", hint: bytes = b"") -> Layer:
        return Layer(
            data,
            (*self.path, name or step.value),
            step,
            step is not _Step.written and _is_text(data),
            hint,
            is_tagless=step is _Step.tags or (self.is_tagless and step is not _Step.container),
        )


def layers(data: bytes, most_bytes: int) -> Iterator[Layer]:
    """Yields the bytes themselves and all that they decode to, each once.

    Raises `RedactionIncomplete` if that is more than `most_bytes` in all, or is nested too deeply.
    """
    budget = Budget(most_bytes)
    known: set[bytes] = set()
    pending = [Layer(data, (), _Step.container, _is_text(data))]
    while pending:
        layer = pending.pop()
        about = f"{layer.step}{layer.is_tagless}".encode() + layer.hint
        key = hashlib.blake2b(layer.data + about, digest_size=16).digest()
        if key in known or not layer.data:
            continue
        known.add(key)
        if len(layer.path) > _MOST_DEPTH or len(known) > _MOST_LAYERS:
            raise RedactionIncomplete(
                "The masked file is nested too deeply to be verified, so it was discarded. Send "
                "its parts as single documents."
            )
        yield layer
        if layer.step in _UNPACKED:
            for name, inner, hint in decompressed(layer.data, layer.hint, budget):
                pending.append(layer.inner(_Step.container, inner, name, hint))
        for inner_layer in _decoded(layer):
            if inner_layer.data != layer.data:
                budget.take(len(inner_layer.data))
                pending.append(inner_layer)


def _is_text(data: bytes) -> bool:
    sample = data[:_SAMPLE]
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return controls <= len(sample) * _TEXT_SHARE


def _decoded(layer: Layer) -> Iterator[Layer]:
    data, following = layer.data, _NEXT[layer.step]
    if _Step.strings in following and _PDF_TEXT.search(data):
        yield layer.inner(_Step.strings, _pdf_strings(data))
        yield layer.inner(_Step.names, _pdf_names(data))
    if not layer.is_text:
        if _Step.utf16 in following and data.count(0) > len(data) * _NUL_SHARE:
            for at, encoding in product((0, 1), ("utf-16-le", "utf-16-be")):
                yield layer.inner(_Step.utf16, data[at:].decode(encoding, "replace").encode())
        if _Step.printable in following:
            yield layer.inner(_Step.printable, b"\n".join(_PRINTABLE.findall(data)))
    else:
        yield from _digits(layer)
        yield from _markup(layer)


def _digits(layer: Layer) -> Iterator[Layer]:
    """Yields what text writes in digits of bytes."""
    following = _NEXT[layer.step]
    if _Step.short_runs in following:
        yield from _runs(layer, "Base64", _BASE64, _BASE64_ENCODING)
        yield from _runs(layer, "hexadecimal", _HEX, _HEX_ENCODING)


def _markup(layer: Layer) -> Iterator[Layer]:
    """Yields the text without escapes and tags."""
    data, following = layer.data, _NEXT[layer.step]
    if _Step.written in following:
        if texts := [*without_escapes(data), *in_digits(data)]:
            yield layer.inner(_Step.written, b"\n\n\n\n".join(texts))
        for name, decoded in encoded_files(data):
            yield layer.inner(_Step.container, decoded, name)
    if _Step.quoted_printable in following and _QUOTED_PRINTABLE.search(data):
        yield layer.inner(_Step.quoted_printable, quopri.decodestring(data))
    if _Step.escapes in following and (joined := without_pieces(data)) is not None:
        yield layer.inner(_Step.escapes, joined)
    if _Step.escapes in following and _ESCAPE_SIGNS.search(data):
        yield layer.inner(_Step.escapes, _ESCAPE.sub(_unescaped, data))
    if _Step.tags in following and not layer.is_tagless and b"<" in data:
        yield layer.inner(_Step.tags, _TAGS.sub(_gap, data))


def _runs(
    layer: Layer, name: str, pattern: re.Pattern[bytes], encoding: _Encoding
) -> Iterator[Layer]:
    """Yields each long run of `pattern` decoded, and all short ones as two layers.

    The first has their bytes, the second what of them can be text in UTF-8. A short run may be the
    end of a word before the encoded text, so that it is decoded from each of its first characters.
    """
    short: list[bytes] = []
    runs = (match.translate(None, b" \t\r\n") for match in pattern.findall(layer.data))
    for run in dict.fromkeys(runs):
        if len(run) < _CONTAINER:
            short.append(run)
            continue
        for start in range(1 if len(run) > _LONG else encoding.alignments):
            decoded = encoding.decode(run[start:])
            if decoded and (start == 0 or _is_data(decoded)):
                yield layer.inner(_Step.container, decoded, name)
    if short:
        decoded = b"".join(encoding.decode_all(short))
        yield layer.inner(_Step.short_runs, decoded, name)
        readable = _READABLE.findall(decoded.decode("utf-8", "replace"))
        yield layer.inner(_Step.short_runs, "\n".join(readable).encode(), name)


def _is_data(data: bytes) -> bool:
    signature = _SIGNATURE.match(data) or _LONG_SIGNATURE.search(data)
    return _is_text(data) or signature is not None


def _base64(run: bytes) -> bytes | None:
    whole = run[: len(run) // 4 * 4 if len(run) % 4 == 1 else len(run)].translate(_BASE64_URL)
    try:
        return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))
    except binascii.Error:
        return None


def _hexadecimal(run: bytes) -> bytes:
    return bytes.fromhex(run[: len(run) // 2 * 2].decode())


@dataclass(frozen=True, slots=True)
class _Encoding:
    """An encoding of bytes as groups of `alignments` characters.

    `ends` are what completes a run by the number of characters in its last group, and separates it
    from the next: three line ends.
    """

    decode: Callable[[bytes], bytes | None]
    ends: tuple[bytes, ...]

    @property
    def alignments(self) -> int:
        return len(self.ends)

    def decode_all(self, runs: Sequence[bytes]) -> Iterator[bytes]:
        """Yields all runs decoded together, from each of their first characters."""
        ends, count = self.ends, len(self.ends)
        for start in range(count):
            joined = b"".join([run[start:] + ends[(len(run) - start) % count] for run in runs])
            yield self.decode(joined) or b""


_BASE64_ENCODING = _Encoding(_base64, (b"CgoK", b"AAACgoK", b"AACgoK", b"ACgoK"))
_HEX_ENCODING = _Encoding(_hexadecimal, (b"0a0a0a", b"00a0a0a"))


def _pdf_strings(data: bytes) -> bytes:
    """Returns the strings of PDF objects or of a content stream, joined as a viewer shows them."""
    texts: list[bytes] = []
    for match in _PDF_STRING.finditer(data):
        if match["hex"] is not None:
            digits = _SPACE.sub(b"", match["hex"])
            text = bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
        else:
            text = _PDF_ESCAPE.sub(_pdf_unescaped, match["literal"])
        if text.startswith(_UTF16_MARKS):
            text = b"\n" + text.decode("utf-16", "replace").encode() + b"\n"
        texts.append(text)
    return b"".join(texts)


def _pdf_names(data: bytes) -> bytes:
    """Returns the names that have escapes, without them."""
    names = [match for match in _PDF_NAME.findall(data) if b"#" in match]
    return b"\n".join(
        _NAME_ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), name) for name in names
    )


def _pdf_unescaped(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return bytes([int(match[1], 8) & 0xFF])
    return b"" if match[2][:1] in b"\r\n" else _PDF_ESCAPED.get(match[2], match[2])


def _unescaped(match: re.Match[bytes]) -> bytes:
    written = match[0]
    if written[:1] == b"%":
        return unquote_to_bytes(written)
    if written[:1] == b"&":
        return html.unescape(written.decode("ascii")).encode("utf-8", "replace")
    code = written.lstrip(b"\\")
    if code[:1] in b"xX'":
        return bytes.fromhex(code[1:].decode())
    units = bytes.fromhex(_NOT_HEX.sub(b"", written).decode())
    return units.decode("utf-16-be", "replace").encode()


def _gap(match: re.Match[bytes]) -> bytes:
    """Returns what stands for tags: a gap that no value has, or nothing within a paragraph."""
    return b"\n\n\n\n" if _BLOCK_TAGS.search(match[0]) else b""
