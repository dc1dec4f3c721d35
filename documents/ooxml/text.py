"""The text of WordprocessingML and of paragraphs of DrawingML (ECMA-376 part 1, 17 and 21.1.2),
element by element.

This is the only code that decides which elements hold text and what kind of text it is. Reading,
layout, masking and the list of hidden content all use it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from lxml import etree

from documents.ooxml.equations import equation_nodes, is_equation_part
from documents.ooxml.fields import FIELD, SIMPLE_FIELD, simple_field, with_results
from documents.ooxml.nodes import (
    DIGITS_EDGE,
    EDGE,
    ENDS,
    NESTED,
    NO_CONTEXT,
    RUBY_TEXT,
    SCRIPT,
    SYMBOLS,
    Context,
    TextNode,
)
from documents.ooxml.symbols import TICKED, UNTICKED, is_symbol_font, shown_glyphs
from documents.ooxml.xml import attribute, child, has, is_on, local_name, value

WRAPPERS = frozenset(("sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo", "txbxContent"))
# Symbols hold their one character as an attribute, the others hold theirs as XML text.
RUN_TEXT = frozenset(("t", "delText", "instrText", "delInstrText", *SYMBOLS))
CHARACTERS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
# What a page shows and is not text. A `chart` is a reference if nothing is in it.
PICTURES = frozenset(("blip", "imagedata", "chart", "OLEObject", "control", "contentPart"))
PROPERTIES = frozenset(
    ("pPr", "rPr", "sectPr", "tblPr", "tblGrid", "trPr", "tcPr", "sdtPr", "sdtEndPr")
)
ALTERNATIVES = "AlternateContent"
_FALLBACK = "Fallback"
_RUBY = "ruby"
_OVERRIDE, _RIGHT_TO_LEFT, _OVERRIDE_END = "bdo", "\u202e", "\u202c"
_DELETED = frozenset(("del", "moveFrom"))
_INSERTED = frozenset(("ins", "moveTo"))
_SHAPE_ATTRIBUTES = {
    "textpath": ("string",),
    "docPr": ("title", "descr"),
    "cNvPr": ("title", "descr"),
}
_UNDERSTOOD = re.compile(r"http://schemas\.(?:microsoft\.com|openxmlformats\.org)/|urn:schemas-mic")
_SCRIPT_SIGNS = {"superscript": "^", "subscript": "_"}
_SCRIPT_TEXT = re.compile(r"[-+−–]|[-+−–]?[0-9]{1,3}|[a-zA-Z]")
# Units of length: of other Chinese words, a raised number is the mark of a note.
_RAISED_AFTER = re.compile(r"[A-Za-z0-9)\]）米里]")
_NEAR = 4
# Of a tick box, unless it says otherwise (MS-DOCX, 2.6.1.6).
_BOX = ("2612", "2610")


def text_nodes(
    parent: etree._Element, context: Context = NO_CONTEXT, *, skip: Container[str] = ()
) -> Iterator[TextNode]:
    """Walk the text below `parent` in document order.

    Text boxes, ruby text, WordArt and fallbacks are yielded and not walked, because their text does
    not continue the text around them: walk their elements with another call.

    Args:
        parent: The element whose descendants are walked.
        context: What is already known of `parent`.
        skip: Local names of elements to leave out, with all that is in them.
    """
    paragraph: list[TextNode] = []
    is_plain = True
    for node in _Walk(skip).below(parent, context):
        paragraph.append(node)
        if node.name == "p":
            yield from paragraph if is_plain else _as_shown(paragraph)
            paragraph, is_plain = [], True
        elif node.name == FIELD or node.is_mark:
            is_plain = False
    yield from paragraph if is_plain else _as_shown(paragraph)


def _as_shown(nodes: Sequence[TextNode]) -> Iterator[TextNode]:
    """The text of a paragraph with what its fields show, and signs only where they are needed."""
    last = ""
    edge: TextNode | None = None
    for node in with_results(nodes):
        if node.name in {EDGE, DIGITS_EDGE}:
            edge = node
            continue
        if node.name == SCRIPT and not _takes_script(last, node.text):
            continue
        if node.is_shown and not node.is_end and (text := node.text):
            if edge is not None and _would_join(last, text[0], edge):
                yield edge._replace(character=" ")
            edge, last = None, text[-1]
        yield node


def _takes_script(last: str, sign: str) -> bool:
    return bool(_RAISED_AFTER.fullmatch(last)) if sign == "^" else last.isdecimal()


def _would_join(last: str, first: str, edge: TextNode) -> bool:
    """Whether two characters would read as one number or word."""
    if edge.name == DIGITS_EDGE:
        return last.isdecimal() and first.isdecimal()
    return last.isascii() and first.isascii() and last.isalnum() and first.isalnum()


class _Walk:
    def __init__(self, skip: Container[str]) -> None:
        self._skip = skip

    def below(self, parent: Iterable[etree._Element], context: Context) -> Iterator[TextNode]:
        for element in parent:
            name = local_name(element)
            if name in self._skip:
                continue
            if name in RUN_TEXT and not _holds_paragraphs(element):
                yield TextNode(element, name, context, None, _glyphs(element, name, context))
            elif name in CHARACTERS:
                # `tab` also defines a tab stop, as a property.
                if not context.is_property:
                    yield TextNode(element, name, context, CHARACTERS[name])
            elif name == RUBY_TEXT:
                yield TextNode(element, name, context, _reading(element))
            elif name in NESTED or name == FIELD or (name in PICTURES and not len(element)):
                yield TextNode(element, name, context, "")
            elif name == "r":
                yield from self._run(element, context)
            elif name:
                yield from self._inside(element, name, context)

    def _inside(self, element: etree._Element, name: str, context: Context) -> Iterator[TextNode]:
        if name == ALTERNATIVES:
            yield from self._alternatives(element, context)
        elif name == _RUBY:
            # The reading stands before its words in the file.
            parts = sorted(element, key=lambda part: local_name(part) == RUBY_TEXT)
            yield from self.below(parts, context._replace(ruby=element))
        elif name == _OVERRIDE and attribute(element, "val") == "rtl":
            yield TextNode(element, name, context, _RIGHT_TO_LEFT)
            yield from self.below(element, context)
            yield TextNode(element, name, context, _OVERRIDE_END)
        elif is_equation_part(element, name):
            yield from equation_nodes(element, context, self.below)
        elif name == SIMPLE_FIELD:
            nodes = list(self.below(element, context))
            yield from nodes
            if text := simple_field(element, nodes):
                yield TextNode(element, name, context._replace(run=None), text)
        else:
            inside = context_inside(element, name, context)
            yield from self.below(element, inside)
            if name in ENDS:
                outside = _mark_context(element, inside) if name == "p" else context
                yield TextNode(element, name, outside, ENDS[name])

    def _alternatives(self, element: etree._Element, context: Context) -> Iterator[TextNode]:
        chosen = alternative(element)
        for one in element:
            if one is chosen:
                yield from self.below(one, context)
            elif local_name(one):
                yield TextNode(one, _FALLBACK, context, "")

    def _run(self, run: etree._Element, context: Context) -> Iterator[TextNode]:
        inside = context._replace(run=run)
        properties = child(run, "rPr")
        sign = None
        if properties is not None and (len(properties) or properties.attrib):
            inside = _of_properties(_children(properties), inside)
            sign = _script(run, properties)
        elif context.in_hidden_style:
            inside = inside._replace(is_hidden=True)
        if sign is None:
            yield from self.below(run, inside)
            return
        outside = inside._replace(run=None)
        if not _continues(run.getprevious(), sign, -1):
            yield TextNode(run, SCRIPT, outside, sign)
        yield from self.below(run, inside)
        if not _continues(run.getnext(), sign, 1):
            yield TextNode(run, DIGITS_EDGE, outside, "")


def _holds_paragraphs(element: etree._Element) -> bool:
    """Whether a `t` is that of a point of a diagram (ECMA-376 part 1, 21.4.3.8)."""
    if not len(element) or (element.text and not element.text.isspace()):
        return False
    return child(element, "p") is not None


def alternative(element: etree._Element) -> etree._Element | None:
    """The one of several alternatives that is shown: the first that Office understands.

    The first of all where it understands none, rather than nothing.
    """
    for one in element:
        required = (one.get("Requires") or "").split()
        if local_name(one) == _FALLBACK or all(
            _UNDERSTOOD.match(one.nsmap.get(prefix) or "") for prefix in required
        ):
            return one
    return element[0] if len(element) else None


def context_inside(element: etree._Element, name: str, context: Context) -> Context:
    """The context of what is inside an element that is not a run."""
    match name:
        case "p":
            hiding = context.styles.paragraphs
            style = (value(element, "pPr", "pStyle") or "") if hiding else ""
            return context._replace(in_hidden_style=style in hiding)
        case "tr":
            return _in_row(element, context)
        case "tc" if is_covered(element):
            return context._replace(is_hidden=True)
        case "sdt":
            return context._replace(box=_tick_box(element))
        case _:
            return _inside_mark(name, context)


def _inside_mark(name: str, context: Context) -> Context:
    """The context inside a tracked change, or inside properties."""
    if name in PROPERTIES:
        return context._replace(is_property=True)
    if name in _DELETED:
        return context._replace(is_deleted=True)
    return context._replace(is_inserted=True) if name in _INSERTED else context


def _in_row(row: etree._Element, context: Context) -> Context:
    properties = child(row, "trPr")
    if has(properties, "hidden"):
        context = context._replace(is_hidden=True)
    return context._replace(in_deleted_row=True) if has(properties, "del") else context


def is_covered(cell: etree._Element) -> bool:
    """Whether a cell continues the merged cell above it, which covers its text."""
    properties = child(cell, "tcPr")
    merge = child(properties, "vMerge") if properties is not None else None
    return merge is not None and attribute(merge, "val") != "restart"


def _tick_box(control: etree._Element) -> tuple[str, str] | None:
    """The characters of a tick box, ticked and not; None for another content control."""
    properties = child(control, "sdtPr")
    box = child(properties, "checkbox") if properties is not None else None
    if box is None:
        return None
    codes = (value(box, "checkedState") or _BOX[0], value(box, "uncheckedState") or _BOX[1])
    try:
        ticked, unticked = (chr(int(code, 16)) for code in codes)
    except (ValueError, OverflowError):
        return None
    return ticked, unticked


def _mark_context(paragraph: etree._Element, context: Context) -> Context:
    """The context of a paragraph's mark: without it, the paragraph is one with the next."""
    properties = child(paragraph, "pPr")
    mark = _children(child(properties, "rPr") if properties is not None else None)
    if not mark:
        return context._replace(is_hidden=True) if context.in_hidden_style else context
    context = _of_properties(mark, context)
    return context._replace(
        is_deleted=context.is_deleted or not _DELETED.isdisjoint(mark),
        is_inserted=context.is_inserted or not _INSERTED.isdisjoint(mark),
    )


