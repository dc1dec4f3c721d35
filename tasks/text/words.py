"""Counts words; a Chinese, Japanese or Korean character counts as one."""

from __future__ import annotations

import re

_CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+(?:[.,'’\-][^\W_{_CJK}]+)*")
_CJK_CHARACTER = re.compile(f"[{_CJK}]")


def count_words(text: str) -> int:
    return sum(1 for _ in _WORD.finditer(text))


def first_words(text: str, most: int) -> str:
    """Returns the first `most` words of `text`."""
    for count, word in enumerate(_WORD.finditer(text), start=1):
        if count == most:
            return text[: word.end()]
    return text


def is_cjk(text: str) -> bool:
    """Whether most words in the first 20,000 characters are CJK characters."""
    start = text[:20_000]
    return 2 * len(_CJK_CHARACTER.findall(start)) > count_words(start)
