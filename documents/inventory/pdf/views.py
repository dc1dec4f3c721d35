"""The texts in which a PDF's pages are searched.

A word can be contiguous in one of them and split in the others: as PDFium reads the pages, with
words joined that a hyphen or a page break divides, line by line as the page is displayed, with
raised and lowered characters on the line of those beside them, without white and small characters
between others, and with runs of Latin characters
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
# Of the height of the characters before and after: small ones, how many, and the room for them.
_SMALL, _MOST_SMALL, _MOST_ROOM = 0.7, 3, 1.5


@dataclass(frozen=True, slots=True)
class Characters:
    """PDFium's characters: UTF-16 codes, boxes (four values each), and where each page starts.

    `faint` says of each character whether it cannot be seen on white paper.
    """

    codes: array[int]
    boxes: array[float]
    starts: Sequence[int]
    faint: Sequence[int]

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
    bases += filter(
        None, (_displayed(characters, first), _level(characters, first), _seen(characters, first))
    )
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


def _seen(characters: Characters, first: View) -> View | None:
    """Without faint characters, and without a few small ones between others of a line; None if
    there are none.
    """
    boxes, faint = characters.boxes, characters.faint
    inked = [
        at
        for at, index in enumerate(first.origins)
        if index >= 0
        and boxes[4 * index + 3] > boxes[4 * index + 1]
        and not first.text[at].isspace()
    ]
    dropped = {at for at in inked if faint[first.origins[at]]}
    visible = [at for at in inked if at not in dropped]
    dropped.update(_small(boxes, first.origins, visible))
    if not dropped:
        return None
    kept = [at for at in visible if at not in dropped]
    cuts: list[tuple[int, int]] = []
    for before, after in zip((-1, *kept), (*kept, len(first.text)), strict=True):
        between = sorted(dropped.intersection(range(before + 1, after)))
        if (
            between
            and before >= 0
            and after < len(first.text)
            and _is_beside(boxes, first.origins[before], first.origins[after])
        ):
            cuts.append((before + 1, after))
        else:
            cuts += ((at, at + 1) for at in between)
    return _without(first, cuts)


def _small(boxes: array[float], origins: array[int], visible: Sequence[int]) -> Iterator[int]:
    """A few characters that are much smaller than those before and after them, if any are after."""
    heights = [boxes[4 * origins[at] + 3] - boxes[4 * origins[at] + 1] for at in visible]
    start = 0
    for end in range(1, len(visible)):
        if heights[end] < _SMALL * heights[start]:
            continue
        if 1 < end - start <= _MOST_SMALL + 1 and heights[start] >= _SMALL * heights[end]:
            yield from visible[start + 1 : end]
        start = end
    if 0 < len(visible) - start - 1 <= _MOST_SMALL:
        yield from visible[start + 1 :]


def _is_beside(boxes: array[float], one: int, other: int) -> bool:
    """Whether two characters are on one line, with room for few small ones between them."""
    _, bottom, end, top = boxes[4 * one : 4 * one + 4]
    start, other_bottom, _, _ = boxes[4 * other : 4 * other + 4]
    height = top - bottom
    return abs(bottom - other_bottom) < _SAME_LINE * height and start - end < _MOST_ROOM * height


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
