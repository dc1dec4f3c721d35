"""Paragraph styles of a DOCX: whether they are headings, and how they are numbered."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from documents.ooxml.xml import attribute, child, local_name, value

_HEADING = re.compile(r"heading [1-9]|title|subtitle|标题( ?[1-9])?", re.IGNORECASE)
_BODY_LEVEL = 9
_MOST_ANCESTORS = 20


@dataclass(frozen=True, slots=True)
class Style:
    """`numbering` is the list's id and the level, as far as the style defines them.

    `level` is the level of a heading, from 1; None if the style does not define it.
    """

    heading: bool = False
    numbering: tuple[str | None, int] = (None, 0)
    level: int | None = None


class Styles:
    """The paragraph styles of one document."""

    def __init__(self, root: etree._Element | None) -> None:
        self._elements: dict[str, etree._Element] = {}
        self._known: dict[str | None, Style] = {None: Style()}
        for style in root if root is not None else ():
            name = attribute(style, "styleId") if local_name(style) == "style" else None
            if name:
                self._elements[name] = style

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
        list_id: str | None = None
        level = 0
        for _ in range(_MOST_ANCESTORS):
            element = self._elements.get(name or "")
            if element is None:
                break
            properties = child(element, "pPr")
            outline = value(properties, "outlineLvl")
            if heading is None and outline is not None:
                heading, outlined = _is_heading_level(outline), _heading_level(outline)
            if heading is None and _HEADING.fullmatch(value(element, "name") or ""):
                heading, outlined = True, _level_in_name(value(element, "name") or "")
            if list_id is None:
                list_id = value(properties, "numPr", "numId")
                level = _number(value(properties, "numPr", "ilvl"))
            name = value(element, "basedOn")
        return Style(bool(heading), (list_id, level), outlined)


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
