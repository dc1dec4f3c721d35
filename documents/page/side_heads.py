"""Finds heads beside the paragraphs that they name, left of the text."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

Box = tuple[float, float, float, float]
_LEAST_BODY = 3  # lines
_LEAST_WIDTH = 10.0  # of the body, in heights of a line
_MORE = 1.5  # lines of the body for each of a head: rows of a table have as many on either side
_MOST_WIDTH = 0.5  # of the body's
_FULL = 0.6  # of the body's width: half of its lines are longer
_LEVEL = 0.5  # in heights: how far a head may begin above or below its paragraph
_STEP = 1.25  # of the usual distance: lines of one head are nearer, those of paragraphs further
_INDENT = 0.8  # in heights, of a paragraph's first line
_SHORT = 2.0  # likewise: how far the last line of a paragraph ends before the margin


def with_side_heads(
    boxes: Sequence[Box], band: Sequence[int], gutter: float, least: int
) -> list[list[int]]:
    """The lines of a band in groups: each head before the paragraph that begins beside it.

    `band` are the indexes of its lines from the top; none of them runs over the gutter. Empty if a
    line on the left belongs to no head, if there are fewer than `least`, or if all heads have one
    line, which is read in its row.
    """
    right = [at for at in band if boxes[at][2] > gutter]
    left = [at for at in band if boxes[at][2] <= gutter]
    if len(right) < _LEAST_BODY:
        return []
    body = _Body.of([boxes[at] for at in right])
    above = [at for at in left if boxes[at][3] < body.top]
    below = [at for at in left if boxes[at][1] > body.bottom]
    beside = left[len(above) : len(left) - len(below)]
    if not beside or len(right) < _MORE * len(beside) or not body.is_running_text:
        return []
    if body.width * _MOST_WIDTH < max(boxes[at][2] - boxes[at][0] for at in beside):
        return []
    heads = _stacks(boxes, beside, _STEP * body.step)
    starts = [body.paragraph_beside(boxes[head[0]]) for head in heads]
    if len(heads) < least or max(map(len, heads)) < 2 or None in starts:
        return []
    if any(body.paragraph_beside(boxes[at]) is not None for head in heads for at in head[1:]):
        return []  # labels of one line each
    groups = [above, right[: starts[0]]]
    for head, (start, end) in zip(heads, pairwise([*starts, len(right)]), strict=True):
        groups += [head, right[start:end]]
    return [group for group in (*groups, below) if group]


@dataclass(frozen=True, slots=True)
class _Body:
    """The lines right of the gutter, from the top. `step` is their usual distance."""

    boxes: Sequence[Box]
    middles: Sequence[float]
    left: float
    right: float
    step: float

    @classmethod
    def of(cls, boxes: Sequence[Box]) -> _Body:
        middles = [(box[1] + box[3]) / 2 for box in boxes]
        step = median(below - above for above, below in pairwise(middles))
        left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
        return cls(boxes, middles, left, right, step)

    @property
    def top(self) -> float:
        return self.boxes[0][1]

    @property
    def bottom(self) -> float:
        return self.boxes[-1][3]

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def is_running_text(self) -> bool:
        """Whether it is wide, no lines are level, and half of them are full."""
        full = sum(box[2] - box[0] >= _FULL * self.width for box in self.boxes)
        is_single = all(
            below > box[3] for box, below in zip(self.boxes, self.middles[1:], strict=False)
        )
        is_wide = self.width >= _LEAST_WIDTH * median(box[3] - box[1] for box in self.boxes)
        return is_wide and is_single and 2 * full >= len(self.boxes)

    def paragraph_beside(self, head: Box) -> int | None:
        """The line that begins a paragraph level with the first line of a head; None if none."""
        middle, reach = (head[1] + head[3]) / 2, _LEVEL * (head[3] - head[1])
        at = bisect_left(self.middles, middle - reach)
        is_level = at < len(self.middles) and self.middles[at] <= middle + reach
        return at if is_level and self._begins(at) else None

    def _begins(self, at: int) -> bool:
        """Whether a line is indented, or stands apart, or follows a short line."""
        if at == 0:
            return True
        box, above = self.boxes[at], self.boxes[at - 1]
        height = box[3] - box[1]
        return (
            self.middles[at] - self.middles[at - 1] > _STEP * self.step
            or box[0] - self.left > _INDENT * height
            or self.right - above[2] > _SHORT * height
        )


def _stacks(boxes: Sequence[Box], lines: Sequence[int], most: float) -> list[list[int]]:
    """The lines of each head."""
    found: list[list[int]] = []
    for at in lines:
        if found and boxes[at][1] - boxes[found[-1][-1]][1] <= most:
            found[-1].append(at)
        else:
            found.append([at])
    return found
