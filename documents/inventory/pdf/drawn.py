"""What the codes of a font draw, by its encoding and its program instead of its ToUnicode map.

A page shows glyphs, whatever the map says that they mean. Names and tables of an embedded program
can be missing or wrong as well: what they say is compared with the map, and does not replace it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pikepdf

from documents.inventory.pdf.cmaps import cids
from documents.inventory.pdf.collections import characters_of
from documents.inventory.pdf.glyph_names import UNKNOWN, differences_of, text_of_glyph
from documents.inventory.pdf.programs import Program, program_of
from documents.page.ideographs import UNIFIED

# The characters that something says a code draws; the map is right if it has one of them.
Reading = Sequence[str]

_FILES = ("/FontFile", "/FontFile2", "/FontFile3")
_BASES: Mapping[str, str] = {
    "/WinAnsiEncoding": "cp1252", "/MacRomanEncoding": "mac_roman", "/StandardEncoding": "ascii",
    "/PDFDocEncoding": "ascii",
}  # fmt: skip
_SYMBOL_FONTS = ("Symbol", "Dingbats", "Wingdings", "Webdings", "Marlett")
_SYMBOLIC = 4
_PRIVATE = 0xF000  # codes of symbol fonts begin here
_SYMBOLS = range(0xF020, 0xF100)
_MOST_CHARACTERS = 40  # a glyph of more characters stands for none of them, as in layers of OCR
_DASHES = frozenset("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00ad\u2500")
_DOTS = frozenset(".\u00b7\u2022\u2027\u3002\u30fb\u2219\u22c5\u2024")
_SEPARATORS = frozenset(" -.")


def readings_of(
    font: Any, *, is_composite: bool, charset: str | None
) -> Callable[[bytes], list[Reading]]:
    """A function that returns what is known of the glyph of a code, the most certain first.

    `charset` is the codec of a composite font's codes, if they are characters.
    """
    return _Composite(font, charset).of if is_composite else _Simple(font).of


def agrees(text: str, reading: Reading) -> bool:
    """Whether a text and a reading look the same, regardless of compatibility forms.

    Other signs than dashes, dots and spaces are not compared: fonts name them in many ways.
    """
    plain = _plain(text)
    return any(_is_alike(plain, _plain(one)) for one in reading)


def _is_alike(text: str, drawn: str) -> bool:
    if text == drawn:
        return True
    has_words = any(map(str.isalnum, text + drawn))
    return not (has_words or _SEPARATORS.intersection(drawn))


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text.translate(UNIFIED)).translate(UNIFIED).casefold()
    return "".join(map(_sign, folded))


def _sign(char: str) -> str:
    if char in _DASHES:
        return "-"
    if char in _DOTS:
        return "."
    category = unicodedata.category(char)
    if category == "Co":
        # Codes of symbol fonts, as readers take them.
        return chr(ord(char) - _PRIVATE) if ord(char) in _SYMBOLS else char
    return " " if category[0] in "ZC" else char


def _known(texts: Iterator[str] | Sequence[str]) -> Reading:
    """Without control characters and private ones, which say nothing about a glyph."""
    usual = (text.translate(UNIFIED) for text in texts)
    return [
        text
        for text in usual
        if text and UNKNOWN not in text and not any(unicodedata.category(c)[0] == "C" for c in text)
    ]


def _embedded(font: Any) -> Program | None:
    descriptor = font.get("/FontDescriptor")
    for key in _FILES if isinstance(descriptor, pikepdf.Dictionary) else ():
        if isinstance(file := descriptor.get(key), pikepdf.Stream):
            try:
                return program_of(file.read_bytes())
            except pikepdf.PdfError:
                return Program()
    return None


def _of_program(program: Program, glyph: int) -> Iterator[Reading]:
    if not glyph:
        return
    yield _known([text_of_glyph(program.names.get(glyph, ""))])
    characters = program.characters.get(glyph, set())
    if len(characters) <= _MOST_CHARACTERS:
        yield _known(sorted(characters))


class _Simple:
    """A font of one byte a code."""

    def __init__(self, font: Any) -> None:
        encoding = font.get("/Encoding")
        base, differences = encoding, None
        if isinstance(encoding, pikepdf.Dictionary):
            base, differences = encoding.get("/BaseEncoding"), encoding.get("/Differences")
        self._subtype = str(font.get("/Subtype"))
        self._differences = dict(differences_of(differences))
        self._program = _embedded(font)
        name = str(font.get("/BaseFont", ""))
        descriptor = font.get("/FontDescriptor")
        flags = descriptor.get("/Flags", 0) if isinstance(descriptor, pikepdf.Dictionary) else 0
        self._is_symbolic = isinstance(flags, int) and bool(flags & _SYMBOLIC)
        self._codec = _BASES.get(str(base)) if isinstance(base, pikepdf.Name) else None
        if base is None and self._program is None and not self._is_symbolic:
            self._codec = "ascii"
        if self._subtype == "/Type3" or any(one in name for one in _SYMBOL_FONTS):
            self._codec = None

    def of(self, code: bytes) -> list[Reading]:
        number = code[0]
        if self._subtype == "/TrueType" and self._program is not None:
            return [one for one in self._of_truetype(self._program, number) if one]
        named = self._named(number)
        if not named and self._program is not None and self._codec is None:
            named = _known([text_of_glyph(self._program.encoding.get(number, ""))])
        return [named] if named else []

    def _named(self, code: int) -> Reading:
        name = self._differences.get(code)
        if name is not None:
            # In a Type 3 font a single letter is the name of any glyph.
            is_any = self._subtype == "/Type3" and len(name) == len("/a")
            return () if is_any else _known([text_of_glyph(name)])
        return _known([bytes([code]).decode(self._codec, "replace")]) if self._codec else ()

    def _of_truetype(self, program: Program, code: int) -> Iterator[Reading]:
        by_code = next((glyph for table in program.by_code if (glyph := _in(table, code))), 0)
        # A viewer ignores the encoding of a symbolic font with a table of its codes.
        named = () if self._is_symbolic and by_code else self._named(code)
        glyph = next((g for one in named if (g := program.by_character.get(ord(one[0]), 0))), 0)
        yield from _of_program(program, glyph or by_code or _in(program.by_character, code))
        yield named


def _in(table: Mapping[int, int], code: int) -> int:
    return table.get(code, 0) or table.get(_PRIVATE + code, 0)


class _Composite:
    """A font of several bytes a code."""

    def __init__(self, font: Any, charset: str | None) -> None:
        self._charset = charset
        encoding = font.get("/Encoding")
        self._is_identity = str(encoding) in _IDENTITY
        self._cids: Mapping[bytes, int] = {}
        if isinstance(encoding, pikepdf.Stream):
            _, self._cids = cids(encoding.read_bytes())
        fonts = font.get("/DescendantFonts")
        inner = fonts[0] if isinstance(fonts, pikepdf.Array) and len(fonts) else None
        self._program: Program | None = None
        self._glyphs = b""
        self._ordering = ""
        if isinstance(inner, pikepdf.Dictionary):
            self._program = _embedded(inner)
            glyphs = inner.get("/CIDToGIDMap")
            if isinstance(glyphs, pikepdf.Stream):
                self._glyphs = glyphs.read_bytes()[: 2 * 0x10000]
            system = inner.get("/CIDSystemInfo")
            # A subset without its program is shown in another font, whose glyphs are not its own.
            is_subset = _SUBSET.match(str(inner.get("/BaseFont", ""))) is not None
            if isinstance(system, pikepdf.Dictionary) and not is_subset:
                self._ordering = str(system.get("/Ordering"))

    def of(self, code: bytes) -> list[Reading]:
        if self._charset:
            reading = _known([code.decode(self._charset, "replace")])
            return [reading] if reading else []
        cid = int.from_bytes(code) if self._is_identity else self._cids.get(code)
        if cid is None:
            return []
        if self._program is None:
            # The viewer has the glyphs of the collection.
            reading = _known([characters_of(self._ordering).get(cid, "")])
            return [reading] if reading else []
        if self._program.has_cids:
            return []
        glyph = int.from_bytes(self._glyphs[2 * cid : 2 * cid + 2]) if self._glyphs else cid
        return [one for one in _of_program(self._program, glyph) if one]


_SUBSET = re.compile(r"/[A-Z]{6}\+")
_IDENTITY = frozenset(("/Identity-H", "/Identity-V"))
