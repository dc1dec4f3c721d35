"""The characters of text that draws glyphs by their numbers in a font.

A `CGTransform` gives the glyphs of some codes (GB/T 33190-2016, 11.4). Usually the codes are the
text, and the glyphs its shapes. Some programs write placeholders instead of codes: the character is
then known only if the embedded font has a table of characters.
"""

from __future__ import annotations

import posixpath
import struct
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count

from lxml import etree

from documents.page.ideographs import UNIFIED
from documents.readers.ofd.package import Parts, below, children, numbers

Characters = Callable[[int], str | None]
"""Returns the character of a glyph of one font; None if it is unknown."""

UNKNOWN = "\ufffd"
_PLACEHOLDERS = frozenset("¤\ufffd")
_LEAST_SHAPES = 3  # of one code: fewer may be forms of one character
_HEAD = struct.Struct(">4sHHHH")
_TABLE = struct.Struct(">4sIII")
_GROUP = struct.Struct(">III")
_MOST_TABLES = 100
_MOST_CODES = 2_000_000  # of all fonts of a document: a large one has 60,000
# Codes of the same shape as others that are usual: radicals, compatibility forms and private use.
_UNUSUAL = (range(0x2E80, 0x2FE0), range(0xE000, 0xFB00), range(0x2F800, 0x110000))
_PRIVATE = (range(0xE000, 0xF900), range(0xF0000, 0x110000))


def characters(
    element: etree._Element, codes: Sequence[etree._Element], character: Characters | None
) -> list[list[tuple[str, bool]]]:
    """The characters of each `TextCode` of a text object, and whether each is known."""
    texts = [code.text or "" for code in codes]
    shapes = _shapes(element)
    if not any(texts) and len(codes) == 1:
        texts = [UNKNOWN * len(shapes)]  # glyphs alone
    placeholders = _placeholders("".join(texts), shapes) if shapes else frozenset[str]()
    found, position = [], 0
    for text in texts:
        start = position + len(text) - len(text.lstrip("\r\n\t"))
        position += len(text)
        chars = []
        for at, char in enumerate(text.strip("\r\n\t"), start):
            usual = UNIFIED.get(ord(char), char)
            if at in shapes and (char in placeholders or _is_unknown(usual)):
                shape = shapes[at]
                known = character(shape) if character and shape is not None else None
                chars.append((known or _shown(char), known is not None))
            else:
                chars.append((usual, not _is_unknown(usual)))
        found.append(chars)
    return found


def _shapes(element: etree._Element) -> dict[int, int | None]:
    """The glyph of each code that has one, by its position; None if it is one of several."""
    found: dict[int, int | None] = {}
    for transform in children(element, "CGTransform"):
        first, length = (
            int((numbers(transform.get(name), 1) or (default,))[0])
            for name, default in (("CodePosition", 0.0), ("CodeCount", 1.0))
        )
        listed = next(children(transform, "Glyphs"), None)
        glyphs = (listed.text or "").split() if listed is not None else []
        if len(glyphs) == length:
            pairs = zip(range(first, first + length), glyphs, strict=True)
            found.update({at: int(glyph) if glyph.isdecimal() else None for at, glyph in pairs})
        else:
            found.update(dict.fromkeys(range(first, first + min(length, len(glyphs)))))
    return found


def _placeholders(text: str, shapes: Mapping[int, int | None]) -> frozenset[str]:
    """The codes that stand for several characters: those drawn by several glyphs."""
    drawn: dict[str, set[int | None]] = defaultdict(set)
    for at, shape in shapes.items():
        if at < len(text):
            drawn[text[at]].add(shape)
    several = {char for char, glyphs in drawn.items() if len(glyphs) >= _LEAST_SHAPES}
    return _PLACEHOLDERS.intersection(drawn) | several


def _is_unknown(char: str) -> bool:
    return char == UNKNOWN or any(ord(char) in codes for codes in _PRIVATE)


def _shown(char: str) -> str:
    """A private code stays in the text, where masking has to find it; a placeholder is none."""
    return char if _is_unknown(char) else UNKNOWN


