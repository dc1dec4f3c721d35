"""Texts of the parts of a workbook (ECMA-376 part 1, 18.4)."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from documents.ooxml.nodes import Context, TextNode
from documents.ooxml.xml import child, local_name
from documents.readers.html.raised import DOWN, END, UP, linear


def texts_of(item: etree._Element) -> Iterator[etree._Element]:
    """The elements with the text of a shared string, an inline string or a comment."""
    for inside in item:
        if local_name(inside) != "rPh":
            yield from inside.iter("{*}t")


def nodes_of(item: etree._Element) -> Iterator[TextNode]:
    """The text of a shared string or an inline string, and the reading above it."""
    context = Context(ruby=item)
    for inside in item:
        is_reading = local_name(inside) == "rPh"
        for text in inside.iter("{*}t"):
            run = None if is_reading else text.getparent()
            yield TextNode(text, "t", context._replace(run=run, in_reading=is_reading))


def text_of(item: etree._Element) -> str:
    """The text of a shared string or an inline string; raised digits as in `10^8`."""
    return linear("".join(map(_marked, texts_of(item))))


def _marked(text: etree._Element) -> str:
    """A text between the marks of `raised` if its run is raised or lowered."""
    words = str(text.text or "")
    run = text.getparent()
    properties = child(run, "rPr") if run is not None else None
    position = child(properties, "vertAlign") if properties is not None else None
    mark = _MARKS.get((position.get("val") or "") if position is not None else "")
    return f"{mark}{words}{END}" if mark else words


_MARKS = {"superscript": UP, "subscript": DOWN}
