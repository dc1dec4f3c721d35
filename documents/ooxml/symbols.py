"""Characters of Microsoft's symbol fonts, which have pictures at the codes of letters.

Boxes are ☑ and ☒ (ticked, crossed) or ☐, whatever their shape.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

TICKED, UNTICKED = "☑", "☐"

_PICTURE_FONT = re.compile(r"dings|Marlett|MT Extra", re.IGNORECASE)
_SIZE = 0x100
# Word moves the 8-bit codes of symbol fonts here.
_MOVED = 0xF000


def _circled(first: int, white: str = "⓪①②③④⑤⑥⑦⑧⑨⑩", black: str = "⓿❶❷❸❹❺❻❼❽❾❿") -> dict[int, str]:
    return dict(enumerate(white + black, start=first))


_WINGDINGS = {
    0x28: "☎", 0x2A: "✉", 0x46: "☞", 0x6C: "●", 0x6E: "■", 0x6F: "☐", 0x70: "☐", 0x71: "☐",
    0x72: "☐", 0x75: "◆", 0x76: "❖", 0x78: "☒", 0xA7: "▪", 0xA8: "☐", 0xD8: "➢", 0xDF: "←",
    0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE8: "➔", 0xF0: "⇨", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒",
    0xFE: "☑", **_circled(0x80),
}  # fmt: skip
_WINGDINGS_2 = {
    0x2A: "☐", 0x30: "☐", 0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒",
    0x98: "●", 0xA2: "■", 0xA3: "☐", **_circled(0x69),
}  # fmt: skip
_WEBDINGS = {0x61: "✓", 0x63: "☐", 0x67: "■", 0x72: "✗"}
# The encoding of Adobe's Symbol font.
_SYMBOL = {
    **dict(enumerate("ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", start=0x41)),
    **dict(enumerate("αβχδεφγηιϕκλμνοπθρστυϖωξψζ", start=0x61)),
    **dict(enumerate("€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…", start=0xA0)),
    **dict(enumerate("ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊", start=0xC0)),
    0x22: "∀", 0x24: "∃", 0x27: "∋", 0x2A: "∗", 0x2D: "−", 0x40: "≅", 0x5C: "∴", 0x5E: "⊥",
    0x7E: "∼", 0xE5: "∑", 0xF2: "∫",
}  # fmt: skip
_DINGBATS: Mapping[str, Mapping[int, str]] = {
    "wingdings": _WINGDINGS,
    "wingdings 2": _WINGDINGS_2,
    "webdings": _WEBDINGS,
}
_FONTS: Mapping[str, Mapping[int, str]] = {**_DINGBATS, "symbol": _SYMBOL}


def is_symbol_font(font: str) -> bool:
    return font.lower() in _FONTS


def symbol_character(code: int, font: str) -> str:
    """The character at a code of a font; empty for a private code, which has no known meaning.

    In symbol fonts a moved digit is a digit, except in fonts of pictures.
    """
    moved = code - _MOVED
    low = moved if 0 <= moved < _SIZE else code
    if known := _FONTS.get(font.lower(), {}).get(low):
        return known
    if 0x30 <= moved <= 0x39 and not _PICTURE_FONT.search(font):
        code = moved
    return "" if 0xE000 <= code <= 0xF8FF or not 0x20 <= code <= 0x10FFFF else chr(code)


def shown_glyphs(text: str, font: str) -> str:
    """The characters that `text` shows in a symbol font, as many as it has.

    Letters are pictures only where all of them have a known one: text in a wrong font stays as it
    is, because the file may name a font that nobody has. Digits stay digits.
    """
    moved = _FONTS.get(font.lower(), {})
    known = _DINGBATS.get(font.lower(), {})
    letters = [char for char in text if " " < char < "\u0100" and not char.isdigit()]
    if not all(ord(char) in known for char in letters):
        known = {}

    def shown(char: str) -> str:
        code = ord(char)
        if _MOVED <= code < _MOVED + _SIZE:
            return moved.get(code - _MOVED, char)
        return char if char.isdigit() else known.get(code, char)

    return "".join(map(shown, text))
