"""Finds dates and times in Chinese, numeric and European notation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from tasks.text.facts.fact import Fact, FactKind
from tasks.text.facts.languages import AMBIGUOUS_MONTHS, MONTHS
from tasks.text.numerals import number_of

_CHINESE_DIGIT = "〇零○一二三四五六七八九"
_NUMERAL = r"(?:\d{1,2}|[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九])"
_NO_DIGIT = rf"(?<![\d{_CHINESE_DIGIT}十.])"
_YEAR = rf"{_NO_DIGIT}(?P<year>(?:1\d|20|21)\d\d|[一二][{_CHINESE_DIGIT}]{{3}})"
_TO = r"\s{0,8}(?:-|—+|–|~|至|到|、|和)\s{0,8}"
_DAY_END = r"\s{0,8}(?:日(?![均常益本])|号(?!文)|일)"
_CHINESE = re.compile(
    rf"(?:{_YEAR}\s{{0,8}}[年년]\s{{0,8}})?{_NO_DIGIT}(?P<month>{_NUMERAL})\s{{0,8}}(?:月(?!内|以)|월)"
    rf"(?:(?:份)?\s{{0,8}}(?P<day>{_NUMERAL})(?:{_DAY_END})?{_TO}(?P<last>{_NUMERAL}){_DAY_END}"
    rf"|\s{{0,8}}(?P<only>{_NUMERAL}){_DAY_END})?"
)
_CHINESE_YEAR = re.compile(
    rf"{_YEAR}\s{{0,8}}(?:年(?!以[上下内]|的?时间)|년|(?={_TO}(?:1\d|20|21)\d\d年))"
)
_NUMERIC = re.compile(
    rf"{_NO_DIGIT}(?P<year>(?:1\d|20|21)\d\d)(?P<mark>[-./])(?P<month>\d{{1,2}})(?P=mark)"
    r"(?P<day>\d{1,2})(?![\d])"
    r"|(?<![\d.])(?P<one>\d{1,2})(?P<sign>[-./])(?P<two>\d{1,2})(?P=sign)(?P<after>(?:19|20)\d\d)(?!\d)"
)
_NAMES = "|".join(sorted(MONTHS, key=len, reverse=True))
_MONTH = rf"(?P<name>{_NAMES})\b\.?"
_ENDING = r"(?:st|nd|rd|th|er|\.|º)?"
_AND = r"\s{0,8}(?:-|—|–|to|and|bis|und|au|et|al|a|y|e|по)\s{0,8}"
_OF = r"(?:\s+(?:of|de|del|des|do))?\s+"
_AFTER = rf"(?:,?{_OF}(?P<year>(?:1\d|20|21)\d\d)(?!\d))?"
_DAY_FIRST = re.compile(
    rf"(?<![\d.])(?P<day>\d{{1,2}}){_ENDING}(?:{_AND}(?P<last>\d{{1,2}}){_ENDING})?{_OF}{_MONTH}{_AFTER}",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"\b{_MONTH}\s+(?P<day>\d{{1,2}})(?!\d){_ENDING}(?:{_AND}(?P<last>\d{{1,2}})(?!\d){_ENDING})?"
    r"(?:,?\s+(?P<year>(?:1\d|20|21)\d\d)(?!\d))?",
    re.IGNORECASE,
)
_MONTH_ALONE = re.compile(
    rf"\b{_MONTH}(?:,?{_OF}(?P<year>(?:1\d|20|21)\d\d)(?!\d))?", re.IGNORECASE
)
_PATTERNS = (_CHINESE, _NUMERIC, _DAY_FIRST, _MONTH_FIRST, _MONTH_ALONE, _CHINESE_YEAR)
_LATIN = frozenset((_DAY_FIRST, _MONTH_FIRST, _MONTH_ALONE))
# The largest distance to a year after a date without one: 3 May to 5 May 2026.
_NEAR = 24

_PART = r"(?P<part>上午|早上|早晨|凌晨|中午|下午|傍晚|晚上|晚间|晚)?"
_CHINESE_TIME = re.compile(
    rf"{_PART}\s{{0,8}}{_NO_DIGIT}(?P<hour>\d{{1,2}}|[二]?十[一二三四五六七八九]?|[一二三四五六七八九两])"
    rf"\s{{0,8}}(?:时(?![候间期代段常机])|点(?![{_CHINESE_DIGIT}\d]\D|[一-鿿]))"
    rf"(?:\s{{0,8}}(?P<minute>\d{{1,2}}|[{_CHINESE_DIGIT}十]{{1,3}})\s{{0,8}}分|(?P<half>半)|整|钟)?"
)
_CLOCK = re.compile(
    rf"{_PART}\s{{0,8}}(?<![\d:.])(?P<hour>\d{{1,2}}):(?P<minute>\d\d)(?::\d\d)?(?![\d:])"
    r"(?:\s{0,8}(?P<half>[ap])\.?m\b\.?)?"
    r"|(?<![\d:.])(?P<whole>\d{1,2})\s{0,8}(?P<side>[ap])\.?m\b\.?",
    re.IGNORECASE,
)
_LATE = frozenset(("下午", "傍晚", "晚上", "晚间", "晚", "中午"))


def dates(text: str) -> list[Fact]:
    """Returns the dates in a plain text in order; both days of a range.

    A date without a year may have the previous year in the text, or the one right after it.
    """
    found: list[Fact] = []
    taken: set[int] = set()
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if taken.isdisjoint(range(*match.span())):
                facts = list(_facts(pattern, match))
                taken.update(range(*match.span()) if facts else ())
                found += facts
    return _with_years(sorted(found, key=lambda fact: (fact.start, fact.end)))


def _facts(pattern: re.Pattern[str], match: re.Match[str]) -> Iterator[Fact]:
    parts = match.groupdict()
    year = _number(parts.get("year"))
    if pattern is _CHINESE_YEAR:
        yield _fact(match, (year, None, None))
        return
    if parts.get("one"):
        one, two, after = (int(parts[name]) for name in ("one", "two", "after"))
        ways = {
            value for day in ((after, two, one), (after, one, two)) if (value := _written(*day))
        }
        if ways:
            also = frozenset().union(*(_known(value) for value in ways))
            yield Fact(FactKind.date, *match.span(), frozenset(ways), also)
        return
    name = parts.get("name")
    month = MONTHS[name.lower()] if name else _number(parts.get("month"))
    named = [day for one in ("day", "last", "only") if (day := _number(parts.get(one))) is not None]
    sure = not (name and not named and year is None and _is_word(name))
    if name and not named and year is None and not name[0].isupper():
        return
    days: list[int | None] = [*named] if named else [None]
    for day in days:
        if _written(year, month, day) is not None:
            yield _fact(match, (year, month, day), sure=sure)


def _is_word(name: str) -> bool:
    return name.lower() in AMBIGUOUS_MONTHS


def _fact(
    match: re.Match[str], day: tuple[int | None, int | None, int | None], *, sure: bool = True
) -> Fact:
    value = _written(*day) or ""
    return Fact(FactKind.date, *match.span(), frozenset({value}), _known(value), sure=sure)


def _number(written: str | None) -> int | None:
    return number_of(written) if written else None


def _written(year: int | None, month: int | None, day: int | None) -> str | None:
    """Returns None if the date does not exist."""
    if month is None:
        return None if year is None else f"{year}"
    try:
        date(2024 if day is not None and year is None else year or 2024, month, day or 1)
    except ValueError:
        return None
    head = f"{year:04}-{month:02}" if year is not None else f"--{month:02}"
    return head if day is None else f"{head}-{day:02}"


def _known(value: str) -> frozenset[str]:
    """Returns further values that a date supports: 2026-05-03 supports 2026, 2026-05, 05-03."""
    year, _, rest = value.partition("-") if not value.startswith("--") else ("", "", value[2:])
    month, _, day = rest.partition("-")
    known = {year, f"{year}-{month}" if year and month else "", f"--{month}" if month else ""}
    known |= {f"--{month}-{day}", f"---{day}"} if day else set()
    return frozenset(known - {""})


def _with_years(found: Sequence[Fact]) -> list[Fact]:
    dated, last = [], ""
    for index, fact in enumerate(found):
        value = min(fact.values)
        if not value.startswith("--"):
            last = value[:4]
            dated.append(fact)
            continue
        near = [
            min(other.values)[:4]
            for other in found[index + 1 :]
            if other.start - fact.end <= _NEAR and not min(other.values).startswith("--")
        ]
        ways = {f"{year}-{value[2:]}" for year in [last, *near[:1]] if year}
        dated.append(replace(fact, also=fact.also | ways | {way[:7] for way in ways}))
    return dated


def times(text: str) -> list[Fact]:
    """Returns the times in a plain text. 14:30 also supports 2:30."""
    found = [
        fact
        for pattern in (_CLOCK, _CHINESE_TIME)
        for match in pattern.finditer(text)
        if (fact := _time(match)) is not None
    ]
    return sorted(found, key=lambda fact: fact.start)


def _time(match: re.Match[str]) -> Fact | None:
    parts = match.groupdict()
    hour = _number(parts["hour"] or parts.get("whole"))
    minute = _number(parts.get("minute")) or (30 if parts.get("half") == "半" else 0)
    side = (parts.get("side") or parts.get("half") or "").lower()
    if hour is None or hour > 24 or minute > 59:
        return None
    if (side == "p" or parts.get("part") in _LATE) and hour < 12:
        hour += 12
    elif side == "a" and hour == 12:
        hour = 0
    also = frozenset({f"T{hour % 12:02}:{minute:02}"}) if hour >= 12 else frozenset()
    return Fact(FactKind.time, *match.span(), frozenset({f"T{hour:02}:{minute:02}"}), also)
