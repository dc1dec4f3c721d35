"""Finds text to mask that is written in another form: percent-encoded, as entities, in Base64."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import quote

from documents.inventory.encodings import decoded, encoded
from documents.masking.replacement import Find, Masking, Replacement, applied

NEUTRAL_TARGET = "about:blank"

# A word up to white space, quotes and brackets that has an escape in it.
_PERCENT = re.compile(r"[^\s\"'<>()%]*%[0-9A-Fa-f]{2}[^\s\"'<>()]*")
_ENTITIES = re.compile(r"[^\s<>&]*&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,31});[^\s<>]*")
# Base64, percent-encoded bytes and hexadecimal runs of fewer characters hold no name.
_RUN = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_NOT_ENCODED = re.compile(r"[0-9]*|[a-z_-]+|[A-Z_]+|[A-Z]?[a-z]+(?:[A-Z][a-z]+)*\d?")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|/|\.|#|\?")


@dataclass(frozen=True, slots=True)
class _EncodedReplacement:
    """Replaces a whole word, because a part of an encoded word cannot be masked."""

    start: int
    end: int
    replacement: str
    label: str
    value: str


def with_encoded_forms(masking: Masking) -> Masking:
    """The same masking, which also finds words whose decoded form is to be masked."""
    return replace(
        masking,
        find=lambda text: _find(text, masking.find),
        find_by_rule=lambda text: _find(text, masking.find_by_rule),
    )


def _find(text: str, find: Find) -> Sequence[Replacement]:
    changes = list(find(text))
    for word in _encoded(text, find):
        changes = [one for one in changes if one.end <= word.start or one.start >= word.end]
        changes.append(word)
    return sorted(changes, key=lambda change: change.start)


def _encoded(text: str, find: Find) -> Iterator[_EncodedReplacement]:
    """The words whose decoded form has something to mask, without overlaps."""
    end = 0
    for match, texts, write in sorted(_words(text), key=lambda word: word[0].start()):
        if match.start() < end:
            continue
        for decoded_text in texts:
            if changes := find(decoded_text):
                written = write(match[0], applied(decoded_text, changes))
                values = "\n".join(change.value for change in changes)
                yield _EncodedReplacement(
                    match.start(), match.end(), written, changes[0].label, values
                )
                end = match.end()
                break


def _words(text: str) -> Iterator[tuple[re.Match[str], Sequence[str], Callable[[str, str], str]]]:
    """The encoded words of a text, what each can stand for, and how its masked form is written."""
    if "%" in text:
        for match in _PERCENT.finditer(text):
            yield match, [decoded(match[0])], _percent_encoded
    if "&" in text:
        for match in _ENTITIES.finditer(text):
            yield match, [decoded(match[0])], lambda _, masked: html.escape(masked)
    for match in _RUN.finditer(text):
        if not _NOT_ENCODED.fullmatch(match[0]) and (texts := _encoded_texts(match[0])):
            yield match, texts, lambda *_: "***"


# The cells of a row are searched together and each by itself.
@lru_cache(maxsize=16_384)
def _encoded_texts(run: str) -> Sequence[str]:
    return [words for words, _ in encoded(run) if words]


def _percent_encoded(word: str, masked: str) -> str:
    return NEUTRAL_TARGET if _ADDRESS.search(word) else quote(masked, safe="*")
