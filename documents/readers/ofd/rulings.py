"""The straight lines drawn on an OFD page: the rules of its tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lxml import etree

from documents.page.blocks import Box
from documents.page.rulings import Grid, Ruling, grids
from documents.readers.ofd.objects import Placed, applied
from documents.readers.ofd.package import children
from documents.readers.ofd.page import POINTS

_NEAR = 2.5  # points
_THIN = 2.5
_SHORT = 5.0
_MOST_EDGES = 5_000  # a page with more is a drawing; finding tables takes their square
_MOST_STEPS = 2_000  # of one path
_TOKEN = re.compile(r"[A-Za-z]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
# How many numbers follow each operator of a path (GB/T 33190-2016, 9.1); the last two are a point.
_NUMBERS = {"S": 2, "M": 2, "L": 2, "Q": 4, "B": 6, "A": 7, "C": 0}


def ruled_grids(paths: Iterable[Placed]) -> list[Grid]:
    """The tables that the paths of a page draw, from the top, in points."""
    along: list[Ruling] = []
    down: list[Ruling] = []
    for path in paths:
        if not path.is_shown:
            continue
        for left, top, right, bottom in _edges(path):
            if bottom - top <= _THIN and right - left >= _SHORT:
                along.append(Ruling((top + bottom) / 2, left, right))
            elif right - left <= _THIN and bottom - top >= _SHORT:
                down.append(Ruling((left + right) / 2, top, bottom))
        if len(along) + len(down) > _MOST_EDGES:
            return []
    return sorted(grids(along, down, _NEAR), key=lambda grid: grid.ys[0])


def _edges(path: Placed) -> Iterator[Box]:
    """The straight pieces of a stroked path, or the box of a thin filled one."""
    pieces = [
        (applied(path.matrix, *start), applied(path.matrix, *end))
        for data in children(path.element, "AbbreviatedData")
        for start, end in _pieces(data)
    ]
    if (path.element.get("Stroke") or "").strip() not in {"false", "0"}:
        yield from map(_around, pieces)
    elif (path.element.get("Fill") or "").strip() in {"true", "1"} and 0 < len(pieces) <= 5:
        yield _around([point for piece in pieces for point in piece])


def _pieces(data: etree._Element) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """The start and end of each straight piece of a path."""
    at = first = (0.0, 0.0)
    for operator, numbers in _operations(data.text or ""):
        point = first if operator == "C" else (numbers[-2], numbers[-1])
        if operator in "SM":
            first = point
        elif operator in "LC":
            yield at, point
        at = point


def _operations(text: str) -> Iterator[tuple[str, list[float]]]:
    operator, numbers = "", list[float]()
    for steps, match in enumerate(_TOKEN.finditer(text)):
        if steps > _MOST_STEPS:
            return
        token = match[0]
        if token in _NUMBERS:
            operator, numbers = token, []
            if operator == "C":
                yield operator, numbers
        elif operator and not token.isalpha():
            numbers.append(float(token))
            if len(numbers) == _NUMBERS[operator]:
                yield operator, numbers
                # A point without an operator continues the line.
                operator, numbers = ("L" if operator in "SM" else operator), []
        else:
            operator = ""


def _around(points: Iterable[tuple[float, float]]) -> Box:
    xs, ys = zip(*points, strict=True)
    return min(xs) * POINTS, min(ys) * POINTS, max(xs) * POINTS, max(ys) * POINTS
