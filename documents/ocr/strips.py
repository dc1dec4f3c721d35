"""A long picture, such as that of a whole conversation, cut where nothing stands."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

_MOST_ASPECT = 2.0  # a page of any paper is less high than so many widths
_STRIP_ASPECT = 1.5
_SEARCHED = 0.25  # of a strip's end is looked at for a good place to cut


def strips(pixels: npt.NDArray[np.uint8]) -> Iterator[tuple[int, int]]:
    """The first row of each strip and the one after its last, from the top.

    What is not long stays whole. A cut is where the rows of pixels are plainest.
    """
    height, width = pixels.shape[:2]
    top = 0
    while height - top > _MOST_ASPECT * width:
        end = top + max(1, round(_STRIP_ASPECT * width))
        start = end - max(1, round(_SEARCHED * (end - top)))
        # Of several equal rows the middle one: a line should not lie close to a cut.
        ink = pixels[start:end].std(axis=(1, 2))
        plainest = np.flatnonzero(ink <= ink.min() + 1.0)
        cut = start + int(_middle_of_longest_run(plainest))
        cut = max(cut, top + 1)
        yield top, cut
        top = cut
    yield top, height


def _middle_of_longest_run(rows: npt.NDArray[np.intp]) -> int:
    runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    longest = max(runs, key=len)
    return int(longest[len(longest) // 2])
