"""Mutations of the page, its grid and its page numbers."""

from __future__ import annotations

import random

from bench.quality.layout_mutations.mutation import Broken, Expected, Mutation, breaks
from bench.quality.official_paper import FANGSONG, Footer, Paper

# Page and grid


@breaks("page.size")
def _(paper: Paper, rng: random.Random) -> Broken:
    paper.size = rng.choice([(215.9, 279.4), (182, 257), (297, 210), (210, 290), (205, 297)])
    return [Expected("page.size")]


def _margin(side: str) -> Mutation:
    def mutate(paper: Paper, rng: random.Random) -> Broken:
        off = rng.choice((-12, -5, -1.5, 1.5, 3, 9))
        paper.margins[side] += off
        if side == "bottom":
            paper.margins["footer"] += off
        return [Expected(f"page.{side}")]

    return mutate


for _side in ("top", "left", "right", "bottom"):
    breaks(f"page.{_side}")(_margin(_side))


@breaks("page.type_area")
def _(paper: Paper, rng: random.Random) -> Broken:
    sides, off = rng.choice((("left", "right"), ("top", "bottom"))), rng.choice((-0.9, 0.9))
    for side in sides:
        paper.margins[side] += off
    return [Expected("page.type_area")]


@breaks("page.grid")
def _(paper: Paper, rng: random.Random) -> Broken:
    single = any(line.rule == "auto" for line in paper.of("text"))
    paper.grid = "lines" if single else rng.choice((None, "lines"))
    return [Expected("page.grid")]


@breaks("page.lines")
def _(paper: Paper, rng: random.Random) -> Broken:
    paper.lines_a_page = rng.choice((19, 20, 24, 26, 30))
    return [Expected("page.lines")]


@breaks("page.characters")
def _(paper: Paper, rng: random.Random) -> Broken:
    paper.characters = rng.choice((24, 26, 30, 32))
    return [Expected("page.characters")]


# Page numbers


def _footer(paper: Paper, rng: random.Random) -> Footer:
    footer = rng.choice((paper.odd, paper.even))
    assert footer is not None
    return footer


@breaks("number.field")
def _(paper: Paper, rng: random.Random) -> Broken:
    variant = rng.randrange(3)
    if variant == 0:
        paper.odd = None
    elif variant == 1:
        paper.even = None
    else:
        _footer(paper, rng).field = False
    return [Expected("number.field")]


@breaks("number.dashes")
def _(paper: Paper, rng: random.Random) -> Broken:
    _footer(paper, rng).dashes = rng.choice(
        (("", ""), ("- ", " -"), ("第", "页"), ("— ", ""), ("~", "~"))
    )
    return [Expected("number.dashes")]


@breaks("number.size")
def _(paper: Paper, rng: random.Random) -> Broken:
    _footer(paper, rng).points = rng.choice((9, 10.5, 12, 16))
    return [Expected("number.size")]


@breaks("number.font")
def _(paper: Paper, rng: random.Random) -> Broken:
    _footer(paper, rng).font = rng.choice(("Calibri", "Times New Roman", FANGSONG))
    return [Expected("number.font")]


@breaks("number.odd")
def _(paper: Paper, rng: random.Random) -> Broken:
    assert paper.odd is not None
    paper.odd.align = rng.choice(("left", "center"))
    return [Expected("number.odd")]


@breaks("number.even")
def _(paper: Paper, rng: random.Random) -> Broken:
    assert paper.even is not None
    variant = rng.randrange(3)
    if variant == 0:
        paper.turns = False
    elif variant == 1:
        paper.turns, paper.even = False, None
    else:
        paper.even.align = rng.choice(("right", "center"))
    return [Expected("number.even")]


@breaks("number.distance")
def _(paper: Paper, rng: random.Random) -> Broken:
    paper.margins["footer"] = rng.choice((8, 15, 17.5, 33))
    return [Expected("number.distance")]
