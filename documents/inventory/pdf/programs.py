"""What an embedded font program says about its glyphs: their names and characters.

TrueType and OpenType (OpenType 1.9: `cmap`, `post`), CFF (Adobe Technical Note 5176), and the
encoding of a Type 1 program. Only what a subset font usually keeps is read: a program that is
damaged, or of another kind, says nothing.
"""

from __future__ import annotations

import re
import struct
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

_SFNT = (b"\x00\x01\x00\x00", b"OTTO", b"true")
_MOST_TABLES = 100
_MOST_CODES = 200_000
_MOST_GLYPHS = 65_536
# The first glyph names of the Macintosh order (`post`), and of CFF's standard strings: the
# printable characters of ASCII, of which CFF has curly quotes.
_MAC_SPACE, _MAC_LAST = 3, 97
_CFF_SPACE, _CFF_LAST = 1, 95
_MAC_NAMES = 258
_CFF_STRINGS = 391
_ENTRY = re.compile(rb"\bdup\s+(\d{1,3})\s*/([^\s/()<>\[\]{}%]{1,60})\s+put\b")
_LONGEST_HEAD = 100_000  # of a Type 1 program, before its encrypted part


@dataclass(frozen=True, slots=True)
class Program:
    """A font program.

    Attributes:
        names: Glyph names by glyph; a character of ASCII stands for the name of itself.
        characters: The characters that Unicode tables of `cmap` map to each glyph.
        by_character: The same by the character.
        by_code: Glyphs by the codes of tables for symbols and for the Macintosh, in this order.
        encoding: Glyph names by code, of a Type 1 or CFF program.
        has_cids: Whether the glyphs of a CFF program have numbers instead of names.
    """

    names: Mapping[int, str] = field(default_factory=dict)
    characters: Mapping[int, set[str]] = field(default_factory=dict)
    by_character: Mapping[int, int] = field(default_factory=dict)
    by_code: Sequence[Mapping[int, int]] = ()
    encoding: Mapping[int, str] = field(default_factory=dict)
    has_cids: bool = False


def program_of(data: bytes) -> Program:
    """Read a font program."""
    try:
        if data.startswith(_SFNT):
            return _sfnt(data)
        if data[:1] == b"\x01":
            return _cff(data)
        return Program(encoding=_type1_encoding(data))
    except (struct.error, IndexError, ValueError):
        return Program()


def _type1_encoding(data: bytes) -> Mapping[int, str]:
    head = data[:_LONGEST_HEAD].partition(b"eexec")[0]
    return {
        int(code): name.decode("latin-1") for code, name in _ENTRY.findall(head) if int(code) < 256
    }


def _sfnt(data: bytes) -> Program:
    tables = _tables(data)
    by_character: dict[int, int] = {}
    symbols: dict[int, int] = {}
    macintosh: dict[int, int] = {}
    for platform, encoding, table in _cmaps(tables.get(b"cmap", b"")):
        if platform == 0 or (platform, encoding) in {(3, 1), (3, 10)}:
            by_character.update(_mapping(table))
        elif (platform, encoding) == (3, 0):
            symbols.update(_mapping(table))
        elif platform == 1:
            macintosh.update(_mapping(table))
    characters: dict[int, set[str]] = defaultdict(set)
    for code, glyph in by_character.items():
        if code < 0x110000:
            characters[glyph].add(chr(code))
    outlines = _cff(tables[b"CFF "]) if b"CFF " in tables else Program()
    names = _post_names(tables.get(b"post", b"")) or outlines.names
    codes = (symbols, macintosh)
    return Program(names, characters, by_character, codes, outlines.encoding, outlines.has_cids)


def _tables(data: bytes) -> Mapping[bytes, bytes]:
    (count,) = struct.unpack_from(">H", data, 4)
    found = {}
    for number in range(min(count, _MOST_TABLES)):
        tag, _, start, length = struct.unpack_from(">4sIII", data, 12 + 16 * number)
        if tag in {b"cmap", b"post", b"CFF "}:
            found[tag] = data[start : start + length]
    return found


