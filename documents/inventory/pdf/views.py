"""The texts in which a PDF's pages are searched.

A word can be contiguous in one of them and split in the others: as PDFium reads the pages, with
words joined that a hyphen or a page break divides, line by line as the page is displayed, with
raised and lowered characters on the line of those beside them, and with runs of Latin characters
read as the GBK bytes that some programs write.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from documents.readers.pdf.gbk import gbk_runs

_HYPHENS = frozenset((0x02, 0xFFFE))
_SYMBOLS = range(0xF020, 0xF100)
_SURROGATES = range(0xD800, 0xE000)
PAGE_END = "\f"
_NUMBER = r"[^\w\f\n]{0,9}(?:第 ?)?\d{1,4}(?: ?/ ?\d{1,4})?(?: ?页)?[^\w\f\n]{0,9}"
_NUMBERED = re.compile(rf"\n{_NUMBER}(?=\n?\f)|(?<=\f){_NUMBER}\n")
_HYPHEN = re.compile("-")
_BREAK = re.compile(r"(?<=[^ \n])[ \n]+(?=[^ \n])")
_SPLIT = re.compile(r"-[ \t]*\n[ \t]*(?=\w)")
# Of the height of a character: between words, and between words of Latin letters.
_WIDE_GAP = 0.6
_LATIN_GAP = 0.2
_SAME_LINE = 0.5
# Of the height of the lower of two characters that follow each other on a line, one of them raised.
_MOST_RISE = 1.0
_MOST_BESIDE = 0.35


@dataclass(frozen=True, slots=True)
class Characters:
    """PDFium's characters: UTF-16 codes, boxes (four values each), and where each page starts."""

    codes: array[int]
    boxes: array[float]
    starts: Sequence[int]

    def text(self, indexes: range) -> str:
        return "".join([char for char, _ in self.decoded(indexes)])

    def decoded(self, indexes: range) -> Iterable[tuple[str, int]]:
        """The characters and the index of each: the two codes of a surrogate pair are one.

        `indexes` follow each other.
        """
        codes = self.codes[indexes.start : indexes.stop]
        if any(map(_SURROGATES.__contains__, codes)):
            return self._joined(indexes)
        chars = map(_CHARACTERS.__getitem__, codes)
        return ((char, index) for char, index in zip(chars, indexes, strict=True) if char)

    def _joined(self, indexes: range) -> Iterator[tuple[str, int]]:
        pending: tuple[int, int] | None = None
        for index in indexes:
            code = self.codes[index]
            if pending is not None:
                high, at = pending
                pending = None
                if 0xDC00 <= code <= 0xDFFF:
                    yield chr(0x10000 + ((high - 0xD800) << 10) + code - 0xDC00), at
                    continue
                yield "\ufffd", at
            if 0xD800 <= code <= 0xDBFF:
                pending = (code, index)
            elif char := _CHARACTERS[code]:
                yield char, index
        if pending is not None:
            yield "\ufffd", pending[1]


@dataclass(frozen=True, slots=True)
class View:
    """A text, and for each of its characters the first index of PDFium's; -1 for none.

    `sizes` has the characters that are several of PDFium's, by their position in the text.
    """

    text: str
    origins: array[int]
    sizes: Mapping[int, int] = field(default_factory=dict)

    def indexes(self, start: int, end: int) -> list[int]:
        """PDFium's characters from `start` up to but not including `end` of the text."""
        return [
            index + more
            for at, index in enumerate(self.origins[start:end], start)
            if index >= 0
            for more in range(self.sizes.get(at, 1))
        ]


def _character(code: int) -> str:
    if code in _HYPHENS:
        return "-"
    if code in _SYMBOLS:
        return chr(code - 0xF000)
    return chr(code) if 0 < code < 0x110000 and not 0xDC00 <= code <= 0xDFFF else "\ufffd"


class _Characters(dict[int, str]):
    """The characters of codes that are no first half of a pair; nothing for a carriage return."""

    def __missing__(self, code: int) -> str:
        char = "" if code == 0x0D else _character(code)
        if code < 0x10000:  # the others are not from PDFium's UTF-16, and would be very many
            self[code] = char
        return char


_CHARACTERS = _Characters()


def _view(characters: Iterable[tuple[str, int]]) -> View:
    pairs = list(characters)
    return View("".join([char for char, _ in pairs]), array("l", [at for _, at in pairs]))


def views(characters: Characters) -> Iterator[View]:
    """The different texts of all pages, the first as PDFium reads them."""
    first = _view(characters.decoded(range(len(characters.codes))))
    bases = [first]
    bases += filter(None, (_displayed(characters, first), _level(characters, first)))
    for base in bases:
        yield base
        yield from filter(None, (_joined(base, characters), _recoded(base)))


