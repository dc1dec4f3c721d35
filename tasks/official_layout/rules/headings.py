"""Headings 一、（一）1.（1）: typefaces, numbers and the punctuation after them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.official_layout.finding import Breach, Rule, Severity
from tasks.official_layout.fonts import HEITI, KAITI, wrong_typeface
from tasks.official_layout.official import OfficialDocument
from tasks.official_layout.paragraphs import Paragraph, TextEdit
from tasks.text.numerals import chinese_numeral, counting_number

_NUMBER = "[一二三四五六七八九十百零〇]{1,5}"
# The forms of each level's number, correct or not.
_MARKS = (
    re.compile(rf"(?P<number>{_NUMBER})(?P<after>[、.．，,])"),
    re.compile(rf"(?P<open>[（(])(?P<number>{_NUMBER})(?P<close>[）)])(?P<after>[、.．，,]?)"),
    re.compile(r"(?P<number>\d{1,3})(?P<after>[.．、，,])(?!\d)"),
    re.compile(r"(?P<open>[（(])(?P<number>\d{1,3})(?P<close>[）)])(?P<after>[、.．，,]?)"),
)
_AFTER = ("、", "", ".", "")
_CLAUSE = "7.3.3"

FIRST_FONT = Rule(
    "heading.first_font", _CLAUSE, Severity.error, "headings 一、 in Heiti (黑体)", fixable=True
)
SECOND_FONT = Rule(
    "heading.second_font", _CLAUSE, Severity.error, "headings （一） in Kaiti (楷体)", fixable=True
)
BRACKETS = Rule(
    "heading.brackets", _CLAUSE, Severity.error,
    "full-width brackets around the number of a heading",
    fixable=True, rewords=True,
)  # fmt: skip
MARK = Rule(
    "heading.mark", f"{_CLAUSE}, 15834", Severity.error,
    "、 after 一 and . after 1; no mark after （一） and （1）",
    fixable=True, rewords=True,
)  # fmt: skip
SEQUENCE = Rule("heading.sequence", _CLAUSE, Severity.error, "consecutive numbers of headings")
ORDER = Rule(
    "heading.order", _CLAUSE, Severity.warning,
    "levels in order: （一） below 一、 and （1） below 1.",
)  # fmt: skip
RULES = (FIRST_FONT, SECOND_FONT, BRACKETS, MARK, SEQUENCE, ORDER)


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` is 1 to 4. `end` is where the heading ends in its paragraph."""

    paragraph: Paragraph
    level: int
    number: int
    mark: re.Match[str]
    end: int

    @property
    def numbered_by_word(self) -> bool:
        return bool(self.paragraph.mark)


def heading_of(paragraph: Paragraph) -> Heading | None:
    """Returns the heading that the paragraph is or begins with."""
    by_word = bool(paragraph.mark)
    text = paragraph.mark.strip() if by_word else paragraph.text
    lead = 0 if by_word else paragraph.lead
    for level, pattern in enumerate(_MARKS, start=1):
        found = pattern.match(text, lead)
        if found is not None and (number := counting_number(found["number"])):
            return Heading(paragraph, level, number, found, _end_of(paragraph))
    return None


def check(official: OfficialDocument) -> Iterator[Breach]:
    headings = [one for one in map(heading_of, official.roles.text) if one is not None]
    for heading in headings:
        if heading.level == 1:
            yield from wrong_typeface(FIRST_FONT, heading.paragraph, HEITI, end=heading.end)
        elif heading.level == 2:
            yield from wrong_typeface(SECOND_FONT, heading.paragraph, KAITI, end=heading.end)
        yield from _form(heading)
    yield from _sequence(headings)


def _end_of(paragraph: Paragraph) -> int:
    """A heading is the whole paragraph, or its first sentence if others follow."""
    stop = paragraph.text.find("。")
    return len(paragraph.text) if stop < 0 else stop + 1


def _form(heading: Heading) -> Iterator[Breach]:
    if heading.numbered_by_word:
        return
    mark, paragraph = heading.mark, heading.paragraph
    groups = mark.groupdict()
    if groups.get("open") not in {None, "（"} or groups.get("close") not in {None, "）"}:
        start, end = mark.start("open"), mark.end("close")
        edit = TextEdit(paragraph, start, end, f"（{mark['number']}）")
        yield Breach(BRACKETS, paragraph.text[start:end], paragraph, start, end, correction=edit)
    wanted = _AFTER[heading.level - 1]
    if mark["after"] != wanted:
        start, end = mark.span("after")
        edit = TextEdit(paragraph, start, end, wanted)
        yield Breach(MARK, mark[0], paragraph, mark.start(), mark.end(), correction=edit)


def _sequence(headings: list[Heading]) -> Iterator[Breach]:
    """After a wrong number, the next may continue from it or from the expected one."""
    nexts: dict[int, set[int]] = {}
    levels: set[int] = set()
    for heading in headings:
        level = heading.level
        above = {2: 1, 4: 3}.get(level)
        if above is not None and above not in levels:
            words = heading.mark[0]
            yield Breach(ORDER, f"{words} without a heading of the level above", heading.paragraph)
        expected = nexts.get(level, {1})
        if heading.number not in expected:
            wanted = _written(min(expected), level)
            yield Breach(
                SEQUENCE, heading.mark[0], heading.paragraph, *_span(heading), expected=wanted
            )
            nexts[level] = {heading.number + 1, min(expected) + 1}
        else:
            nexts[level] = {heading.number + 1}
        levels = {one for one in levels if one < level} | {level}
        nexts = {one: numbers for one, numbers in nexts.items() if one <= level}


def _written(number: int, level: int) -> str:
    words = chinese_numeral(number) if level <= 2 else str(number)
    return (f"{words}、", f"（{words}）", f"{words}.", f"（{words}）")[level - 1]


def _span(heading: Heading) -> tuple[int, int]:
    return (0, 0) if heading.numbered_by_word else heading.mark.span()
