"""The text of a part of an Office file in its reading order.

The same part has several texts, or views: as it is shown, with deleted and hidden text, and its
field codes. A name can be contiguous in one view and split in the others, so each is an entry.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from documents.inventory.entry import EntryKind
from documents.ooxml.nodes import UNKNOWN_TEXT, Context, TextNode
from documents.ooxml.seen import VIEWS, as_seen, nodes_in_order, text_in_order
from documents.ooxml.text import shape_text

_SHOWN = 3
"""The index of the view without deleted and hidden text and field codes."""


def part_texts(root: etree._Element) -> Iterator[tuple[str, EntryKind]]:
    """The texts of a part with paragraphs, each different one once.

    Text boxes follow the paragraph to which they are anchored. Attributes of shapes that hold text,
    such as watermarks, are one more text. A text that a field computes is unread.
    """
    if next(root.iter("{*}p"), None) is None:
        return
    nodes = list(nodes_in_order(root, Context()))
    shown = _joined(nodes, _SHOWN)
    texts = dict.fromkeys(_joined(nodes, view) for view in range(len(VIEWS)) if view != _SHOWN)
    texts.update(dict.fromkeys(text_in_order(nodes, order) for order in as_seen(nodes)))
    texts["\n".join(filter(None, shape_text(root)))] = None
    if shown.strip():
        yield shown, EntryKind.shown
    for text in texts:
        if text.strip() and text != shown:
            yield text, EntryKind.hidden
    if any(node.name == UNKNOWN_TEXT and node.is_shown for node in nodes):
        yield "", EntryKind.unread


def _joined(nodes: list[TextNode], view: int) -> str:
    return "".join(node.text for node in nodes if VIEWS[view](node))
