"""Selectors of style sheets, and the elements that they match."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from selectolax.lexbor import LexborNode

_IDENT = r"(?:[-\w\x80-\U0010ffff]|\\.)++"
_PART = re.compile(
    rf"(?P<tag>\*|{_IDENT})|\#(?P<id>{_IDENT})|\.(?P<class>{_IDENT})"
    rf"|\[\s*(?P<attribute>{_IDENT})\s*(?:(?P<operator>[~|^$*]?=)\s*"
    rf"(?P<value>\"[^\"]*\"|'[^']*'|{_IDENT})\s*)?\]"
    rf"|(?P<pseudo>::?[\w-]+(?:\([^()]*\))?)|\s*(?P<combinator>[>+~])\s*|(?P<space>\s+)"
)
_DELIMITER = re.compile(r"[,()\[\]]")
_ESCAPE = re.compile(r"\\(.)")
_GENERATING = frozenset(("::before", "::after", ":before", ":after"))
_MOST_COMPOUNDS = 8
# Steps of matching over a whole page: elements around one, and some rules of an element.
_MOST_STEPS = 500_000
_RULES_A_STEP = 8

_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "": lambda _, __: True,
    "=": str.__eq__,
    "~=": lambda value, wanted: wanted in value.split(),
    "|=": lambda value, wanted: value == wanted or value.startswith(f"{wanted}-"),
    "^=": str.startswith,
    "$=": str.endswith,
    "*=": str.__contains__,
}

R = TypeVar("R")


@dataclass(slots=True)
class Compound:
    """Conditions on one element, and the combinator between it and the compound before it."""

    combinator: str = ""
    tag: str = ""
    id: str = ""
    classes: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)

    def matches(
        self, tag: str, attributes: Mapping[str, str | None], classes: Collection[str]
    ) -> bool:
        if (self.tag and self.tag != tag) or (self.id and attributes.get("id") != self.id):
            return False
        return all(name in classes for name in self.classes) and all(
            _holds(condition, attributes) for condition in self.attributes
        )


@dataclass(frozen=True, slots=True)
class Selector:
    """A selector from right to left. `adds_content` if it is of `::before` or `::after`."""

    compounds: tuple[Compound, ...]
    adds_content: bool

    @property
    def specificity(self) -> tuple[int, int, int]:
        return (
            sum(bool(one.id) for one in self.compounds),
            sum(len(one.classes) + len(one.attributes) for one in self.compounds),
            sum(bool(one.tag) for one in self.compounds),
        )


def selectors(prelude: str) -> Iterator[Selector]:
    """The selectors of a rule, without those that are not understood."""
    for text in _divided(prelude):
        if (selector := _selector(text.strip())) is not None:
            yield selector


def _divided(prelude: str) -> Iterator[str]:
    """The parts of a list, divided by commas that are not in brackets."""
    start, depth = 0, 0
    for sign in _DELIMITER.finditer(prelude):
        if sign.group() == ",":
            if depth == 0:
                yield prelude[start : sign.start()]
                start = sign.end()
        else:
            depth += 1 if sign.group() in "([" else -1
    yield prelude[start:]


def _selector(text: str) -> Selector | None:
    compounds, adds_content, at = [Compound()], False, 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None or adds_content:
            return None
        at = part.end()
        if part["combinator"] or part["space"]:
            sign = part["combinator"] or " "
            if sign == "~" or len(compounds) >= _MOST_COMPOUNDS:
                return None
            compounds.append(Compound(combinator=sign))
        elif part["pseudo"]:
            adds_content = part["pseudo"].lower() in _GENERATING
            if not adds_content:
                return None
        else:
            _add(compounds[-1], part)
    return Selector(tuple(reversed(compounds)), adds_content) if text else None


def _add(compound: Compound, part: re.Match[str]) -> None:
    if part["tag"]:
        compound.tag = "" if part["tag"] == "*" else part["tag"].lower()
    elif part["id"]:
        compound.id = _ESCAPE.sub(r"\1", part["id"])
    elif part["class"]:
        compound.classes.append(_ESCAPE.sub(r"\1", part["class"]))
    else:
        value = (part["value"] or "").strip("\"'")
        compound.attributes.append((part["attribute"].lower(), part["operator"] or "", value))


def _holds(condition: tuple[str, str, str], attributes: Mapping[str, str | None]) -> bool:
    name, operator, wanted = condition
    if name not in attributes:
        return False
    value = attributes[name] or ""
    if operator in {"^=", "$=", "*="} and not wanted:
        return False
    return _OPERATORS[operator](value, wanted)


class Matcher(Generic[R]):
    """Finds the rules of an element by the last compound of their selectors."""

    def __init__(self) -> None:
        self._by_key: dict[str, list[tuple[Selector, R]]] = {}
        self._steps = 0

    @property
    def is_exhausted(self) -> bool:
        """Whether the page needed so many comparisons that its other elements had none."""
        return self._steps > _MOST_STEPS

    def add(self, selector: Selector, rule: R) -> None:
        last = selector.compounds[0]
        key = f"#{last.id}" if last.id else f".{last.classes[0]}" if last.classes else last.tag
        self._by_key.setdefault(key, []).append((selector, rule))

    def matches(
        self, node: LexborNode, tag: str, attributes: Mapping[str, str | None]
    ) -> list[tuple[Selector, R]]:
        """The rules of an element; none after very many comparisons in one page."""
        if not self._by_key or self.is_exhausted:
            return []
        classes = dict.fromkeys(_classes(attributes))
        keys = ("", tag, f"#{attributes.get('id') or ''}", *(f".{name}" for name in classes))
        candidates = [one for key in keys for one in self._by_key.get(key, ())]
        self._steps += len(candidates) // _RULES_A_STEP
        return [
            (selector, rule)
            for selector, rule in candidates
            if selector.compounds[0].matches(tag, attributes, classes)
            and self._matches_around(node, selector.compounds, 0)
        ]

    def _matches_around(
        self, node: LexborNode, compounds: tuple[Compound, ...], index: int
    ) -> bool:
        """Whether what is left of a matched compound matches, too. As deep as the selector."""
        if index + 1 == len(compounds):
            return True
        sign, wanted = compounds[index].combinator, compounds[index + 1]
        around = _before(node) if sign == "+" else node.parent
        while around is not None:
            attributes = around.attributes
            classes = _classes(attributes)
            self._steps += 1 + len(classes)
            if self.is_exhausted:
                return False
            matches = wanted.matches(around.tag or "", attributes, classes)
            if matches and self._matches_around(around, compounds, index + 1):
                return True
            around = around.parent if sign == " " else None
        return False


def _classes(attributes: Mapping[str, str | None]) -> list[str]:
    return (attributes.get("class") or "").split()


def _before(node: LexborNode) -> LexborNode | None:
    """The element before one in the same parent."""
    before = node.prev
    while before is not None and (before.tag or "").startswith("-"):
        before = before.prev
    return before
