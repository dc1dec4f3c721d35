"""What mutations share: each breaks one rule in a correct document and gives its findings."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.quality.official_paper import Line, Paper


@dataclass(frozen=True, slots=True)
class Expected:
    """A finding of `rule` in `line` (None: the document) that overlaps the characters `span`."""

    rule: str
    line: Line | None = None
    span: tuple[int, int] | None = None


Broken = Sequence[Expected] | None
"""None when the mutation does not apply to the document."""
Mutation = Callable[[Paper, random.Random], Broken]
MUTATIONS: dict[str, list[Mutation]] = {}

TEXT = ("text", "h3", "h4")
HAN = "[\u4e00-\u9fff]"


def breaks(rule: str) -> Callable[[Mutation], Mutation]:
    def register(mutation: Mutation) -> Mutation:
        MUTATIONS.setdefault(rule, []).append(mutation)
        return mutation

    return register


def one_of(paper: Paper, rng: random.Random, *roles: str) -> Line | None:
    lines = paper.of(*roles)
    return rng.choice(lines) if lines else None


def replace(line: Line, start: int, end: int, new: str) -> tuple[int, int]:
    """Replace characters of a line and move its pieces; returns the span of the new text."""
    change = len(new) - (end - start)
    line.text = line.text[:start] + new + line.text[end:]
    line.pieces = [
        (first + change * (first >= end and first > 0), last + change * (last >= end), look)
        for first, last, look in line.pieces
    ]
    return start, start + len(new)


def swap(
    rule: str, paper: Paper, rng: random.Random, roles: Sequence[str], pattern: str, *news: str
) -> Broken:
    """Replace one match of `pattern` by one of `news`."""
    places = [
        (line, found) for line in paper.of(*roles) for found in re.finditer(pattern, line.text)
    ]
    if not places:
        return None
    line, found = rng.choice(places)
    span = replace(line, *found.span(), found.expand(rng.choice(news)))
    return [Expected(rule, line, (span[0], max(span[1], span[0] + 1)))]


def take_out(paper: Paper, *lines: Line) -> None:
    for line in lines:
        paper.lines.remove(line)


def other_look(
    paper: Paper,
    rng: random.Random,
    rule: str,
    roles: Sequence[str],
    **looks: Sequence[object],
) -> Broken:
    """Set a line, or two characters of it, in another font, size or colour."""
    line = one_of(paper, rng, *roles)
    if line is None:
        return None
    look = {name: rng.choice(values) for name, values in looks.items()}
    places = [found.start() for found in re.finditer(HAN + "{2}", line.text)]
    if line.pieces or not places or rng.random() < 0.5:
        line.pieces = [(start, end, {**old, **look}) for start, end, old in line.pieces]
        for name, value in look.items():
            setattr(line, name, value)
        return [Expected(rule, line)]
    start = rng.choice(places)
    line.pieces.append((start, start + 2, look))
    return [Expected(rule, line, (start, start + 2))]


def other_blanks(paper: Paper, rng: random.Random, below: Line) -> None:
    """Add or remove a blank line above a line."""
    place = paper.place(below)
    if rng.random() < 0.5:
        paper.lines.insert(place, Line("blank"))
    else:
        take_out(paper, paper.lines[place - 1])
