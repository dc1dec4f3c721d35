"""The strings in fonts (OpenType 1.9): names of the font, its makers and its glyphs.

Embedded fonts are frequent and hold no other text: the other tables are outlines and numbers. A
font with other tables, or in another format, is not read.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence

_SFNT = (b"\x00\x01\x00\x00", b"OTTO", b"true")
_HEAD = struct.Struct(">4sHHHH")
_TABLE = struct.Struct(">4sIII")
_NAMES = struct.Struct(">HHH")
_NAME = struct.Struct(">HHHHHH")
_OBFUSCATED = 32
_MOST_TABLES = 100
_MOST_NAMES = 1_000
_OUTLINES = frozenset(
    (
        "OS/2", "cmap", "head", "hhea", "hmtx", "maxp", "cvt ", "fpgm", "glyf", "loca", "prep",
        "gasp", "BASE", "GDEF", "GPOS", "GSUB", "JSTF", "vhea", "vmtx", "VORG", "kern", "hdmx",
        "LTSH", "VDMX", "PCLT", "DSIG", "FFTM", "EBDT", "EBLC", "EBSC", "STAT", "avar", "fvar",
        "gvar", "HVAR", "MVAR", "VVAR", "cvar", "COLR", "CPAL", "MERG",
    )
)  # fmt: skip
# Tables with names of glyphs or of the font in ASCII.
_STRINGS = frozenset(("post", "CFF ", "CFF2"))
_ASCII = re.compile(rb"[\x20-\x7e]{4,}")


def font_strings(data: bytes) -> list[str] | None:
    """The strings of a font; None if the bytes are not a font whose every table is known."""
    if not data.startswith(_SFNT):
        return None
    try:
        return list(_strings(data))
    except (struct.error, ValueError):
        return None


def _strings(data: bytes) -> Iterator[str]:
    _, count, *_ = _HEAD.unpack_from(data)
    if count > _MOST_TABLES:
        raise ValueError("too many tables")
    ends = [_HEAD.size + count * _TABLE.size]
    for number in range(count):
        raw, _, start, length = _TABLE.unpack_from(data, _HEAD.size + number * _TABLE.size)
        tag = raw.decode("latin-1")
        table = data[start : start + length]
        ends.append(start + len(table) + 3)
        if tag == "name":
            yield from _names(table)
        elif tag in _STRINGS:
            yield from (match.decode("ascii") for match in _ASCII.findall(table))
        elif tag not in _OUTLINES:
            raise ValueError("an unknown table")
    if max(ends) < len(data):
        raise ValueError("data after the tables")


def _names(table: bytes) -> Iterator[str]:
    _, count, start = _NAMES.unpack_from(table)
    for number in range(min(count, _MOST_NAMES)):
        platform, _, _, _, length, at = _NAME.unpack_from(table, _NAMES.size + number * _NAME.size)
        text = table[start + at : start + at + length]
        yield text.decode("latin-1" if platform == 1 else "utf-16-be", errors="replace")


def revealed(data: bytes, keys: Sequence[bytes]) -> bytes:
    """The bytes of an embedded font, of which Office obfuscates the first 32 (ECMA-376-4, 8.1).

    `keys` are the GUIDs in the table of fonts. Other bytes are returned as they are.
    """
    if data.startswith(_SFNT) or len(data) < _OBFUSCATED:
        return data
    for key in keys:
        mask = bytes.fromhex(key.replace(b"-", b"").decode("ascii"))[::-1] * 2
        head = bytes(one ^ other for one, other in zip(data, mask, strict=False))
        font = head + data[_OBFUSCATED:]
        if font_strings(font) is not None:
            return font
    return data
