"""The text of WordprocessingML (ECMA-376 part 1, 17), element by element.

This is the only code that decides which elements hold text and what kind of text it is. Reading,
layout, masking and the list of hidden content all use it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Sequence
from typing import NamedTuple

from lxml import etree

from documents.ooxml.xml import attribute, child, has, local_name

WRAPPERS = frozenset(("sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo", "txbxContent"))
# `sym` holds its one character as an attribute, the others hold theirs as XML text.
RUN_TEXT = frozenset(("t", "delText", "instrText", "delInstrText", "sym"))
_CODES = frozenset(("instrText", "delInstrText"))
_DELETED_TEXT = frozenset(("delText", "delInstrText"))
CHARACTERS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_ENDS = {"p": "\n", "tr": "\n", "tc": "\t"}
_NESTED = frozenset(("txbxContent", "rt", "Fallback"))
_NEVER_SHOWN = _CODES | _DELETED_TEXT
PROPERTIES = frozenset(
    ("pPr", "rPr", "sectPr", "tblPr", "tblGrid", "trPr", "tcPr", "sdtPr", "sdtEndPr")
)
_DELETED = frozenset(("del", "moveFrom"))
_INSERTED = frozenset(("ins", "moveTo"))
_PICTURE_FONT = re.compile(r"dings|Marlett|MT Extra", re.IGNORECASE)
_SHAPE_ATTRIBUTES = {
    "textpath": ("string",),
    "docPr": ("title", "descr"),
    "cNvPr": ("title", "descr"),
}


class Context(NamedTuple):
    """What the elements around a text say about it."""

    run: etree._Element | None = None
    is_deleted: bool = False
    is_inserted: bool = False
    is_hidden: bool = False
    is_property: bool = False
    in_deleted_row: bool = False


_NO_CONTEXT = Context()


class TextNode(NamedTuple):
    """One element that holds text, stands for a character, or divides the text.

    Attributes:
        element: The element. Its text may be replaced where `is_writable`.
        name: The element's local name.
        context: What the elements around it say about it.
        character: The text of an element that has no text of its own, such as `tab`. None for an
            element that holds text.
    """

    element: etree._Element
    name: str
    context: Context
    character: str | None = None

    @property
    def text(self) -> str:
        if self.character is not None:
            return self.character
        is_symbol = local_name(self.element) == "sym"
        return symbol(self.element) if is_symbol else self.element.text or ""

    @property
    def is_writable(self) -> bool:
        return self.character is None

    @property
    def is_text_box(self) -> bool:
        return self.name == "txbxContent"

    @property
    def is_nested(self) -> bool:
        """Whether it is a text box, ruby text or a fallback, which is not walked."""
        return self.name in _NESTED

    @property
    def is_end(self) -> bool:
        """Whether it is the end of a paragraph, a row or a cell."""
        return self.name in _ENDS

    @property
    def is_code(self) -> bool:
        """Whether it is a field's instruction, such as `PAGE`."""
        return self.name in _CODES

    @property
    def is_deleted(self) -> bool:
        return self.context.is_deleted or self.name in _DELETED_TEXT

    @property
    def is_shown(self) -> bool:
        """Whether a page shows it once every tracked change is accepted."""
        _, is_deleted, _, is_hidden, is_property, in_deleted_row = self.context
        is_out = is_deleted or is_hidden or is_property or in_deleted_row
        return not is_out and self.name not in _NEVER_SHOWN


View = Callable[[TextNode], bool]
VIEWS: Sequence[View] = (
    lambda node: not node.is_code,
    lambda node: not node.is_code and not node.is_deleted,
    lambda node: not node.is_code and not node.context.is_inserted,
    lambda node: not node.is_code and not node.is_deleted and not node.context.is_hidden,
    lambda node: node.is_code,
)
"""The texts that a part has: all of it, with all tracked changes accepted, with all rejected,
without hidden text, and its field codes."""


