"""The numbers that Word computes for paragraphs and does not store in their text.

Chinese documents number articles and headings this way: without it "Article 5" and the like would
be missing from the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lxml import etree

from documents.ooxml.number_formats import formatted
from documents.ooxml.styles import StyleNumbering
from documents.ooxml.symbols import TICKED, UNTICKED, shown_glyphs
from documents.ooxml.xml import attribute, child, has, local_name, value

_LEVELS = 9
_PLACE = re.compile(r"%([1-9])")
# Boxes before the items of a form; other bullets are no text.
_BOXES = frozenset((TICKED, UNTICKED, "☒", "□", "■", "✓", "✔", "√", "✗"))
_UNTICKED = frozenset((UNTICKED, "□"))


@dataclass(frozen=True, slots=True)
class _Level:
    """One level of a list.

    Attributes:
        restart: The level, from 1, after which it restarts; 0 for never, None for each level
            above.
        is_legal: All numbers in its text are in Arabic digits.
        style: The paragraph style that it belongs to.
        box: The box that it shows instead of a number; empty for none.
    """

    format: str
    text: str
    start: int
    is_legal: bool
    is_hidden: bool
    style: str | None
    restart: int | None
    box: str


@dataclass(frozen=True, slots=True)
class _List:
    """A list: its definition, its levels, and the numbers at which its levels restart."""

    base: str | None
    levels: Mapping[int, _Level]
    starts: Mapping[int, int]


class Numbering:
    """Counts the numbered paragraphs of one document. Call `mark` in document order."""

    def __init__(self, root: etree._Element | None) -> None:
        elements = list(root) if root is not None else []
        definitions = _Definitions(elements)
        self._lists = {
            attribute(element, "numId") or "": definitions.list_of(element)
            for element in elements
            if local_name(element) == "num"
        }
        self._counts: dict[str | None, list[int]] = {}
        self._begun: set[str] = set()

    def mark(self, paragraph: etree._Element, inherited: StyleNumbering) -> str | None:
        """The number and a space; empty for a bullet; None for a paragraph without either."""
        properties = child(paragraph, "pPr")
        own = child(properties, "numPr") if properties is not None else None
        list_id = value(own, "numId") or inherited.list_id or ""
        found = self._lists.get(list_id)
        if found is None:
            return None
        level = _number(value(own, "ilvl"), _level_of(found, inherited))
        if level not in found.levels or not 0 <= level < _LEVELS:
            return None
        self._count(list_id, found, level)
        return _label(self._counts[found.base], found.levels, level)

    def _count(self, list_id: str, found: _List, level: int) -> None:
        levels = found.levels
        fresh = [
            found.starts.get(at, levels[at].start) - 1 if at in levels else 0
            for at in range(_LEVELS)
        ]
        counts = self._counts.setdefault(found.base, list(fresh))
        if list_id not in self._begun:
            # A list with a start of its own restarts; another one continues its definition.
            self._begun.add(list_id)
            for at in found.starts:
                counts[at] = fresh[at]
        for above in range(level):
            counts[above] = max(counts[above], fresh[above] + 1)
        counts[level] += 1
        for below in range(level + 1, _LEVELS):
            restart = levels[below].restart if below in levels else None
            if restart is None or level < restart:
                counts[below] = fresh[below]


class _Definitions:
    """The definitions of lists, some of which only name the style of another (17.9.21)."""

    def __init__(self, elements: Sequence[etree._Element]) -> None:
        self._levels: dict[str | None, dict[int, _Level]] = {}
        self._links: dict[str | None, str] = {}
        self._by_style: dict[str, str | None] = {}
        for element in elements:
            if local_name(element) != "abstractNum":
                continue
            name = attribute(element, "abstractNumId")
            self._levels[name] = dict(_levels(element, {}))
            if style := value(element, "styleLink"):
                self._by_style[style] = name
            if style := value(element, "numStyleLink"):
                self._links[name] = style

    def list_of(self, element: etree._Element) -> _List:
        """The list of a `num` element: its definition with its overrides (17.9.8)."""
        base = value(element, "abstractNumId")
        base = self._by_style.get(self._links.get(base, ""), base)
        levels = dict(self._levels.get(base, {}))
        starts: dict[int, int] = {}
        for override in element:
            if local_name(override) != "lvlOverride":
                continue
            at = _number(attribute(override, "ilvl"), 0)
            levels.update(_levels(override, levels))
            start = value(override, "startOverride")
            if start is not None:
                starts[at] = _number(start, 1)
        return _List(base, levels, starts)


def _level_of(found: _List, inherited: StyleNumbering) -> int:
    """The level that names the paragraph's style, or else that of the style."""
    linked = {level.style: at for at, level in found.levels.items() if level.style}
    return next((linked[name] for name in inherited.styles if name in linked), inherited.level)


def _label(counts: Sequence[int], levels: Mapping[int, _Level], level: int) -> str:
    shown = levels[level]

    def number(match: re.Match[str]) -> str:
        at = int(match[1]) - 1
        if at > level:
            return ""
        form = levels[at].format if at in levels else "decimal"
        # Numbers such as 01 stay (MS-DOC, 2.9.150).
        if shown.is_legal and form != "decimalZero":
            form = "decimal"
        return "" if form == "none" else formatted(counts[at], form)

    if shown.is_hidden:
        return ""
    if shown.format in {"bullet", "none"}:
        mark = shown.box if shown.format == "bullet" else _PLACE.sub("", shown.text)
    else:
        mark = _PLACE.sub(number, shown.text)
    return f"{mark} " if mark.strip() else ""


def _levels(parent: etree._Element, defined: Mapping[int, _Level]) -> Iterator[tuple[int, _Level]]:
    """The levels below an element; an override without a start keeps the start that is defined."""
    for element in parent:
        if local_name(element) != "lvl":
            continue
        at, level = _number(attribute(element, "ilvl"), 0), _level(element)
        if at in defined and value(element, "start") is None:
            level = replace(level, start=defined[at].start)
        yield at, level


def _level(element: etree._Element) -> _Level:
    text = value(element, "lvlText") or ""
    restart = value(element, "lvlRestart")
    properties = child(element, "rPr")
    form = _format(element)
    return _Level(
        form,
        text,
        _number(value(element, "start"), 0),  # 0 where there is none: 17.9.25
        has(element, "isLgl"),
        has(properties, "vanish"),
        value(element, "pStyle"),
        _number(restart, 0) if restart is not None else None,
        _box(text, properties) if form == "bullet" else "",
    )


def _box(text: str, properties: etree._Element | None) -> str:
    fonts = child(properties, "rFonts") if properties is not None else None
    font = attribute(fonts, "ascii") or attribute(fonts, "hAnsi") if fonts is not None else None
    shown = shown_glyphs(text, font or "").strip()
    if shown not in _BOXES:
        return ""
    return UNTICKED if shown in _UNTICKED else shown


def _format(level: etree._Element) -> str:
    """The format of a level's numbers, or the example of a format of one's own.

    Formats after 2007 are in an alternative, with one for older programs as fallback.
    """
    forms = [form for form in level.iter("{*}numFmt") if attribute(form, "val")]
    if not forms:
        return "decimal"
    name = attribute(forms[0], "val") or ""
    return (attribute(forms[0], "format") or "decimal") if name == "custom" else name


def _number(text: str | None, default: int) -> int:
    return int(text) if text and re.fullmatch(r"[0-9]{1,6}", text) else default
