"""The text of a part as a reader sees it, whatever the elements around its characters say.

A reader does not see white and tiny characters, reads a raised mark apart from the number beside
it, and reads a word and its reading, or what stands at two places of a line, as one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from types import MappingProxyType

from lxml import etree

from documents.ooxml.nodes import RUBY_TEXT, Context, TextNode
from documents.ooxml.text import text_nodes
from documents.ooxml.xml import attribute, child, local_name

APART = -1
"""In the order of a view: between texts that are not read as one."""
APART_TEXT = "\n\n\n\n"

# Properties that set characters apart from those beside them, or hide them.
_LOOK = frozenset(
    (
        "color", "sz", "position", "vertAlign", "rStyle", "w", "textFill", "solidFill", "noFill",
    )
)  # fmt: skip
_LOOK_ATTRIBUTES = frozenset(("baseline", "sz"))
_BACKGROUNDS = frozenset(("shd", "highlight"))
_PALE = re.compile("(?:FF)?(?:[Ff][0-9A-Fa-f]){3}|white|bg1|background1", re.IGNORECASE)
# Word has half points and percent, DrawingML hundredths of a point.
_TINY: Mapping[str, int] = MappingProxyType({"sz": 6, "w": 10})
_TINY_IN_DRAWINGS = 300
_POSITIONED_TAB = "ptab"

_Look = tuple[tuple[str, ...], ...]

View = Callable[[TextNode], bool]
VIEWS: Sequence[View] = (
    lambda node: not node.is_code and not node.context.in_reading,
    lambda node: _is_in_line(node) and not node.is_deleted,
    lambda node: _is_in_line(node) and not node.context.is_inserted,
    lambda node: _is_in_line(node) and not node.is_deleted and not node.context.is_hidden,
    lambda node: node.is_code,
    lambda node: node.is_shown and not node.is_mark and not node.context.in_reading,
)
"""The texts that a part has: all of it, with all tracked changes accepted, with all rejected,
without hidden text, its field codes, and what is shown without the signs of linear forms. The
readings above words are in none of them: `as_seen` has them."""


def _is_in_line(node: TextNode) -> bool:
    return not node.is_code and not node.context.in_reading


def nodes_in_order(parent: etree._Element, context: Context) -> Iterator[TextNode]:
    """Yield all text below `parent`. Text boxes follow the paragraph to which they are anchored.

    The reading of a word follows the word; it is `in_reading`.
    """
    boxes: list[TextNode] = []
    for node in text_nodes(parent, context):
        if node.name == RUBY_TEXT:
            yield from text_nodes(node.element, node.context._replace(in_reading=True))
            continue
        if node.is_nested:
            boxes.append(node)
            continue
        yield node
        if node.name == "p":
            yield from _of_boxes(boxes)
            boxes = []
    yield from _of_boxes(boxes)


def _of_boxes(boxes: Sequence[TextNode]) -> Iterator[TextNode]:
    for box in boxes:
        yield TextNode(box.element, "", Context(), APART_TEXT)
        yield from nodes_in_order(box.element, box.context)
        yield TextNode(box.element, "", Context(), APART_TEXT)


def as_seen(nodes: Sequence[TextNode]) -> Iterator[Sequence[int]]:
    """Yield the text in the orders in which a reader may read it, as indexes of `nodes`.

    These are without faint characters and with readings after and before their words. Of digits
    and letters that look different beside each other, those of each look are read by themselves.
    """
    seen = [at for at, node in enumerate(nodes) if _is_seen(node)]
    if any(nodes[at].context.in_reading for at in seen):
        yield _by_look(nodes, [at for at in seen if nodes[at].context.in_reading])
        yield _by_look(nodes, list(_readings_first(nodes, seen)))
    yield _by_look(nodes, seen)


def _is_seen(node: TextNode) -> bool:
    if node.is_mark or not node.is_shown or node.name == _POSITIONED_TAB:
        return False
    return node.is_end or not _is_faint(node.context.run)


def _readings_first(nodes: Sequence[TextNode], seen: Sequence[int]) -> Iterator[int]:
    for _, same in groupby(seen, key=lambda at: nodes[at].context.ruby):
        yield from sorted(same, key=lambda at: not nodes[at].context.in_reading)


def _by_look(nodes: Sequence[TextNode], seen: Sequence[int]) -> Sequence[int]:
    order: list[int] = []
    for group in _touching(nodes, seen):
        looks = dict.fromkeys(_look(nodes[at].context.run) for at in group if len(group) > 1)
        if len(looks) < 2:
            order += group
            continue
        for look in looks:
            order.append(APART)
            order += (at for at in group if _look(nodes[at].context.run) == look)
        order.append(APART)
    return order


def _touching(nodes: Sequence[TextNode], seen: Sequence[int]) -> Iterator[list[int]]:
    """Yield groups of texts, in each of which digits and letters touch at every border."""
    group: list[int] = []
    last = ""
    for at in seen:
        text = nodes[at].text
        if group and text and not (_is_sign(last) and _is_sign(text[0])):
            yield group
            group = []
        group.append(at)
        last = text[-1] if text else last
    if group:
        yield group


def _is_sign(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _look(run: etree._Element | None) -> _Look:
    properties = child(run, "rPr") if run is not None else None
    if properties is None:
        return ()
    found: list[tuple[str, ...]] = [
        (str(key), str(value))
        for key, value in properties.attrib.items()
        if key in _LOOK_ATTRIBUTES
    ]
    for element in properties:
        if (name := local_name(element)) in _LOOK:
            values = (str(value) for one in element.iter() for value in one.attrib.values())
            found.append((name, *values))
    return tuple(sorted(found))


def _is_faint(run: etree._Element | None) -> bool:
    properties = child(run, "rPr") if run is not None else None
    if properties is None or not (len(properties) or properties.attrib):
        return False
    if any(local_name(element) in _BACKGROUNDS for element in properties):
        return False
    return _is_below(properties.get("sz"), _TINY_IN_DRAWINGS) or any(map(_is_hidden, properties))


def _is_hidden(element: etree._Element) -> bool:
    name = local_name(element)
    if name in _TINY:
        return _is_below(attribute(element, "val"), _TINY[name])
    if name == "color":
        return any(is_pale(attribute(element, key) or "") for key in ("val", "rgb"))
    if name not in _LOOK:
        return False
    colors = [attribute(one, "val") or "" for one in element.iter("{*}srgbClr", "{*}schemeClr")]
    has_none = any(
        local_name(one) == "noFill" or (local_name(one) == "alpha" and attribute(one, "val") == "0")
        for one in element.iter()
    )
    return has_none or any(map(is_pale, colors))


def _is_below(number: str | None, limit: int) -> bool:
    digits = (number or "").rstrip("%")
    return digits.isdecimal() and int(digits[:9]) <= limit


def text_in_order(nodes: Sequence[TextNode], order: Sequence[int]) -> str:
    """The text of an order of `as_seen`."""
    return "".join(APART_TEXT if at == APART else nodes[at].text for at in order)


@lru_cache(256)
def is_pale(color: str) -> bool:
    """Whether a color, in hexadecimal digits or the name of one, is nearly white."""
    return _PALE.fullmatch(color) is not None