def _cmaps(cmap: bytes) -> Iterator[tuple[int, int, bytes]]:
    if not cmap:
        return
    (count,) = struct.unpack_from(">H", cmap, 2)
    for number in range(min(count, _MOST_TABLES)):
        platform, encoding, start = struct.unpack_from(">HHI", cmap, 4 + 8 * number)
        yield platform, encoding, cmap[start:]


def _mapping(table: bytes) -> Mapping[int, int]:
    """The glyphs of a subtable by code; none for a format that is rare in PDF files."""
    (kind,) = struct.unpack_from(">H", table)
    entries = {0: _bytes_table, 4: _segments, 6: _trimmed, 12: _groups}.get(kind)
    return {code: glyph for code, glyph in entries(table) if glyph} if entries else {}


def _bytes_table(table: bytes) -> Iterator[tuple[int, int]]:
    yield from enumerate(table[6 : 6 + 256])


def _trimmed(table: bytes) -> Iterator[tuple[int, int]]:
    first, count = struct.unpack_from(">HH", table, 6)
    yield from enumerate(struct.unpack_from(f">{count}H", table, 10), first)


def _groups(table: bytes) -> Iterator[tuple[int, int]]:
    (count,) = struct.unpack_from(">I", table, 12)
    left = _MOST_CODES
    for number in range(min(count, _MOST_CODES)):
        first, last, glyph = struct.unpack_from(">III", table, 16 + 12 * number)
        left -= max(0, last - first) + 1
        if left < 0:
            raise ValueError("too many codes")
        yield from zip(range(first, last + 1), range(glyph, glyph + last - first + 1), strict=True)


def _segments(table: bytes) -> Iterator[tuple[int, int]]:
    (doubled,) = struct.unpack_from(">H", table, 6)
    count, left = doubled // 2, _MOST_CODES
    ends = struct.unpack_from(f">{count}H", table, 14)
    starts, deltas, offsets = (
        struct.unpack_from(f">{count}H", table, 16 + doubled * part) for part in (1, 2, 3)
    )
    at_offsets = 16 + doubled * 3
    for part in range(count):
        first, last = starts[part], ends[part]
        left -= max(0, last - first) + 1
        if left < 0:
            raise ValueError("too many codes")
        for code in range(first, last + 1):
            glyph = code
            if offsets[part]:
                at = at_offsets + 2 * part + offsets[part] + 2 * (code - first)
                glyph = int.from_bytes(table[at : at + 2])
            if glyph or not offsets[part]:
                yield code, (glyph + deltas[part]) & 0xFFFF


def _post_names(post: bytes) -> Mapping[int, str]:
    version = post[:4]
    if version == b"\x00\x01\x00\x00":
        return {glyph: _mac_name(glyph) for glyph in range(_MAC_SPACE, _MAC_LAST + 1)}
    if version != b"\x00\x02\x00\x00":
        return {}
    (count,) = struct.unpack_from(">H", post, 32)
    indexes = struct.unpack_from(f">{count}H", post, 34)
    strings: list[str] = []
    at = 34 + 2 * count
    while at < len(post) and len(strings) < _MOST_GLYPHS:
        length = post[at]
        strings.append(post[at + 1 : at + 1 + length].decode("latin-1"))
        at += 1 + length
    names = {}
    for glyph, index in enumerate(indexes):
        if index < _MAC_NAMES:
            names[glyph] = _mac_name(index)
        elif index - _MAC_NAMES < len(strings):
            names[glyph] = strings[index - _MAC_NAMES]
    return {glyph: name for glyph, name in names.items() if name}


def _mac_name(index: int) -> str:
    return chr(index - _MAC_SPACE + 0x20) if _MAC_SPACE <= index <= _MAC_LAST else ""


