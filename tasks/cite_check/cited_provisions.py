"""Reads the provisions after a law's name: 第十条第一款、第三款和第十二条 are three."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tasks.text.numerals import number_of
from tasks.text.provisions import NUMERAL

_GAP = r"[ \t\u3000]{0,3}"
_AND = rf"(?:\s*(?:、|和|及|以及|与|或者|或|至|到)\s*|{_GAP}[—–－～~\-]{{1,2}}{_GAP})"
# 第三、四、九十九条 has a single 第 and 条.
_UNIT = (
    rf"(?P<numbers>{NUMERAL}(?:{_AND}(?:第{_GAP})?{NUMERAL})*){_GAP}(?P<unit>[条款项])"
    rf"(?:之(?P<added>{NUMERAL}))?"
)
_PART = re.compile(rf"第{_GAP}{_UNIT}|第?[（(]{_GAP}(?P<marked>{NUMERAL}){_GAP}[）)](?:{_GAP}项)?")
# 第三条、四条; but not 第三条和五项措施.
_BARE = re.compile(rf"{_UNIT}(?:(?![\u4e00-\u9fff])|(?=[的规之和及与或至到第款项以等中所均应]))")
_BETWEEN = re.compile(rf"{_AND}|\s*，\s*(?=第)")
_NUMERAL = re.compile(NUMERAL)
_DIVISION = re.compile(rf"第{NUMERAL}(?:编|分编|章|节)")
_SAME_LINE = re.compile(_GAP)
_NEXT_LINE = re.compile(rf"{_GAP}\n\s{{0,3}}(?=第)")
# The beginning of an article of the text itself, not a continuation of the previous line.
_HEAD_ENDS = re.compile(rf"[ \t\u3000【［\[]|[（(](?!{_GAP}{NUMERAL}{_GAP}[）)])")
# An article directly after a law's name.
ARTICLE_FOLLOWS = rf"(?={_GAP}第{_GAP}{NUMERAL}(?:{_AND}(?:第{_GAP})?{NUMERAL})*{_GAP}条)"
_LEVELS = {"条": 1, "款": 2, "项": 3, None: 3}


@dataclass(frozen=True, slots=True)
class Provision:
    """An article, or one of its paragraphs, or an item."""

    article: tuple[int, int]
    paragraph: int | None = None
    item: int | None = None


@dataclass(frozen=True, slots=True)
class ProvisionReference:
    """A provision and its offsets in the text."""

    start: int
    end: int
    provision: Provision


def read_provisions(
    text: str, at: int, of: Provision | None = None
) -> tuple[list[ProvisionReference], int]:
    """Reads the provisions after a name that ends at `at`. Returns them and their end.

    `of` is the provision before, of whose article a paragraph alone is one.
    """
    begin = _begin(text, at)
    found: list[ProvisionReference] = []
    end, level = at, 0
    match = _PART.match(text, begin)
    while match is not None:
        deeper = _level(match) > level
        named = list(_read(match, found[-1].provision if found else of))
        if not named:
            break
        if deeper and found and match.start() == end:
            named[0] = replace(named[0], start=found.pop().start)
        found += named
        end, level = match.end(), _level(match)
        match = _next(text, end, level)
    return found, end


def _begin(text: str, at: int) -> int:
    """Returns where provisions may begin: after divisions of the law, or on the next line."""
    line = _NEXT_LINE.match(text, at)
    if line is not None:
        first = _PART.match(text, line.end())
        return line.end() if first and not _HEAD_ENDS.match(text, first.end()) else at
    spaces = _SAME_LINE.match(text, at)
    at = spaces.end() if spaces else at
    while (division := _DIVISION.match(text, at)) is not None:
        at = division.end()
    return at


def _next(text: str, at: int, level: int) -> re.Match[str] | None:
    """Matches the next part: a further list item, or a deeper level of the last provision."""
    match = _PART.match(text, at)
    if match is not None and (_level(match) > level or (level == 3 and match["marked"])):
        return match
    between = _BETWEEN.match(text, at)
    if between is None:
        return None
    match = _PART.match(text, between.end())
    if match is not None and (match[0].startswith("第") or level == 3):
        return match
    bare = _BARE.match(text, between.end())
    return bare if bare is not None and _LEVELS[bare["unit"]] == level else None


def _level(match: re.Match[str]) -> int:
    return _LEVELS[match["unit"]]


def _read(match: re.Match[str], before: Provision | None) -> Iterator[ProvisionReference]:
    """Yields the provisions of one part; none for a paragraph or item without an article."""
    part = match.groupdict()
    if part.get("marked"):
        if before is not None:
            item = replace(before, item=number_of(part["marked"]))
            yield ProvisionReference(*match.span(), item)
        return
    if part["unit"] != "条" and before is None:
        return
    numbers = list(_NUMERAL.finditer(match[0], 0, match.end("numbers") - match.start()))
    for index, number in enumerate(numbers):
        last = index == len(numbers) - 1
        start = match.start() + (number.start() if index else 0)
        end = match.end() if last else match.start() + number.end()
        added = number_of(part["added"]) if last and part["added"] else 0
        yield ProvisionReference(
            start, end, _provision(part["unit"], number_of(number[0]), added, before)
        )


def _provision(unit: str, number: int, added: int, before: Provision | None) -> Provision:
    if unit == "条" or before is None:
        return Provision((number, added))
    if unit == "款":
        return Provision(before.article, number)
    return replace(before, item=number)
