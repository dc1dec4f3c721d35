"""A TrueType font whose only glyph is a box, for invisible text.

Without an embedded font, PDFium takes a substitute, whose height depends on the machine and on the
files that were opened before.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import cache

_EM, _ASCENT, _DESCENT = 1_000, 800, -200
_NARROW = 500  # a box of a character is at least as wide as its glyph
_GLYPHS = 2  # the missing glyph, and the one of all characters
_TABLE_HEAD = 12
_TABLE_ENTRY = 16
_MAGIC, _CHECKSUM = 0x5F0F3CF5, 0xB1B0AFBA


@cache
def box_font() -> bytes:
    """The font file (OpenType 1.9): the missing glyph, and a box of 500 by 1,000 units."""
    glyph = _box()
    tables: Mapping[bytes, bytes] = {
        b"glyf": glyph,
        b"head": _head(0),
        b"hhea": struct.pack(
            ">IhhhHhhhhhh8xhH", 0x10000, _ASCENT, _DESCENT, 0, _EM, 0, 0, 0, 1, 0, 0, 0, _GLYPHS
        ),
        b"hmtx": struct.pack(">HhHh", _EM, 0, _EM, 0),
        b"loca": struct.pack(">3H", 0, 0, len(glyph) // 2),
        b"maxp": struct.pack(">I3H22x", 0x10000, _GLYPHS, 4, 1),
    }
    whole = _file(tables)
    adjusted = (_CHECKSUM - _checksum(whole)) & 0xFFFFFFFF
    return _file({**tables, b"head": _head(adjusted)}, {b"head": _checksum(_head(0))})


def _box() -> bytes:
    """A glyph of half an em: PDFium drops turned text whose characters have no height."""
    height = _ASCENT - _DESCENT
    bounds = struct.pack(">5h", 1, 0, _DESCENT, _NARROW, _ASCENT)
    across, up = (0, 0, _NARROW, 0), (_DESCENT, height, 0, -height)
    points = struct.pack(">HH4B4h4h", 3, 0, 1, 1, 1, 1, *across, *up)
    return (bounds + points).ljust(36, b"\0")


def _head(adjustment: int) -> bytes:
    return struct.pack(
        ">IIIIHHQQhhhhHHhhh", 0x10000, 0x10000, adjustment, _MAGIC, 0, _EM, 0, 0, 0, _DESCENT, _EM,
        _ASCENT, 0, 8, 2, 0, 0,
    )  # fmt: skip


def _file(tables: Mapping[bytes, bytes], sums: Mapping[bytes, int] | None = None) -> bytes:
    count = len(tables)
    power = count.bit_length() - 1
    at = _TABLE_HEAD + count * _TABLE_ENTRY
    entries, bodies = [], []
    for tag, data in sorted(tables.items()):
        total = (sums or {}).get(tag, _checksum(data))
        entries.append(struct.pack(">4sIII", tag, total, at, len(data)))
        bodies.append(data + bytes(-len(data) % 4))
        at += len(bodies[-1])
    head = struct.pack(">IHHHH", 0x10000, count, 16 << power, power, 16 * count - (16 << power))
    return head + b"".join(entries) + b"".join(bodies)


def _checksum(data: bytes) -> int:
    padded = data + bytes(-len(data) % 4)
    words: tuple[int, ...] = struct.unpack(f">{len(padded) // 4}I", padded)
    return sum(words) & 0xFFFFFFFF
