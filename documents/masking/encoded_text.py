"""Finds text to mask that is written in another form: percent-encoded, as entities, in Base64."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import quote

from documents.inventory.encodings import decoded, encoded
from documents.masking.account import Account
from documents.masking.replacement import Find, Masking, Replacement, applied

NEUTRAL_TARGET = "about:blank"
ENCODED_DATA = "encoded data"
_COVER = "***"

# Words up to white space, quotes and brackets; and up to what ends a text in a page's source.
_WORD = re.compile(r"[^\s\"'<>()]++")
_TEXT = re.compile(r"[^\s<>]++")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,31});")
_ADDRESS = re.compile(r"[/.#?]|\A[A-Za-z][A-Za-z0-9+.-]*+:")


@dataclass(frozen=True, slots=True)
class _EncodedReplacement:
    """Replaces a whole word, because a part of an encoded word cannot be masked."""

    start: int
    end: int
    replacement: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class DataReplacement:
    """Replaces encoded data, which cannot be searched."""

    start: int
    end: int
    replacement: str = _COVER
    label: str = ""
    value: str = ""


def with_encoded_runs(find: Find) -> Find:
    """Finds the same, and Base64 and hexadecimal digits that stand for text to be masked."""
    return lambda text: _find(text, find, _runs)


def with_encoded_forms(masking: Masking) -> Masking:
    """The same masking, which also finds words whose decoded form is to be masked."""
    return replace(
        masking,
        find=lambda text: _find(text, masking.find, _words),
        find_by_rule=lambda text: _find(text, masking.find_by_rule, _words),
    )


def without_data(text: str, account: Account) -> str:
    """The text without Base64 and hexadecimal digits that stand for data, such as a file."""
    data = data_in(text)
    for run in data:
        account.remove(ENCODED_DATA, text[run.start : run.end])
    return applied(text, data)


def data_in(text: str) -> Sequence[DataReplacement]:
    """Base64 and hexadecimal digits that stand for data, in order and without overlaps."""
    found: list[DataReplacement] = []
    runs = (run for run in encoded(text) if run.data)
    for run in sorted(runs, key=lambda run: run.start):
        if not found or run.start >= found[-1].end:
            found.append(DataReplacement(run.start, run.end))
    return found


def _find(text: str, find: Find, words: Words) -> Sequence[Replacement]:
    changes = list(find(text))
    for word in _encoded(words(text), text, find):
        changes = [one for one in changes if one.end <= word.start or one.start >= word.end]
        changes.append(word)
    return sorted(changes, key=lambda change: change.start)


def _encoded(words: Iterable[_Encoded], text: str, find: Find) -> Iterator[_EncodedReplacement]:
    """The words whose decoded form has something to mask, without overlaps."""
    end = 0
    for word in sorted(words, key=lambda word: word.start):
        if word.start < end:
            continue
        for decoded_text in word.texts:
            if changes := find(decoded_text):
                masked = applied(decoded_text, changes)
                written = word.write(text[word.start : word.end], masked)
                values = "\n".join(change.value for change in changes)
                yield _EncodedReplacement(word.start, word.end, written, changes[0].label, values)
                end = word.end
                break


class _Encoded(NamedTuple):
    """An encoded word, what it can stand for, and how its masked form is written."""

    start: int
    end: int
    texts: Sequence[str]
    write: Callable[[str, str], str]


Words = Callable[[str], Iterable[_Encoded]]


def _words(text: str) -> Iterator[_Encoded]:
    for sign, words, escape, write in (
        ("%", _WORD, _PERCENT, _percent_encoded),
        ("&", _TEXT, _ENTITY, lambda _, masked: html.escape(masked)),
    ):
        for match in words.finditer(text) if sign in text else ():
            if escape.search(match[0]):
                yield _Encoded(*match.span(), [decoded(match[0])], write)
    yield from _runs(text)


def _runs(text: str) -> Iterator[_Encoded]:
    for run in encoded(text):
        yield _Encoded(run.start, run.end, run.texts, lambda *_: _COVER)


def _percent_encoded(word: str, masked: str) -> str:
    return NEUTRAL_TARGET if _ADDRESS.search(word) else quote(masked, safe="*")
