"""The shapes of a slide (ECMA-376 part 1, 19.3.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from documents.ooxml.xml import attribute, child, local_name

Box = tuple[float, float, float, float]
_EMU_PER_POINT = 12_700
_OFF = frozenset(("0", "false", "off"))
_SHAPES = frozenset(("sp", "cxnSp", "graphicFrame", "pic", "contentPart"))


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape of a slide.

    `placeholder` is the type of the placeholder that it fills, `body` if the file does not say it,
    None if it fills none. `box` is in points from the slide's top left corner, None where the file
    does not have it, as in groups.
    """

    element: etree._Element
    placeholder: str | None
    box: Box | None
    is_hidden: bool

    @property
    def name(self) -> str:
        return local_name(self.element)

    @property
    def text(self) -> etree._Element | None:
        return child(self.element, "txBody")


def shapes(slide: etree._Element) -> Iterator[Shape]:
    """All shapes of a slide, a layout or notes, also those in groups, in their order."""
    common = child(slide, "cSld")
    tree = child(common, "spTree") if common is not None else None
    if tree is not None:
        yield from _inside(tree, in_group=False)


def _inside(parent: etree._Element, *, in_group: bool) -> Iterator[Shape]:
    for element in parent:
        name = local_name(element)
        if name in _SHAPES:
            yield _shape(element, in_group=in_group)
        elif name == "grpSp":
            yield from _inside(element, in_group=True)
        elif name == "AlternateContent" and len(element):
            # The first is the newest form that a program understands.
            yield from _inside(element[0], in_group=in_group)


def _shape(element: etree._Element, *, in_group: bool) -> Shape:
    about = next((one for one in element if local_name(one).startswith("nv")), None)
    properties = child(about, "cNvPr") if about is not None else None
    own = child(about, "nvPr") if about is not None else None
    place = child(own, "ph") if own is not None else None
    is_hidden = properties is not None and (attribute(properties, "hidden") or "0") not in _OFF
    placeholder = None if place is None else place.get("type") or "body"
    return Shape(element, placeholder, None if in_group else _box(element), is_hidden)


def _box(element: etree._Element) -> Box | None:
    frame = child(element, "xfrm")
    if frame is None:
        properties = child(element, "spPr")
        frame = child(properties, "xfrm") if properties is not None else None
    offset = child(frame, "off") if frame is not None else None
    extent = child(frame, "ext") if frame is not None else None
    if offset is None or extent is None:
        return None
    left, top = _points(offset, "x"), _points(offset, "y")
    width, height = _points(extent, "cx"), _points(extent, "cy")
    if left is None or top is None or width is None or height is None:
        return None
    return left, top, left + width, top + height


def _points(element: etree._Element, name: str) -> float | None:
    written = element.get(name) or ""
    digits = written.removeprefix("-")
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 15:
        return None
    return round(int(written) / _EMU_PER_POINT, 1)
