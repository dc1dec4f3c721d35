"""The text of a part of an Office file in its reading order.

The same part has several texts, or views: as it is shown, with deleted and hidden text, and its
field codes. A name can be contiguous in one view and split in the others, so each is an entry.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from documents.inventory.entry import EntryKind
from documents.ooxml.nodes import Context, TextNode
from documents.ooxml.text import VIEWS, shape_text, text_nodes

_SHOWN = 3
"""The index of the view without deleted and hidden text and field codes."""


def part_texts(root: etree._Element) -> Iterator[tuple[str, EntryKind]]:
    """The texts of a part with paragraphs, each different one once.

    Text boxes follow the paragraph to which they are anchored. Attributes of shapes that hold text,
    such as watermarks, are one more text.
    """
    if next(root.iter("{*}p"), None) is None:
        return
    nodes = list(_in_order(root, Context()))
    shown = _joined(nodes, _SHOWN)
    texts = dict.fromkeys(_joined(nodes, view) for view in range(len(VIEWS)) if view != _SHOWN)
    texts["\n".join(filter(None, shape_text(root)))] = None
    if shown.strip():
        yield shown, EntryKind.shown
    for text in texts:
        if text.strip() and text != shown:
            yield text, EntryKind.hidden


def _joined(nodes: list[TextNode], view: int) -> str:
    return "".join(node.text for node in nodes if VIEWS[view](node))


def _in_order(parent: etree._Element, context: Context) -> Iterator[TextNode]:
    boxes: list[TextNode] = []
    for node in text_nodes(parent, context):
        if node.is_nested:
            boxes.append(node)
            continue
        yield node
        if node.name == "p":
            yield from _of_boxes(boxes)
            boxes = []
    yield from _of_boxes(boxes)


def _of_boxes(boxes: list[TextNode]) -> Iterator[TextNode]:
    for box in boxes:
        yield TextNode(box.element, "", Context(), "\n")
        yield from _in_order(box.element, box.context)
        yield TextNode(box.element, "", Context(), "\n")
