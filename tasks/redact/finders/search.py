"""Searches a pattern only at the characters with which a match can begin."""

from __future__ import annotations

import re
from collections.abc import Iterator


def matches(begin: re.Pattern[str], pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yields the matches of `pattern` in a text, like `pattern.finditer`, in less time.

    `re` tries a pattern that begins with an assertion at every offset, but skips to the characters
    of a set at which a pattern begins.

    Args:
        begin: Matches one character, wherever `pattern` can match.
        pattern: The pattern.
        text: The text.
    """
    done = 0
    for place in begin.finditer(text):
        at = place.start()
        if at >= done and (match := pattern.match(text, at)):
            yield match
            done = match.end()
