"""Writes the fonts of kept pages, with the meanings of the characters that they show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pikepdf

from documents.inventory.pdf.cmaps import to_unicode_stream
from documents.inventory.pdf.content import Key
from documents.inventory.pdf.fonts import Font
from documents.inventory.pdf.glyph_names import differences_of
from documents.masking.pdf.parts import NotUnderstood, number, numbers
from documents.masking.replacement import Find

# The codes of text by the font that shows it, in the new file.
Used = dict[Key, set[bytes]]

_SUBTYPES = frozenset(("/Type1", "/MMType1", "/TrueType", "/Type0"))
_ENCODINGS = frozenset(("/WinAnsiEncoding", "/MacRomanEncoding", "/StandardEncoding",
                        "/MacExpertEncoding", "/PDFDocEncoding"))  # fmt: skip
_ORDERINGS = frozenset(("GB1", "CNS1", "Japan1", "Korea1", "KR", "Identity", "UCS"))
_NUMBERS = ("/Flags", "/ItalicAngle", "/Ascent", "/Descent", "/CapHeight", "/XHeight", "/StemV",
            "/StemH", "/AvgWidth", "/MaxWidth", "/MissingWidth", "/Leading")  # fmt: skip
_FILES: Mapping[str, tuple[str, ...]] = {
    "/FontFile": ("/Length1", "/Length2", "/Length3"), "/FontFile2": ("/Length1",),
    "/FontFile3": (),
}  # fmt: skip
_FILE_SUBTYPES = frozenset(("/Type1C", "/CIDFontType0C", "/OpenType"))
_LONGEST_NAME = 127
_LONG_NUMBER = re.compile(r"(?:\D{0,2}\d){7}")
_CODED_GLYPH = re.compile(r"/(?:uni|u|cid|g|glyph|G|C)[0-9A-Fa-f]{1,5}")


class KeptFonts:
    """Copies fonts to `target`, each once, from a closed list of keys."""

    def __init__(self, target: pikepdf.Pdf, find: Find) -> None:
        self._target = target
        self._find = find
        self._kept: dict[int, Any] = {}
        self._fonts: dict[Key, Font] = {}
        self._used: Used = {}
        self._files: dict[Key, Any] = {}

    def font(self, font: Font) -> Any:
        """The new font, to which `finish` adds the meanings of codes. Raises `NotUnderstood`."""
        if id(font) not in self._kept:
            kept = self._target.make_indirect(self._copied(font))
            self._kept[id(font)] = kept
            self._fonts[kept.objgen] = font
        return self._kept[id(font)]

    def use(self, used: Used) -> None:
        """Note that a page of the new file shows these codes."""
        for key, codes in used.items():
            self._used.setdefault(key, set()).update(codes)

    def finish(self) -> None:
        for key, codes in self._used.items():
            font = self._fonts[key]
            meanings = {code: font.map[code] for code in codes if code in font.map}
            kept = self._target.get_object(key)
            if meanings:
                kept["/ToUnicode"] = self._target.make_stream(
                    to_unicode_stream(meanings, font.width)
                )
            if not font.is_composite and isinstance(
                font.dictionary.get("/Encoding"), pikepdf.Dictionary
            ):
                kept["/Encoding"] = _encoding(font.dictionary["/Encoding"], codes)

    def _copied(self, font: Font) -> pikepdf.Dictionary:
        old = font.dictionary
        if font.subtype not in _SUBTYPES:
            raise NotUnderstood("Type 3 font" if font.is_type3 else "font")
        new = pikepdf.Dictionary(
            Type=pikepdf.Name("/Font"),
            Subtype=pikepdf.Name(font.subtype),
            BaseFont=self._name(old.get("/BaseFont")),
        )
        if font.is_composite:
            encoding = old.get("/Encoding")
            if not isinstance(encoding, pikepdf.Name):
                raise NotUnderstood("font with its own encoding")
            new["/Encoding"] = self._name(encoding)
            new["/DescendantFonts"] = pikepdf.Array([self._descendant(old["/DescendantFonts"][0])])
            return new
        for key in ("/FirstChar", "/LastChar"):
            if key in old:
                new[key] = number(old[key])
        if "/Widths" in old:
            new["/Widths"] = numbers(old["/Widths"])
        encoding = old.get("/Encoding")
        if isinstance(encoding, pikepdf.Name) and str(encoding) in _ENCODINGS:
            new["/Encoding"] = encoding
        elif isinstance(encoding, pikepdf.Dictionary):
            self._check_glyphs(encoding)
        self._describe(new, old)
        return new

    def _descendant(self, old: Any) -> Any:
        system = old.get("/CIDSystemInfo")
        ordering = str(system.get("/Ordering", "")) if system is not None else ""
        subtype = str(old.get("/Subtype"))
        if ordering not in _ORDERINGS or subtype not in {"/CIDFontType0", "/CIDFontType2"}:
            raise NotUnderstood("font")
        new = pikepdf.Dictionary(
            Type=pikepdf.Name("/Font"),
            Subtype=pikepdf.Name(subtype),
            BaseFont=self._name(old.get("/BaseFont")),
            CIDSystemInfo=pikepdf.Dictionary(
                Registry=pikepdf.String("Adobe"),
                Ordering=pikepdf.String(ordering),
                Supplement=number(system.get("/Supplement", 0)),
            ),
        )
        for key in ("/DW",):
            if key in old:
                new[key] = number(old[key])
        for key in ("/W", "/W2", "/DW2"):
            if key in old:
                new[key] = _widths(old[key])
        glyphs = old.get("/CIDToGIDMap")
        if isinstance(glyphs, pikepdf.Stream):
            new["/CIDToGIDMap"] = self._target.make_stream(glyphs.read_bytes()[: 2 * 0x10000])
        elif glyphs is not None:
            new["/CIDToGIDMap"] = pikepdf.Name("/Identity")
        self._describe(new, old)
        return self._target.make_indirect(new)

    def _describe(self, new: pikepdf.Dictionary, font: Any) -> None:
        old = font.get("/FontDescriptor")
        if not isinstance(old, pikepdf.Dictionary):
            return
        descriptor = pikepdf.Dictionary(
            Type=pikepdf.Name("/FontDescriptor"), FontName=self._name(old.get("/FontName"))
        )
        for key in _NUMBERS:
            if key in old:
                descriptor[key] = number(old[key])
        if "/FontBBox" in old:
            descriptor["/FontBBox"] = numbers(old["/FontBBox"], 4)
        for key, lengths in _FILES.items():
            if isinstance(file := old.get(key), pikepdf.Stream):
                descriptor[key] = self._file(file, lengths)
        new["/FontDescriptor"] = self._target.make_indirect(descriptor)

    def _file(self, old: pikepdf.Stream, lengths: tuple[str, ...]) -> Any:
        if old.objgen not in self._files:
            new = self._target.make_stream(old.read_bytes())
            for key in lengths:
                if isinstance(old.get(key), int):
                    new[key] = old[key]
            if str(old.get("/Subtype")) in _FILE_SUBTYPES:
                new["/Subtype"] = old["/Subtype"]
            self._files[old.objgen] = new
        return self._files[old.objgen]

    def _name(self, name: Any) -> pikepdf.Name:
        """The name of a font or of a predefined encoding. Raises `NotUnderstood`."""
        if not isinstance(name, pikepdf.Name) or len(str(name)) > _LONGEST_NAME:
            raise NotUnderstood("font")
        self._check(str(name), "font")
        return name

    def _check_glyphs(self, encoding: Any) -> None:
        for _, name in differences_of(encoding.get("/Differences")):
            if not _CODED_GLYPH.fullmatch(name):
                self._check(name, "glyph")

    def _check(self, name: str, what: str) -> None:
        if _LONG_NUMBER.search(name) or self._find(name):
            raise NotUnderstood(f"text in the name of a {what}")


def _widths(values: Any, depth: int = 0) -> pikepdf.Array:
    if not isinstance(values, pikepdf.Array) or depth > 1:
        raise NotUnderstood("font")
    return pikepdf.Array(
        [
            _widths(one, depth + 1) if isinstance(one, pikepdf.Array) else number(one)
            for one in values
        ]
    )


def _encoding(old: Any, codes: set[bytes]) -> pikepdf.Dictionary:
    """An encoding with the differences of these codes only."""
    new = pikepdf.Dictionary(Type=pikepdf.Name("/Encoding"))
    if str(old.get("/BaseEncoding")) in _ENCODINGS:
        new["/BaseEncoding"] = old["/BaseEncoding"]
    differences: list[Any] = []
    for code, name in differences_of(old.get("/Differences")):
        if bytes([code]) in codes:
            differences += [code, pikepdf.Name(name)]
    if differences:
        new["/Differences"] = pikepdf.Array(differences)
    return new
