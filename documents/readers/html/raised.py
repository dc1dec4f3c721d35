"""Superscripts and subscripts in a line of text, so that `10<sup>8</sup>` does not read as 108."""

from __future__ import annotations

import re

UP, DOWN, END = "\x02", "\x03", "\x04"
"""Marks in the text before and after what is raised or lowered."""

_SCRIPT = re.compile(r"([\x02\x03])([^\x02-\x04]*)\x04")
_MARKS = re.compile(r"[\x02-\x04]")
_MOST_NESTED = 8
_BASE = re.compile(r"[0-9A-Za-zα-ωΑ-Ω)\]）}′米]")
_EXPONENT = re.compile(r"[-−–+]?[0-9A-Za-zα-ω.,/*()+\-−–^_ ]+")
_SIMPLE = re.compile(r"[-−–+]?[0-9]+(?:\.[0-9]+)?|[A-Za-zα-ω]")
_ORDINAL = re.compile(r"st|nd|rd|th|er|re|e|ème|o|a|TM|SM|\(.*\)|\[.*\]", re.IGNORECASE)


def linear(text: str) -> str:
    """`text` with marks replaced: `10^8`, `x_1`, `H2O`; the number of a note as `[1]`."""
    for _ in range(_MOST_NESTED):
        if UP not in text and DOWN not in text:
            break
        text = _SCRIPT.sub(_replaced, text)
    return _MARKS.sub("", text)


def power(base: str, exponent: str, *, after: str = "") -> str:
    """`10^8`, `10^(n+1)`. `after` is the character that follows."""
    return f"{base}^{_grouped(exponent, after)}"


def index(base: str, lower: str, *, after: str = "") -> str:
    """`x_1`, `x_(n+1)`, and `log_(2)8`."""
    return f"{base}_{_grouped(lower, after)}"


def _replaced(match: re.Match[str]) -> str:
    inside, text = match[2].strip(), match.string
    before = text[match.start() - 1 : match.start()]
    after = text[match.end() : match.end() + 1]
    is_expression = _EXPONENT.fullmatch(inside) is not None and bool(_BASE.fullmatch(before))
    if not inside or _ORDINAL.fullmatch(inside):
        return inside
    if match[1] == DOWN:
        is_count = inside.isdecimal() and before.isalpha() and not after.isdecimal()
        return index("", inside, after=after) if is_expression and not is_count else inside
    if is_expression:
        return power("", inside, after=after)
    return f"[{inside}]" if inside.isdecimal() else inside


def _grouped(text: str, after: str) -> str:
    return text if _SIMPLE.fullmatch(text) and not after.isdecimal() else f"({text})"