def joins_next(paragraph: etree._Element, context: Context) -> bool:
    """Whether a page shows no end of a paragraph, because a change deleted it or it is hidden."""
    mark = _mark_context(paragraph, context_inside(paragraph, "p", context))
    return mark.is_deleted or mark.is_hidden


def _of_properties(properties: Mapping[str, etree._Element], context: Context) -> Context:
    """The context of a run with these properties.

    A style's `vanish` is toggled by that of the other style (ECMA-376 part 1, 17.7.3).
    """
    if (vanish := properties.get("vanish")) is not None:
        hidden = is_on(vanish)
    else:
        hidden = context.in_hidden_style
        if (style := properties.get("rStyle")) is not None and context.styles.characters:
            hidden ^= attribute(style, "val") in context.styles.characters
    font = ""
    if (fonts := properties.get("rFonts")) is not None:
        font = next((str(one) for one in fonts.attrib.values() if is_symbol_font(str(one))), "")
    if hidden or font:
        return context._replace(is_hidden=context.is_hidden or hidden, font=font)
    return context


def _glyphs(element: etree._Element, name: str, context: Context) -> str | None:
    """The characters that the page shows; None where they are those of the file."""
    if context.box is not None:
        written = TextNode(element, name, context).text
        for char, box in zip(context.box, (TICKED, UNTICKED), strict=True):
            if written.strip() == char:
                return written.replace(char, box)
    if context.font and name == "t" and element.text:
        return shown_glyphs(element.text, context.font)
    return None