def _joined(view: View, characters: Characters) -> View | None:
    """Without hyphens at the ends of lines and without page numbers; None if there are none."""
    cuts = [
        match.span() for pattern in (_SPLIT, _NUMBERED) for match in pattern.finditer(view.text)
    ]
    for match in _HYPHEN.finditer(view.text):
        origin = view.origins[match.start()]
        if origin >= 0 and characters.codes[origin] in _HYPHENS:
            cuts.append(match.span())
    return _without(view, cuts) if cuts else None


def _without(view: View, cuts: Iterable[tuple[int, int]]) -> View:
    dropped = bytearray(len(view.text))
    for start, end in cuts:
        dropped[start:end] = bytes([1]) * (end - start)
    each = zip(view.text, view.origins, dropped, strict=True)
    return _view((char, origin) for char, origin, is_dropped in each if not is_dropped)


def _displayed(characters: Characters, first: View) -> View | None:
    """Line by line from the top; None if that is the order of the first view."""
    ends = [*characters.starts[1:], len(characters.codes)]
    pages = zip(characters.starts, ends, strict=True)
    ordered = [char for start, end in pages for char in _by_lines(characters, range(start, end))]
    view = _view(ordered)
    return None if _solid(view.text) == _solid(first.text) else view


def _level(characters: Characters, first: View) -> View | None:
    """Without breaks before characters that are raised or lowered; None if there are none."""
    cuts = [
        match.span()
        for match in _BREAK.finditer(first.text)
        if _is_raised(characters, first.origins[match.start() - 1], first.origins[match.end()])
    ]
    return _without(first, cuts) if cuts else None


def _is_raised(characters: Characters, one: int, other: int) -> bool:
    """Whether a character begins where the one before ends, higher or lower on the same line."""
    _, bottom, end, top = characters.boxes[4 * one : 4 * one + 4]
    start, other_bottom, _, other_top = characters.boxes[4 * other : 4 * other + 4]
    height = min(top - bottom, other_top - other_bottom)
    rise = abs(bottom - other_bottom)
    return 0 < rise < _MOST_RISE * height and abs(start - end) < _MOST_BESIDE * height


def _solid(text: str) -> str:
    return "".join(text.split())


def _by_lines(characters: Characters, indexes: range) -> Iterator[tuple[str, int]]:
    first = indexes.start
    boxes = characters.boxes[4 * first : 4 * indexes.stop].tolist()
    placed: list[tuple[float, float, float, float, str, int]] = []
    for char, index in characters.decoded(indexes):
        at = 4 * (index - first)
        left, bottom, right, top = boxes[at : at + 4]
        if top > bottom and not char.isspace():
            placed.append(((top + bottom) / 2, left, right, top - bottom, char, index))
    placed.sort(key=lambda one: -one[0])
    line: list[tuple[float, float, float, float, str, int]] = []
    for one in placed:
        if line and line[-1][0] - one[0] > _SAME_LINE * max(one[3], line[-1][3]):
            yield from _across(line)
            line = []
        line.append(one)
    yield from _across(line)
    yield PAGE_END, -1


def _across(
    line: Sequence[tuple[float, float, float, float, str, int]],
) -> Iterator[tuple[str, int]]:
    """The characters of a line from the left, with spaces where there are gaps."""
    end, before = line[0][1] if line else 0.0, ""
    for _, left, right, height, char, index in sorted(line, key=lambda one: one[1]):
        if before and left - end > _LATIN_GAP * height:
            is_latin = _is_latin(before, char)
            if is_latin or left - end > _WIDE_GAP * height:
                yield " ", -1
        yield char, index
        end, before = right, char
    if line:
        yield "\n", -1


def _is_latin(one: str, other: str) -> bool:
    """Whether two characters are Latin letters or digits, and not both digits."""
    both = one + other
    return both.isascii() and both.isalnum() and not both.isdigit()


def _recoded(view: View) -> View | None:
    """With runs of Latin characters read as GBK bytes; None if no run reads as Chinese."""
    pieces: list[tuple[str, int]] = []
    sizes: dict[int, int] = {}
    at = 0
    for start, end, recoded in gbk_runs(view.text):
        pieces += zip(view.text[at:start], view.origins[at:start], strict=True)
        for char, offsets in recoded:
            sizes[len(pieces)] = len(offsets)
            pieces.append((char, view.origins[start + offsets[0]]))
        at = end
    if not sizes:
        return None
    pieces += zip(view.text[at:], view.origins[at:], strict=True)
    return replace(_view(pieces), sizes=sizes)
