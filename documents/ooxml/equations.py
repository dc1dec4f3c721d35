"""Equations of Office documents (OMML, ECMA-376 part 1, 22.1) in a linear form.

The value is kept: `1/2`, `10^8`, `(a+b)/2`, `√(x+1)`, `∑_(i=1)^n x`. Signs of the form are nodes of
their own, so that the texts of an equation can be replaced like others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from lxml import etree

from documents.ooxml.nodes import EDGE, MARK, Context, TextNode
from documents.ooxml.xml import attribute, child, has, local_name, value


class Walk(Protocol):
    """Walks the text inside an element."""

    def __call__(self, parent: etree._Element, context: Context, /) -> Iterator[TextNode]: ...


# It needs no parentheses: a number, a letter or Chinese words, with a sign. `1/2a` is unclear.
SIMPLE = re.compile(r"[-+−–]?(?:[\d.,]++%?|[^\W\d]′?|[\u4e00-\u9fff]*+)")
_FRACTION_KINDS = {"noBar": "¦"}


@dataclass(frozen=True, slots=True)
class _Part:
    """One object of an equation."""

    element: etree._Element
    context: Context
    walk: Walk

    def mark(self, text: str, name: str = MARK) -> TextNode:
        return TextNode(self.element, name, self.context._replace(run=None), text)

    def property(self, name: str) -> str | None:
        return value(child(self.element, f"{local_name(self.element)}Pr"), name)

    def is_on(self, name: str) -> bool:
        return has(child(self.element, f"{local_name(self.element)}Pr"), name)

    def all(self, name: str) -> list[list[TextNode]]:
        """The texts of each child of that name."""
        found = (element for element in self.element if local_name(element) == name)
        return [list(self.walk(element, self.context)) for element in found]

    def inside(self, name: str) -> list[TextNode]:
        return next(iter(self.all(name)), [])

    def operand(self, name: str) -> list[TextNode]:
        """The texts of a child, in parentheses where it is more than a number or a word."""
        nodes = self.inside(name)
        if SIMPLE.fullmatch("".join(node.text for node in nodes if node.is_shown)):
            return nodes
        return [self.mark("("), *nodes, self.mark(")")]

    def script(self, sign: str, name: str) -> list[TextNode]:
        """An operand after a sign; nothing for one that is empty."""
        nodes = self.operand(name)
        return [self.mark(sign), *nodes] if nodes else []

    def joined(self, texts: Sequence[Iterable[TextNode]], separator: str) -> Iterator[TextNode]:
        for number, nodes in enumerate(texts):
            if number:
                yield self.mark(separator)
            yield from nodes


def _fraction(part: _Part) -> Iterator[TextNode]:
    yield part.mark(" ", EDGE)
    yield from part.operand("num")
    yield part.mark(_FRACTION_KINDS.get(part.property("type") or "", "/"))
    yield from part.operand("den")
    yield part.mark(" ", EDGE)


def _scripts(part: _Part) -> Iterator[TextNode]:
    yield from part.operand("e")
    yield from part.script("_", "sub")
    yield from part.script("^", "sup")
    yield part.mark(" ", EDGE)


def _scripts_before(part: _Part) -> Iterator[TextNode]:
    yield from part.script("_", "sub")
    yield from part.script("^", "sup")
    yield part.mark(" ")
    yield from part.inside("e")


def _limit(part: _Part) -> Iterator[TextNode]:
    yield from part.inside("e")
    yield from part.script("_" if local_name(part.element) == "limLow" else "^", "lim")


def _radical(part: _Part) -> Iterator[TextNode]:
    degree = part.inside("deg")
    yield part.mark("√")
    if degree:
        yield from (part.mark("["), *degree, part.mark("]"))
    yield from part.operand("e")
    yield part.mark(" ", EDGE)


def _large_operator(part: _Part) -> Iterator[TextNode]:
    yield part.mark(part.property("chr") or "∫")
    yield from part.script("_", "sub")
    yield from part.script("^", "sup")
    yield part.mark(" ")
    yield from part.inside("e")


def _delimiters(part: _Part) -> Iterator[TextNode]:
    properties = child(part.element, "dPr")
    signs = {name: value(properties, name) for name in ("begChr", "sepChr", "endChr")}
    begin, separator, end = (
        default if signs[name] is None else signs[name] or ""
        for name, default in (("begChr", "("), ("sepChr", "|"), ("endChr", ")"))
    )
    yield part.mark(begin)
    yield from part.joined(part.all("e"), separator)
    yield part.mark(end)


def _function(part: _Part) -> Iterator[TextNode]:
    yield from part.inside("fName")
    yield part.mark(" ")
    yield from part.inside("e")


def _rows(part: _Part) -> Iterator[TextNode]:
    yield from part.joined(part.all("e"), "; ")


def _matrix(part: _Part) -> Iterator[TextNode]:
    rows = (element for element in part.element if local_name(element) == "mr")
    cells = [_Part(row, part.context, part.walk) for row in rows]
    yield part.mark("[")
    yield from part.joined([list(row.joined(row.all("e"), ", ")) for row in cells], "; ")
    yield part.mark("]")


def _accent(part: _Part) -> Iterator[TextNode]:
    nodes = part.operand("e")
    yield from nodes
    yield part.mark(part.property("chr") or "\u0302")


def _bar(part: _Part) -> Iterator[TextNode]:
    yield from part.operand("e")
    yield part.mark("\u0332" if part.property("pos") in {None, "bot"} else "\u0305")


def _phantom(part: _Part) -> Iterator[TextNode]:
    properties = child(part.element, "phantPr")
    show = child(properties, "show") if properties is not None else None
    if show is None or attribute(show, "val") not in {"0", "false", "off"}:
        yield from part.inside("e")


_SHAPES: Mapping[str, Callable[[_Part], Iterator[TextNode]]] = MappingProxyType(
    {
        "f": _fraction,
        "sSup": _scripts,
        "sSub": _scripts,
        "sSubSup": _scripts,
        "sPre": _scripts_before,
        "limLow": _limit,
        "limUpp": _limit,
        "rad": _radical,
        "nary": _large_operator,
        "d": _delimiters,
        "func": _function,
        "eqArr": _rows,
        "m": _matrix,
        "acc": _accent,
        "bar": _bar,
        "phant": _phantom,
    }
)


def is_equation_part(element: etree._Element, name: str) -> bool:
    """Whether an element, of that local name, is an object of an equation with a linear form."""
    return name in _SHAPES and "/math" in str(element.tag)


def equation_nodes(element: etree._Element, context: Context, walk: Walk) -> Iterator[TextNode]:
    """The linear form of an object of an equation. `walk` walks the text in its parts."""
    yield from _SHAPES[local_name(element)](_Part(element, context, walk))
