"""What the measurement of detection counts: lines that change, and boxes that move."""

from __future__ import annotations

from bench.quality.detection import changed, elsewhere
from documents.ocr.scan import Corners, corners_of

LINES = [corners_of((100, top, 900, top + 40)) for top in (100, 160, 220)]


def moved(line: Corners, by: float) -> Corners:
    return corners_of((line[0][0] + by, line[0][1] + by, line[2][0] + by, line[2][1] + by))


def test_a_small_shift_changes_no_line() -> None:
    shifted = [moved(line, 5) for line in LINES]
    assert changed(LINES, shifted) == 0
    assert elsewhere(LINES, shifted) == len(LINES)
    assert elsewhere(LINES, [moved(line, 2) for line in LINES]) == 0


def test_lines_that_are_lost_added_split_or_joined_are_counted() -> None:
    assert changed(LINES, LINES[1:]) == 1
    assert changed(LINES, [*LINES, corners_of((100, 300, 900, 340))]) == 1
    halves = [corners_of((100, 100, 500, 140)), corners_of((490, 100, 900, 140))]
    assert changed(LINES, [*halves, *LINES[1:]]) == 1
    assert changed(LINES, [corners_of((100, 100, 900, 200)), LINES[2]]) == 2
