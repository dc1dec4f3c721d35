"""Finds and replaces text in a part of a Word document.

The same part has several texts, or views: with all tracked changes accepted, with all rejected,
without hidden text, and its field codes. A number can be contiguous in one view and split in the
others, so every view is searched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from lxml import etree

from documents.masking.replacement import Find, Replacement
from documents.ooxml.text import Context, TextNode, text_nodes
from documents.ooxml.xml import local_name

_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"

View = Callable[[TextNode], bool]
VIEWS: Sequence[View] = (
    lambda node: not node.is_code,
    lambda node: not node.is_code and not node.is_deleted,
    lambda node: not node.is_code and not node.context.is_inserted,
    lambda node: not node.is_code and not node.is_deleted and not node.context.is_hidden,
    lambda node: node.is_code,
)


def mask_views(root: etree._Element, find: Find) -> list[Replacement]:
    """Mask every view of a part in turn. Returns the replacements."""
    nodes = list(_nodes(root))
    changes: list[Replacement] = []
    for view in VIEWS:
        visible = [node for node in nodes if view(node)]
        found = find("".join(node.text for node in visible))
        _apply(visible, found)
        changes += found
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


def _apply(shown: Sequence[TextNode], changes: Sequence[Replacement]) -> None:
    """Write each replacement at its first character, and delete the other characters.

    A replacement that spans cells has the length of the original, and each cell gets its part.
    """
    starts, at = [], 0
    for piece in shown:
        starts.append(at)
        at += len(piece.text)
    index = len(shown) - 1
    for change in reversed(changes):
        start, end = change.start, change.end
        while starts[index] >= end:
            index -= 1
        first = index
        while starts[first] > start:
            first -= 1
        touched = range(first, index + 1)
        first_writable = next(at for at in touched if shown[at].is_writable)
        for each in touched:
            begin, stop = max(0, start - starts[each]), end - starts[each]
            if "\t" in change.replacement:
                at = starts[each] + begin - start
                words = change.replacement[at : at + len(shown[each].text) - begin]
            else:
                words = change.replacement if each == first_writable else ""
            _cut(shown[each], begin, stop, words)
        index = first


def _cut(node: TextNode, start: int, end: int, replacement: str) -> None:
    if not node.is_writable:
        return
    element, text = node.element, node.text
    if local_name(element) == "sym":
        element.tag = str(element.tag).replace("}sym", "}t")
        element.attrib.clear()
    element.text = text[:start] + replacement + text[end:]
    element.set(_XML_SPACE, "preserve")
