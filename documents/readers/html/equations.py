"""Equations in MathML, in a line that keeps their value: `(a+b)/2`, `x^2`, `√(x)`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from selectolax.lexbor import LexborNode

from documents.readers.html.raised import index, power

_MOST_DEPTH = 60
_TOKEN = re.compile(r"[\w.,%′]+")
_INVISIBLE = re.compile(r"[\u2061-\u2064\s]+")
_WITH_PARTS = frozenset(
    (
        "semantics", "mtable", "mtr", "mlabeledtr", "mfenced", "mfrac", "mroot", "msup", "mover",
        "msub", "munder", "msubsup", "munderover"
    )
)  # fmt: skip
_NOT_SHOWN = frozenset(("annotation", "annotation-xml", "mphantom", "maligngroup", "malignmark"))


class TooDeep(Exception):
    """The equation is nested more deeply than equations are."""


def linear_equation(math: LexborNode) -> str:
    """An equation as a line of text. Raises `TooDeep`."""
    return _row(math, 0)


def _row(node: LexborNode, depth: int) -> str:
    return "".join(_linear(child, depth + 1) for child in node.iter(include_text=True))


def _linear(node: LexborNode, depth: int) -> str:
    if depth > _MOST_DEPTH:
        raise TooDeep
    tag = node.tag or ""
    if tag == "-text":
        return _INVISIBLE.sub("", node.text_content or "")
    if tag.startswith("-") or tag in _NOT_SHOWN:
        return ""
    if tag == "mtext":
        return " ".join((node.text() or "").split())
    if tag == "msqrt":
        return f"√({_row(node, depth)})"
    if tag not in _WITH_PARTS:
        return _row(node, depth)
    return _joined(tag, [_linear(child, depth + 1) for child in node.iter()], node.attributes)


def _joined(tag: str, parts: list[str], attributes: Mapping[str, str | None]) -> str:
    """An element of one of the kinds whose children have each their own meaning."""
    text = "".join(parts)
    match tag, parts:
        case "semantics", [shown, *_]:
            text = shown
        case "mtable", _:
            text = f"[{'; '.join(parts)}]"
        case "mtr" | "mlabeledtr", _:
            text = ", ".join(parts)
        case "mfenced", _:
            separator = (attributes.get("separators") or ",")[:1]
            inside = separator.join(parts)
            text = f"{attributes.get('open') or '('}{inside}{attributes.get('close') or ')'}"
        case "mfrac", [top, bottom]:
            text = f"{_grouped(top)}/{_grouped(bottom)}"
        case "mroot", [inside, degree]:
            text = power(f"({inside})", f"1/{_grouped(degree)}")
        case "msup" | "mover", [base, upper]:
            text = power(_grouped(base), upper)
        case "msub" | "munder", [base, lower]:
            text = index(_grouped(base), lower)
        case "msubsup" | "munderover", [base, lower, upper]:
            text = power(index(_grouped(base), lower), upper)
    return text


def _grouped(text: str) -> str:
    return text if _TOKEN.fullmatch(text) or len(text) <= 1 else f"({text})"
