"""Puts the values of form fields into the text of a page, beside their labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from documents.page.blocks import Box, Glyph
from documents.page.lines import is_unspaced

_SIZE = 12.0  # points: a value's characters, where no label stands in its row
_NARROW = 0.5  # of the height: a Latin character
_LINE = 1.2  # of the height: the distance of lines
_MOST_FIELDS = 2_000  # of a page; the others follow its text
_WIDE = 1.5  # of the height
_WIDE_SPACE = "\u3000"
_BLANKS = frozenset("_＿")
_EMPTY_BOXES = frozenset("□☐▢◻○◯")


@dataclass(frozen=True, slots=True)
class Value:
    """A field's value on the displayed page; `is_mark` for ☑ and ☐."""

    text: str
    box: Box
    is_mark: bool = False


@dataclass(slots=True)
class _Insertions:
    """What is inserted before and after characters, by their index: the left edge and the text."""

    before: dict[int, list[tuple[float, list[Glyph]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    after: dict[int, list[tuple[float, list[Glyph]]]] = field(
        default_factory=lambda: defaultdict(list)
    )


def with_values(glyphs: Sequence[Glyph], values: Sequence[Value]) -> list[Glyph]:
    """The characters of a page with values inserted where a reader sees them.

    A value follows the text on its left, and a box to tick is beside the nearer text. Blanks and
    printed boxes under a field are left out.
    """
    placed, more = values[:_MOST_FIELDS], values[_MOST_FIELDS:]
    rows = _Rows(glyphs)
    insertions, covered = _Insertions(), set[int]()
    for value in placed:
        covered |= _covered(glyphs, rows, value)
    for value in placed:
        _insert(glyphs, rows, value, insertions, covered)
    found: list[Glyph] = [
        one for _, text in sorted(insertions.after[-1], key=_edge) for one in text
    ]
    for at, glyph in enumerate(glyphs):
        for _, text in sorted(insertions.before[at], key=_edge) if at in insertions.before else ():
            found += text
        if at not in covered:
            found.append(glyph)
        for _, text in sorted(insertions.after[at], key=_edge) if at in insertions.after else ():
            found += text
    for value in more:
        found += _line_of(value)
    return found


def _edge(insertion: tuple[float, list[Glyph]]) -> float:
    return insertion[0]


class _Rows:
    """The characters of a page by the height of their middle, in points."""

    def __init__(self, glyphs: Sequence[Glyph]) -> None:
        self._at: dict[int, list[int]] = defaultdict(list)
        for at, glyph in enumerate(glyphs):
            if glyph.box and not glyph.is_space:
                self._at[int((glyph.box[1] + glyph.box[3]) / 2)].append(at)

    def within(self, top: float, bottom: float) -> Iterator[int]:
        first, last = int(top), int(bottom)
        is_high = last - first > len(self._at)
        for height in sorted(self._at) if is_high else range(first, last + 1):
            if first <= height <= last:
                yield from self._at.get(height, ())

    def above(self, top: float) -> int | None:
        """The last character of the nearest row above; None if there is none."""
        heights = [height for height in self._at if height < top]
        return max(self._at[max(heights)]) if heights else None


def _covered(glyphs: Sequence[Glyph], rows: _Rows, value: Value) -> set[int]:
    """Blanks to write on, and printed boxes, that a field lies on."""
    chars = _EMPTY_BOXES if value.is_mark else _BLANKS
    left, top, right, bottom = value.box
    return {
        at
        for at in rows.within(top - 2, bottom + 2)
        if glyphs[at].char in chars
        and (box := glyphs[at].box)
        and left - 1 <= (box[0] + box[2]) / 2 <= right + 1
    }


def _insert(
    glyphs: Sequence[Glyph], rows: _Rows, value: Value, into: _Insertions, covered: set[int]
) -> None:
    left, top, right, bottom = value.box
    nearest: dict[bool, tuple[float, int]] = {}  # on the left or not: the distance, and which
    for at in rows.within(top, bottom):
        box = glyphs[at].box
        if box is None or at in covered:
            continue
        is_left = (box[0] + box[2]) / 2 < (left + right) / 2
        gap = max(0.0, left - box[2] if is_left else box[0] - right)
        # Of several rows beside a tall field, the first.
        key = (gap + (box[1] - top if bottom - top > 2 * (box[3] - box[1]) else 0.0), at)
        nearest[is_left] = min(nearest.get(is_left, key), key)
    before, after = nearest.get(False), nearest.get(True)
    if value.is_mark and before and (after is None or before[0] <= after[0]):
        into.before[before[1]].append((left, [*_written(value, glyphs[before[1]]), _SPACE]))
    elif after is not None:
        into.after[after[1]].append((left, _after(value, glyphs[after[1]])))
    elif before is not None:
        into.before[before[1]].append((left, [*_written(value, glyphs[before[1]]), _SPACE]))
    else:
        above = rows.above(top)
        into.after[-1 if above is None else above].append((top, _line_of(value)))


def _after(value: Value, label: Glyph) -> list[Glyph]:
    written = _written(value, label)
    if value.is_mark or not (is_unspaced(label.char) and is_unspaced(value.text[0])):
        written.insert(0, _SPACE)
    if label.box and value.box[0] - label.box[2] > _WIDE * (label.box[3] - label.box[1]):
        # Else the line would be divided into cells there.
        left, top, right, bottom = label.box[2], label.box[1], value.box[0], label.box[3]
        written.insert(0, Glyph(_WIDE_SPACE, (left, top, right, bottom)))
    return written


def _line_of(value: Value) -> list[Glyph]:
    return [_END, *_written(value, None), _END]


_SPACE = Glyph(" ", None, is_generated=True)
_END = Glyph("\n", None, is_generated=True)


def _written(value: Value, beside: Glyph | None) -> list[Glyph]:
    """The characters of a value, in the row of the character beside it."""
    left, top, right, bottom = value.box
    height = min(bottom - top, _SIZE)
    if beside is not None and beside.box is not None:
        top, height = beside.box[1], beside.box[3] - beside.box[1]
    else:
        top = (top + bottom - height) / 2 if "\n" not in value.text else top
    written: list[Glyph] = []
    for at, line in enumerate(filter(str.strip, value.text.replace("\t", " ").splitlines())):
        start = top + at * _LINE * height
        written += (_END,) if at else ()
        written += spread(line, (left, start, right, start + height))
    return written


def spread(text: str, box: Box) -> list[Glyph]:
    """The characters of a line over the width of a box, from its left."""
    left, top, right, bottom = box
    height = bottom - top
    widths = [height * (1 if is_unspaced(char) else _NARROW) for char in text]
    scale = min(1.0, (right - left) / max(sum(widths), 0.01))
    placed, x = list[Glyph](), left
    for char, width in zip(text, widths, strict=True):
        placed.append(Glyph(char, (x, top, x + scale * width, bottom)))
        x += scale * width
    return placed
