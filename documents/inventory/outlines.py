"""Drawings in a page or a file (SVG) that may show text as outlines."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

# A number of a landline has as many digits. Icons have fewer outlines.
_LEAST = 8
_SHAPES = "path, use, polyline, polygon"
# What these hold is shown where `use` refers to it.
_STORES = frozenset(("defs", "symbol", "clippath", "mask", "marker", "pattern"))
_START = re.compile("[Mm]")


def has_outlines(root: LexborNode) -> bool:
    """Whether a drawing in a page has so many outlines that they may be the characters of a text.

    Programs that convert text to outlines write one or more for each character, or a reference.
    """
    return any(
        sum(map(_outlines, drawing.css(_SHAPES))) >= _LEAST
        for drawing in root.css("svg")
        if not _is_within(drawing, frozenset(("svg",)))
    )


def _outlines(shape: LexborNode) -> int:
    if _is_within(shape, _STORES):
        return 0
    if shape.tag == "path":
        return len(_START.findall(shape.attributes.get("d") or ""))
    return 1


def _is_within(node: LexborNode, tags: frozenset[str]) -> bool:
    parent = node.parent
    while parent is not None and (parent.tag or "").lower() not in tags:
        parent = parent.parent
    return parent is not None
