"""Characters of symbol fonts, whose codes are private (U+F020 to U+F0FF) or Latin."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_DINGBATS = {
    0x28: "☎", 0x2A: "✉", 0x46: "☞", 0x6C: "●", 0x6E: "■", 0x6F: "☐", 0x70: "☐", 0x71: "☐",
    0x72: "☐", 0x73: "◆", 0x74: "◆", 0x75: "◆", 0x76: "❖", 0x77: "◆", 0x9F: "•", 0xA0: "▪",
    0xA1: "○", 0xA4: "◉", 0xA5: "◎", 0xA7: "▪", 0xA8: "☐", 0xD8: "➢", 0xDF: "←", 0xE0: "→",
    0xE8: "➔", 0xEF: "⇦", 0xF0: "⇨", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
} | {0x81 + at: chr(0x2460 + at) for at in range(10)} | {
    0x8C + at: chr(0x2776 + at) for at in range(10)
}  # fmt: skip
_DINGBATS_2 = {
    0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0x97: "●", 0xA3: "☐",
}  # fmt: skip
_GREEK = zip(range(0x61, 0x7B), "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True)
_SYMBOLS: Mapping[int, str] = dict(_GREEK) | {
    0xA2: "′", 0xA3: "≤", 0xA5: "∞", 0xAC: "←", 0xAE: "→", 0xB0: "°", 0xB1: "±", 0xB2: "″",
    0xB3: "≥", 0xB4: "×", 0xB7: "•", 0xB8: "÷", 0xB9: "≠", 0xBB: "≈", 0xCE: "∈", 0xD0: "∠",
    0xD6: "√", 0xD7: "·", 0xE5: "∑",
}  # fmt: skip
# What the codes are in fonts of another name, which have them for bullets.
_BULLETS = {0xB7: "•", 0xA7: "▪", 0x6C: "●", 0x6E: "■", 0x75: "◆", 0xD8: "➢"}

_FONTS: tuple[tuple[str, Mapping[int, str]], ...] = (
    ("wingdings2", MappingProxyType(_DINGBATS_2)),
    ("wingdings3", MappingProxyType({})),
    ("wingdings", MappingProxyType(_DINGBATS)),
    ("symbol", _SYMBOLS),
)
PRIVATE = range(0xF020, 0xF100)
LATIN = range(0x80, 0x100)


def symbol(code: int, font: str) -> str | None:
    """The character of a code in the font of this name; None for another font, or no known one."""
    name = font.rpartition("+")[2].lower().replace(" ", "").replace("-", "")
    table = next((table for start, table in _FONTS if name.startswith(start)), None)
    if table is _SYMBOLS and code in LATIN:
        return None  # PDFium knows its Latin encoding
    if table is not None:
        return table.get(code & 0xFF)
    return _BULLETS.get(code & 0xFF) if code in PRIVATE else None
