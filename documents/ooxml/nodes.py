"""The pieces of WordprocessingML text that `documents.ooxml.text` yields."""

from __future__ import annotations

from typing import NamedTuple

from lxml import etree

from documents.ooxml.symbols import symbol_character
from documents.ooxml.xml import attribute, local_name

CODES = frozenset(("instrText", "delInstrText"))
_DELETED_TEXT = frozenset(("delText", "delInstrText"))
_NEVER_SHOWN = CODES | _DELETED_TEXT
ENDS = {"p": "\n", "tr": "\n", "tc": "\t"}
RUBY_TEXT = "rt"
NESTED = frozenset(("txbxContent", RUBY_TEXT, "Fallback", "textpath"))
# Names of nodes that stand for no element: signs of a linear form, such as `^`.
MARK, EDGE, DIGITS_EDGE, SCRIPT = "mark", "edge", "digits edge", "script"
_MARKS = frozenset((MARK, EDGE, DIGITS_EDGE, SCRIPT))
LIST_ENTRY = "listEntry"
# `symEx` is for characters beyond 16 bits (MS-DOCX, 2.6.10).
SYMBOLS = frozenset(("sym", "symEx"))
# A field that shows a number which the file does not store.
UNKNOWN_NUMBER = "unknown number"
# A field that shows a text which the file does not store, made from numbers.
UNKNOWN_TEXT = "unknown text"


class HiddenStyles(NamedTuple):
    """The ids of the styles whose text is hidden; empty for the default of paragraphs."""

    paragraphs: frozenset[str] = frozenset()
    characters: frozenset[str] = frozenset()


NO_HIDDEN_STYLES = HiddenStyles()


class Context(NamedTuple):
    """What the elements around a text, and the styles of the document, say about it.

    Attributes:
        in_code: It is in the instruction of a field, such as the result of a field in it.
        in_hidden_style: The style of its paragraph hides text.
        font: Its font, if that is a symbol font.
        box: The characters that a tick box shows, ticked and not, if it is in one.
        styles: The styles that hide text, for the elements inside.
        ruby: The `ruby` element that it is in: a word with a reading above it.
        in_reading: It is the reading.
    """

    run: etree._Element | None = None
    is_deleted: bool = False
    is_inserted: bool = False
    is_hidden: bool = False
    is_property: bool = False
    in_deleted_row: bool = False
    in_code: bool = False
    in_hidden_style: bool = False
    font: str = ""
    box: tuple[str, str] | None = None
    styles: HiddenStyles = NO_HIDDEN_STYLES
    ruby: etree._Element | None = None
    in_reading: bool = False


NO_CONTEXT = Context()


class TextNode(NamedTuple):
    """One element that holds text, stands for a character, or divides the text.

    Attributes:
        element: The element. Its text may be replaced where `is_writable`.
        name: The element's local name.
        context: What the elements around it say about it.
        character: The text of an element that has no text of its own, such as `tab`. None for an
            element that holds text.
        glyphs: The characters that the page shows instead of the stored ones, as many as these.
    """

    element: etree._Element
    name: str
    context: Context
    character: str | None = None
    glyphs: str | None = None

    @property
    def text(self) -> str:
        """What the page shows."""
        if self.character is not None:
            return self.character
        return self.stored_text if self.glyphs is None else self.glyphs

    @property
    def stored_text(self) -> str:
        """What the file has."""
        if self.name == LIST_ENTRY:
            return attribute(self.element, "val") or ""
        is_symbol = local_name(self.element) in SYMBOLS
        return symbol(self.element) if is_symbol else self.element.text or ""

    @property
    def is_writable(self) -> bool:
        return self.character is None

    @property
    def is_mark(self) -> bool:
        """Whether it is a sign that only the linear form has."""
        return self.name in _MARKS

    @property
    def is_text_box(self) -> bool:
        return self.name == "txbxContent"

    @property
    def is_nested(self) -> bool:
        """Whether it is a text box, ruby text, WordArt or a fallback, which is not walked."""
        return self.name in NESTED

    @property
    def is_end(self) -> bool:
        """Whether it is the end of a paragraph, a row or a cell."""
        return self.name in ENDS

    @property
    def is_code(self) -> bool:
        """Whether it is a field's instruction, such as `PAGE`."""
        return self.name in CODES or self.context.in_code

    @property
    def is_deleted(self) -> bool:
        return self.context.is_deleted or self.name in _DELETED_TEXT

    @property
    def is_shown(self) -> bool:
        """Whether a page shows it once every tracked change is accepted."""
        context = self.context
        if context.is_deleted or context.is_hidden or context.is_property or context.in_code:
            return False
        return not context.in_deleted_row and self.name not in _NEVER_SHOWN


def symbol(element: etree._Element) -> str:
    """The character of a `sym` element; empty for a code without a known meaning."""
    try:
        code = int(attribute(element, "char") or "", 16)
    except ValueError:
        return ""
    return symbol_character(code, attribute(element, "font") or "")
