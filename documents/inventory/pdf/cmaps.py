"""ToUnicode maps of fonts: from the codes of characters to text (ISO 32000-1, 9.10.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

_CHAR = re.compile(rb"<([0-9A-Fa-f\s]*)>\s*<([0-9A-Fa-f\s]*)>")
_RANGE = re.compile(
    rb"<([0-9A-Fa-f\s]*)>\s*<([0-9A-Fa-f\s]*)>\s*(?:<([0-9A-Fa-f\s]*)>|\[([^\[\]]*)\])"
)
_CID = re.compile(rb"<([0-9A-Fa-f\s]{2,9})>\s*(\d{1,5})\b")
_CID_RANGE = re.compile(rb"<([0-9A-Fa-f\s]{2,9})>\s*<([0-9A-Fa-f\s]{2,9})>\s*(\d{1,5})\b")
_HEX = re.compile(rb"<([0-9A-Fa-f\s]*)>")
_MOST_CODES = 70_000
_LONGEST_CODE = 4


def to_unicode(data: bytes) -> Mapping[bytes, str]:
    """The map in a decoded ToUnicode stream, at most 70,000 codes. A later entry wins."""
    found: dict[bytes, str] = {}
    for code, text in _entries(data):
        if len(found) >= _MOST_CODES:
            break
        if text:
            found[code] = text
    return found


def cids(data: bytes) -> tuple[int, Mapping[bytes, int]]:
    """The width of codes and their CIDs in a decoded CMap (ISO 32000-1, 9.7.5.3).

    The width is 2 if codes have several.
    """
    spaces = [len(_bytes(low)) for block in _blocks(data, b"codespacerange")
              for low in _HEX.findall(block)]  # fmt: skip
    found: dict[bytes, int] = {}
    for block in _blocks(data, b"cidchar"):
        found.update((_bytes(code), int(cid)) for code, cid in _CID.findall(block))
    for block in _blocks(data, b"cidrange"):
        for low, high, cid in _CID_RANGE.findall(block):
            first, last = _bytes(low), int.from_bytes(_bytes(high))
            start = int.from_bytes(first)
            stop = min(last + 1, start + _MOST_CODES - len(found), 256 ** len(first))
            found.update(
                (code.to_bytes(len(first)), int(cid) + code - start) for code in range(start, stop)
            )
    return spaces[0] if spaces and set(spaces) == {spaces[0]} else 2, found


def _entries(data: bytes) -> Iterator[tuple[bytes, str]]:
    for block in _blocks(data, b"bfchar"):
        for code, value in _CHAR.findall(block):
            if len(key := _bytes(code)) <= _LONGEST_CODE:
                yield key, _text(_bytes(value))
    for block in _blocks(data, b"bfrange"):
        for low, high, one, many in _RANGE.findall(block):
            first = _bytes(low)
            if len(first) <= _LONGEST_CODE:
                yield from _range(first, _bytes(high), one, many)


def _blocks(data: bytes, kind: bytes) -> Iterator[bytes]:
    """What lies between `begin` and `end` of a kind of block."""
    at = 0
    while (start := data.find(b"begin" + kind, at)) >= 0:
        at = data.find(b"end" + kind, start)
        if at < 0:
            return
        yield data[start + len(b"begin" + kind) : at]


def _range(first: bytes, last: bytes, one: bytes, many: bytes) -> Iterator[tuple[bytes, str]]:
    start = int.from_bytes(first)
    count = min(max(0, int.from_bytes(last) - start + 1), _MOST_CODES)
    # Codes of a range differ in the last byte only, but writers do not keep to it.
    most = 256 ** len(first) - start
    listed = _HEX.findall(many)
    base = _text(_bytes(one))
    for at in range(min(count, most)):
        code = (start + at).to_bytes(len(first))
        if many:
            if at >= len(listed):
                return
            yield code, _text(_bytes(listed[at]))
        elif base:
            last_char = ord(base[-1]) + at
            if last_char > 0x10FFFF:
                return
            yield code, base[:-1] + chr(last_char)


def _bytes(digits: bytes) -> bytes:
    text = b"".join(digits.split()).decode("ascii")
    return bytes.fromhex(text + "0" * (len(text) % 2))


def _text(value: bytes) -> str:
    """UTF-16; a single byte is a character of Latin-1."""
    if len(value) == 1:
        return value.decode("latin-1")
    return value.decode("utf-16-be", "replace")


def readings(strings: Sequence[bytes], maps: Sequence[Mapping[bytes, str]]) -> Iterator[str]:
    """Yield the text of strings by each map, where the font of the strings is not known."""
    joined = b"".join(strings)
    for one in maps:
        for width in {len(code) for code in one}:
            if text := "".join(one.get(code, "") for code in _codes(joined, width)):
                yield text


def is_explained(string: bytes, maps: Sequence[Mapping[bytes, str]]) -> bool:
    """Whether a map has every code of a string."""
    return any(
        all(code in one for code in _codes(string, width))
        for one in maps
        for width in {len(code) for code in one}
    )


def _codes(string: bytes, width: int) -> Iterator[bytes]:
    return (string[at : at + width] for at in range(0, len(string), max(1, width)))


def to_unicode_stream(entries: Mapping[bytes, str], width: int) -> bytes:
    """A ToUnicode stream with only these entries, whose codes have `width` bytes."""
    lines = [
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        b"/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        b"1 begincodespacerange <%s> <%s> endcodespacerange" % (b"00" * width, b"FF" * width),
    ]
    codes = sorted(entries)
    for at in range(0, len(codes), 100):
        block = codes[at : at + 100]
        lines.append(b"%d beginbfchar" % len(block))
        lines += [
            b"<%s> <%s>"
            % (
                code.hex().encode(),
                entries[code].encode("utf-16-be", "surrogatepass").hex().encode(),
            )
            for code in block
        ]
        lines.append(b"endbfchar")
    lines.append(b"endcmap CMapName currentdict /CMap defineresource pop end end")
    return b"\n".join(lines)
