"""Heads left of the paragraphs that they name."""

from __future__ import annotations

import pytest

from documents.page.side_heads import Box, with_side_heads

GUTTER = 150


def line(left: float, top: float, right: float) -> Box:
    return left, top, right, top + 10


def column(left: float, right: float, top: float, lines: int) -> list[Box]:
    return [line(left, top + 16 * at, right) for at in range(lines)]


def groups(left: list[Box], body: list[Box], least: int = 2) -> list[list[Box]]:
    boxes = sorted([*left, *body], key=lambda box: box[1])
    found = with_side_heads(boxes, range(len(boxes)), GUTTER, least)
    return [[boxes[at] for at in group] for group in found]


HEADS = [column(50, 140, 100, 2), column(50, 120, 164, 3)]
FIRST, SECOND = column(160, 500, 100, 4), column(160, 500, 164, 6)
INDENTED = [line(180, 164, 500), *SECOND[1:]]
ENDED = [*FIRST[:-1], line(160, 148, 400)]
LEFT = [one for head in HEADS for one in head]


@pytest.mark.parametrize("body", [(FIRST, INDENTED), (ENDED, SECOND)], ids=["indented", "ended"])
def test_a_head_is_read_before_its_paragraph(body: tuple[list[Box], list[Box]]) -> None:
    wanted = [HEADS[0], body[0], HEADS[1], body[1]]
    assert groups(LEFT, [one for part in body for one in part]) == wanted


def test_lines_above_and_below_the_text_are_no_heads() -> None:
    above, below = line(50, 70, 100), line(50, 290, 100)
    wanted = [[above], HEADS[0], ENDED, HEADS[1], SECOND, [below]]
    assert groups([above, *LEFT, below], [*ENDED, *SECOND]) == wanted


@pytest.mark.parametrize(
    ("left", "body"),
    [
        (LEFT, [*FIRST, *SECOND]),
        (LEFT, [*ENDED, *SECOND[:3], *(line(160, 212 + 16 * at, 200) for at in range(9))]),
        (LEFT, [*ENDED, *SECOND, *(line(420, 165 + 16 * at, 500) for at in range(6))]),
        (LEFT, [line(160, one[1], one[2] - 190) for one in (*ENDED, *SECOND)]),
        ([head[0] for head in HEADS], [*ENDED, *SECOND]),
        (HEADS[0], [*ENDED, *SECOND]),
    ],
    ids=[
        "no paragraph",
        "short lines",
        "level lines",
        "wide heads",
        "heads of a line",
        "too few",
    ],
)
def test_other_lines_on_the_left_are_no_heads(left: list[Box], body: list[Box]) -> None:
    assert groups(left, body) == []


@pytest.mark.parametrize(
    ("labels", "body"),
    [
        (column(50, 100, 100, 4), FIRST),
        (column(50, 100, 100, 2), [line(160, 100, 400), *FIRST[1:]]),
        (column(50, 80, 100, 2), column(160, 240, 100, 4)),
    ],
    ids=["rows", "labels", "narrow text"],
)
def test_labels_of_rows_are_no_head(labels: list[Box], body: list[Box]) -> None:
    assert groups(labels, body, least=1) == []


def test_one_head_is_enough_where_the_caller_says_so() -> None:
    assert groups(HEADS[0], FIRST, least=1) == [HEADS[0], FIRST]
