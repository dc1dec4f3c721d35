"""Adds pages to a PDF that are a picture, with its text as an invisible layer."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import Image

from documents.masking.pictures.box_font import box_font
from documents.masking.pictures.painted_picture import TextLine

_QUALITY = 80
_MOST_SIDE = 65_000  # pixels: JPEG allows up to 65,500
_FONT, _PICTURE = "/F0", "/Im0"
_INVISIBLE = 3  # text rendering mode
_BASE = 0.2  # of a line's height: the base line from its bottom
_DIRECTIONS = ((1, 0), (0, -1), (-1, 0), (0, 1))  # of text, by clockwise quarter turns
_RANGES = 100  # PDF allows so many lines in a block of a CMap


@dataclass(frozen=True, slots=True)
class CompressedPicture:
    """A picture as a PDF stores it. `encoding` is its filter, and `mode` that of Pillow."""

    data: bytes
    encoding: Name
    size: tuple[int, int]
    mode: str


class PicturePages:
    """Appends pages to `pdf`. `finish` must be called before the PDF is saved.

    All characters of the invisible text have one glyph: a character is a code with a width and a
    meaning.
    """

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self._codes: dict[str, int] = {}
        self._font = pdf.make_indirect(Dictionary(Type=Name.Font))

    def add(
        self,
        picture: Image.Image | CompressedPicture,
        size: tuple[float, float],
        lines: Sequence[TextLine],
    ) -> None:
        """Append a page of `size` in points. The boxes of `lines` are in the picture's pixels."""
        if isinstance(picture, Image.Image):
            picture = compressed(picture)
        width, height = size
        content = f"q {width:.2f} 0 0 {height:.2f} 0 0 cm {_PICTURE} Do Q\n"
        resources = Dictionary(XObject=Dictionary({_PICTURE: _embedded(self._pdf, picture)}))
        if lines:
            scale = (width / picture.size[0], height / picture.size[1])
            shown = [self._line(line, scale, height) for line in lines]
            content += "\n".join(["BT", f"{_INVISIBLE} Tr", *shown, "ET"])
            resources.Font = Dictionary({_FONT: self._font})
        page = Dictionary(
            Type=Name.Page,
            MediaBox=Array([0, 0, round(width, 2), round(height, 2)]),
            Contents=self._pdf.make_stream(content.encode()),
            Resources=resources,
        )
        self._pdf.pages.append(pikepdf.Page(self._pdf.make_indirect(page)))

    def finish(self) -> None:
        """Write the font of the invisible text, with the characters that were used."""
        widths: list[object] = []
        for char, code in self._codes.items():
            widths += [code, Array([_width(char)])]
        descendant = Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=Name.Invisible,
            CIDSystemInfo=Dictionary(Registry="Adobe", Ordering="Identity", Supplement=0),
            FontDescriptor=self._pdf.make_indirect(
                Dictionary(
                    Type=Name.FontDescriptor, FontName=Name.Invisible, Flags=4, ItalicAngle=0,
                    FontBBox=Array([0, -200, 1000, 800]), Ascent=800, Descent=-200, CapHeight=800,
                    StemV=80, FontFile2=self._font_file(),
                )
            ),
            CIDToGIDMap=self._glyphs(),
            DW=1_000,
            W=Array(widths),
        )  # fmt: skip
        self._font.Subtype = Name.Type0
        self._font.BaseFont = Name.Invisible
        self._font.Encoding = Name("/Identity-H")
        self._font.DescendantFonts = Array([self._pdf.make_indirect(descendant)])
        self._font.ToUnicode = self._pdf.make_stream(_meanings(self._codes))

    def _font_file(self) -> pikepdf.Object:
        data = box_font()
        stream = self._pdf.make_stream(data)
        stream["/Length1"] = len(data)
        return stream

    def _glyphs(self) -> pikepdf.Object:
        """Every code has the second glyph of the font."""
        return self._pdf.make_stream(b"\0\0" + b"\0\1" * len(self._codes))

    def _line(self, line: TextLine, scale: tuple[float, float], page_height: float) -> str:
        """The operators that draw a line in its box."""
        left, top, right, bottom = line.box
        x0, x1 = left * scale[0], right * scale[0]
        y0, y1 = page_height - bottom * scale[1], page_height - top * scale[1]
        corners = ((x0, y0), (x0, y1), (x1, y1), (x1, y0))  # where text begins, by its turns
        x, y = corners[line.turns]
        across, down = _DIRECTIONS[line.turns]
        length, height = (x1 - x0, y1 - y0) if line.turns % 2 == 0 else (y1 - y0, x1 - x0)
        x, y = x - _BASE * height * down, y + _BASE * height * across
        text = "".join(f"{self._code(char):04x}" for char in line.text)
        natural = sum(map(_width, line.text)) / 1_000 * height
        stretch = 100 * length / natural if natural else 100
        return (
            f"{_FONT} {max(height, 0.1):.2f} Tf {max(stretch, 1):.2f} Tz "
            f"{across} {down} {-down} {across} {x:.2f} {y:.2f} Tm <{text}> Tj"
        )

    def _code(self, char: str) -> int:
        # Code 0 is the missing glyph. A document does not use 65,535 different characters.
        return self._codes.setdefault(char, min(len(self._codes) + 1, 0xFFFF))


def compressed(picture: Image.Image) -> CompressedPicture:
    """The picture as JPEG, or without loss if it is black and white or too large for JPEG."""
    if picture.mode == "1" or max(picture.size) > _MOST_SIDE:
        data, encoding = zlib.compress(picture.tobytes()), Name.FlateDecode
    else:
        jpeg = io.BytesIO()
        picture.save(jpeg, "JPEG", quality=_QUALITY)
        data, encoding = jpeg.getvalue(), Name.DCTDecode
    return CompressedPicture(data, encoding, picture.size, picture.mode)


def _embedded(pdf: pikepdf.Pdf, picture: CompressedPicture) -> pikepdf.Stream:
    stream = pikepdf.Stream(pdf, picture.data)
    stream.stream_dict = Dictionary(
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=picture.size[0],
        Height=picture.size[1],
        ColorSpace=Name.DeviceRGB if picture.mode == "RGB" else Name.DeviceGray,
        BitsPerComponent=1 if picture.mode == "1" else 8,
        Filter=picture.encoding,
    )
    return pdf.make_indirect(stream)


def _width(char: str) -> int:
    return 500 if char.isascii() else 1_000


def _meanings(codes: dict[str, int]) -> bytes:
    """The CMap from codes to UTF-16."""
    rows = [f"<{code:04x}> <{char.encode('utf-16-be').hex()}>" for char, code in codes.items()]
    blocks = [rows[at : at + _RANGES] for at in range(0, len(rows), _RANGES)]
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
            "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
            "1 begincodespacerange <0000> <ffff> endcodespacerange",
            *(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks),
            "endcmap CMapName currentdict /CMap defineresource pop end end",
        ]
    ).encode()
