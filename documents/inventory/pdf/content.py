"""The text that content streams show: of pages, forms, patterns, Type 3 glyphs and soft masks."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pikepdf

from documents.inventory.pdf.asides import SHOWS, asides_of
from documents.inventory.pdf.fonts import Font
from documents.inventory.pdf.glyph_names import UNKNOWN
from documents.readers.pdf.malformed import MALFORMED

Key = tuple[int, int]
_MOVES = frozenset(("Td", "TD", "Tm", "T*", "'", '"', "ET"))
_PAINTS_PATTERN = frozenset(("scn", "SCN"))
_GLYPH = "Type 3 glyph"
_MOST_DEPTH = 12
_MOST_OPERATIONS = 400_000  # of one page, with the forms that it paints


@dataclass(frozen=True, slots=True)
class ShownString:
    """The string of the operation `index` of the stream `key`: its text and its bytes.

    `drawn` is the text by the font's encoding and program, where its map says something else.
    `is_coded` if the bytes are codes of two bytes, which all have a meaning.
    """

    text: str
    drawn: str
    raw: bytes
    key: Key
    index: int
    is_coded: bool = False


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
        asides: Operands of each content stream that it does not show (`asides_of`).
        drawn: Characters of Type 3 fonts that draw other text, whose meaning is therefore known.
        disputed: Fonts with codes whose map says something else than the font (`Font.disputes`).
        is_complete: Whether all was read.
    """

    strings: list[ShownString] = field(default_factory=list)
    beside: dict[Key, list[ShownString]] = field(default_factory=dict)
    labels: dict[Key, str] = field(default_factory=dict)
    streams: dict[Key, Any] = field(default_factory=dict)
    asides: dict[Key, list[Any]] = field(default_factory=dict)
    pictures: int = 0
    inline_pictures: int = 0
    drawn: int = 0
    disputed: list[Font] = field(default_factory=list)
    is_complete: bool = True


class ContentReader:
    """Reads the text of content streams of one file. Fonts are read once."""

    def __init__(self) -> None:
        self._fonts: dict[Key, Font] = {}
        self._left = 0

    def page(self, page: pikepdf.Page) -> PageText:
        """The text of a page whose content is one stream."""
        content = page.obj.get("/Contents")
        if isinstance(content, pikepdf.Stream):
            return self.stream(content, resources_of(page))
        return PageText()

    def stream(self, stream: pikepdf.Stream, resources: Any) -> PageText:
        """The text of any content stream."""
        found = PageText()
        self._left = _MOST_OPERATIONS
        self._read(stream, resources, found, found.strings, (stream.objgen,))
        return found

    def font(self, resources: Any, name: Any) -> Font | None:
        font = looked_up(resources, "/Font", name)
        return self.font_of(font) if isinstance(font, pikepdf.Dictionary) else None

    def font_of(self, font: Any) -> Font:
        if not font.is_indirect:
            return Font(font)
        if font.objgen not in self._fonts:
            self._fonts[font.objgen] = Font(font)
        return self._fonts[font.objgen]

    def _read(
        self, stream: pikepdf.Stream, resources: Any, found: PageText, strings: list[ShownString],
        path: tuple[Key, ...],
    ) -> None:  # fmt: skip
        try:
            _Reading(self, found, strings, resources, path).read(stream)
        except MALFORMED:
            found.is_complete = False

    def take(self) -> bool:
        """Whether one more operation may be read."""
        self._left -= 1
        return self._left >= 0


