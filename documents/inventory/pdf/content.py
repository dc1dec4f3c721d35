"""The text that content streams show: of pages, forms, patterns, Type 3 glyphs and soft masks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pikepdf

from documents.inventory.pdf.fonts import UNKNOWN, Font

Key = tuple[int, int]
# Operators that show a string, and those after which the next string is elsewhere.
SHOWS = frozenset(("Tj", "TJ", "'", '"'))
_MOVES = frozenset(("Td", "TD", "Tm", "T*", "'", '"', "ET"))
_PAINTS_PATTERN = frozenset(("scn", "SCN"))
_GLYPH = "Type 3 glyph"
_MOST_DEPTH = 12
_MOST_OPERATIONS = 400_000  # of one page, with the forms that it paints


@dataclass(frozen=True, slots=True)
class ShownString:
    """The string of the operation `index` of the stream `key`: its text and its bytes."""

    text: str
    raw: bytes
    key: Key
    index: int


@dataclass(slots=True)
class PageText:
    """The text of a page.

    Attributes:
        strings: The strings of the page and of the forms that it paints, in order.
        beside: Those of each pattern, Type 3 glyph and soft mask that it uses.
        labels: What each of `beside` is.
        streams: The content streams that were read, each with its resources.
        pictures: How many pictures are painted, outside glyphs.
        inline_pictures: How many of them are in content streams.
        drawn: Characters of Type 3 fonts that draw other text, whose meaning is therefore known.
        is_complete: Whether all was read.
    """

    strings: list[ShownString] = field(default_factory=list)
    beside: dict[Key, list[ShownString]] = field(default_factory=dict)
    labels: dict[Key, str] = field(default_factory=dict)
    streams: dict[Key, Any] = field(default_factory=dict)
    pictures: int = 0
    inline_pictures: int = 0
    drawn: int = 0
    is_complete: bool = True


class ContentReader:
    """Reads the text of content streams of one file. Fonts are read once."""

    def __init__(self) -> None:
        self._fonts: dict[Key, Font] = {}
        self._left = 0

    def page(self, page: pikepdf.Page) -> PageText:
        """The text of a page whose content is one stream."""
        found = PageText()
        self._left = _MOST_OPERATIONS
        content = page.obj.get("/Contents")
        if isinstance(content, pikepdf.Stream):
            resources = page.resources
            self._read(content, resources, found, found.strings, (content.objgen,))
        return found

    def stream(self, stream: pikepdf.Stream, resources: Any) -> PageText:
        """The text of any content stream."""
        found = PageText()
        self._left = _MOST_OPERATIONS
        self._read(stream, resources, found, found.strings, (stream.objgen,))
        return found

    def font(self, resources: Any, name: Any) -> Font | None:
        font = looked_up(resources, "/Font", name)
        return self._font_of(font) if isinstance(font, pikepdf.Dictionary) else None

    def _font_of(self, font: Any) -> Font:
        if not font.is_indirect:
            return Font(font)
        if font.objgen not in self._fonts:
            self._fonts[font.objgen] = Font(font)
        return self._fonts[font.objgen]

    def _read(
        self,
        stream: pikepdf.Stream,
        resources: Any,
        found: PageText,
        strings: list[ShownString],
        path: tuple[Key, ...],
    ) -> None:
        found.streams[path[-1]] = resources
        instructions = parsed(stream)
        if instructions is None:
            found.is_complete = False
            return
        font: Font | None = None
        saved: list[Font | None] = []
        gap = "\n" if strings else ""
        for index, instruction in enumerate(instructions):
            self._left -= 1
            if self._left < 0 or len(path) > _MOST_DEPTH:
                found.is_complete = False
                return
            operator, operands = str(instruction.operator), instruction.operands
            if operator in _MOVES and strings:
                gap = "\n"
            if operator in SHOWS:
                raw = shown_bytes(operands)
                text = self._text(font, raw, found, path)
                strings.append(ShownString(gap + text, raw, path[-1], index))
                gap = ""
            elif operator == "Tf" and operands:
                font = self.font(resources, operands[0])
            elif operator == "q":
                saved.append(font)
            elif operator == "Q":
                font = saved.pop() if saved else font
            elif operator == "Do" and operands:
                form = looked_up(resources, "/XObject", operands[0])
                found.pictures += _is_picture(form)
                if _is_form(form) and form.objgen not in path:
                    inner = form.get("/Resources", resources)
                    self._read(form, inner, found, strings, (*path, form.objgen))
                    gap = "\n"
                    self._soft_mask_of(form, found, path)
            elif operator == "INLINE IMAGE" and found.labels.get(path[-1]) != _GLYPH:
                found.pictures += 1
                found.inline_pictures += 1
            elif (
                operator in _PAINTS_PATTERN and operands and isinstance(operands[-1], pikepdf.Name)
            ):
                pattern = looked_up(resources, "/Pattern", operands[-1])
                self._beside(pattern, resources, "pattern", found, path)
            elif operator == "gs" and operands:
                font = self._state(
                    looked_up(resources, "/ExtGState", operands[0]), font, found, path
                )

    def _state(self, state: Any, font: Font | None, found: PageText, path: tuple[Key, ...]) -> Any:
        if not isinstance(state, pikepdf.Dictionary):
            return font
        mask = state.get("/SMask")
        if isinstance(mask, pikepdf.Dictionary):
            self._beside(mask.get("/G"), None, "soft mask", found, path)
        named = state.get("/Font")
        if isinstance(named, pikepdf.Array) and isinstance(named[0], pikepdf.Dictionary):
            return self._font_of(named[0])
        return font

    def _soft_mask_of(self, form: Any, found: PageText, path: tuple[Key, ...]) -> None:
        mask = form.get("/SMask")
        if isinstance(mask, pikepdf.Dictionary):
            self._beside(mask.get("/G"), None, "soft mask", found, path)

    def _beside(
        self, stream: Any, resources: Any, label: str, found: PageText, path: tuple[Key, ...]
    ) -> Sequence[ShownString]:
        """The strings of a stream that the page uses without painting it as a form."""
        if not isinstance(stream, pikepdf.Stream) or stream.objgen in path:
            return ()
        key = stream.objgen
        if key not in found.beside:
            found.beside[key] = strings = []
            found.labels[key] = label
            inner = stream.get("/Resources", resources)
            self._read(stream, inner, found, strings, (*path, key))
        return found.beside[key]

    def _text(self, font: Font | None, raw: bytes, found: PageText, path: tuple[Key, ...]) -> str:
        if font is None:
            return raw.decode("latin-1")
        if not font.is_type3:
            return font.text(raw)
        # A reader sees what the glyphs draw, whatever the codes are said to mean.
        pieces = []
        resources = font.dictionary.get("/Resources")
        for code in raw:
            glyph = font.procedures.get(code)
            drawn = self._beside(glyph, resources, _GLYPH, found, path)
            words = "".join(one.text for one in drawn)
            found.drawn += bool(words) and UNKNOWN not in words
            pieces.append(words or font.text(bytes([code])))
        return "".join(pieces)


def parsed(stream: pikepdf.Stream) -> Sequence[Any] | None:
    """The operations of a content stream; None if it cannot be decoded or parsed."""
    try:
        return pikepdf.parse_content_stream(stream)
    except (pikepdf.PdfError, pikepdf.PdfParsingError, ValueError, TypeError):
        return None


def looked_up(resources: Any, kind: str, name: Any) -> Any:
    """The resource of this kind and name, or None."""
    if not isinstance(resources, pikepdf.Dictionary) or not isinstance(name, pikepdf.Name):
        return None
    listed = resources.get(kind)
    return listed.get(str(name)) if isinstance(listed, pikepdf.Dictionary) else None


def shown_bytes(operands: Iterable[Any]) -> bytes:
    """The bytes of the strings among the operands of an operation, in an array or not."""
    return b"".join(_strings(operands))


def _strings(operands: Iterable[Any]) -> Iterator[bytes]:
    for operand in operands:
        if isinstance(operand, pikepdf.String):
            yield bytes(operand)
        elif isinstance(operand, pikepdf.Array):
            yield from _strings(operand)


def _is_form(xobject: Any) -> bool:
    return isinstance(xobject, pikepdf.Stream) and str(xobject.get("/Subtype")) == "/Form"


def _is_picture(xobject: Any) -> bool:
    return isinstance(xobject, pikepdf.Stream) and str(xobject.get("/Subtype")) == "/Image"


def spelled(raw: bytes) -> Mapping[str, str]:
    """Bytes of strings read by encodings, whatever font shows them."""
    return {
        encoding: raw.decode(encoding, "ignore")
        for encoding in ("latin-1", "utf-16-be", "gb18030", "utf-8")
    }
