"""The texts that a part of a Word document holds, and how they are changed in place.

A part says several things at once: what stands when all tracked changes are accepted, what stood
before them, what a reader sees where some text is hidden, and its field codes. A number may be
whole in one of these and broken in the others, so each is searched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from documents.masking.replacement import Find, Replacement
from documents.ooxml.text import symbol
from documents.ooxml.xml import child, has, local_name

_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_TEXT = frozenset(("t", "delText"))
_CODE = frozenset(("instrText", "delInstrText"))
RUN_TEXT = _TEXT | _CODE
_CHARACTERS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_BREAKS_AFTER = frozenset(("p", "tc", "tr"))
# Text that stands elsewhere than its place in the file.
_APART = frozenset(("txbxContent", "rt", "Fallback"))


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text. `node` is None for what the file says with an element, as a tab."""

    node: etree._Element | None
    fixed: str = ""
    code: bool = False
    deleted: bool = False
    inserted: bool = False
    hidden: bool = False

    @property
    def text(self) -> str:
        if self.node is None:
            return self.fixed
        return symbol(self.node) if local_name(self.node) == "sym" else (self.node.text or "")


View = Callable[[Piece], bool]
VIEWS: Sequence[View] = (
    lambda piece: not piece.code,
    lambda piece: not piece.code and not piece.deleted,
    lambda piece: not piece.code and not piece.inserted,
    lambda piece: not piece.code and not piece.deleted and not piece.hidden,
    lambda piece: piece.code,
)


def mask_views(root: etree._Element, find: Find) -> list[Replacement]:
    """Mask every view of a part, one after the other; what was changed."""
    pieces = list(_pieces(root))
    changes: list[Replacement] = []
    for view in VIEWS:
        shown = [piece for piece in pieces if view(piece)]
        found = find("".join(piece.text for piece in shown))
        _apply(shown, found)
        changes += found
    return changes


def _pieces(root: etree._Element) -> Iterator[Piece]:
    apart = [root]
    while apart:
        yield from _walk(apart.pop(0), apart, Piece(None))
        yield Piece(None, "\n\n\n\n")


def _walk(parent: etree._Element, apart: list[etree._Element], state: Piece) -> Iterator[Piece]:
    for element in parent:
        name = local_name(element)
        if name in _TEXT or name in _CODE or name == "sym":
            yield _piece(element, state, code=name in _CODE, deleted=name.startswith("del"))
        elif name in _CHARACTERS:
            yield _piece(None, state, fixed=_CHARACTERS[name])
        elif name in _APART:
            apart.append(element)
        elif name:
            yield from _walk(element, apart, _within(element, name, state))
            if name in _BREAKS_AFTER:
                yield Piece(None, "\t" if name == "tc" else "\n")


def _within(element: etree._Element, name: str, state: Piece) -> Piece:
    """What is so of all text inside an element."""
    hidden = state.hidden
    if name == "r":
        properties = child(element, "rPr")
        hidden = hidden or (properties is not None and has(properties, "vanish"))
    return Piece(
        None,
        deleted=state.deleted or name in {"del", "moveFrom"},
        inserted=state.inserted or name in {"ins", "moveTo"},
        hidden=hidden,
    )


def _piece(
    node: etree._Element | None,
    state: Piece,
    *,
    fixed: str = "",
    code: bool = False,
    deleted: bool = False,
) -> Piece:
    return Piece(node, fixed, code, state.deleted or deleted, state.inserted, state.hidden)


def _apply(shown: Sequence[Piece], changes: Sequence[Replacement]) -> None:
    """Write each replacement where its first character stood, and take the others out.

    One over several cells is as long as what it replaces, and stays in those cells.
    """
    starts, at = [], 0
    for piece in shown:
        starts.append(at)
        at += len(piece.text)
    index = len(shown) - 1
    for change in reversed(changes):
        start, end = change.start, change.end
        while starts[index] >= end:
            index -= 1
        first = index
        while starts[first] > start:
            first -= 1
        touched = range(first, index + 1)
        bearer = next(at for at in touched if shown[at].node is not None)
        for each in touched:
            begin, stop = max(0, start - starts[each]), end - starts[each]
            if "\t" in change.replacement:
                at = starts[each] + begin - start
                words = change.replacement[at : at + len(shown[each].text) - begin]
            else:
                words = change.replacement if each == bearer else ""
            _cut(shown[each], begin, stop, words)
        index = first


def _cut(piece: Piece, start: int, end: int, replacement: str) -> None:
    if piece.node is None:
        return
    text = piece.text
    if local_name(piece.node) == "sym":
        piece.node.tag = str(piece.node.tag).replace("}sym", "}t")
        piece.node.attrib.clear()
    piece.node.text = text[:start] + replacement + text[end:]
    piece.node.set(_XML_SPACE, "preserve")
