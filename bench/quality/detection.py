"""`parse`: lines that are detected and read otherwise than on the whole picture.

Detection leaves out the blank parts of a page to save time. Its network takes means over all that
it gets, so that without them its output differs a little everywhere: a box may be a pixel of the
reduced picture higher, which is a tenth of a line's height at 150 dpi. Such shifts are counted
without a target. What may not change is which lines there are, and how many characters are wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import dist

import cv2
import numpy as np
import numpy.typing as npt

from bench.quality.measure import Measure
from bench.quality.ocr import DEFECTS, distance
from bench.quality.pages import drawn, find_font, law_paragraphs, set_in_pages
from documents.ocr.detection import Area, Pixels
from documents.ocr.engine import OcrEngine
from documents.ocr.scan import Corners, Scan

DOTS = (100, 150, 200, 300)
PAGES = 3
_NOISY = [defects for defects in DEFECTS.values() if defects.noise]
_MOVED = 0.1  # in heights of a line: the most that a corner may be away
_OVERLAP = 0.5  # of the smaller of two boxes: they have the same text
_LINES, _CHARACTERS = 0.05, 0.005


@dataclass(frozen=True, slots=True)
class Difference:
    """How a page is read on its parts and on the whole of it; counts of lines and characters."""

    lines: int
    changed: int
    moved: int
    characters: int
    wrong_on_whole: int
    wrong_on_parts: int


def measures() -> Iterator[Measure]:
    """Three figures at each resolution. Raises `NoFont` if no Chinese font is installed."""
    font, texts = find_font(), set_in_pages(law_paragraphs())
    of_parts, of_all = OcrEngine(1), OcrEngine(1, whole)
    for dots in DOTS:
        found = []
        for defects in _NOISY:
            for number, text in enumerate(texts[1 : 1 + PAGES]):
                picture = drawn(text, font, dots, defects, seed=number)
                found.append(difference(text, of_all.scan(picture), of_parts.scan(picture)))
        yield from _figures(dots, found)


def _figures(dots: int, found: Sequence[Difference]) -> Iterator[Measure]:
    lines = sum(one.lines for one in found)
    characters = sum(one.characters for one in found)
    more = sum(one.wrong_on_parts - one.wrong_on_whole for one in found)
    for name, sample, share, target in (
        ("lines lost, added, split or joined by detection on parts",
         lines, sum(one.changed for one in found) / lines, _LINES),
        ("characters wrong only by detection on parts, less those only on the whole page",
         characters, more / characters, _CHARACTERS),
        ("lines more than a tenth of their height away from those on the whole page",
         lines, sum(one.moved for one in found) / lines, None),
    ):  # fmt: skip
        yield Measure("parse", f"{name}, {dots} dpi", sample, round(share, 4), target,
                      lower_is_better=True, basis="model")  # fmt: skip


def whole(_: Pixels, reduced: tuple[int, int], __: npt.NDArray[np.bool_]) -> list[Area]:
    height, width = reduced
    return [np.s_[0:height, 0:width]]


def difference(text: Sequence[str], expected: Scan, found: Scan) -> Difference:
    """`text` are the lines of the page; the scans are those of the whole of it and of its parts."""
    wanted = "".join(text).replace("\u3000", "")
    boxes, others = _boxes(expected), _boxes(found)
    return Difference(
        len(boxes),
        changed(boxes, others),
        elsewhere(boxes, others),
        len(wanted),
        distance(wanted, _text(expected)),
        distance(wanted, _text(found)),
    )


def _boxes(scan: Scan) -> list[Corners]:
    return [*(line.corners for line in scan.lines), *scan.unclear]


def _text(scan: Scan) -> str:
    return "".join("".join(line.text.split()) for line in scan.lines)


def changed(expected: Sequence[Corners], found: Sequence[Corners]) -> int:
    """How many lines are lost, split or joined with others, and how many are added."""
    pairs = [
        (line, other)
        for line, box in enumerate(expected)
        for other, other_box in enumerate(found)
        if _are_same(box, other_box)
    ]
    lines, others = [line for line, _ in pairs], [other for _, other in pairs]
    kept = sum(lines.count(line) == others.count(other) == 1 for line, other in pairs)
    return len(expected) - kept + len(set(range(len(found))) - set(others))


def _are_same(one: Corners, other: Corners) -> bool:
    box, other_box = np.array(one, np.float32), np.array(other, np.float32)
    common, _ = cv2.intersectConvexConvex(box, other_box)
    return common > _OVERLAP * min(cv2.contourArea(box), cv2.contourArea(other_box))


def elsewhere(expected: Sequence[Corners], found: Sequence[Corners]) -> int:
    """How many of the lines have no box of which all corners are close to theirs."""
    return sum(not any(_is_close(line, other) for other in found) for line in expected)


def _is_close(line: Corners, other: Corners) -> bool:
    most = _MOVED * dist(line[0], line[3])
    return all(dist(one, two) <= most for one, two in zip(line, other, strict=True))
