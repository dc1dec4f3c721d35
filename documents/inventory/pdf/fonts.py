"""Fonts of a PDF: the text of the strings that a content stream shows with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any

import pikepdf

from documents.inventory.pdf.cmaps import cids, to_unicode, to_unicode_stream
from documents.inventory.pdf.drawn import Reading, agrees, readings_of
from documents.inventory.pdf.glyph_names import UNKNOWN, differences_of, text_of_glyph

_SIMPLE: Mapping[str, str] = MappingProxyType(
    {
        "/WinAnsiEncoding": "cp1252", "/MacRomanEncoding": "mac_roman",
        "/StandardEncoding": "cp1252", "/PDFDocEncoding": "cp1252",
    }
)  # fmt: skip
# Predefined CMaps whose codes are those of a character set (ISO 32000-1, table 118).
_CHARACTER_SETS = (
    (re.compile(r"UCS2|UTF16"), "utf-16-be"),
    (re.compile(r"UTF32"), "utf-32-be"),
    (re.compile(r"UTF8"), "utf-8"),
    (re.compile(r"^/GB"), "gb18030"),
    (re.compile(r"^/(?:B5|ETen|HKscs|ETHK)"), "big5hkscs"),
    (re.compile(r"^/(?:83pv|90|Add|Ext|RKSJ)"), "cp932"),
    (re.compile(r"^/EUC"), "euc_jp"),
    (re.compile(r"^/KSC"), "cp949"),
)
_WIDE = re.compile(r"^/Identity|UCS2|UTF16")


class Font:
    """One font. `text` maps the codes of a string to what they mean.

    `procedures` are the glyphs of a Type 3 font, by code. `disputes` are the codes among those that
    `drawn` was asked for whose text contradicts what the font says of their glyphs, and what it
    says.
    """

    def __init__(self, font: Any) -> None:
        self.dictionary = font
        self.subtype = str(font.get("/Subtype", ""))
        self.is_composite = self.subtype == "/Type0"
        self.is_type3 = self.subtype == "/Type3"
        self._encoding = font.get("/Encoding")
        self.map = _mapped(font.get("/ToUnicode"))
        self.disputes: dict[bytes, str] = {}
        self._compared: set[bytes] = set()

    @cached_property
    def charset(self) -> str | None:
        """The codec of a composite font's strings; None if its codes have two bytes."""
        name = str(self._encoding) if isinstance(self._encoding, pikepdf.Name) else ""
        return next((codec for pattern, codec in _CHARACTER_SETS if pattern.search(name)), None)

    @cached_property
    def width(self) -> int:
        """The bytes of a code."""
        if isinstance(self._encoding, pikepdf.Stream):
            return cids(self._encoding.read_bytes())[0]
        return 2 if self.is_composite else 1

    @property
    def has_fixed_width(self) -> bool:
        """Whether all codes have `width` bytes."""
        name = str(self._encoding) if isinstance(self._encoding, pikepdf.Name) else ""
        return not self.is_composite or _WIDE.search(name) is not None

    def codes(self, string: bytes) -> Sequence[bytes]:
        """The codes of a string, each of `width` bytes."""
        width = self.width
        return [string[at : at + width] for at in range(0, len(string), width)]

    def text(self, string: bytes) -> str:
        """The characters of a string; U+FFFD for codes without a known meaning."""
        if self.is_composite and self.charset and not self.has_fixed_width:
            try:
                return string.decode(self.charset, "replace")
            except LookupError:
                return UNKNOWN * len(string)
        return "".join(map(self._meanings.__getitem__, self.codes(string)))

    def drawn(self, string: bytes) -> str | None:
        """The characters that a string draws, where that is another text; None if it is not."""
        codes = self._divided(string)
        for code in {*codes} - self._compared:
            self._compared.add(code)
            if (text := self._contradiction(code)) is not None:
                self.disputes[code] = text
        if not self.disputes or self.disputes.keys().isdisjoint(codes):
            return None
        return "".join(self.disputes.get(code) or self._meanings[code] for code in codes)

    def correct(self, pdf: pikepdf.Pdf) -> None:
        """Give the font a map of the compared codes with what they draw."""
        meanings = {code: self.map[code] for code in self._compared if code in self.map}
        stream = to_unicode_stream({**meanings, **self.disputes}, self.width)
        self.dictionary["/ToUnicode"] = pdf.make_stream(stream)

    def _contradiction(self, code: bytes) -> str | None:
        """What the font says of a code's glyph, if that is not the code's text."""
        text = self.map.get(code)
        if text is None:
            if self.subtype != "/TrueType":
                return None  # the text is what the font says
            text = self._simple.get(code[0]) or chr(code[0])
        for reading in self._readings(code):
            if not agrees(text, reading):
                return reading[0]
        return None

    @cached_property
    def _readings(self) -> Callable[[bytes], list[Reading]]:
        return readings_of(self.dictionary, is_composite=self.is_composite, charset=self.charset)

    def _divided(self, string: bytes) -> Sequence[bytes]:
        """The codes of a string, which have several widths in some character sets."""
        if self.has_fixed_width or not self.charset:
            return self.codes(string)
        text = string.decode(self.charset, "replace")
        if not self.map or UNKNOWN in text:
            return ()
        return [char.encode(self.charset) for char in text]

    @cached_property
    def _meanings(self) -> Mapping[bytes, str]:
        return _Meanings(self._meaning)

    def _meaning(self, code: bytes) -> str:
        text = self.map.get(code)
        if text is not None:
            return text
        if self.charset and not self.has_fixed_width:
            return code.decode(self.charset, "replace")
        if not self.is_composite:
            return self._simple.get(code[0], UNKNOWN)
        if self.charset == "utf-16-be":
            return code.decode("utf-16-be", "replace")
        return UNKNOWN

    @cached_property
    def _simple(self) -> Mapping[int, str]:
        encoding = self._encoding
        base, differences = encoding, None
        if isinstance(encoding, pikepdf.Dictionary):
            base, differences = encoding.get("/BaseEncoding"), encoding.get("/Differences")
        codec = _SIMPLE.get(str(base)) if isinstance(base, pikepdf.Name) else None
        if codec is None and not self.is_type3 and not self._is_symbolic:
            codec = "cp1252"
        table = _of_codec(codec) if codec else {}
        for code, name in differences_of(differences):
            table[code] = text_of_glyph(name)
        return table

    @property
    def _is_symbolic(self) -> bool:
        descriptor = self.dictionary.get("/FontDescriptor")
        flags = descriptor.get("/Flags", 0) if isinstance(descriptor, pikepdf.Dictionary) else 0
        return bool(isinstance(flags, int) and flags & 4)

    @cached_property
    def procedures(self) -> Mapping[int, Any]:
        glyphs = self.dictionary.get("/CharProcs")
        encoding = self._encoding
        if not isinstance(glyphs, pikepdf.Dictionary) or not isinstance(
            encoding, pikepdf.Dictionary
        ):
            return {}
        return {
            code: glyphs[name]
            for code, name in differences_of(encoding.get("/Differences"))
            if name in glyphs
        }


class _Meanings(dict[bytes, str]):
    """The meanings of codes, each looked up once: there are at most 65,536 codes."""

    def __init__(self, meaning: Callable[[bytes], str]) -> None:
        self._meaning = meaning

    def __missing__(self, code: bytes) -> str:
        self[code] = text = self._meaning(code)
        return text


def _mapped(stream: Any) -> Mapping[bytes, str]:
    if not isinstance(stream, pikepdf.Stream):
        return {}
    try:
        return to_unicode(stream.read_bytes())
    except pikepdf.PdfError:
        return {}


def _of_codec(codec: str) -> dict[int, str]:
    return {code: bytes([code]).decode(codec, "replace") for code in range(0x20, 0x100)}
