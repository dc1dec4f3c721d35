"""Styles of a DOCX: which are headings, how they are numbered, and which hide text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from lxml import etree

from documents.ooxml.nodes import HiddenStyles
from documents.ooxml.xml import attribute, child, is_on, local_name, value

_HEADING = re.compile(r"heading [1-9]|title|subtitle|标题( ?[1-9])?", re.IGNORECASE)
_BODY_LEVEL = 9
_MOST_ANCESTORS = 20


class StyleNumbering(NamedTuple):
    """How a style numbers paragraphs.

    `list_id` and `level` are the list and the level, as far as the style or one that it is based on
    defines them. `styles` are the style and those, up to the one with the list: a level of the list
    may name one of them, and is then the level.
    """

    list_id: str | None = None
    level: int = 0
    styles: tuple[str, ...] = ()


_NO_NUMBERING = StyleNumbering()


@dataclass(frozen=True, slots=True)
class Style:
    """What a paragraph style says.

    `level` is the level of a heading, from 1; None if the style does not define it.
    """

    heading: bool = False
    numbering: StyleNumbering = _NO_NUMBERING
    level: int | None = None


class Styles:
    """The paragraph styles of one document."""

    def __init__(self, root: etree._Element | None) -> None:
        self._elements = _by_id(root)
        self._known: dict[str | None, Style] = {None: Style()}

    def of(self, paragraph: etree._Element) -> Style:
        """The style of a paragraph. The paragraph's own outline level takes precedence."""
        properties = child(paragraph, "pPr")
        name = value(properties, "pStyle")
        if name not in self._known:
            self._known[name] = self._resolve(name)
        style = self._known[name]
        level = value(properties, "outlineLvl")
        if level is None:
            return style
        return Style(_is_heading_level(level), style.numbering, _heading_level(level))

    def _resolve(self, name: str | None) -> Style:
        heading: bool | None = None
        outlined: int | None = None
        for _, element in _ancestry(self._elements, name):
            outline = value(element, "pPr", "outlineLvl")
            if heading is None and outline is not None:
                heading, outlined = _is_heading_level(outline), _heading_level(outline)
            if heading is None and _HEADING.fullmatch(value(element, "name") or ""):
                heading, outlined = True, _level_in_name(value(element, "name") or "")
        return Style(bool(heading), self._numbering(name), outlined)

    def _numbering(self, name: str | None) -> StyleNumbering:
        level: str | None = None
        names: list[str] = []
        for one, element in _ancestry(self._elements, name):
            names.append(one)
            properties = child(element, "pPr")
            level = value(properties, "numPr", "ilvl") if level is None else level
            list_id = value(properties, "numPr", "numId")
            if list_id is not None:
                return StyleNumbering(list_id, _number(level), tuple(names))
        return StyleNumbering(None, _number(level), tuple(names))


def hidden_styles(root: etree._Element | None) -> HiddenStyles:
    """The styles whose text is hidden, by the root of the styles part."""
    elements = _by_id(root)
    kinds: dict[str, set[str]] = {"paragraph": set(), "character": set()}
    for name, style in elements.items():
        for _, element in _ancestry(elements, name):
            properties = child(element, "rPr")
            vanish = child(properties, "vanish") if properties is not None else None
            if vanish is not None:
                if is_on(vanish):
                    kind = attribute(style, "type") or "paragraph"
                    kinds.get(kind, set()).add(name)
                    if kind == "paragraph" and attribute(style, "default") in {"1", "true", "on"}:
                        kinds[kind].add("")
                break
    return HiddenStyles(frozenset(kinds["paragraph"]), frozenset(kinds["character"]))


def _by_id(root: etree._Element | None) -> dict[str, etree._Element]:
    styles = (style for style in (root if root is not None else ()) if local_name(style) == "style")
    return {name: style for style in styles if (name := attribute(style, "styleId"))}


def _ancestry(
    elements: dict[str, etree._Element], name: str | None
) -> Iterator[tuple[str, etree._Element]]:
    """A style and those that it is based on, the nearest first."""
    for _ in range(_MOST_ANCESTORS):
        element = elements.get(name or "")
        if element is None:
            return
        yield name or "", element
        name = value(element, "basedOn")


def _is_heading_level(level: str) -> bool:
    return _number(level, _BODY_LEVEL) < _BODY_LEVEL


def _heading_level(level: str) -> int | None:
    return _number(level) + 1 if _is_heading_level(level) else None


def _level_in_name(style: str) -> int | None:
    """The level in the name of a style, such as `heading 2`; 1 for a title."""
    digits = re.search("[0-9]", style)
    if digits:
        return int(digits.group())
    return 1 if style.lower() == "title" else None


def _number(text: str | None, default: int = 0) -> int:
    return int(text) if text and re.fullmatch(r"[0-9]{1,3}", text) else default
