"""Bounds for regular expressions in task files, so that none takes long on any text."""

from __future__ import annotations

import re
import warnings

MOST_PATTERN = 200
MOST_CHARACTERS = 1_000
MOST_WAYS = 2_000_000

_QUANTIFIER = re.compile(r"(?:[*+?]|\{(\d*)(?:(,)(\d*))?\})[?+]?")


def check_pattern(pattern: str) -> None:
    """Raises `ValueError`, which says what to do, for a pattern that is not accepted.

    The bound is on the number of ways in which the pattern's repetitions and alternatives can
    divide a text of `MOST_CHARACTERS`: the number that backtracking tries in the worst case.
    """
    if len(pattern) > MOST_PATTERN:
        raise ValueError(f"longer than {MOST_PATTERN} characters: make it simpler")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise ValueError(f"not a regular expression: {error}") from None
    if _ways(pattern) > MOST_WAYS:
        raise ValueError(
            "too many repetitions or alternatives: use at most two of * and +, and bound the others"
        )


def _ways(pattern: str) -> int:
    ways, offset, after_group = 1, 0, False
    while offset < len(pattern):
        char = pattern[offset]
        quantifier = _QUANTIFIER.match(pattern, offset) if offset else None
        if quantifier and quantifier.group() != "{}":
            if after_group and char != "?" and quantifier.group() not in ("{1}", "{0,1}"):
                raise ValueError("a repeated group is not supported: write it out")
            ways *= _choices(quantifier)
            offset, after_group = quantifier.end(), False
            continue
        after_group = char == ")"
        ways *= 2 if char == "|" else 1
        offset = _next_offset(pattern, offset)
    return ways


def _next_offset(pattern: str, offset: int) -> int:
    """Where the next element begins: after an escape, a class, a group's opening or a character."""
    char = pattern[offset]
    if char == "\\":
        if pattern[offset + 1].isdigit() and pattern[offset + 1] != "0":
            raise ValueError("a reference to a group (\\1) is not supported: write it out")
        return offset + 2
    if char == "(" and pattern.startswith("(?", offset):
        if not pattern.startswith("(?:", offset):
            raise ValueError("of the groups that begin with (?, only (?: is supported")
        return offset + 3
    if char != "[":
        return offset + 1
    offset += 2 if pattern.startswith("[^", offset) else 1
    offset += pattern.startswith("]", offset)
    while pattern[offset] != "]":
        offset += 2 if pattern[offset] == "\\" else 1
    return offset + 1


def _choices(quantifier: re.Match[str]) -> int:
    if quantifier.group()[0] in "*+":
        return MOST_CHARACTERS
    if quantifier.group()[0] == "?":
        return 2
    least, comma, most = quantifier.groups()
    if not comma:
        return 1
    return max(1, int(most or MOST_CHARACTERS) - int(least or 0) + 1)