def _children(parent: etree._Element | None) -> Mapping[str, etree._Element]:
    """The children of an element by their local names."""
    return {local_name(one): one for one in parent} if parent is not None else {}


def _script(run: etree._Element, properties: etree._Element | None) -> str | None:
    """The sign of a raised or lowered number or letter; None for other runs.

    DrawingML gives the distance from the base line as an attribute.
    """
    if properties is None:
        return None
    sign = _SCRIPT_SIGNS.get(value(properties, "vertAlign") or "")
    if baseline := (properties.get("baseline") or "").strip("0%"):
        sign = "_" if baseline.startswith("-") else "^"
    if sign is None:
        return None
    text = "".join(str(one.text or "") for one in run if local_name(one) == "t")
    return sign if _SCRIPT_TEXT.fullmatch(text) else None


def _continues(element: etree._Element | None, sign: str, step: int) -> bool:
    """Whether the run beside a script, after at most a few marks of other kinds, is one too."""
    for _ in range(_NEAR):
        if element is None:
            return False
        if local_name(element) == "r":
            return _script(element, child(element, "rPr")) == sign
        element = element.getnext() if step > 0 else element.getprevious()
    return False


def shown_nodes(parent: etree._Element, context: Context = NO_CONTEXT) -> list[TextNode]:
    """The text below `parent` that a page shows, its outermost text boxes, and its pictures."""
    inside = context_inside(parent, local_name(parent), context)
    nodes = text_nodes(parent, inside, skip=PROPERTIES)
    return [node for node in nodes if node.is_shown and not node.is_end]


def shown_text(parent: etree._Element) -> str:
    """The text of a paragraph that a page shows, without that of text boxes in it."""
    return "".join(node.text for node in shown_nodes(parent))


def _reading(ruby_text: etree._Element) -> str:
    """The reading of the words before it, in brackets."""
    text = "".join(node.text for node in text_nodes(ruby_text) if node.is_shown).strip()
    return f"({text})" if text else ""


def hidden_text(parent: etree._Element, context: Context = NO_CONTEXT) -> Iterator[str]:
    """The text below `parent` that no page shows: one string for each paragraph that has any.

    That is text that tracked changes deleted or moved away, hidden text, text of cells that another
    cell covers, and field codes.
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


def _paragraph(text: list[str], nested: Iterable[TextNode]) -> Iterator[str]:
    if joined := "".join(text).strip():
        yield joined
    for node in nested:
        yield from hidden_text(node.element, node.context)


def shape_text(parent: etree._Element) -> Iterator[str]:
    """Text in attributes of shapes and pictures: WordArt, watermarks, titles, descriptions."""
    for element in parent.iter():
        for attribute_name in _SHAPE_ATTRIBUTES.get(local_name(element), ()):
            yield element.get(attribute_name) or ""
