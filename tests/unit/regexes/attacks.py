"""Texts on which a regular expression may take more time than in proportion to their length."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

# What follows a repetition so that it may not match; the empty text for its end.
BREAKERS = ("", "\x00", "\n", "!", "a")
CATEGORIES = {
    sre.CATEGORY_DIGIT: "1",
    sre.CATEGORY_NOT_DIGIT: "a",
    sre.CATEGORY_SPACE: " ",
    sre.CATEGORY_NOT_SPACE: "a",
    sre.CATEGORY_WORD: "a",
    sre.CATEGORY_NOT_WORD: " ",
}
CANDIDATES = "a1 甲一.,-(\n\t\"'<#*_/:@\\|&;=%[{。，《"


def attacks(pattern: re.Pattern[Any]) -> list[tuple[str, str, str]]:
    """Begin, repeated part and end of each attack."""
    source = pattern.pattern
    text = source.decode("latin-1") if isinstance(source, bytes) else source
    tree = parser.parse(text, pattern.flags)
    found: dict[tuple[str, str, str], None] = {}
    for prefix, bodies in _repetitions(tree, ""):
        for body in bodies:
            for end in BREAKERS:
                found[prefix, body, end] = None
            found["", prefix + body, ""] = None
            found["", body, ""] = None
    whole = _witness(tree)
    for part in (whole, whole[:-1], whole[:1], whole[-1:], *sorted(set(whole))):
        if part:
            found["", part, ""] = None
    return [one for one in found if one[1]]


def _repetitions(tree: Any, prefix: str) -> Iterator[tuple[str, Sequence[str]]]:
    """The text before each repetition, and texts that it repeats."""
    for operator, argument in tree:
        if operator in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            least, most, body = argument
            if most > 8:
                yield prefix, list(_witnesses(body))
            yield from _repetitions(body, prefix)
            yield from _repetitions(body, prefix + _witness(body) * max(1, least))
        elif operator is sre.SUBPATTERN:
            yield from _repetitions(argument[3], prefix)
        elif operator is sre.ATOMIC_GROUP:
            yield from _repetitions(argument, prefix)
        elif operator is sre.BRANCH:
            for branch in argument[1]:
                yield from _repetitions(branch, prefix)
        elif operator in (sre.ASSERT, sre.ASSERT_NOT):
            yield from _repetitions(argument[1], prefix)
        prefix += _one(operator, argument)


def _witnesses(tree: Any) -> Iterator[str]:
    """Texts that match: one of each alternative, and of each kind of character in a class."""
    yield _witness(tree)
    if len(tree) == 1:
        operator, argument = tree[0]
        if operator is sre.IN:
            yield from dict.fromkeys(_in_class(argument))
        elif operator in (sre.ANY, sre.NOT_LITERAL):
            yield from (char for char in CANDIDATES if _fits(operator, argument, char))
        elif operator is sre.SUBPATTERN:
            yield from _witnesses(argument[3])
        elif operator is sre.BRANCH:
            for branch in argument[1]:
                yield from _witnesses(branch)


def _witness(tree: Any) -> str:
    return "".join(_one(operator, argument) for operator, argument in tree)


def _one(operator: Any, argument: Any) -> str:
    """A short text that a node matches; empty for assertions."""
    text = ""
    if operator is sre.LITERAL:
        text = chr(argument)
    elif operator in (sre.ANY, sre.NOT_LITERAL):
        text = next(char for char in CANDIDATES if _fits(operator, argument, char))
    elif operator is sre.IN:
        text = next(_in_class(argument), "")
    elif operator in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        text = _witness(argument[2]) * max(1, argument[0])
    elif operator is sre.SUBPATTERN:
        text = _witness(argument[3])
    elif operator is sre.ATOMIC_GROUP:
        text = _witness(argument)
    elif operator is sre.BRANCH:
        text = _witness(argument[1][0])
    return text


def _fits(operator: Any, argument: Any, char: str) -> bool:
    return char != "\n" if operator is sre.ANY else ord(char) != argument


def _in_class(items: Any) -> Iterator[str]:
    """Characters that a class accepts: its own, and for a negated class usual ones."""
    if items[0][0] is not sre.NEGATE:
        for operator, argument in items:
            if operator is sre.LITERAL:
                yield chr(argument)
            elif operator is sre.RANGE:
                yield chr(argument[0])
            elif operator is sre.CATEGORY:
                yield CATEGORIES[argument]
        return
    excluded = re.compile("[" + "".join(map(_written, items[1:])) + "]") if items[1:] else None
    for char in CANDIDATES:
        if excluded is None or not excluded.match(char):
            yield char


def _written(item: Any) -> str:
    operator, argument = item
    if operator is sre.LITERAL:
        return re.escape(chr(argument))
    if operator is sre.RANGE:
        return f"{re.escape(chr(argument[0]))}-{re.escape(chr(argument[1]))}"
    return {
        sre.CATEGORY_DIGIT: r"\d",
        sre.CATEGORY_NOT_DIGIT: r"\D",
        sre.CATEGORY_SPACE: r"\s",
        sre.CATEGORY_NOT_SPACE: r"\S",
        sre.CATEGORY_WORD: r"\w",
        sre.CATEGORY_NOT_WORD: r"\W",
    }[argument]
