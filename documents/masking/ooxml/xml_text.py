"""Masks the text nodes and attributes of an XML part, each by itself."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

from lxml import etree

from documents.inventory.neighbours import divided_values, has_few_figures
from documents.inventory.package.settings import is_setting
from documents.masking.replacement import Find, Masking, Replacement, applied
from documents.ooxml.xml import local_name

_AUTHOR_ATTRIBUTES = frozenset(("author", "initials", "userId", "providerId"))
_AUTHOR_ELEMENTS = frozenset(("creator", "lastModifiedBy", "Manager"))
_COVER = "***"
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def mask_nodes(
    root: etree._Element, masking: Masking, skip: Container[str] = ()
) -> list[Replacement]:
    """Mask every text and attribute by itself. Returns the replacements.

    Settings are searched with `find_by_rule`. The text of elements with a name in `skip` is left to
    another function.
    """
    changes: list[Replacement] = []
    clean: dict[tuple[str, str, str], bool] = {}  # and whether the value is text
    neighbours: dict[tuple[str, str], list[tuple[etree._Element, str]]] = {}
    for element in root.iter(etree.Element):
        name = local_name(element)
        if name not in skip and (words := _changed(element.text, masking.find, changes)):
            element.text = words
        if words := _changed(element.tail, masking.find, changes):
            element.tail = words
        for key, value in element.attrib.items():
            place = (name, str(key).rpartition("}")[2], str(value))
            is_clean = place in clean
            is_text = clean[place] if is_clean else not is_setting(*place)
            if is_text:
                neighbours.setdefault(place[:2], []).append((element, str(key)))
            if is_clean:
                continue
            find = masking.find if is_text else masking.find_by_rule
            if words := _changed(place[2], find, changes):
                # A number is replaced by a number, so that the file can be opened.
                element.set(key, "0" if not is_text and _NUMBER.fullmatch(place[2]) else words)
            else:
                clean[place] = is_text
    for (name, attribute), attributes in neighbours.items():
        changes += _mask_divided(attributes, f"{attribute} of {name}", masking.find)
    return changes


def _mask_divided(
    attributes: Sequence[tuple[etree._Element, str]], where: str, find: Find
) -> Iterator[Replacement]:
    """Mask the values that stand in neighbouring attributes of the same name."""
    texts = [str(element.get(key)).strip() for element, key in attributes]
    for parts, value in divided_values(texts, among_few=has_few_figures(where)):
        first, last = len(texts[parts[0]]), len(value) - len(texts[parts[-1]])
        for change in find(value):
            if change.start < first and change.end > last:
                yield change
                for element, key in attributes[parts.start : parts.stop]:
                    element.set(key, _COVER)


def remove_authors(root: etree._Element) -> int:
    """Remove the names of authors; returns how many were removed."""
    removed = 0
    for element in root.iter(etree.Element):
        for key in element.attrib:
            if str(key).rpartition("}")[2] in _AUTHOR_ATTRIBUTES and element.get(key):
                element.set(key, "-")
                removed += 1
        if local_name(element) in _AUTHOR_ELEMENTS and element.text:
            element.text = ""
            removed += 1
    return removed


def _changed(words: str | None, find: Find, changes: list[Replacement]) -> str | None:
    """The masked text; None if nothing was found."""
    if not words or len(words) < 2 or words.isspace():
        return None
    found = find(words)
    changes += found
    return applied(words, found) if found else None
