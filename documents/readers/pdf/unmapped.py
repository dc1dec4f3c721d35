"""Text in fonts that do not say which characters they draw, and private-use characters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from documents.ocr.layout import Frame, Placed
from documents.ocr.scan import between
from documents.page.blocks import Box, Glyph
from documents.readers.pdf.form_text import spread
from documents.readers.pdf.spelling import around

_NEAR = 2.0  # points around the characters
_LEAST_READ = 0.5  # of the characters: with fewer, OCR has missed some


@dataclass(frozen=True, slots=True)
class Run:
    """Characters without a meaning that follow each other on a line: `glyphs[start:end]`.

    `is_line` if the line has no others.
    """

    start: int
    end: int
    count: int
    box: Box
    is_line: bool


def unknown_runs(glyphs: Sequence[Glyph]) -> list[Run]:
    """The runs of characters without a meaning."""
    found: list[Run] = []
    line: list[int] = []
    for at, glyph in enumerate(glyphs):
        if glyph.char in "\r\n":
            found += _of_line(glyphs, line)
            line = []
        elif not glyph.is_space:
            line.append(at)
    return found + _of_line(glyphs, line)


def _of_line(glyphs: Sequence[Glyph], line: Sequence[int]) -> list[Run]:
    groups: list[list[int]] = []
    was_known = True
    for at in line:
        is_known = glyphs[at].is_known
        if not is_known and was_known:
            groups.append([at])
        elif not is_known:
            groups[-1].append(at)
        was_known = is_known
    runs = []
    for group in groups:
        boxes = [box for at in group if (box := glyphs[at].box)]
        if boxes:
            is_line = len(group) == len(line)
            runs.append(Run(group[0], group[-1] + 1, len(group), around(boxes), is_line))
    return runs


def with_texts(
    glyphs: Sequence[Glyph], runs: Sequence[Run], texts: Mapping[Run, str]
) -> list[Glyph]:
    """The characters with those that OCR read. Whole lines that it did not read are left out."""
    found: list[Glyph] = []
    at = 0
    for run in runs:
        found += glyphs[at : run.start]
        if text := texts.get(run):
            found += spread(text, run.box)
        elif not run.is_line:
            found += glyphs[run.start : run.end]
        at = run.end
    return [*found, *glyphs[at:]]


def texts_of(runs: Sequence[Run], frame: Frame) -> tuple[dict[Run, str], list[Placed]]:
    """What OCR read at the places of the runs, and the lines in which it did."""
    texts: dict[Run, str] = {}
    lines: list[Placed] = []
    for run in runs:
        found: list[str] = []
        for line in frame.scan.lines:
            chars = "".join(
                char
                for char, middle in zip(line.text, line.middles, strict=True)
                if _is_in(_place(frame, line.part(middle, middle)), run.box)
            )
            if chars.strip():
                found.append(chars.strip())
                lines.append((run.box, line))
        text = " ".join(found)
        if len("".join(text.split())) >= _LEAST_READ * run.count:
            texts[run] = text
    return texts, lines


def _place(frame: Frame, corners: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The middle of a part of a line on the page, in points."""
    x, y = between(between(corners[0], corners[1], 0.5), between(corners[2], corners[3], 0.5), 0.5)
    left, top, _, _ = frame.on_page((x, y, x, y))
    return left, top


def _is_in(point: tuple[float, float], box: Box) -> bool:
    x, y = point
    return box[0] - _NEAR <= x <= box[2] + _NEAR and box[1] - _NEAR <= y <= box[3] + _NEAR
