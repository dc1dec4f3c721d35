"""Finds text to mask that is written in another form: percent-encoded, as entities, in Base64."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import quote

from documents.inventory.encodings import EncodedRun, decoded, encoded
from documents.inventory.joined import SEPARATOR, joined
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


def found_and_data(
    text: str, find: Find
) -> tuple[Sequence[Replacement], Sequence[DataReplacement]]:
    """Return what `find` finds in the text and in its Base64 and hexadecimal digits once decoded,
    and the replacements of data that is encoded there.
    """
    runs = list(encoded(text))
    return _find(text, find, map(_word_of, runs)), _data(runs)


def with_encoded_forms(masking: Masking) -> Masking:
    """The same masking, which also finds words whose decoded form is to be masked."""
    return replace(
        masking,
        find=lambda text: _find(text, masking.find, _words(text)),
        find_by_rule=lambda text: _find(text, masking.find_by_rule, _words(text)),
    )


def without_data(text: str, account: Account) -> str:
    """The text without Base64 and hexadecimal digits that stand for data, such as a file."""
    data = _data(encoded(text))
    for run in data:
        account.remove(ENCODED_DATA, text[run.start : run.end])
    return applied(text, data)


def _data(runs: Iterable[EncodedRun]) -> Sequence[DataReplacement]:
    """The runs that stand for data, in order and without overlaps."""
    found: list[DataReplacement] = []
    data = (run for run in runs if run.data)
    for run in sorted(data, key=lambda run: run.start):
        if not found or run.start >= found[-1].end:
            found.append(DataReplacement(run.start, run.end))
    return found


def _find(text: str, find: Find, words: Iterable[_Encoded]) -> Sequence[Replacement]:
    changes = list(find(text))
    for word in _encoded(words, text, find):
        changes = [one for one in changes if one.end <= word.start or one.start >= word.end]
        changes.append(word)
    return sorted(changes, key=lambda change: change.start)


def _encoded(words: Iterable[_Encoded], text: str, find: Find) -> Iterator[_EncodedReplacement]:
    """The words whose decoded form has something to mask, without overlaps."""
    end = 0
    for word in _suspicious(sorted(words, key=lambda word: word.start), find):
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


def _suspicious(words: Sequence[_Encoded], find: Find) -> Iterator[_Encoded]:
    """Yield the words with something to mask where their decoded forms are searched together."""
    for some in joined(words):
        yield from some.within((change.start, change.end) for change in find(some.text))


class _Encoded(NamedTuple):
    """An encoded word, what it can stand for, and how its masked form is written."""

    start: int
    end: int
    texts: Sequence[str]
    write: Callable[[str, str], str]

    @property
    def text(self) -> str:
        return SEPARATOR.join(self.texts)


def _words(text: str) -> Iterator[_Encoded]:
    for sign, words, escape, write in (
        ("%", _WORD, _PERCENT, _percent_encoded),
        ("&", _TEXT, _ENTITY, lambda _, masked: html.escape(masked)),
    ):
        for match in words.finditer(text) if sign in text else ():
            if escape.search(match[0]):
                yield _Encoded(*match.span(), [decoded(match[0])], write)
    yield from map(_word_of, encoded(text))


def _word_of(run: EncodedRun) -> _Encoded:
    return _Encoded(run.start, run.end, run.texts, lambda *_: _COVER)


def _percent_encoded(word: str, masked: str) -> str:
    return NEUTRAL_TARGET if _ADDRESS.search(word) else quote(masked, safe="*")
