"""The characters that names of glyphs stand for (Adobe Glyph List Specification)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pikepdf

from documents.readers.pdf.malformed import name_of

UNKNOWN = "\ufffd"
_ASCII = (
    "space", "exclam", "quotedbl", "numbersign", "dollar", "percent", "ampersand", "quotesingle",
    "parenleft", "parenright", "asterisk", "plus", "comma", "hyphen", "period", "slash", "zero",
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "colon", "semicolon",
    "less", "equal", "greater", "question", "at",
)  # fmt: skip
_NAMED: Mapping[str, str] = MappingProxyType(
    {name: chr(code) for code, name in enumerate(_ASCII, 0x20)}
    | {
        "bracketleft": "[", "backslash": "\\", "bracketright": "]", "asciicircum": "^",
        "underscore": "_", "grave": "`", "braceleft": "{", "bar": "|", "braceright": "}",
        "asciitilde": "~", "quoteleft": "‘", "quoteright": "’", "quotedblleft": "“",
        "quotedblright": "”", "endash": "–", "emdash": "—", "bullet": "•", "minus": "−",
        "fi": "fi", "fl": "fl", "ff": "ff", "ffi": "ffi", "ffl": "ffl", "ellipsis": "…",
        "periodcentered": "·", "degree": "°", "section": "§", "copyright": "©", "multiply": "×",
        "nbspace": " ", "sfthyphen": "-", "softhyphen": "-",
    }
)  # fmt: skip
_BY_CODE = re.compile(r"(?:uni|u)([0-9A-Fa-f]{4,6})")
_LONGEST_NAME = 200


def differences_of(differences: Any) -> Iterator[tuple[int, str]]:
    """The codes and glyph names of an encoding's `Differences`; names start with a slash."""
    code = 0
    for one in differences if isinstance(differences, pikepdf.Array) else ():
        if isinstance(one, pikepdf.Name):
            if code < 256:
                yield code, name_of(one)
            code += 1
        else:
            code = int(one)


def text_of_glyph(name: str) -> str:
    """The characters of a glyph name, which may start with a slash; U+FFFD if it is not known.

    `f_i` is a ligature; what follows a dot is a variant.
    """
    name = name.removeprefix("/")[:_LONGEST_NAME]
    plain = name.partition(".")[0] or name
    return "".join(map(_of_component, plain.split("_"))) if len(plain) > 1 else plain or UNKNOWN


def _of_component(name: str) -> str:
    if len(name) == 1:
        return name
    if match := _BY_CODE.fullmatch(name):
        code = int(match[1], 16)
        return chr(code) if code < 0x110000 else UNKNOWN
    return _NAMED.get(name, UNKNOWN)