class _Reading:
    """One content stream in work. `path` are the streams that it is part of, and itself."""

    def __init__(
        self, reader: ContentReader, found: PageText, strings: list[ShownString], resources: Any,
        path: tuple[Key, ...],
    ) -> None:  # fmt: skip
        self._reader = reader
        self._found = found
        self._strings = strings
        self._resources = resources
        self._path = path
        self._font: Font | None = None
        self._saved: list[Font | None] = []
        self._gap = "\n" if strings else ""

    def read(self, stream: pikepdf.Stream) -> None:
        self._found.streams[self._path[-1]] = self._resources
        asides = self._found.asides[self._path[-1]] = []
        named: set[bytes] = set()
        instructions = parsed(stream)
        if instructions is None or len(self._path) > _MOST_DEPTH:
            self._found.is_complete = False
            return
        for index, instruction in enumerate(instructions):
            if not self._reader.take():
                self._found.is_complete = False
                return
            operator = str(instruction.operator)
            asides += asides_of(operator, instruction, named)
            if operator in SHOWS:
                self._show(operator, instruction.operands, index)
            elif operator in _MOVES:
                self._move()
            elif operator == "INLINE IMAGE":
                self._inline_picture()
            elif instruction.operands or operator in {"q", "Q"}:
                self._other(operator, instruction.operands)

    def _move(self) -> None:
        if self._strings:
            self._gap = "\n"

    def _show(self, operator: str, operands: Any, index: int) -> None:
        if operator in _MOVES:
            self._move()
        raw = shown_bytes(operands)
        text, drawn = self._texts(raw)
        font = self._font
        is_coded = font is not None and font.is_composite and UNKNOWN not in text
        gap, key = self._gap, self._path[-1]
        self._strings.append(ShownString(gap + text, gap + drawn, raw, key, index, is_coded))
        self._gap = ""

    def _other(self, operator: str, operands: Any) -> None:
        if operator == "q":
            self._saved.append(self._font)
        elif operator == "Q":
            self._font = self._saved.pop() if self._saved else self._font
        elif operator == "Tf":
            self._font = self._reader.font(self._resources, operands[0])
        elif operator == "Do":
            self._paint(looked_up(self._resources, "/XObject", operands[0]))
        elif operator in _PAINTS_PATTERN and isinstance(operands[-1], pikepdf.Name):
            pattern = looked_up(self._resources, "/Pattern", operands[-1])
            self._beside(pattern, self._resources, "pattern")
        elif operator == "gs":
            self._state(looked_up(self._resources, "/ExtGState", operands[0]))

    def _inline_picture(self) -> None:
        # A glyph of a bitmap font is an inline image.
        if self._found.labels.get(self._path[-1]) != _GLYPH:
            self._found.pictures += 1
            self._found.inline_pictures += 1

    def _paint(self, xobject: Any) -> None:
        self._found.pictures += _is_picture(xobject)
        if not _is_form(xobject) or xobject.objgen in self._path:
            return
        inner = xobject.get("/Resources", self._resources)
        path = (*self._path, xobject.objgen)
        _Reading(self._reader, self._found, self._strings, inner, path).read(xobject)
        self._gap = "\n"

    def _state(self, state: Any) -> None:
        if not isinstance(state, pikepdf.Dictionary):
            return
        mask = state.get("/SMask")
        if isinstance(mask, pikepdf.Dictionary):
            self._beside(mask.get("/G"), None, "soft mask")
        named = state.get("/Font")
        if isinstance(named, pikepdf.Array) and isinstance(named[0], pikepdf.Dictionary):
            self._font = self._reader.font_of(named[0])

    def _beside(self, stream: Any, resources: Any, label: str) -> Sequence[ShownString]:
        """The strings of a stream that the page uses without painting it as a form."""
        if not isinstance(stream, pikepdf.Stream) or stream.objgen in self._path:
            return ()
        key = stream.objgen
        if key not in self._found.beside:
            strings: list[ShownString] = []
            self._found.beside[key] = strings
            self._found.labels[key] = label
            inner = stream.get("/Resources", resources)
            path = (*self._path, key)
            _Reading(self._reader, self._found, strings, inner, path).read(stream)
        return self._found.beside[key]

    def _texts(self, raw: bytes) -> tuple[str, str]:
        """The text of a string by the font's map, and by what it draws."""
        font = self._font
        if font is None:
            return (text := raw.decode("latin-1")), text
        if font.is_type3:
            pairs = [self._glyph(font, bytes([code])) for code in raw]
            return "".join(text for text, _ in pairs), "".join(drawn for _, drawn in pairs)
        return self._of_font(font, raw)

    def _of_font(self, font: Font, raw: bytes) -> tuple[str, str]:
        text, drawn = font.text(raw), font.drawn(raw)
        if drawn is None:
            return text, text
        if font not in self._found.disputed:
            self._found.disputed.append(font)
        return text, drawn

    def _glyph(self, font: Font, code: bytes) -> tuple[str, str]:
        """What a glyph of a Type 3 font draws, whatever its code is said to mean."""
        glyph = font.procedures.get(code[0])
        strings = self._beside(glyph, font.dictionary.get("/Resources"), _GLYPH)
        words = "".join(one.text for one in strings)
        self._found.drawn += bool(words) and UNKNOWN not in words
        if words:
            return words, "".join(one.drawn for one in strings)
        return self._of_font(font, code)


def resources_of(page: pikepdf.Page) -> Any:
    try:
        return page.resources
    except MALFORMED:
        return None


def parsed(stream: pikepdf.Stream) -> Sequence[Any] | None:
    """The operations of a content stream; None if it cannot be decoded or parsed."""
    try:
        with warnings.catch_warnings():
            # pikepdf warns of operands without an operator, which would be left out.
            warnings.simplefilter("error")
            return pikepdf.parse_content_stream(stream)
    except (*MALFORMED, Warning):
        return None


def looked_up(resources: Any, kind: str, name: Any) -> Any:
    """The resource of this kind and name, or None."""
    if not isinstance(resources, pikepdf.Dictionary) or not isinstance(name, pikepdf.Name):
        return None
    listed = resources.get(kind)
    return listed.get(name) if isinstance(listed, pikepdf.Dictionary) else None


def shown_bytes(operands: Iterable[Any]) -> bytes:
    """The bytes of the strings among the operands of an operation, in an array or not."""
    return b"".join(_strings(operands))


def _strings(operands: Iterable[Any]) -> Iterator[bytes]:
    for operand in operands:
        if isinstance(operand, pikepdf.String):
            yield bytes(operand)
        elif isinstance(operand, pikepdf.Array):
            yield from _strings(operand)


def texts_of(strings: Sequence[ShownString]) -> Sequence[str]:
    """The text of strings, and the text that they draw if that is another one."""
    return list(
        dict.fromkeys(("".join(one.text for one in strings), "".join(one.drawn for one in strings)))
    )


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
