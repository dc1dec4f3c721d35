"""How OFD paints a text object (GB/T 33190-2016, 8 and 11)."""

from __future__ import annotations

from lxml import etree

from documents.readers.ofd.package import children, numbers

_PAINT = ("DrawParam", "Alpha", "Fill", "Stroke", "HScale")
_FAINT_ALPHA, _WHITE = 16, 0xF0  # of 255
_NARROW = 0.5  # mm


def look_of(text: etree._Element) -> str:
    """A key that is the same for text objects that are painted alike."""
    color = next(children(text, "FillColor"), None)
    painted = [f"{name}={text.get(name, '')}" for name in _PAINT]
    if color is not None:
        painted += sorted(f"{name!s}={value!s}" for name, value in color.attrib.items())
    if next(children(text, "Clips"), None) is not None:
        painted.append("clipped")
    boundary = numbers(text.get("Boundary"), 4)
    if boundary and min(boundary[2:]) < _NARROW:
        painted.append("narrow")
    return " ".join(painted)


def is_pale(text: etree._Element) -> bool:
    """Whether a text object is painted in white, or transparent (GB/T 33190-2016, 8.3.2)."""
    color = next(children(text, "FillColor"), None)
    if color is None:
        return False
    alpha = numbers(color.get("Alpha"), 1)
    values = numbers(color.get("Value"), 3)
    return bool((alpha and alpha[0] < _FAINT_ALPHA) or (values and min(values) >= _WHITE))
