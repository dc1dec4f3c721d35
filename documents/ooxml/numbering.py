"""The numbers that Word computes for paragraphs and does not store in their text.

Chinese documents number articles and headings this way: without it "Article 5" and the like would
be missing from the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from documents.ooxml.xml import attribute, child, local_name, value

_LEVELS = 9
_DIGITS = "〇一二三四五六七八九"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Level:
    format: str
    text: str
    start: int


class Numbering:
    """Counts the numbered paragraphs of one document. Call `mark` in document order."""

    def __init__(self, root: etree._Element | None) -> None:
        abstract: dict[str | None, dict[int, _Level]] = {}
        self._lists: dict[str, tuple[str | None, dict[int, _Level]]] = {}
        self._counts: dict[str | None, list[int]] = {}
        for element in root if root is not None else ():
            if local_name(element) == "abstractNum":
                abstract[attribute(element, "abstractNumId")] = dict(_levels(element))
            elif local_name(element) == "num":
                base = value(element, "abstractNumId")
                name = attribute(element, "numId") or ""
                self._lists[name] = (base, abstract.get(base, {}))

    def mark(self, paragraph: etree._Element, inherited: tuple[str | None, int]) -> str | None:
        """The number and a space; empty for a bullet; None for a paragraph without either."""
        properties = child(paragraph, "pPr")
        own = child(properties, "numPr") if properties is not None else None
        list_id, level = inherited
        if own is not None:
            list_id = value(own, "numId") or list_id
            level = _number(value(own, "ilvl"), level)
        if list_id not in self._lists or not 0 <= level < _LEVELS:
            return None
        base, levels = self._lists[list_id]
        if level not in levels:
            return None
        self._count(base, levels, level)
        return self._label(self._counts[base], levels, level)

    def _count(self, base: str | None, levels: dict[int, _Level], level: int) -> None:
        fresh = [levels[at].start - 1 if at in levels else 0 for at in range(_LEVELS)]
        counts = self._counts.setdefault(base, list(fresh))
        for above in range(level):
            counts[above] = max(counts[above], fresh[above] + 1)
        counts[level] += 1
        counts[level + 1 :] = fresh[level + 1 :]

    def _label(self, counts: list[int], levels: dict[int, _Level], level: int) -> str:
        def number(match: re.Match[str]) -> str:
            at = int(match.group(1)) - 1
            form = levels[at].format if at in levels else "decimal"
            return _formatted(counts[at], form)

        if levels[level].format in {"bullet", "none"}:
            return ""
        mark = re.sub(r"%([1-9])", number, levels[level].text)
        return f"{mark} " if mark.strip() else ""


def _levels(abstract: etree._Element) -> list[tuple[int, _Level]]:
    return [
        (
            _number(attribute(level, "ilvl"), 0),
            _Level(
                value(level, "numFmt") or "decimal",
                value(level, "lvlText") or "",
                _number(value(level, "start"), 1),
            ),
        )
        for level in abstract
        if local_name(level) == "lvl"
    ]


def _formatted(number: int, form: str) -> str:
    if form.startswith(("chinese", "japaneseCounting", "ideographDigital", "taiwanese")):
        return chinese(number)
    if form in {"lowerLetter", "upperLetter"} and number > 0:
        letter = _LETTERS[(number - 1) % 26] * ((number - 1) // 26 + 1)
        return letter.upper() if form == "upperLetter" else letter
    if form in {"lowerRoman", "upperRoman"}:
        return _roman(number).upper() if form == "upperRoman" else _roman(number)
    if form == "decimalEnclosedCircle" and 1 <= number <= 20:
        return chr(0x2460 + number - 1)
    return f"{number:02d}" if form == "decimalZero" else str(number)


def chinese(number: int) -> str:
    """1 to 9,999 in Chinese numerals: 十, 二十一, 一百零五. Other numbers stay in digits."""
    if not 0 < number < 10_000:
        return str(number)
    words, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            words += ("零" if gap else "") + _DIGITS[digit] + name
            gap = False
        else:
            gap = bool(words)
    return words.removeprefix("一") if words.startswith("一十") else words


def _roman(number: int) -> str:
    words = ""
    for size, name in _ROMAN if number < 4000 else ():
        count, number = divmod(number, size)
        words += name * count
    return words or str(number)


def _number(text: str | None, default: int) -> int:
    return int(text) if text and re.fullmatch(r"[0-9]{1,6}", text) else default
