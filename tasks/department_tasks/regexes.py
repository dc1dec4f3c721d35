"""Regular expressions of task files, bounded: none can take long on any text."""

from __future__ import annotations

import re
import warnings

MOST_PATTERN = 200
MOST_CHARACTERS = 1_000
MOST_WAYS = 2_000_000

_QUANTIFIER = re.compile(r"(?:[*+?]|\{(\d*)(?:(,)(\d*))?\})[?+]?")


def check_pattern(pattern: str) -> None:
    """Raises `ValueError`, which says what to do, for a pattern that is not taken.

    Bounded is the number of ways in which its repetitions and alternatives can share out a text of
    `MOST_CHARACTERS`, which is what backtracking tries at worst.
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
            "too many repetitions or alternatives: two of * and + at most, others with bounds"
        )


def _ways(pattern: str) -> int:
    ways, place, after_group = 1, 0, False
    while place < len(pattern):
        char = pattern[place]
        quantifier = _QUANTIFIER.match(pattern, place) if place else None
        if quantifier and quantifier.group() != "{}":
            if after_group and char != "?" and quantifier.group() not in ("{1}", "{0,1}"):
                raise ValueError("a group that is repeated is not taken: write it out")
            ways *= _choices(quantifier)
            place, after_group = quantifier.end(), False
            continue
        after_group = char == ")"
        ways *= 2 if char == "|" else 1
        place = _after(pattern, place)
    return ways


def _after(pattern: str, place: int) -> int:
    """Where the next part begins, after an escape, a class, the beginning of a group, or a char."""
    char = pattern[place]
    if char == "\\":
        if pattern[place + 1].isdigit() and pattern[place + 1] != "0":
            raise ValueError("a reference to a group (\\1) is not taken: write it out")
        return place + 2
    if char == "(" and pattern.startswith("(?", place):
        if not pattern.startswith("(?:", place):
            raise ValueError("of groups that begin with (? only (?: is taken")
        return place + 3
    if char != "[":
        return place + 1
    place += 2 if pattern.startswith("[^", place) else 1
    place += pattern.startswith("]", place)
    while pattern[place] != "]":
        place += 2 if pattern[place] == "\\" else 1
    return place + 1


def _choices(quantifier: re.Match[str]) -> int:
    if quantifier.group()[0] in "*+":
        return MOST_CHARACTERS
    if quantifier.group()[0] == "?":
        return 2
    least, comma, most = quantifier.groups()
    if not comma:
        return 1
    return max(1, int(most or MOST_CHARACTERS) - int(least or 0) + 1)
