"""Decides which pages of a PDF or OFD document are pictures and need OCR."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from documents.page.blocks import Box, Glyph

_CELLS = 50  # a page is divided into a grid of so many fields across and down
_PICTURE_SHARE = 0.3  # of the page: a smaller picture is a seal, a logo or a photograph
_PAGE_SHARE = 0.6
_TEXT_SHARE = 0.03  # of a picture: a text layer over a scan covers more, a page number less
_FEW_CHARACTERS = 50
_OUTLINES = 20  # objects of a page whose characters are drawn as outlines


class PageKind(StrEnum):
    """How a page is read: `text` from its text layer, `picture` by OCR, `both` from both."""

    text = "text"
    picture = "picture"
    both = "both"
    blank = "blank"


@dataclass(frozen=True, slots=True)
class PageFeatures:
    """The features that decide the kind of a page. Shares are from 0 to 1."""

    known: int  # characters with a known code
    unknown: int  # characters without one
    objects: int
    picture_share: float  # of the page: covered by pictures
    text_share: float  # of these pictures: covered by characters

    @property
    def kind(self) -> PageKind:
        if self.unknown > self.known:
            return PageKind.picture
        if self.picture_share >= _PICTURE_SHARE and self.text_share < _TEXT_SHARE:
            alone = self.known < _FEW_CHARACTERS and self.picture_share >= _PAGE_SHARE
            return PageKind.picture if alone or not self.known else PageKind.both
        if self.known or not self.objects:
            return PageKind.text
        return PageKind.picture if self.objects >= _OUTLINES else PageKind.blank


def page_features(
    size: tuple[float, float], glyphs: Sequence[Glyph], pictures: Iterable[Box], objects: int
) -> PageFeatures:
    """The features of a page of `size` points with `objects` drawn on it."""
    inked = [glyph for glyph in glyphs if not glyph.char.isspace()]
    known = len([None for glyph in inked if glyph.is_known])
    under = _Fields(size)
    for box in pictures:
        under.cover(box)
    boxes = [glyph.box for glyph in inked if glyph.box and glyph.is_known]
    return PageFeatures(known, len(inked) - known, objects, under.share, under.share_of(boxes))


class _Fields:
    """A page divided into a grid of fields, some of which are covered by pictures."""

    def __init__(self, size: tuple[float, float]) -> None:
        self._width, self._height = (max(1.0, side) / _CELLS for side in size)
        self._covered: set[tuple[int, int]] = set()

    @property
    def share(self) -> float:
        return len(self._covered) / _CELLS**2

    def cover(self, box: Box) -> None:
        """Mark the fields whose centre is in a box."""
        left, right = (self._field(edge, self._width) for edge in (box[0], box[2]))
        top, bottom = (self._field(edge, self._height) for edge in (box[1], box[3]))
        self._covered |= {(x, y) for x in range(left, right) for y in range(top, bottom)}

    def share_of(self, boxes: Sequence[Box]) -> float:
        """The share of the covered fields' area that boxes cover."""
        if not self._covered:
            return 0.0
        area = sum(
            (right - left) * (bottom - top)
            for left, top, right, bottom in boxes
            if (
                int((left + right) / 2 / self._width),
                int((top + bottom) / 2 / self._height),
            )
            in self._covered
        )
        return area / (len(self._covered) * self._width * self._height)

    @staticmethod
    def _field(edge: float, size: float) -> int:
        return min(_CELLS, max(0, round(edge / size)))
