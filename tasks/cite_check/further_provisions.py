"""Finds provisions without a law's name, which belong to the last law: “…”；第二条规定：“…”."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tasks.text.provisions import NUMERAL

_GAP = r"[ \t\u3000]{0,3}"
_PROVISION = re.compile(rf"第{_GAP}{NUMERAL}{_GAP}[条款项]")
_BEFORE = re.compile(
    r"[。；;，,：:”」）)、\n][ \t\u3000\n]{0,8}"
    r"(?:(?:但是|但|而且|而|并且|并|且|同时|此外|另外|另|又|再|以及|及|和|与|其中|其|该条|同条|同|该"
    r"|根据|依据|依照|按照|违反)[，,]?){0,3}$"
)
_STATES = re.compile(
    rf"(?:第{_GAP}{NUMERAL}{_GAP}[条款项](?:之{NUMERAL})?){{1,3}}"
    r"(?:中)?(?:还|也|又|同时|则|均|亦)?(?:进一步)?(?:明确)?"
    r"(?:规定|明确|要求|指出|载明|写明|界定|禁止|[：:])"
)
_SENTENCE_ENDS = re.compile(r"[。！？!?\n]")
# What stands before a provision: the mark, white space and conjunctions.
_LONGEST_BEFORE = 16
# A provision so far from the last citation belongs to something else.
_FURTHEST = 400


def further_provisions(text: str) -> Iterator[int]:
    """Yields the offsets of provisions that begin a clause, without a name before them."""
    for match in _PROVISION.finditer(text):
        start = match.start()
        if _BEFORE.search(text, max(0, start - _LONGEST_BEFORE), start):
            yield start


def continues(text: str, last: int, start: int) -> bool:
    """Whether the provision at `start` is of the law whose citation or quotation ends at `last`.

    It is in the same sentence; in a later one it must be said to state something, as the beginning
    of an article of the text itself is not.
    """
    if not 0 <= start - last <= _FURTHEST:
        return False
    is_same_sentence = _SENTENCE_ENDS.search(text, last, start) is None
    return is_same_sentence or _STATES.match(text, start) is not None
