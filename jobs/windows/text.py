"""A window's text, read: its rules and its zone. `jobs.windows.window` has the grammar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from jobs.windows.clock import check_zone
from jobs.windows.rules import (
    DAYS_EXPECTED,
    Rule,
    WindowError,
    begins_like_days,
    read_days,
    read_times,
)

MAX_CHARACTERS = 1_000
_WORD = re.compile(r"\S+")
_AS_TYPED_IN_CHINESE = str.maketrans("，；：", ",;:")
_EXPECTED = f"{DAYS_EXPECTED}, times (20:00-06:00), always or never"

Words = list[tuple[str, int]]  # each with the character at which it begins


def read_window(text: str) -> tuple[tuple[Rule, ...], str | None]:
    """The rules, none for `never`, and the zone, None where none is named.

    Raises `WindowError`.
    """
    if len(text) > MAX_CHARACTERS:
        raise WindowError(f"expected at most {MAX_CHARACTERS} characters", MAX_CHARACTERS + 1)
    parts = list(_parts(text.translate(_AS_TYPED_IN_CHINESE)))
    zone = _take_zone(parts[-1], needs_rule=len(parts) == 1)
    parts = [words for words in parts if words]
    if [words[0][0].lower() for words in parts] == ["never"]:
        _end(parts[0][1:])
        return (), zone
    return tuple(_read_rule(words) for words in parts), zone


def _parts(text: str) -> Iterator[Words]:
    begin = 0
    for part in re.split(r"[,;]", text):
        words = [(match[0], begin + match.start() + 1) for match in _WORD.finditer(part)]
        if not words:
            raise WindowError(f"expected {_EXPECTED}, found nothing", begin + 1)
        yield words
        begin += len(part) + 1


def _take_zone(words: Words, *, needs_rule: bool) -> str | None:
    """Take the last word away, and return it, where it is meant as a zone."""
    word, at = words[-1]
    if ":" in word or begins_like_days(word.lower()) or word.lower() in ("always", "never", "not"):
        return None
    if len(words) == 1 and needs_rule:
        return None
    check_zone(word, at)
    words.pop()
    return word


def _read_rule(words: Words) -> Rule:
    left = [(word.lower(), at) for word, at in words]
    first, at = left[0]
    if first != "not":
        rule = _read_moments(left)
    elif len(left) > 1:
        rule = replace(_read_moments(left[1:]), excluded=True)
    else:
        raise WindowError("expected after not what is closed, such as 2026-10-10", at + len(first))
    return rule


def _read_moments(left: Words) -> Rule:
    """Raises `WindowError` where words are left over."""
    word, at = left.pop(0)
    if word == "never":
        raise WindowError("expected never to stand alone", at)
    rule = Rule()
    if ":" in word:
        start, end = read_times(word, at)
        rule = Rule(start=start, end=end)
    elif begins_like_days(word):
        weekdays, dates = read_days(word, at)
        start, end = read_times(*left.pop(0)) if left and ":" in left[0][0] else (0, rule.end)
        rule = Rule(weekdays, dates, start, end)
    elif word != "always":
        raise WindowError(f"expected {_EXPECTED}, found {word!r}", at)
    _end(left)
    return rule


def _end(left: Words) -> None:
    if left:
        raise WindowError(f"expected a comma or the end, found {left[0][0]!r}", left[0][1])
