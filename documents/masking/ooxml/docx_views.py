"""Finds and replaces text in a part of a Word document, or of a drawing in an Office file.

A number can be contiguous in one view of the part and split in the others, so every view is
searched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile

from lxml import etree

from documents.masking.joined_text import Separator, mask_joined
from documents.masking.replacement import Find, Replacement
from documents.ooxml.fields import FIELD, SIMPLE_FIELD
from documents.ooxml.nodes import (
    LIST_ENTRY,
    NO_HIDDEN_STYLES,
    SYMBOLS,
    UNKNOWN_TEXT,
    Context,
    HiddenStyles,
    TextNode,
)
from documents.ooxml.seen import APART, APART_TEXT, VIEWS, as_seen, nodes_in_order
from documents.ooxml.symbols import shown_glyphs
from documents.ooxml.xml import attribute, child, local_name

# Fields without a result, for which `documents.ooxml.fields` tells what they show.
_SHOWN_FIELDS = frozenset((FIELD, SIMPLE_FIELD, UNKNOWN_TEXT))
_DEPTH = {"begin": 1, "end": -1}
_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


@dataclass(slots=True)
class _NodePiece:
    node: TextNode

    @property
    def text(self) -> str:
        return self.node.text

    @property
    def is_writable(self) -> bool:
        return self.node.is_writable or (self._is_field and bool(self.text))

    @property
    def _is_field(self) -> bool:
        return self.node.name in _SHOWN_FIELDS

    def cut(self, start: int, end: int, replacement: str) -> None:
        if self.node.glyphs is not None:
            _leave_symbol_font(self.node.context)
            self.node = self.node._replace(glyphs=None)
        if self._is_field:
            written = _written_field(self.node.element, self.text)
            self.node = self.node._replace(element=written, name="t", character=None)
        element, text = self.node.element, self.node.stored_text
        if self.node.name == LIST_ENTRY:
            _set_value(element, text[:start] + replacement + text[end:])
            return
        if local_name(element) in SYMBOLS:
            run = self.node.context.run
            element.tag = f"{{{etree.QName(element if run is None else run).namespace}}}t"
            element.attrib.clear()
        element.text = text[:start] + replacement + text[end:]
        if "/wordprocessingml/" in str(element.tag):
            element.set(_XML_SPACE, "preserve")


def _written_field(begin: etree._Element, shown: str) -> etree._Element:
    """Write what a field shows as text before it, and remove its instruction. Returns the text."""
    name = str(begin.tag).rpartition("}")[0]
    text = etree.Element(f"{name}}}t")
    text.text = shown
    if local_name(begin) == SIMPLE_FIELD:
        run = etree.SubElement(begin, f"{name}}}r")
        run.append(text)
        begin.set(f"{name}}}instr", "")
        return text
    begin.addprevious(text)
    paragraph = next(begin.iterancestors("{*}p"), begin)
    depth = 0
    following = (one for one in paragraph.iter("{*}fldChar", "{*}instrText"))
    for element in dropwhile(lambda one: one is not begin, following):
        depth += _DEPTH.get(attribute(element, "fldCharType") or "", 0)
        if local_name(element) == "instrText":
            element.text = ""
        if not depth:
            break
    return text


def _leave_symbol_font(context: Context) -> None:
    """Write the characters that a run shows in a symbol font, which would show others for masks."""
    run = context.run
    properties = child(run, "rPr") if run is not None else None
    fonts = child(properties, "rFonts") if properties is not None else None
    if run is None or properties is None or fonts is None or not context.font:
        return
    properties.remove(fonts)
    for text in run.iter("{*}t"):
        text.text = shown_glyphs(text.text or "", context.font)


def _set_value(element: etree._Element, text: str) -> None:
    for key in element.attrib:
        if str(key).rpartition("}")[2] == "val":
            element.set(key, text)


def mask_views(
    root: etree._Element, find: Find, styles: HiddenStyles = NO_HIDDEN_STYLES
) -> list[Replacement]:
    """Mask every view of a part in turn. Returns the replacements.

    `styles` are those that hide text.
    """
    nodes = list(nodes_in_order(root, Context(styles=styles)))
    pieces = [_NodePiece(node) for node in nodes]
    apart = Separator(APART_TEXT)
    changes: list[Replacement] = []
    clean: set[tuple[int, ...]] = set()
    for order in _orders(nodes):
        if not changes and order in clean:
            continue
        view = [apart if at == APART else pieces[at] for at in order]
        changes += mask_joined(view, find)
        clean.add(order)
    return changes


def _orders(nodes: Sequence[TextNode]) -> Iterator[tuple[int, ...]]:
    """The views of a part as indexes of its nodes."""
    for is_in_view in VIEWS:
        yield tuple(at for at, node in enumerate(nodes) if is_in_view(node))
    yield from map(tuple, as_seen(nodes))
