"""Contradictions: impossible dates, wrong numbering, and misspelt names of agencies."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

import ahocorasick  # type: ignore[import-not-found] # a C extension without type stubs

from documents.document import Document
from tasks.proofread.findings import Finding, Rule
from tasks.text.numerals import number_of
from tasks.text.provisions import NUMERAL, article_number

_DAY = re.compile(
    r"(?:(?P<year>\d{4})\s*年\s*)?(?<!\d)(?P<month>\d{1,2})\s*月\s*(?P<day>\d{1,2})\s*[日号]"
    r"(?:\s*[（(]?(?P<weekday>(?:星期|周)[一二三四五六日天])[）)]?)?"
)
_CLOCK = re.compile(
    r"(?:(?<=[日午晚晨])\s*(?P<hour>\d{1,2})[:：时点](?P<minute>\d{2})分?"
    r"|(?<!\d)(?P<h>\d{1,2})[时点](?P<m>\d{2})分)(?![\d:：])"
)
_WEEKDAYS = "一二三四五六日"
_LEAP_YEAR = 2024
# The forms of numbers at the beginning of paragraphs, highest level first.
_MARKS = (
    ("article", re.compile(rf"\s{{0,20}}(第{NUMERAL}条(?:之{NUMERAL})?)[\s　]")),
    ("chapter", re.compile(rf"\s{{0,20}}第({NUMERAL})章\s")),
    ("section", re.compile(rf"\s{{0,20}}第({NUMERAL})节\s")),
    ("一、", re.compile(r"\s{0,20}([一二三四五六七八九十]{1,3})、")),
    ("（一）", re.compile(r"\s{0,20}[（(]([一二三四五六七八九十]{1,3})[）)]")),
    ("1.", re.compile(r"\s{0,20}(\d{1,2})[.．、](?!\d)")),
    ("（1）", re.compile(r"\s{0,20}[（(](\d{1,2})[）)]")),
)
_RESTARTED_BY = {name: [one for one, _ in _MARKS[:index]] for index, (name, _) in enumerate(_MARKS)}
_RESTARTED_BY |= {"article": [], "chapter": []}
_AGENCY = re.compile(
    r"[\u4e00-\u9fff]{3,14}?(?:管理局|监督局|委员会|办公室|管理部门|监督部门|主管部门|财政局|教育局|税务局|统计局)"
)
LEAST_AGENCY = 6
LEAST_WITH_ANOTHER_CHARACTER = 8
LEAST_TIMES = 3
MOST_AGENCIES = 60
# Names that differ in one of these characters are different agencies.
_DISTINCTIVE = set(
    "省市区县州盟旗乡镇村街国总分支东西南北中上下新老前后大小内外一二三四五六七八九十各该本"
)


def impossible_dates(document: Document) -> Iterator[Finding]:
    for match in _DAY.finditer(document.text):
        year, month, day = match["year"], int(match["month"]), int(match["day"])
        try:
            found = date(int(year) if year else _LEAP_YEAR, month, day)
        except ValueError:
            where = f" in {year}" if year else ""
            reason = f"This date does not exist{where}."
            yield Finding(match.start(), match.group(), None, Rule.impossible_date, reason)
            continue
        weekday = match["weekday"]
        right = _WEEKDAYS[found.weekday()]
        if year and weekday and weekday[-1].replace("天", "日") != right:
            start = match.start("weekday")
            reason = f"This date is a 星期{right}."
            yield Finding(start, weekday, None, Rule.wrong_weekday, reason)
    for match in _CLOCK.finditer(document.text):
        if int(match["hour"] or match["h"]) > 24 or int(match["minute"] or match["m"]) > 59:
            reason = "This time does not exist."
            yield Finding(match.start(), match.group(), None, Rule.impossible_date, reason)


def numbering(document: Document) -> Iterator[Finding]:
    """Finds paragraphs whose number does not follow the previous one of the same form.

    1 is always accepted: it starts a new list, or the text after its table of contents.
    """
    last: dict[str, tuple[int, int]] = {}
    for block in document.blocks:
        text = document.text[block.start : block.end]
        for name, pattern in _MARKS:
            match = pattern.match(text)
            if match is None:
                continue
            number = _number(name, match.group(1))
            before = last.get(name)
            if before is not None and not _follows(before, number):
                reason = f"The previous number is {_shown(before)}."
                start = block.start + match.start(1)
                yield Finding(start, match.group(1), None, Rule.numbering, reason)
            last[name] = number
            for below, above in _RESTARTED_BY.items():
                if name in above:
                    last.pop(below, None)
            break


def _number(name: str, written: str) -> tuple[int, int]:
    return article_number(written) if name == "article" else (number_of(written), 0)


def _follows(before: tuple[int, int], number: tuple[int, int]) -> bool:
    return number in ((1, 0), (before[0] + 1, 0), (before[0], before[1] + 1))


def _shown(number: tuple[int, int]) -> str:
    return f"{number[0]}之{number[1]}" if number[1] else str(number[0])


def agency_names(document: Document) -> Iterator[Finding]:
    """Finds names that occur once and differ in one character from a frequent name."""
    text = document.text
    counts = Counter(
        match.group()[start:]
        for match in _AGENCY.finditer(text)
        for start in range(len(match.group()) - LEAST_AGENCY + 1)
    )
    names = [name for name, count in counts.most_common(MOST_AGENCIES) if count >= LEAST_TIMES]
    found: dict[int, Finding] = {}
    for name, start, wrong, sure in _misspellings(text, sorted(names, key=len, reverse=True)):
        reason = f"Elsewhere the text has {name}."
        new = name if sure else None
        finding = Finding(start, wrong, new, Rule.agency_name, reason)
        found.setdefault(finding.end, finding)
    yield from found.values()


def _misspellings(text: str, names: Sequence[str]) -> Iterator[tuple[str, int, str, bool]]:
    """Yields misspellings that occur once: the name, their offset, and their text.

    Last, whether another agency can be excluded: two swapped characters are a certain mistake; a
    missing or different one may be another agency.
    """
    forms = {name: list(_forms(name)) for name in names}
    places = _places(text, {wrong for wrongs in forms.values() for wrong, _ in wrongs})
    for name in names:
        for wrong, sure in forms[name]:
            if len(places[wrong]) == 1 and _is_misspelling(wrong, name):
                yield name, places[wrong][0], wrong, sure
        if len(name) >= LEAST_WITH_ANOTHER_CHARACTER:
            for start, wrong in _with_another_character(text, name):
                yield name, start, wrong, False


def _forms(name: str) -> Iterator[tuple[str, bool]]:
    for at in range(1, len(name) - 1):
        yield name[:at] + name[at + 1] + name[at] + name[at + 2 :], True
        yield name[:at] + name[at + 1 :], False


def _places(text: str, words: Collection[str]) -> Mapping[str, Sequence[int]]:
    """Returns the first two offsets of each word, by one search for all."""
    places: dict[str, list[int]] = {word: [] for word in words}
    automaton = ahocorasick.Automaton(ahocorasick.STORE_LENGTH)
    for word in words:
        automaton.add_word(word)
    if words:
        automaton.make_automaton()
        for last, length in automaton.iter(text):
            start = last - length + 1
            known = places[text[start : last + 1]]
            if len(known) < 2:
                known.append(start)
    return places


def _with_another_character(text: str, name: str) -> Iterator[tuple[int, str]]:
    half = len(name) // 2
    for part, shift in ((name[:half], 0), (name[half:], -half)):
        starts: dict[str, list[int]] = {}
        for match in re.finditer(re.escape(part), text):
            start = match.start() + shift
            wrong = text[max(0, start) : start + len(name)]
            one_differs = sum(a != b for a, b in zip(wrong, name, strict=False)) == 1
            inside = wrong[:1] == name[0] and wrong[-1:] == name[-1] and len(wrong) == len(name)
            if one_differs and inside and wrong.isalpha():
                starts.setdefault(wrong, []).append(start)
        for wrong, places in starts.items():
            if len(places) == 1 and _is_misspelling(wrong, name):
                yield places[0], wrong


def _is_misspelling(found: str, name: str) -> bool:
    return found not in name and not (set(found) ^ set(name)) & _DISTINCTIVE
