"""A text made plain for searching, each character in its old place."""

from __future__ import annotations

import re
import unicodedata

# Between the characters of a number that is written in groups, over two lines, or with what
# nobody sees between them.
GAP = r"[ \n\-\u200b]{0,3}"
BREAK = r"(?:[ \u200b]{0,2}\n?[ \u200b]{0,2})"
HAN = r"\u3400-\u4dbf\u4e00-\u9fff"

_GAPS = re.compile(r"[ \n\t\-\u200b]+")
_LETTERS = (
    dict.fromkeys("‐‑‒–—―−﹣－\u00ad", "-")
    | dict.fromkeys("\n\r\v\f\x85\u2028\u2029", "\n")
    | {"\t": "\t", "Х": "X", "х": "x", "×": "x", "＠": "@", "﹫": "@"}
)
_SAME_FOR = {"Cf": "\u200b", "Cc": "\u200b", "Mn": "\u200b", "Zs": " "}


class _Plain(dict[int, str]):
    """Every character's plain form, one character too, worked out when first met."""

    def __missing__(self, code: int) -> str:
        self[code] = plain = self._of(chr(code))
        return plain

    @staticmethod
    def _of(char: str) -> str:
        if char in _LETTERS:
            return _LETTERS[char]
        category = unicodedata.category(char)
        if category == "Nd":
            return str(unicodedata.digit(char))
        if category in _SAME_FOR:
            return _SAME_FOR[category]
        folded = unicodedata.normalize("NFKC", char)
        return folded if len(folded) == 1 else char


_PLAIN = _Plain()


def plain(text: str) -> str:
    """`text` with half-width digits and letters, plain spaces and dashes; its length is the same.

    Characters that cannot be seen become U+200B.
    """
    return text.translate(_PLAIN)


def compact(text: str) -> str:
    """Plain text without spaces, dashes and what cannot be seen."""
    return _GAPS.sub("", text)


def laid_out(words: str, like: str) -> str:
    """`words` with the gaps of `like`, which has as many characters between them."""
    chars = iter(words)
    return "".join(char if _GAPS.match(char) else next(chars) for char in like)


def groups(text: str) -> list[int]:
    """How many characters stand together in a number that is written in groups."""
    return [len(group) for group in _GAPS.split(text)]
