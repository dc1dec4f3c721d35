"""Masks plain text and Markdown. The masked file is in UTF-8."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from documents.inventory.walk import inventory
from documents.inventory.web_page import PARAMETER
from documents.limits import ReadLimits
from documents.masking.account import Account
from documents.masking.encoded_text import with_encoded_forms, without_data
from documents.masking.interrupted import interrupted
from documents.masking.masked_file import MaskedFile
from documents.masking.replacement import Find, Masking, Replacement, applied
from documents.read import READERS
from documents.readers import markdown, text
from documents.readers.text.folded import FOLD, is_folded

# Markup inside a word: HTML and enriched text, and in Markdown also emphasis, code and escapes.
_TAGS = re.compile(rf"(?:{PARAMETER.pattern}|<[^<>\n]{{0,1000}}>)++")
_MARKUP = re.compile(rf"[*_`~\\]+|{_TAGS.pattern}")


def mask_text(path: Path, masking: Masking, limits: ReadLimits, account: Account) -> MaskedFile:
    """Return a masked copy of a plain text. Raises a `DocumentError`."""
    find = with_encoded_forms(masking).find
    words = text.decoded(path, limits)
    return MaskedFile(masked_words(words, find, account).encode(), text.MEDIA_TYPE)


def mask_markdown(path: Path, masking: Masking, limits: ReadLimits, account: Account) -> MaskedFile:
    """Return a masked copy of a Markdown text, whose markup stays. Raises a `DocumentError`."""
    find = with_encoded_forms(masking).find
    words = masked_words(text.decoded(path, limits), find, account, markup=_MARKUP)
    return MaskedFile(words.encode(), markdown.MEDIA_TYPE)


def mask_as_text(
    path: Path, media_type: str, masking: Masking, limits: ReadLimits, account: Account
) -> MaskedFile:
    """Return the masked text of a document whose format cannot be written.

    Raises a `DocumentError`.
    """
    find = with_encoded_forms(masking).find
    words = READERS[media_type](path, limits).text
    account.removed["layout and everything except the text"] += 1
    return MaskedFile(masked_words(words, find, account).encode(), text.MEDIA_TYPE)


def mask_shown_as_text(
    path: Path, media_type: str, masking: Masking, limits: ReadLimits, account: Account
) -> MaskedFile:
    """As `mask_as_text`, also what a page shows with other characters in the text between.

    Raises a `DocumentError`.
    """
    file = mask_as_text(path, media_type, masking, limits, account)
    words = file.data.decode()
    entries = inventory(path, media_type, replace(limits, ocr_pages=0))
    found = chain.from_iterable(masking.find(entry.text) for entry in entries)
    changes = interrupted(words, found)
    account.count("text", changes)
    return MaskedFile(applied(words, changes).encode(), file.media_type)


def masked_words(
    words: str,
    find: Find,
    account: Account,
    *,
    part: str = "text",
    markup: re.Pattern[str] = _TAGS,
) -> str:
    """Mask a text, and what `markup` divides in it. Encoded data is left out.

    The masked lines of a calendar or a vCard are not folded.
    """
    if is_folded(words):
        words = FOLD.sub("", words)
    words = without_data(words, account)
    changes = find(words)
    account.count(part, changes)
    words = applied(words, changes)
    if markup.search(words) is None:
        return words
    divided = _divided(words, find, markup)
    account.count(part, divided)
    return applied(words, divided)


def _divided(words: str, find: Find, markup: re.Pattern[str]) -> Sequence[Replacement]:
    """What is to be masked and divided by markup, with the markup in it."""
    places: list[int] = []
    at = 0
    for match in markup.finditer(words):
        places += range(at, match.start())
        at = match.end()
    places += range(at, len(words))
    changes = find("".join(words[place] for place in places))
    return [_Placed(change, places) for change in changes]


class _Placed:
    """A replacement in a text without markup, at its place in the whole text."""

    def __init__(self, change: Replacement, places: list[int]) -> None:
        self.start = places[change.start]
        self.end = places[change.end - 1] + 1
        self.replacement = change.replacement
        self.label = change.label
        self.value = change.value