class Fonts:
    """The embedded fonts of a document and its pages."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._files: dict[str, tuple[str, str]] = {}
        self._tables: dict[tuple[str, str], Mapping[int, str]] = {}
        self._budget = iter(range(_MOST_CODES))

    def add(self, resources: Sequence[tuple[str, etree._Element]]) -> None:
        """Add the fonts that resource parts define."""
        for path, root in resources:
            folder = (root.get("BaseLoc") or "").strip()
            for font in below(root, "Font"):
                for file in children(font, "FontFile"):
                    name = posixpath.join(folder, (file.text or "").strip())
                    self._files[font.get("ID") or ""] = (path, name)

    def characters(self, text: etree._Element) -> Characters | None:
        """The characters of the font of a text object; None if no font is embedded."""
        file = self._files.get(text.get("Font") or "")
        if file is None or next(children(text, "CGTransform"), None) is None:
            return None
        if file not in self._tables:
            self._tables[file] = self._table(*file)
        return self._tables[file].get

    def _table(self, path: str, name: str) -> Mapping[int, str]:
        try:
            return _characters_of_font(self._parts.data(path, name) or b"", self._budget)
        except (struct.error, ValueError, IndexError):
            return {}


def _characters_of_font(data: bytes, budget: Iterator[int]) -> dict[int, str]:
    """The character of each glyph, from a font's table `cmap` (OpenType 1.9).

    `budget` has an item for each code that may be read.
    """
    start = struct.unpack_from(">I", data, 12)[0] if data[:4] == b"ttcf" else 0
    _, tables, *_ = _HEAD.unpack_from(data, start)
    for number in range(min(tables, _MOST_TABLES)):
        tag, _, at, length = _TABLE.unpack_from(data, start + _HEAD.size + number * _TABLE.size)
        if tag == b"cmap":
            return _inverted(data[at : at + length], budget)
    return {}


def _inverted(table: bytes, budget: Iterator[int]) -> dict[int, str]:
    found: dict[int, int] = {}
    _, tables = struct.unpack_from(">HH", table)
    for number in range(min(tables, _MOST_TABLES)):
        platform, encoding, at = struct.unpack_from(">HHI", table, 4 + 8 * number)
        if platform == 0 or (platform == 3 and encoding in {1, 10}):
            for (code, glyph), _ in zip(_codes(table[at:]), budget, strict=False):
                if glyph and _rank(code) < _rank(found.get(glyph, 0x110000)):
                    found[glyph] = code
    return {glyph: chr(code) for glyph, code in found.items() if not _is_unknown(chr(code))}


def _rank(code: int) -> tuple[bool, int]:
    return any(code in codes for codes in _UNUSUAL), code


def _codes(table: bytes) -> Iterator[tuple[int, int]]:
    """The codes and glyphs of a subtable in the formats that fonts with Unicode have."""
    (kind,) = struct.unpack_from(">H", table)
    if kind == 4:
        yield from _segments(table)
    elif kind == 6:
        first, length = struct.unpack_from(">HH", table, 6)
        yield from enumerate(struct.unpack_from(f">{length}H", table, 10), first)
    elif kind == 12:
        for number in range(struct.unpack_from(">I", table, 12)[0]):
            first, last, glyph = _GROUP.unpack_from(table, 16 + number * _GROUP.size)
            yield from zip(range(first, min(last, 0x10FFFF) + 1), count(glyph), strict=False)


def _segments(table: bytes) -> Iterator[tuple[int, int]]:
    """The codes and glyphs of a subtable of format 4."""
    half = struct.unpack_from(">H", table, 6)[0] // 2
    form = f">{half}H"
    ends = struct.unpack_from(form, table, 14)
    starts, shifts, offsets = (
        struct.unpack_from(form, table, 16 + 2 * half * place) for place in (1, 2, 3)
    )
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        for code in range(start, min(end, 0xFFFE) + 1):
            if not offsets[number]:
                yield code, (code + shifts[number]) & 0xFFFF
                continue
            at = 16 + 6 * half + 2 * number + offsets[number] + 2 * (code - start)
            (glyph,) = struct.unpack_from(">H", table, at) if at + 2 <= len(table) else (0,)
            yield code, (glyph + shifts[number]) & 0xFFFF if glyph else 0
