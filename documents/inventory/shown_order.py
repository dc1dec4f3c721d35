"""The text of elements that styles show in another order than the source of a page has it.

Not every browser and window applies each rule, so that the text is listed in addition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode, SelectolaxError

from documents.inventory.entry import Entry, EntryKind, Unread, unread

# Characters from right to left, or in a mirror.
_BACKWARDS = re.compile(
    r"\bunicode-bidi\s*+:\s*+(?:bidi|isolate)-override"
    r"|\btransform\s*+:[^;]{0,200}?(?:scale(?:X|3d)?\(\s*+-|rotateY\(|rotate3d\(|matrix(?:3d)?\(\s*+-)"
    r"|\bscale\s*+:\s*+-|\brotate\s*+:\s*+y",
    re.IGNORECASE,
)
# The elements in an element.
_ITEMS = re.compile(
    r"\bflex-(?:direction|flow)\s*+:[^;]{0,50}?-reverse|\bdirection\s*+:\s*+rtl", re.IGNORECASE
)
# An element among those beside it.
_FLOAT = re.compile(r"\bfloat\s*+:\s*+(?:right|inline-end)", re.IGNORECASE)
_KINDS = (_BACKWARDS, _ITEMS, _FLOAT)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_PSEUDO = re.compile(r"::?[\w-]++(?:\([^()]*+\))?")
_MOST_RULES, _TIMES, _LEAST = 500, 8, 100_000


def reordered_texts(root: LexborNode) -> Iterator[Entry]:
    """Yield the texts in the order in which styles show them.

    What a style may reorder beyond the limits is unread.
    """
    allowed = len(root.text()) * _TIMES + _LEAST
    listed: set[str] = set()
    for node, kind in _reordered(root):
        text = _in_order(node, kind)
        allowed -= len(text)
        if allowed < 0:
            yield unread(f"style of {node.tag}", Unread.reordered)
            return
        if text and not text.isspace() and text not in listed:
            listed.add(text)
            yield Entry(f"{node.tag}, as a style orders it", text, EntryKind.hidden)


def _in_order(node: LexborNode, kind: re.Pattern[str]) -> str:
    if kind is _BACKWARDS:
        return node.text()[::-1]
    container = node.parent if kind is _FLOAT else node
    if container is None:
        return ""
    items = [child.text() for child in container.iter(include_text=True)]
    return "".join(reversed(items)) if len(items) > 1 else ""


def _reordered(root: LexborNode) -> Iterator[tuple[LexborNode, re.Pattern[str]]]:
    for node in root.css("bdo"):
        yield node, _BACKWARDS
    for node in root.css("[dir=rtl]"):
        yield node, _ITEMS
    for node in root.css("[style]"):
        for kind in _kinds(node.attributes.get("style") or ""):
            yield node, kind
    rules = [rule for sheet in root.css("style") for rule in _rules(sheet.text() or "")]
    for selector, kind in rules[:_MOST_RULES]:
        for node in _selected(root, selector):
            yield node, kind
    for _, kind in rules[_MOST_RULES:]:
        yield root, kind


def _kinds(declarations: str) -> Iterator[re.Pattern[str]]:
    return (kind for kind in _KINDS if kind.search(declarations))


def _rules(sheet: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    """The selectors of the rules that reorder texts, for any medium."""
    if not any(_kinds(sheet)):
        return
    for rule in _COMMENT.sub(" ", sheet).split("}"):
        before, _, declarations = rule.rpartition("{")
        for kind in _kinds(declarations):
            yield before.rpartition("{")[2].rpartition(";")[2].strip(), kind


def _selected(root: LexborNode, selector: str) -> list[LexborNode]:
    """The elements of a selector, whatever state it asks for; all if it is not understood."""
    try:
        if nodes := root.css(selector):
            return nodes
    except SelectolaxError:
        pass  # a part of an element
    try:
        return root.css(_PSEUDO.sub("", selector))
    except SelectolaxError:
        return root.css("*")
