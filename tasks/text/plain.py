"""Normalises a text for searching without changing its length."""

from __future__ import annotations

import re
import unicodedata

from documents.page.ideographs import SUBSTITUTES

# What may separate the digits of a number: grouping, or the end of a line or a page.
GAP = r"[ \n\-]{0,3}"
BREAK = r"(?:[ ]{0,2}\n{0,2}[ ]{0,2})"
HAN = r"\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"

_NO_WORD = re.compile(r"[\W_]+")
_GAPS = re.compile(r"[ \n\t\-\u200b]+")
_FORMS = (
    dict.fromkeys("‐‑‒–—―−﹣－\u00ad", "-")
    | dict.fromkeys("\n\r\v\f\x85\u2028\u2029", "\n")
    # A reader writes U+FFFD for a code without a meaning, such as half of a wider one.
    | {"\ufffd": "\u200b", "\t": "\t", "Х": "X", "х": "x", "×": "x", "＠": "@", "﹫": "@"}
)
_SAME_FOR = {"Cf": "\u200b", "Cc": "\u200b", "Mn": "\u200b", "Me": "\u200b", "Zs": " "}


class _Plain(dict[int, str]):
    """Maps characters to their plain form, one character each, computed on first use."""

    def __missing__(self, code: int) -> str:
        self[code] = plain = self._of(chr(code))
        return plain

    @staticmethod
    def _of(char: str) -> str:
        if char in _FORMS:
            return _FORMS[char]
        if ord(char) in SUBSTITUTES:
            return SUBSTITUTES[ord(char)]
        category = unicodedata.category(char)
        if category == "Nd":
            return str(unicodedata.digit(char))
        if category in _SAME_FOR:
            return _SAME_FOR[category]
        folded = unicodedata.normalize("NFKC", char)
        return folded if len(folded) == 1 else char


_PLAIN = _Plain()


def plain(text: str) -> str:
    """Returns `text` with half-width digits and letters, and plain spaces and dashes.

    The length is the same. Invisible characters become U+200B.
    """
    return text.translate(_PLAIN)


def compact(text: str) -> str:
    """Removes spaces, dashes and invisible characters from plain text."""
    return _GAPS.sub("", text)


def bare(text: str) -> str:
    """Removes everything but letters and digits."""
    return _NO_WORD.sub("", text)


def with_gaps(words: str, like: str) -> str:
    """Inserts the gaps of `like` into `words`, which has as many characters without gaps."""
    chars = iter(words)
    return "".join(char if _GAPS.match(char) else next(chars) for char in like)


def groups(text: str) -> list[int]:
    """Returns the lengths of the groups of a grouped number."""
    return [len(group) for group in _GAPS.split(text)]
