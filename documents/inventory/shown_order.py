"""The text of elements that styles show in another order than the source of a page has it.

Not every browser and window applies each rule, so that the text is listed in addition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from selectolax.lexbor import LexborNode, SelectolaxError

from documents.inventory.entry import Entry, EntryKind, Unread, unread
from documents.inventory.neighbours import may_form_value

# Characters from right to left, or in a mirror.
BACKWARDS = re.compile(
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
# An element in a place of its own.
PLACED = re.compile(
    r"\bposition\s*+:\s*+(?:absolute|fixed|relative)|(?<![\w-])order\s*+:\s*+-?\d"
    r"|\bgrid-(?:area|column|row)\b|\btranslate|\bmargin[\w-]{0,20}\s*+:[^;]{0,50}-\d",
    re.IGNORECASE,
)
# The characters of a text of a drawing, each in a place of its own.
_ACROSS = re.compile("")
_PLACE = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?")
# Attributes that are declarations of a style (SVG 2, 6.6), and the style itself.
_STYLING = ("style", "direction", "unicode-bidi", "transform")
_KINDS = (BACKWARDS, _ITEMS, _FLOAT, PLACED)
# Numbers of counters, and the rules that show them.
_COUNTED = re.compile(r"\bcounter-(?:reset|set|increment)\s*+:([^;}]{1,2000})", re.IGNORECASE)
_COUNTER = re.compile(r"\bcounters?\(", re.IGNORECASE)
_DIGITS = re.compile(r"[\"'](\d{1,17}[Xx]?)[\"']")
_NUMBER = re.compile(r"(?<![\w-])\d+")
# Digits in one number, and in all numbers, that no chapter or note has.
_LONG_COUNTER, _LONG_COUNTERS = 3, 8
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_PSEUDO = re.compile(r"::?[\w-]++(?:\([^()]*+\))?")
# Of a part of a number.
_LONGEST, _MOST_NODES = 40, 50
_MOST_RULES, _TIMES, _LEAST = 500, 8, 100_000


def reordered_texts(root: LexborNode, sheets: str = "") -> Iterator[Entry]:
    """Yield the texts in the order in which styles show them.

    What a style may reorder beyond the limits is unread, and so are digits of which each group has
    a place, a counter or a rule of its own and that together may be a value. `sheets`: further
    style sheets.
    """
    if _makes_numbers(root, sheets):
        yield unread("style", Unread.counted)
    allowed = len(root.text()) * _TIMES + _LEAST
    listed: set[str] = set()
    placed: set[int] = set()
    for node, kind in reordered(root, sheets):
        if kind is PLACED:
            parent = node.parent
            if parent is not None and parent.mem_id not in placed:
                placed.add(parent.mem_id)
                if may_form_value([*map(_short_text, parent.iter())]):
                    yield unread(f"style of {node.tag}", Unread.reordered)
            continue
        text = _in_order(node, kind)
        allowed -= len(text)
        if allowed < 0:
            yield unread(f"style of {node.tag}", Unread.reordered)
            return
        if text and not text.isspace() and text not in listed:
            listed.add(text)
            yield Entry(f"{node.tag}, as a style orders it", text, EntryKind.hidden)


def _makes_numbers(root: LexborNode, more: str) -> bool:
    """Whether styles have texts of digits that may be a value together, or show a counter with a
    number that is longer than one of chapters.
    """
    sheets = "\n".join((*(sheet.text() or "" for sheet in root.css("style")), more))
    if may_form_value(_DIGITS.findall(sheets)):
        return True
    if not _COUNTER.search(sheets):
        return False
    styles = [node.attributes.get("style") or "" for node in root.css("[style]")]
    numbers = [
        number
        for counted in _COUNTED.finditer("\n".join((sheets, *styles)))
        for number in _NUMBER.findall(counted[1])
        if int(number) > 1
    ]
    return len("".join(numbers)) >= _LONG_COUNTERS or any(
        len(number) >= _LONG_COUNTER for number in numbers
    )


def _short_text(node: LexborNode) -> str:
    """The text of an element; empty if it has too much to be a part of a number."""
    nodes, text = [node], ""
    for _ in range(_MOST_NODES):
        if not nodes:
            return text
        one = nodes.pop()
        text += (one.text_content or "") if one.tag == "-text" else ""
        if len(text) > _LONGEST:
            break
        nodes += reversed(list(one.iter(include_text=True)))
    return ""


def _in_order(node: LexborNode, kind: re.Pattern[str]) -> str:
    if kind is BACKWARDS:
        return node.text()[::-1]
    if kind is _ACROSS:
        return _across(node)
    return "".join(child.text() for child in items_in_order(node, kind))


def items_in_order(node: LexborNode, kind: re.Pattern[str]) -> Sequence[LexborNode]:
    """The children of an element whose order a style reverses, as shown; none of a single child."""
    container = node.parent if kind is _FLOAT else node
    items = [*container.iter(include_text=True)] if container is not None else []
    return items[::-1] if len(items) > 1 else ()


def _across(node: LexborNode) -> str:
    """The characters of a text of a drawing from left to right (SVG 2, 11.4.3)."""
    places = [float(place) for place in _PLACE.findall(node.attributes.get("x") or "")]
    pairs = zip(places, "".join(node.text().split()), strict=False)
    return "".join(char for _, char in sorted(pairs, key=lambda pair: pair[0]))


def reordered(root: LexborNode, sheets: str = "") -> Iterator[tuple[LexborNode, re.Pattern[str]]]:
    """The elements whose text is shown in another order, and how."""
    for node in root.css("bdo"):
        yield node, BACKWARDS
    for node in root.css("[dir=rtl]"):
        yield node, _ITEMS
    for node in root.css("text[x], text[dx], tspan[x], tspan[dx]"):  # of a drawing
        yield node, PLACED
    for node in root.css("text[x], tspan[x]"):
        if len(_PLACE.findall(node.attributes.get("x") or "")) > 1:
            yield node, _ACROSS
    yield from _declared(root)
    every = (*(sheet.text() or "" for sheet in root.css("style")), sheets)
    rules = [rule for sheet in every for rule in _rules(sheet)]
    for selector, kind in rules[:_MOST_RULES]:
        for node in _selected(root, selector):
            yield node, kind
    for _, kind in rules[_MOST_RULES:]:
        yield root, kind


def _declared(root: LexborNode) -> Iterator[tuple[LexborNode, re.Pattern[str]]]:
    """Elements with a style of their own."""
    for node in root.css(",".join(f"[{name}]" for name in _STYLING)):
        given = node.attributes
        style = ";".join(f"{name}:{given[name]}" for name in _STYLING[1:] if given.get(name))
        for kind in _kinds(f"{given.get('style') or ''};{style}"):
            yield node, kind


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
