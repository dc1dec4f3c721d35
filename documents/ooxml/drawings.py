"""Text of shapes, charts and diagrams of Office files (DrawingML, ECMA-376 part 1, 20 and 21).

Text boxes of Word are in its paragraphs and are read with them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from lxml import etree

from documents.ooxml.package import Package
from documents.ooxml.xml import local_name

_PARTS = re.compile(
    r"(?:word|xl)/(?:drawings/drawing|charts/chart|diagrams/data)[^/]*\.xml", re.IGNORECASE
)
_ODF_DRAWING = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"


def drawing_text(package: Package, read: Collection[str] = ()) -> Iterator[str]:
    """The text of each shape, title or label, one line for each paragraph.

    `read` are parts that were read before.
    """
    for name in package.names:
        is_drawing = name not in read and _PARTS.fullmatch(name)
        root = package.xml(name, lenient=True) if is_drawing else None
        if root is not None:
            yield from texts_in(root)


def texts_in(root: etree._Element) -> Iterator[str]:
    """The same for one part."""
    for element in root.iter():
        yield from _text(element, _line)


def _line(paragraph: etree._Element) -> str:
    return "".join(str(words.text or "") for words in paragraph.iter("{*}t"))


def ods_drawing_text(content: etree._Element) -> Iterator[str]:
    """The same for the content of an OpenDocument workbook (OpenDocument 1.3, part 3, 10)."""
    for element in content.iter(f"{_ODF_DRAWING}*"):
        yield from _text(element, lambda paragraph: "".join(map(str, paragraph.itertext())))


def _text(element: etree._Element, line_text: Callable[[etree._Element], str]) -> Iterator[str]:
    """The paragraphs right below an element, if any of them has text."""
    lines = [line_text(inside) for inside in element if local_name(inside) == "p"]
    if any(lines):
        yield "\n".join(lines)
