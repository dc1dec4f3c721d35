"""Finds text to mask that is written in another form: percent-encoded, as entities, in Base64."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote_to_bytes

from documents.masking.replacement import Find, Masking, Replacement, applied

NEUTRAL_TARGET = "about:blank"

# A word up to white space, quotes and brackets that has an escape in it.
_PERCENT = re.compile(r"[^\s\"'<>()%]*%[0-9A-Fa-f]{2}[^\s\"'<>()]*")
_ENTITIES = re.compile(r"[^\s<>&]*&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,31});[^\s<>]*")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/_-]{4}){3,}(?:[A-Za-z0-9+/_-]{2,3}={0,2})?")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){8,}")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|/|\.|#|\?")
_CHARSETS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\ufffd]")


@dataclass(frozen=True, slots=True)
class _EncodedReplacement:
    """Replaces a whole word, because a part of an encoded word cannot be masked."""

    start: int
    end: int
    replacement: str
    label: str


def with_encoded_forms(masking: Masking) -> Masking:
    """The same masking, which also finds words whose decoded form is to be masked."""
    return replace(
        masking,
        find=lambda text: _find(text, masking.find),
        find_by_rule=lambda text: _find(text, masking.find_by_rule),
    )


def _find(text: str, find: Find) -> Sequence[Replacement]:
    changes = list(find(text))
    for encoded in _encoded(text, find):
        changes = [one for one in changes if one.end <= encoded.start or one.start >= encoded.end]
        changes.append(encoded)
    return sorted(changes, key=lambda change: change.start)


def _encoded(text: str, find: Find) -> Iterator[_EncodedReplacement]:
    """The words whose decoded form has something to mask, without overlaps."""
    end = 0
    for match, write in sorted(_words(text), key=lambda word: word[0].start()):
        if match.start() < end:
            continue
        for decoded in dict.fromkeys(write.decode(match.group())):
            if changes := find(decoded):
                written = write.encode(match.group(), applied(decoded, changes))
                yield _EncodedReplacement(match.start(), match.end(), written, changes[0].label)
                end = match.end()
                break


@dataclass(frozen=True, slots=True)
class _Encoding:
    decode: Callable[[str], Iterator[str]]
    encode: Callable[[str, str], str]


def _words(text: str) -> Iterator[tuple[re.Match[str], _Encoding]]:
    if "%" in text:
        yield from ((match, _AS_PERCENT) for match in _PERCENT.finditer(text))
    if "&" in text:
        yield from ((match, _AS_ENTITIES) for match in _ENTITIES.finditer(text))
    if len(text) >= 12:
        yield from ((match, _AS_BASE64) for match in _BASE64.finditer(text))
        yield from ((match, _AS_HEX) for match in _HEX.finditer(text))


def percent_decoded(text: str) -> Iterator[str]:
    """The texts that percent-encoding in `text` can stand for: in UTF-8, and in GB18030.

    Text that is encoded several times is decoded up to three times.
    """
    data = text
    for _ in range(3):
        if "%" not in data:
            return
        raw = unquote_to_bytes(data)
        read = _read(raw, ("utf-8", "gb18030"))
        yield from read
        if not read or read[0] == data:
            return
        data = read[0]


def _read(raw: bytes, charsets: Sequence[str] = _CHARSETS) -> list[str]:
    """The bytes as text, in each charset in which they are printable text."""
    texts = []
    for charset in charsets:
        try:
            text = raw.decode(charset)
        except UnicodeDecodeError:
            continue
        if text and not _CONTROLS.search(text):
            texts.append(text)
    return texts


def _percent_encoded(word: str, masked: str) -> str:
    return NEUTRAL_TARGET if _ADDRESS.search(word) else quote(masked, safe="*")


def _from_base64(word: str) -> Iterator[str]:
    try:
        raw = base64.b64decode(
            word + "=" * (-len(word) % 4), b"-_" if set(word) & {*"-_"} else None
        )
    except (binascii.Error, ValueError):
        return
    yield from _read(raw)


_AS_PERCENT = _Encoding(percent_decoded, _percent_encoded)
_AS_ENTITIES = _Encoding(
    lambda word: iter((html.unescape(word), html.unescape(html.unescape(word)))),
    lambda _, masked: html.escape(masked),
)
_AS_BASE64 = _Encoding(_from_base64, lambda *_: "***")
_AS_HEX = _Encoding(lambda word: iter(_read(bytes.fromhex(word))), lambda *_: "***")
