"""Finds and replaces text in a part of a Word document, or of a drawing in an Office file.

A number can be contiguous in one view of the part and split in the others, so every view is
searched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from documents.masking.joined_text import mask_joined
from documents.masking.replacement import Find, Replacement
from documents.ooxml.text import VIEWS, Context, TextNode, text_nodes
from documents.ooxml.xml import local_name

_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


@dataclass(frozen=True, slots=True)
class _NodePiece:
    node: TextNode

    @property
    def text(self) -> str:
        return self.node.text

    @property
    def is_writable(self) -> bool:
        return self.node.is_writable

    def cut(self, start: int, end: int, replacement: str) -> None:
        element, text = self.node.element, self.node.text
        if local_name(element) == "sym":
            element.tag = str(element.tag).replace("}sym", "}t")
            element.attrib.clear()
        element.text = text[:start] + replacement + text[end:]
        if "/wordprocessingml/" in str(element.tag):
            element.set(_XML_SPACE, "preserve")


def mask_views(root: etree._Element, find: Find) -> list[Replacement]:
    """Mask every view of a part in turn. Returns the replacements."""
    pieces = [_NodePiece(node) for node in _nodes(root)]
    changes: list[Replacement] = []
    for view in VIEWS:
        changes += mask_joined([piece for piece in pieces if view(piece.node)], find)
    return changes


def _nodes(root: etree._Element) -> Iterator[TextNode]:
    """All text of a part; that of text boxes, ruby text and fallbacks follows, each by itself."""
    pending = [root]
    while pending:
        element = pending.pop(0)
        for node in text_nodes(element):
            if node.is_nested:
                pending.append(node.element)
            else:
                yield node
        yield TextNode(element, "", Context(), "\n\n\n\n")
