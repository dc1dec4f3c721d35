"""Regular expressions in task files, matched in linear time (RE2)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped]

MOST_PATTERN = 200
# Of the compiled pattern; RE2 then uses no more than this while matching.
_MOST_BYTES = 1 << 20
# RE2 reads a count that does not fit an integer as literal text.
_LARGE_COUNT = re.compile(r"\{[0-9,]{6,}\}")


def check_pattern(pattern: str) -> None:
    """Raises `ValueError`, which says what to do, for a pattern that is not accepted."""
    if len(pattern) > MOST_PATTERN:
        raise ValueError(f"longer than {MOST_PATTERN} characters: make it simpler")
    if _LARGE_COUNT.search(pattern):
        raise ValueError("a repetition of more than 1000: make it smaller")
    try:
        _compiled(pattern)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error
        raise ValueError(
            f"not a regular expression of RE2, which has no look-around and no references to "
            f"groups: {reason}"
        ) from None


def matches_whole(pattern: str, text: str) -> bool:
    """Whether an accepted pattern matches the whole text, in time linear in its length."""
    return _compiled(pattern).fullmatch(text) is not None


def finds(pattern: str, text: str) -> bool:
    """Whether an accepted pattern matches somewhere in the text, in time linear in its length."""
    return _compiled(pattern).search(text) is not None


@lru_cache(256)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem = _MOST_BYTES
    options.log_errors = False
    return re2.compile(pattern, options)
