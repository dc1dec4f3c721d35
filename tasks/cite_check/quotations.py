"""Compares quotations with their source."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

_ELLIPSIS = re.compile(r"…+|\.{3,}|⋯+")
_FOLD = str.maketrans(dict.fromkeys("“”‘’「」'", '"'))
_ENDS = "。，；、：,.;:"
_LONGEST_SHOWN = 500


def contains_quotation(text: str, quote: str) -> bool:
    """Whether a text contains the quoted words; `…` in the quotation stands for omitted text.

    White space and the form of quotation marks are ignored. If the quotation ends with a
    punctuation mark, the text must have some punctuation mark there.
    """
    words, at = _plain(text), 0
    *pieces, last = [_plain(piece) for piece in _ELLIPSIS.split(quote)]
    for piece in pieces:
        bare = piece.strip(_ENDS)
        at = words.find(bare, at)
        if at < 0:
            return False
        at += len(bare)
    bare = last.strip(_ENDS)
    ended = last != last.rstrip(_ENDS)
    while (at := words.find(bare, at)) >= 0:
        end = at + len(bare)
        if not ended or end == len(words) or words[end] in _ENDS:
            return True
        at += 1
    return False


def nearest_words(text: str, quote: str) -> str:
    """Returns the passage of `text` that is most similar to `quote`."""
    blocks = [
        block
        for block in SequenceMatcher(None, text, quote, autojunk=False).get_matching_blocks()
        if block.size > 1
    ]
    if not blocks:
        return text[:_LONGEST_SHOWN]
    first, last = blocks[0], blocks[-1]
    end = last.a + last.size + len(quote) - last.b - last.size
    return text[max(0, first.a - first.b) : max(end, 0)][:_LONGEST_SHOWN]


def _plain(text: str) -> str:
    return "".join(text.split()).translate(_FOLD)
