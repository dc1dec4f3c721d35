"""Gutters: places on a page where a column may begin."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

Box = tuple[float, float, float, float]
LEAST_LINES = 3  # of a column
_LEAST_GUTTER = 0.5  # in heights of a line
_PLACES = (0.5, 0.1, 0.9)  # in a gutter, from the right, in widths of it
_LEAST_SIDE = 0.2  # of the lines: a column that is found by the space before it
_MOST_GUTTERS = 6  # that are tried: each is one pass over the lines
_NEAR = 8  # lines before and after one, among which is what stands beside it


def gutters(boxes: Sequence[Box], indexes: Sequence[int]) -> list[float]:
    """Places where columns may begin: left of several lines that have another one beside them."""
    if len(indexes) < 2 * LEAST_LINES:
        return []
    height = median(boxes[at][3] - boxes[at][1] for at in indexes)
    if height <= 0:
        return []
    lefts = [
        boxes[at][0]
        for place, at in enumerate(indexes)
        if any(_is_right_of(boxes[at], boxes[other], height) for other in around(indexes, place))
    ]
    counted = Counter(round(left / height) for left in lefts)
    places = [
        place
        for place, count in counted.most_common(_MOST_GUTTERS)
        # Lines around the rounding limit are counted with either neighbour.
        if count + counted[place - 1] + counted[place + 1] >= LEAST_LINES
    ]
    ends = _Ends.of(boxes, indexes)
    clear = ends.clear_place(lefts)
    if clear is not None and round(clear / height) not in places:
        places.append(round(clear / height))
    found = []
    for place in places:
        left = min(left for left in lefts if round(left / height) == place)
        width = _LEAST_GUTTER * height
        found.append(min((left - part * width for part in _PLACES), key=ends.across))
    return found


@dataclass(frozen=True, slots=True)
class _Ends:
    """The left and the right ends of lines, each sorted."""

    lefts: list[float]
    rights: list[float]

    @classmethod
    def of(cls, boxes: Sequence[Box], indexes: Sequence[int]) -> _Ends:
        return cls(sorted(boxes[at][0] for at in indexes), sorted(boxes[at][2] for at in indexes))

    def across(self, place: float) -> int:
        """The number of lines that run over a place."""
        return bisect_left(self.lefts, place) - bisect_right(self.rights, place)

    def clear_place(self, places: Sequence[float]) -> float | None:
        """The place over which the fewest lines run, of those with many lines on both sides.

        A column may begin with the numbers of its paragraphs, and most of its lines further right.
        """
        least = max(LEAST_LINES, len(self.lefts) * _LEAST_SIDE)
        possible = [
            place
            for place in sorted(set(places))
            if bisect_right(self.rights, place) >= least
            and len(self.lefts) - bisect_left(self.lefts, place) >= least
        ]
        return min(possible, key=self.across, default=None)


def around(indexes: Sequence[int], place: int) -> Sequence[int]:
    """The lines sorted near one, among which are those that stand level with it."""
    return [*indexes[max(0, place - _NEAR) : place], *indexes[place + 1 : place + 1 + _NEAR]]


def _is_right_of(one: Box, other: Box, height: float) -> bool:
    """Whether a box has another one beside it on its left, with a gutter between."""
    common = min(one[3], other[3]) - max(one[1], other[1])
    return common > 0.1 * height and one[0] - other[2] >= 0.9 * _LEAST_GUTTER * height
