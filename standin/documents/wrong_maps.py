"""PDF files that show digits with fonts whose maps say that they are letters.

`WRONG_MAPS` maps a name of each kind of font to a function from digits to such a file. The text
of the file, as readers copy it, has `a` for 0, `b` for 1 and so on.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name

from documents.inventory.pdf.cmaps import to_unicode_stream
from standin.documents.pdf_places.page import blank, saved_pdf

_NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_GLYPH = 5  # the glyph of 0 in a font program; those of the other digits follow
_LETTERS = "abcdefghij"


def as_copied(digits: str) -> str:
    """The text of the file, which nobody sees."""
    return "".join(_LETTERS[int(digit)] for digit in digits)


def _file(
    pdf: pikepdf.Pdf, font: Any, digits: str, first: int, width: int = 1, *, is_mapped: bool = True
) -> bytes:
    """A page that shows digits with `font`, whose codes of `width` bytes begin with `first`."""
    if is_mapped:
        entries = {(first + at).to_bytes(width): letter for at, letter in enumerate(_LETTERS)}
        font.ToUnicode = pdf.make_stream(to_unicode_stream(entries, width))
    pdf.pages[0].Resources.Font.F2 = pdf.make_indirect(font)
    shown = b"".join((first + int(digit)).to_bytes(width) for digit in digits).hex()
    content = f"BT /F1 12 Tf 72 700 Td (Public text) Tj /F2 12 Tf 0 -40 Td <{shown}> Tj ET"
    pdf.pages[0].Contents = pdf.make_stream(content.encode())
    return saved_pdf(pdf)


def _simple(subtype: Name, **more: Any) -> Dictionary:
    return Dictionary(
        Type=Name.Font, Subtype=subtype, BaseFont=Name.Helvetica, FirstChar=0x30, LastChar=0x6F,
        Widths=Array([556] * 0x40), **more,
    )  # fmt: skip


def _standard(digits: str) -> bytes:
    font = _simple(Name.Type1, Encoding=Name.WinAnsiEncoding)
    return _file(blank(), font, digits, ord("0"))


def _standard_without_encoding(digits: str) -> bytes:
    return _file(blank(), _simple(Name.Type1), digits, ord("0"))


def _named(digits: str) -> bytes:
    names = Array([0x60, *(Name(f"/{name}") for name in _NAMES)])
    font = _simple(Name.Type1, Encoding=Dictionary(Type=Name.Encoding, Differences=names))
    return _file(blank(), font, digits, 0x60)


def _with_program(pdf: pikepdf.Pdf, key: str, program: bytes, flags: int = 4) -> Any:
    descriptor = Dictionary(Type=Name.FontDescriptor, FontName=Name.Sample, Flags=flags)
    descriptor[key] = pdf.make_stream(program)
    return pdf.make_indirect(descriptor)


def _type1_program(digits: str) -> bytes:
    pdf = blank()
    entries = "\n".join(f"dup {0x60 + at} /{name} put" for at, name in enumerate(_NAMES))
    program = f"%!PS-AdobeFont-1.0\n/Encoding 256 array\n{entries}\nreadonly def eexec".encode()
    font = _simple(Name.Type1, FontDescriptor=_with_program(pdf, "/FontFile", program))
    return _file(pdf, font, digits, 0x60)


def _cff_program(digits: str) -> bytes:
    pdf = blank()
    descriptor = _with_program(pdf, "/FontFile3", cff())
    return _file(pdf, _simple(Name.Type1, FontDescriptor=descriptor), digits, 0x60)


def _truetype_names(digits: str) -> bytes:
    return _composite(digits, sfnt({b"post": _post()}))


def _truetype_characters(digits: str) -> bytes:
    return _composite(digits, sfnt({b"cmap": _cmap(ord("0"))}))


def _truetype_with_cmap(digits: str) -> bytes:
    cmap = (
        b"begincmap 1 begincodespacerange <00> <FF> endcodespacerange "
        b"1 begincidchar <60> 0 endcidchar 1 begincidrange <61> <69> 1 endcidrange endcmap"
    )
    return _composite(digits, sfnt({b"post": _post()}), cmap)


def _composite(digits: str, program: bytes, cmap: bytes | None = None) -> bytes:
    """A font of two bytes a code, or of one byte from 0x60 with a `cmap` of its own."""
    pdf = blank()
    # The CIDs 0 to 9 are the glyphs of the digits.
    glyphs = struct.pack(">10H", *range(_GLYPH, _GLYPH + 10))
    inner = Dictionary(
        Type=Name.Font, Subtype=Name.CIDFontType2, BaseFont=Name.Sample,
        CIDSystemInfo=Dictionary(Registry="Adobe", Ordering="Identity", Supplement=0),
        CIDToGIDMap=pdf.make_stream(glyphs),
        FontDescriptor=_with_program(pdf, "/FontFile2", program),
    )  # fmt: skip
    font = Dictionary(
        Type=Name.Font, Subtype=Name.Type0, BaseFont=Name.Sample,
        Encoding=Name("/Identity-H") if cmap is None else pdf.make_stream(cmap),
        DescendantFonts=Array([pdf.make_indirect(inner)]),
    )  # fmt: skip
    return _file(pdf, font, digits, *((0, 2) if cmap is None else (0x60, 1)))


def _truetype_without_map(digits: str) -> bytes:
    """The encoding says letters, which the program maps to glyphs named like digits."""
    pdf = blank()
    program = sfnt({b"cmap": _cmap(ord("a")), b"post": _post()})
    descriptor = _with_program(pdf, "/FontFile2", program, flags=32)
    font = _simple(Name.TrueType, Encoding=Name.WinAnsiEncoding, FontDescriptor=descriptor)
    return _file(pdf, font, digits, ord("a"), is_mapped=False)


def _chinese(encoding: str, width: int, first: int = ord("0")) -> Callable[[str], bytes]:
    def build(digits: str) -> bytes:
        inner = Dictionary(
            Type=Name.Font, Subtype=Name.CIDFontType0, BaseFont=Name("/STSong-Light"), DW=500,
            CIDSystemInfo=Dictionary(Registry="Adobe", Ordering="GB1", Supplement=4),
        )  # fmt: skip
        pdf = blank()
        font = Dictionary(
            Type=Name.Font, Subtype=Name.Type0, BaseFont=Name("/STSong-Light"),
            Encoding=Name(encoding), DescendantFonts=Array([pdf.make_indirect(inner)]),
        )  # fmt: skip
        return _file(pdf, font, digits, first, width)

    return build


WRONG_MAPS: Mapping[str, Callable[[str], bytes]] = MappingProxyType(
    {
        "standard font": _standard,
        "standard font without encoding": _standard_without_encoding,
        "names of glyphs": _named,
        "Type 1 program": _type1_program,
        "CFF program": _cff_program,
        "TrueType program with names": _truetype_names,
        "TrueType program with characters": _truetype_characters,
        "TrueType program without map": _truetype_without_map,
        "TrueType program with a CMap": _truetype_with_cmap,
        "Chinese font by CIDs": _chinese("/Identity-H", 2, 17),
        "Chinese font in UCS-2": _chinese("/UniGB-UCS2-H", 2),
        "Chinese font in GBK": _chinese("/GBK-EUC-H", 1),
    }
)


def sfnt(tables: Mapping[bytes, bytes]) -> bytes:
    """An OpenType file of these tables, without outlines."""
    at = 12 + 16 * len(tables)
    entries, bodies = b"", b""
    for tag, data in tables.items():
        entries += struct.pack(">4sIII", tag, 0, at + len(bodies), len(data))
        bodies += data
    return struct.pack(">IHHHH", 0x10000, len(tables), 0, 0, 0) + entries + bodies


def _cmap(first: int) -> bytes:
    """Ten characters from `first` for the glyphs of the digits, as segments (format 4)."""
    ends, starts = (first + 9, 0xFFFF), (first, 0xFFFF)
    deltas = ((_GLYPH - first) & 0xFFFF, 1)
    head = struct.pack(">7H", 4, 32, 0, 2 * len(ends), 0, 0, 0)
    table = head + struct.pack(">2HH2H2H2H", *ends, 0, *starts, *deltas, 0, 0)
    return struct.pack(">HHHHI", 0, 1, 3, 1, 12) + table


def _post() -> bytes:
    """The names of the digits for their glyphs (version 2)."""
    indexes = [0] * _GLYPH + [258 + at for at in range(10)]
    names = b"".join(bytes([len(name)]) + name.encode() for name in _NAMES)
    head = b"\x00\x02\x00\x00" + bytes(28)
    return head + struct.pack(f">H{len(indexes)}H", len(indexes), *indexes) + names


def cff() -> bytes:
    """A CFF program with the digits for the codes from 0x60; the names are of the standard."""
    box = bytes.fromhex("8b8b15f88806f95007fc88060e")  # of 500 by 700 units
    head, name, strings = b"\x01\x00\x04\x01", _index([b"Sample"]), _index([])
    routines = _index([])
    top_size = len(_index([_top(0, 0, 0)]))
    charset_at = len(head + name + strings + routines) + top_size
    charset = b"\x01" + struct.pack(">HB", 17, 9)  # the ten strings from `zero`
    encoding = bytes((1, 1, 0x60, 9))
    encoding_at = charset_at + len(charset)
    glyphs_at = encoding_at + len(encoding)
    top = _index([_top(charset_at, encoding_at, glyphs_at)])
    return head + name + top + strings + routines + charset + encoding + _index([box] * 11)


def _top(charset: int, encoding: int, glyphs: int) -> bytes:
    entries = ((charset, 15), (encoding, 16), (glyphs, 17))
    return b"".join(struct.pack(">BIB", 29, at, operator) for at, operator in entries)


def _index(items: list[bytes]) -> bytes:
    if not items:
        return b"\0\0"
    ends = [1]
    for item in items:
        ends.append(ends[-1] + len(item))
    return (
        struct.pack(">HB", len(items), 2) + struct.pack(f">{len(ends)}H", *ends) + b"".join(items)
    )
