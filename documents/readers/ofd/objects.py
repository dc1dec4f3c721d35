"""The objects drawn on an OFD page, those inside composite objects among them, and their places.

Lengths in the file are in millimetres from the top left corner. An object has its own box and
matrix (GB/T 33190-2016, 8.5). A composite object draws the content of a unit that the resources of
the document or of the page define (13).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from documents.ooxml.xml import local_name
from documents.readers.ofd.package import Parts, below, children, is_visible, numbers

Matrix = tuple[float, float, float, float, float, float]
"""Maps a point (x, y) to (a * x + c * y + e, b * x + d * y + f)."""

RESOURCES = frozenset(("PublicRes", "DocumentRes", "PageRes"))
_HOLDERS = frozenset(("Content", "Layer", "PageBlock", "Appearance"))
_KINDS = frozenset(("TextObject", "ImageObject", "PathObject", "CompositeObject"))
_MOST_DEPTH = 50
_MOST_NESTED = 8  # units inside units
_SAME: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Placed:
    """A text, image or path object, or a composite object whose content is not known.

    `matrix` maps its own space to the page, in millimetres.
    """

    element: etree._Element
    kind: str
    matrix: Matrix
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Units:
    """The contents of composite units, by id. `count` is called for each object inside one."""

    contents: Mapping[str, etree._Element]
    count: Callable[[], object]


def placed_objects(
    parent: etree._Element, origin: tuple[float, float], units: Units | None = None
) -> Iterator[Placed]:
    """The objects below `parent`, in drawing order. `origin` is the page's top left corner.

    Without `units`, no composite object's content is known.
    """
    moved = (1.0, 0.0, 0.0, 1.0, -origin[0], -origin[1])
    yield from _placed(parent, moved, units or Units({}, lambda: None), 0, is_shown=True)


def _placed(
    parent: etree._Element, outer: Matrix, units: Units, nested: int, *, is_shown: bool
) -> Iterator[Placed]:
    for element in _drawn(parent):
        kind = local_name(element)
        if nested:
            units.count()
        shown = is_shown and is_visible(element)
        matrix = composed(outer, _own_matrix(element, kind))
        content = units.contents.get(element.get("ResourceID") or "")
        if kind != "CompositeObject" or content is None or nested >= _MOST_NESTED:
            yield Placed(element, kind, matrix, shown)
        else:
            yield from _placed(content, matrix, units, nested + 1, is_shown=shown)


def _drawn(parent: etree._Element, depth: int = 0) -> Iterator[etree._Element]:
    for element in parent:
        name = local_name(element)
        if name in _KINDS:
            yield element
        elif name in _HOLDERS and depth < _MOST_DEPTH:
            yield from _drawn(element, depth + 1)


def _own_matrix(element: etree._Element, kind: str) -> Matrix:
    """The matrix of an object, and its place. A picture without a matrix fills its box."""
    left, top, width, height = numbers(element.get("Boundary"), 4) or (0.0,) * 4
    default = (width, 0.0, 0.0, height, 0.0, 0.0) if kind == "ImageObject" else _SAME
    a, b, c, d, e, f = numbers(element.get("CTM"), 6) or default
    return a, b, c, d, e + left, f + top


def composed(outer: Matrix, inner: Matrix) -> Matrix:
    """The matrix that maps by `inner` first."""
    a, b, c, d, e, f = outer
    g, h, i, j, k, m = inner
    return (
        a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j,
        a * k + c * m + e, b * k + d * m + f,
    )  # fmt: skip


def applied(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    """The point that `matrix` maps (x, y) to."""
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def resource_parts(
    parts: Parts, path: str, root: etree._Element
) -> list[tuple[str, etree._Element]]:
    """The path and the root of the resource parts of a document or page at `path`."""
    named = (element for element in root.iter() if local_name(element) in RESOURCES)
    return list(filter(None, (parts.named(path, element.text) for element in named)))


def composite_contents(
    resources: list[tuple[str, etree._Element]],
) -> dict[str, etree._Element]:
    """The contents of the composite units that resources define, by id."""
    return {
        unit.get("ID") or "": content
        for _, root in resources
        for unit in below(root, "CompositeGraphicUnit")
        for content in children(unit, "Content")
    }
