"""What Word shows for fields: the stored result, or what follows from the instruction.

Complex fields are ECMA-376 part 1, 17.16.18; the data of form fields is 17.16.17.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lxml import etree

from documents.ooxml.equation_fields import equation_field
from documents.ooxml.nodes import LIST_ENTRY, UNKNOWN_NUMBER, UNKNOWN_TEXT, TextNode
from documents.ooxml.symbols import TICKED, UNTICKED, symbol_character
from documents.ooxml.xml import attribute, child, has, local_name, value

FIELD = "fldChar"
SIMPLE_FIELD = "fldSimple"
_SYMBOL = re.compile(r"\s*(\d{1,6}|0x[0-9a-fA-F]{1,5}|\S)")
_FONT = re.compile(r'\\f\s*(?:"([^"]*)"|(\S+))')
_NAME = re.compile(r"\s*([A-Za-z]+)\s*(.*)", re.DOTALL)
_BUTTON = re.compile(r"\S+\s+(.*)", re.DOTALL)
_NUMBERS = re.compile(r"\s*(?:AUTONUM|LISTNUM)", re.IGNORECASE)
# The fields that compute what they show, and those that put characters beside and above each other.
_COMPUTED = re.compile(r"\s*(?:=|IF\b|COMPARE\b|EQ\b)", re.IGNORECASE)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|\\\*\s*\S+|(\d{1,6})(?=\s|$)|(\S+)')
_FEWEST_DIGITS = 8  # of a value that is worth hiding
_MOST_DEPTH = 100


@dataclass(slots=True)
class _Field:
    """A field that has begun. `code` is its instruction."""

    begin: TextNode
    code: list[str] = field(default_factory=list)
    in_result: bool = False
    has_result: bool = False


def with_results(nodes: Sequence[TextNode]) -> Iterable[TextNode]:
    """The text of a paragraph with what its fields show.

    A field without a stored result shows its choice, its tick box or its equation. What is in the
    instruction of a field is code. A field that does not end in its paragraph is one only if its
    result begins there.
    """
    unended = _unended(nodes)
    fields: list[_Field] = []
    in_code = 0
    for at, node in enumerate(nodes):
        if node.name != FIELD:
            if in_code:
                _add_code(fields, node)
                context = node.context._replace(in_code=True)
                yield node._replace(context=context)
                continue
            _note_result(fields, node)
            yield node
            continue
        kind = attribute(node.element, "fldCharType")
        if kind == "begin" and at not in unended and len(fields) < _MOST_DEPTH:
            fields.append(_Field(node))
            in_code += 1
        elif kind == "separate" and fields and not fields[-1].in_result:
            fields[-1].in_result = True
            in_code -= 1
        elif kind == "end" and fields:
            ended = fields.pop()
            in_code -= not ended.in_result
            if not (in_code or ended.has_result) and (shown := _shown(ended)) is not None:
                _note_result(fields, shown)
                yield shown


def _unended(nodes: Sequence[TextNode]) -> set[int]:
    """The positions of fields that begin and have neither a result nor an end."""
    open_: list[int] = []
    resulting: set[int] = set()
    for at, node in enumerate(nodes):
        kind = attribute(node.element, "fldCharType") if node.name == FIELD else None
        if kind == "begin":
            open_.append(at)
        elif kind == "separate" and open_:
            resulting.add(open_[-1])
        elif kind == "end" and open_:
            open_.pop()
    return {at for at in open_ if at not in resulting}


def _add_code(fields: Sequence[_Field], node: TextNode) -> None:
    """Add a text to the innermost instruction: also the result of a field in it."""
    inside = next((one for one in reversed(fields) if not one.in_result), None)
    if inside is not None and not node.is_deleted:
        inside.code.append(node.text)


def _note_result(fields: Sequence[_Field], node: TextNode) -> None:
    if fields and node.is_shown and node.text.strip():
        for one in reversed(fields):
            if one.has_result:
                break
            one.has_result = True


def _shown(ended: _Field) -> TextNode | None:
    """What a field without a result shows; None for nothing."""
    begin = ended.begin._replace(context=ended.begin.context._replace(run=None))
    data = child(begin.element, "ffData")
    if data is not None:
        return _tick_box(data, begin) or _choice(data, begin)
    code = "".join(ended.code)
    if _NUMBERS.match(code):
        return begin._replace(name=UNKNOWN_NUMBER, character="")
    text = field_text(code)
    if _is_computed(code):
        return begin._replace(name=UNKNOWN_TEXT, character=text)
    return begin._replace(character=text) if text else None


def _is_computed(code: str) -> bool:
    """Whether a reader may see a number that an instruction has in parts only."""
    return bool(_COMPUTED.match(code)) and sum(map(str.isdecimal, code)) >= _FEWEST_DIGITS


def _tick_box(data: etree._Element, begin: TextNode) -> TextNode | None:
    box = child(data, "checkBox")
    if box is None:
        return None
    state = "checked" if child(box, "checked") is not None else "default"
    return begin._replace(name="checkBox", character=TICKED if has(box, state) else UNTICKED)


def _choice(data: etree._Element, begin: TextNode) -> TextNode | None:
    """The chosen entry of a list. It is stored in an attribute, which masking replaces."""
    choices = child(data, "ddList")
    if choices is None:
        return None
    entries = [entry for entry in choices if local_name(entry) == LIST_ENTRY]
    chosen = value(choices, "result") or value(choices, "default") or "0"
    if not chosen.isdecimal() or int(chosen[:6]) >= len(entries):
        return None
    return TextNode(entries[int(chosen)], LIST_ENTRY, begin.context)


def simple_field(element: etree._Element, inside: Sequence[TextNode]) -> str:
    """What a field in one element (17.16.19) shows besides the text in it."""
    if any(node.is_shown and node.text.strip() for node in inside):
        return ""
    return field_text(attribute(element, "instr") or "")


def field_text(code: str) -> str:
    """What Word shows for an instruction itself; empty for fields that have a stored result."""
    named = _NAME.fullmatch(code)
    if named is None:
        return ""
    rest = named[2]
    match named[1].upper():
        case "EQ":
            return equation_field(rest)
        case "SYMBOL":
            return _symbol(rest)
        case "QUOTE":
            return _quoted(rest)
        case "MACROBUTTON" | "GOTOBUTTON":
            button = _BUTTON.fullmatch(rest)
            return button[1].strip() if button else ""
    return ""


def _quoted(text: str) -> str:
    """The texts of a QUOTE field (17.16.5.48). A number is the code of a character."""
    words: list[str] = []
    for string, code, word in _QUOTED.findall(text):
        is_character = code and 32 <= int(code) < 0x10000
        words.append(chr(int(code)) if is_character else string or code or word)
    return "".join(words)


def _symbol(text: str) -> str:
    found = _SYMBOL.match(text)
    if found is None:
        return ""
    font = _FONT.search(text, found.end())
    written = found[1]
    if written.isdecimal():
        code = int(written)
    else:
        code = int(written, 16) if written.startswith("0x") else ord(written[0])
    return symbol_character(code, (font[1] or font[2] or "") if font else "")
