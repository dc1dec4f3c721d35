"""Numbers of the items of lists."""

from __future__ import annotations

import re
from collections.abc import Mapping

from selectolax.lexbor import LexborNode

from documents.ooxml.number_formats import formatted

# By the attribute `type` of a list, or its `list-style-type` (CSS Counter Styles Level 3): the
# number format of ECMA-376 that is the same, and what follows the number.
_FORMATS = {
    "1": ("decimal", ". "), "decimal": ("decimal", ". "),
    "decimal-leading-zero": ("decimalZero", ". "),
    "a": ("lowerLetter", ". "), "lower-alpha": ("lowerLetter", ". "),
    "lower-latin": ("lowerLetter", ". "),
    "A": ("upperLetter", ". "), "upper-alpha": ("upperLetter", ". "),
    "upper-latin": ("upperLetter", ". "),
    "i": ("lowerRoman", ". "), "lower-roman": ("lowerRoman", ". "),
    "I": ("upperRoman", ". "), "upper-roman": ("upperRoman", ". "),
    "cjk-ideographic": ("chineseCountingThousand", "、"),
    "simp-chinese-informal": ("chineseCountingThousand", "、"),
    "trad-chinese-informal": ("chineseCountingThousand", "、"),
    "cjk-decimal": ("ideographDigital", "、"),
    "simp-chinese-formal": ("chineseLegalSimplified", "、"),
    "trad-chinese-formal": ("ideographLegalTraditional", "、"),
    "cjk-heavenly-stem": ("ideographTraditional", "、"),
    "cjk-earthly-branch": ("ideographZodiac", "、"),
}  # fmt: skip
_LETTERS = {"lowerLetter": "a", "upperLetter": "A"}
# Marks without a number, which are no text.
_NO_NUMBERS = frozenset(
    ("none", "disc", "circle", "square", "disclosure-open", "disclosure-closed")
)


class ListNumbers:
    """The numbers of a list, as a browser shows them. `style` is its `list-style-type`, if set."""

    def __init__(
        self, items: LexborNode, attributes: Mapping[str, str | None], style: str | None
    ) -> None:
        default = "1" if items.tag == "ol" else "disc"
        self._kind = _kind(style) or (attributes.get("type") or "").strip() or default
        self._step = -1 if "reversed" in attributes else 1
        count = sum(item.tag == "li" for item in items.iter()) if self._step < 0 else 1
        self._next = _integer(attributes.get("start") or "", count)

    def next(self, value: str, style: str | None) -> str:
        """The number before the next item, with its attribute `value` and its own style."""
        number = _integer(value, self._next)
        self._next = number + self._step
        kind = _kind(style) or self._kind
        if kind in _NO_NUMBERS:
            return ""
        name, after = _FORMATS.get(kind, _FORMATS["decimal"])
        return f"{_written(number, name)}{after}"


def _written(number: int, form: str) -> str:
    if number <= 0:
        return str(number)
    if form not in _LETTERS:
        return formatted(number, form)
    # After z comes aa, ab, ac, and not bb as in Word.
    letters = ""
    while number > 0:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord(_LETTERS[form]) + letter) + letters
    return letters


def _kind(style: str | None) -> str:
    """The kind of numbers among the words of `list-style`; empty if it has none."""
    words = (style or "").split()
    return next((word for word in words if word in _FORMATS or word in _NO_NUMBERS), "")


def _integer(text: str, default: int) -> int:
    return int(text) if re.fullmatch(r"-?[0-9]{1,6}", text.strip()) else default