def text_nodes(
    parent: etree._Element, context: Context = _NO_CONTEXT, *, skip: Container[str] = ()
) -> Iterator[TextNode]:
    """Walk the text below `parent` in document order.

    Text boxes, ruby text and fallbacks are yielded and not walked, because their text does not
    continue the text around them: walk their elements with another call.

    Args:
        parent: The element whose descendants are walked.
        context: What is already known of `parent`.
        skip: Local names of elements to leave out, with all that is in them.
    """
    for element in parent:
        name = local_name(element)
        if name in skip:
            continue
        if name in RUN_TEXT:
            yield TextNode(element, name, context)
        elif name in CHARACTERS:
            # `tab` also defines a tab stop, as a property.
            if not context.is_property:
                yield TextNode(element, name, context, CHARACTERS[name])
        elif name in _NESTED:
            yield TextNode(element, name, context, "")
        elif name:
            yield from text_nodes(element, _inside(element, name, context), skip=skip)
            if name in _ENDS:
                yield TextNode(element, name, context, _ENDS[name])


def _inside(element: etree._Element, name: str, context: Context) -> Context:
    """The context of what is inside an element."""
    if name == "r":
        is_hidden = context.is_hidden or _has(element, "rPr", "vanish")
        return Context(element, context.is_deleted, context.is_inserted, is_hidden, *context[4:])
    if name in _DELETED:
        return context._replace(is_deleted=True)
    if name in _INSERTED:
        return context._replace(is_inserted=True)
    if name in PROPERTIES:
        return context._replace(is_property=True)
    if name == "tr" and _has(element, "trPr", "del"):
        return context._replace(in_deleted_row=True)
    return context


def _has(element: etree._Element, properties: str, name: str) -> bool:
    found = child(element, properties)
    return found is not None and has(found, name)


def shown_nodes(parent: etree._Element) -> list[TextNode]:
    """The text below `parent` that a page shows, and its outermost text boxes."""
    nodes = text_nodes(parent, skip=PROPERTIES)
    return [node for node in nodes if node.is_shown and not node.is_end]


def shown_text(parent: etree._Element) -> str:
    """The text of a paragraph that a page shows, without that of text boxes in it."""
    return "".join(node.text for node in shown_nodes(parent))


def hidden_text(parent: etree._Element, context: Context = _NO_CONTEXT) -> Iterator[str]:
    """The text below `parent` that no page shows: one string for each paragraph that has any.

    That is text that tracked changes deleted or moved away, hidden text, and field codes.
    """
    text: list[str] = []
    nested: list[TextNode] = []
    for node in text_nodes(parent, context):
        if node.is_nested:
            nested.append(node)
        elif node.name == "p":
            yield from _paragraph(text, nested)
            text, nested = [], []
        elif not (node.is_shown or node.is_end):
            text.append(node.text)
    yield from _paragraph(text, nested)


def _paragraph(text: list[str], nested: list[TextNode]) -> Iterator[str]:
    if joined := "".join(text).strip():
        yield joined
    for node in nested:
        yield from hidden_text(node.element, node.context)


def symbol(element: etree._Element) -> str:
    """The character of a `sym` element; empty for a private code, which has no known meaning.

    Word moves the 8-bit codes of symbol fonts to U+F000. There a digit is a digit, except in fonts
    of pictures.
    """
    try:
        code = int(attribute(element, "char") or "", 16)
    except ValueError:
        return ""
    if 0xF030 <= code <= 0xF039 and not _PICTURE_FONT.search(attribute(element, "font") or ""):
        code -= 0xF000
    return "" if 0xE000 <= code <= 0xF8FF or not 0x20 <= code <= 0x10FFFF else chr(code)


def shape_text(parent: etree._Element) -> Iterator[str]:
    """Text in attributes of shapes and pictures: watermarks, titles and descriptions."""
    for element in parent.iter():
        for attribute_name in _SHAPE_ATTRIBUTES.get(local_name(element), ()):
            yield element.get(attribute_name) or ""
