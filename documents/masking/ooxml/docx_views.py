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
from documents.ooxml.nodes import (
    LIST_ENTRY,
    NO_HIDDEN_STYLES,
    SYMBOLS,
    Context,
    HiddenStyles,
    TextNode,
)
from documents.ooxml.symbols import shown_glyphs
from documents.ooxml.text import VIEWS, text_nodes
from documents.ooxml.xml import child, local_name

_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


@dataclass(slots=True)
class _NodePiece:
    node: TextNode

    @property
    def text(self) -> str:
        return self.node.text

    @property
    def is_writable(self) -> bool:
        return self.node.is_writable

    def cut(self, start: int, end: int, replacement: str) -> None:
        if self.node.glyphs is not None:
            _leave_symbol_font(self.node.context)
            self.node = self.node._replace(glyphs=None)
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
    pieces = [_NodePiece(node) for node in _nodes(root, Context(styles=styles))]
    changes: list[Replacement] = []
    clean: set[tuple[int, ...]] = set()
    for view in VIEWS:
        chosen = [at for at, piece in enumerate(pieces) if view(piece.node)]
        if not changes and tuple(chosen) in clean:
            continue
        found = mask_joined([pieces[at] for at in chosen], find)
        changes += found
        clean.add(tuple(chosen))
    return changes


def _nodes(root: etree._Element, context: Context) -> Iterator[TextNode]:
    """All text of a part; that of text boxes, ruby text and fallbacks follows, each by itself."""
    pending = [root]
    while pending:
        element = pending.pop(0)
        for node in text_nodes(element, context):
            if node.is_nested:
                pending.append(node.element)
            else:
                yield node
        yield TextNode(element, "", Context(), "\n\n\n\n")