def _cff(data: bytes) -> Program:
    at = data[2]
    _, at = _index(data, at)
    tops, at = _index(data, at)
    strings, at = _index(data, at)
    top = _dictionary(tops[0])
    (charstrings,) = top[17][:1]
    (count,) = struct.unpack_from(">H", data, charstrings)
    if (12, 30) in top:
        return Program(has_cids=True)
    charset = top.get(15, [0])[0]
    sids: Sequence[int] = range(count) if charset == 0 else list(_charset(data, charset, count))
    names = {glyph: _cff_name(sid, strings) for glyph, sid in enumerate(sids)}
    names = {glyph: name for glyph, name in names.items() if name}
    return Program(names, encoding=_cff_encoding(data, top.get(16, [0])[0], names))


def _index(data: bytes, at: int) -> tuple[Sequence[bytes], int]:
    """The items of an INDEX, and where it ends."""
    (count,) = struct.unpack_from(">H", data, at)
    if not count:
        return (), at + 2
    size = data[at + 2]
    if not 1 <= size <= 4:
        raise ValueError("not an INDEX")
    starts = [
        int.from_bytes(data[at + 3 + size * one : at + 3 + size * (one + 1)])
        for one in range(count + 1)
    ]
    base = at + 2 + size * (count + 1)
    if starts != sorted(starts) or base + starts[-1] > len(data):
        raise ValueError("not an INDEX")
    items = [data[base + one : base + end] for one, end in pairwise(starts)]
    return items, base + starts[-1]


def _dictionary(data: bytes) -> Mapping[object, list[int]]:
    """The operators of a DICT with their whole operands; reals are 0."""
    found: dict[object, list[int]] = {}
    operands: list[int] = []
    at = 0
    while at < len(data):
        first = data[at]
        at += 1
        if first <= 21:
            key: object = first
            if first == 12:
                key, at = (12, data[at]), at + 1
            found[key], operands = operands, []
        elif first == 30:
            while data[at] & 0x0F != 0x0F and data[at] >> 4 != 0x0F:
                at += 1
            at += 1
            operands.append(0)
        else:
            value, at = _operand(data, first, at)
            operands.append(value)
    return found


def _operand(data: bytes, first: int, at: int) -> tuple[int, int]:
    if first == 28:
        return int.from_bytes(data[at : at + 2], signed=True), at + 2
    if first == 29:
        return int.from_bytes(data[at : at + 4], signed=True), at + 4
    if first <= 246:
        return first - 139, at
    if first <= 250:
        return (first - 247) * 256 + data[at] + 108, at + 1
    return -(first - 251) * 256 - data[at] - 108, at + 1


def _charset(data: bytes, at: int, count: int) -> Iterator[int]:
    """The names of glyphs as numbers of strings. Raises `ValueError` for a predefined set."""
    if at <= 2:
        raise ValueError("the names of an expert font")
    yield 0
    kind, at, left = data[at], at + 1, count - 1
    while left > 0:
        (first,) = struct.unpack_from(">H", data, at)
        more = 0
        if kind:
            more = int.from_bytes(data[at + 2 : at + 2 + kind])
        at += 2 + kind
        yield from range(first, first + min(more + 1, left))
        left -= more + 1


def _cff_name(sid: int, strings: Sequence[bytes]) -> str:
    if _CFF_SPACE <= sid <= _CFF_LAST:
        return chr(sid - _CFF_SPACE + 0x20)
    at = sid - _CFF_STRINGS
    return strings[at].decode("latin-1") if 0 <= at < len(strings) else ""


def _cff_encoding(data: bytes, at: int, names: Mapping[int, str]) -> Mapping[int, str]:
    if at == 0:
        return {code: chr(code) for code in range(0x20, 0x7F) if chr(code) in names.values()}
    if at == 1:
        return {}
    kind, count = data[at] & 0x7F, data[at + 1]
    codes: list[int] = []
    for one in range(count):
        if kind:
            first, more = data[at + 2 + 2 * one], data[at + 3 + 2 * one]
            codes += range(first, first + more + 1)
        else:
            codes.append(data[at + 2 + one])
    return {code: names[glyph] for glyph, code in enumerate(codes, 1) if glyph in names}
