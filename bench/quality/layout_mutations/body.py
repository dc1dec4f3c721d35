"""Mutations of the text and the headings in it."""

from __future__ import annotations

import random
import re

from bench.quality.layout_mutations.mutation import (
    TEXT,
    Broken,
    Expected,
    breaks,
    one_of,
    other_look,
    replace,
    swap,
)
from bench.quality.official_paper import FANGSONG, HEITI, KAITI, SONGTI, Line, Paper

_CHINESE = "一二三四五六七八九十"


# Text


@breaks("body.font")
def _(paper: Paper, rng: random.Random) -> Broken:
    roles = rng.choice((TEXT, ("recipient", "note", "sign", "date")))
    fonts = (SONGTI, HEITI, KAITI, "微软雅黑", "等线")
    return other_look(paper, rng, "body.font", roles, font=fonts)


@breaks("body.size")
def _(paper: Paper, rng: random.Random) -> Broken:
    roles = rng.choice((TEXT, ("h1",), ("recipient", "note", "sign", "date")))
    return other_look(paper, rng, "body.size", roles, points=(10.5, 12, 14, 15, 18))


@breaks("body.colour")
def _(paper: Paper, rng: random.Random) -> Broken:
    roles = (*TEXT, "h1", "recipient", "sign", "date", "title")
    return other_look(paper, rng, "body.colour", roles, colour=("FF0000", "1F4E79", "7F7F7F"))


@breaks("body.line")
def _(paper: Paper, rng: random.Random) -> Broken:
    line = one_of(paper, rng, *TEXT, "h1", "h2", "recipient")
    if line is None:
        return None
    line.line, line.rule = rng.choice(
        ((400, "exact"), (500, "exact"), (360, "auto"), (480, "auto"), (579, "atLeast"))
    )
    return [Expected("body.line", line)]


@breaks("body.space")
def _(paper: Paper, rng: random.Random) -> Broken:
    line = one_of(paper, rng, *TEXT, "h1", "h2")
    if line is None:
        return None
    line.before, line.after = rng.choice(((156, 0), (0, 156), (240, 240)))
    return [Expected("body.space", line)]


@breaks("body.indent")
def _(paper: Paper, rng: random.Random) -> Broken:
    line = one_of(paper, rng, *TEXT, "h1", "h2")
    if line is None:
        return None
    bare = not line.text.startswith("　")
    line.first, line.left = rng.choice(((0 if bare else 2, 0), (4, 0), (2, 2), (1, 0)))
    return [Expected("body.indent", line)]


@breaks("body.align")
def _(paper: Paper, rng: random.Random) -> Broken:
    line = one_of(paper, rng, *TEXT, "h1", "h2")
    if line is None:
        return None
    line.align = rng.choice(("center", "right"))
    return [Expected("body.align", line)]


# Headings


@breaks("heading.first_font")
def _(paper: Paper, rng: random.Random) -> Broken:
    fonts = (FANGSONG, KAITI, SONGTI)
    return other_look(paper, rng, "heading.first_font", ["h1"], font=fonts)


@breaks("heading.second_font")
def _(paper: Paper, rng: random.Random) -> Broken:
    line = one_of(paper, rng, "h2")
    if line is None:
        return None
    font = rng.choice((FANGSONG, HEITI, SONGTI))
    if line.pieces:
        line.pieces = [(start, end, {"font": font}) for start, end, _ in line.pieces]
    else:
        line.font = font
    return [Expected("heading.second_font", line)]


@breaks("heading.brackets")
def _(paper: Paper, rng: random.Random) -> Broken:
    forms = (r"(\1)", r"（\1)", r"(\1）")
    return swap("heading.brackets", paper, rng, ["h2", "h4"], r"^（(.{1,2})）", *forms)


@breaks("heading.mark")
def _(paper: Paper, rng: random.Random) -> Broken:
    role, pattern, forms = rng.choice((
        ("h1", r"^(.{1,2})、", (r"\1.", r"\1，", r"\1．")),
        ("h2", r"^（(.{1,2})）", (r"（\1）、", r"（\1）.")),
        ("h3", r"^(\d)\.", (r"\1、", r"\1．", r"\1，")),
        ("h4", r"^（(\d)）", (r"（\1）、",)),
    ))  # fmt: skip
    return swap("heading.mark", paper, rng, [role], pattern, *forms)


@breaks("heading.sequence")
def _(paper: Paper, rng: random.Random) -> Broken:
    """Omit or repeat the number of a heading."""
    line = one_of(paper, rng, "h1", "h2", "h3", "h4")
    if line is None:
        return None
    found = re.match(rf"\s*（?([{_CHINESE}]|\d)", line.text)
    assert found is not None
    digits = _CHINESE if found[1] in _CHINESE else "123456789"
    at = digits.index(found[1])
    new = digits[at - 1] if at and rng.random() < 0.5 else digits[at + rng.choice((1, 2))]
    return [Expected("heading.sequence", line, replace(line, *found.span(1), new))]


@breaks("heading.order")
def _(paper: Paper, rng: random.Random) -> Broken:
    if paper.of("h1", "h2", "h3", "h4"):
        return None
    last = paper.of("text")[-1]
    font, mark = rng.choice(((KAITI, "（一）"), (FANGSONG, "（1）")))
    line = Line("h2", f"{mark}加强领导", font=font, first=2, line=last.line, rule=last.rule)
    paper.lines.insert(paper.place(last), line)
    return [Expected("heading.order", line)]
