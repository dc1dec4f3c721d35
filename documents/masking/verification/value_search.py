"""Searches decoded bytes for masked values, in the usual encodings."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator

import ahocorasick  # type: ignore[import-not-found] # a C extension without type stubs

from documents.masking.replacement import Find
from documents.masking.verification.decoded_bytes import Layer

_ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be", "big5", "cp1252")
# Shorter patterns occur by chance in compressed data.
_LEAST_BYTES = 6
_CHUNK, _OVERLAP = 1 << 20, 4_096
# A word of Latin letters may also be a word of the format (`header`), and a short number a
# coordinate: they are searched as such, outside of markup. Up to three characters say nothing.
_WORD = re.compile(r"[A-Za-z]{1,200}|[A-Za-z0-9]{1,7}|[Uu][Tt][Ff]-(?:8|16)")
_LEAST_WORD = 4
_ONLY_WHOLE = 7
_ALPHANUMERIC = frozenset(b"0123456789abcdefghijklmnopqrstuvwxyz")
_MARKUP = re.compile(
    rb"</?[\w:.\-]+|(?<=\s)[\w:.\-]+\s{0,3}=(?=\s{0,3}[\"'])|^[\w\-]+:|^\s*[\w\-]+:", re.MULTILINE
)
# In a stream of objects, no object has this word.
_PDF_OBJECT = re.compile(rb"\bobj\b|<<\s{0,3}/[A-Z]|/Type\s{0,3}/[A-Z]")
_PDF_MARKUP = re.compile(rb"/[A-Z]\w{0,30}|\b(?:endstream|stream|endobj|startxref|trailer|xref)\b")
_SPACE = re.compile(r"\s+")


class ValueSearch:
    """Searches layers for values.

    Args:
        values: The texts that may not be left.
        find_values: Returns a function that finds them in text, regardless of how they are written.
        settings: Texts that the file's format needs. A word within one of them is not searched.
    """

    def __init__(
        self,
        values: Collection[str],
        find_values: Callable[[Iterable[str]], Find],
        settings: Callable[[], Iterable[str]],
    ) -> None:
        words = {value.lower() for value in values if is_word(value)}
        texts = [value for value in values if not is_word(value)]
        words = {word for word in words if len(word) >= _LEAST_WORD}
        if words:
            known = "\n".join(settings()).lower()
            words = {word for word in words if word not in known}
        self._words = _automaton(word.encode() for word in words)
        self._patterns = _automaton(_encoded(texts))
        # A word that is written in another way, such as with control characters, is found there as
        # bytes: as text it would again be a word of the format.
        found = [value for value in texts if not is_word("".join(filter(str.isprintable, value)))]
        self._find = find_values(found) if found else None

    def finds(self, layer: Layer) -> bool:
        """Whether the layer holds one of the values."""
        return any(
            self._in_bytes(chunk) or (layer.is_text and self._in_text(chunk))
            for chunk in _chunks(layer.data)
        )

    def _in_bytes(self, chunk: bytes) -> bool:
        if _any(self._patterns, chunk):
            return True
        if self._words is None:
            return False
        plain = _MARKUP.sub(b" ", chunk)
        if _PDF_OBJECT.search(plain):
            plain = _PDF_MARKUP.sub(b" ", plain)
        return _any(self._words, plain, whole_up_to=_ONLY_WHOLE)

    def _in_text(self, chunk: bytes) -> bool:
        return self._find is not None and any(self._find(text) for text in _decodings(chunk))


def without_markup(text: str) -> str:
    """Returns the text without the names of tags and attributes."""
    return _MARKUP.sub(b" ", text.encode("utf-8", "replace")).decode()


def is_word(value: str) -> bool:
    """Whether a value may also be a word of a format."""
    return _WORD.fullmatch(value) is not None


def _chunks(data: bytes) -> Iterator[bytes]:
    for start in range(0, max(1, len(data) - _OVERLAP), _CHUNK):
        yield data[start : start + _CHUNK + _OVERLAP]


def _decodings(chunk: bytes) -> Iterator[str]:
    """Yields the text of a chunk, which may begin and end within a character."""
    text = chunk.decode("utf-8", "ignore")
    yield text
    # What UTF-8 cannot decode is in another encoding.
    if len(text.encode()) < len(chunk) - 2 * _LEAST_BYTES or len(text.encode()) < len(chunk) // 2:
        yield chunk.decode("gb18030", "replace")
        yield chunk.decode("cp1252", "replace")


def _encoded(texts: Iterable[str]) -> Iterator[bytes]:
    for text in texts:
        for written in {text, _SPACE.sub("", text)}:
            for encoding in _ENCODINGS:
                try:
                    yield written.encode(encoding).lower()
                except UnicodeEncodeError:
                    continue


def _automaton(patterns: Iterable[bytes]) -> ahocorasick.Automaton | None:
    automaton = ahocorasick.Automaton(ahocorasick.STORE_LENGTH)
    for pattern in patterns:
        automaton.add_word(pattern.decode("latin-1"))
    if not len(automaton):
        return None
    automaton.make_automaton()
    return automaton


def _any(automaton: ahocorasick.Automaton | None, chunk: bytes, *, whole_up_to: int = 0) -> bool:
    """Whether a pattern occurs; one of up to `whole_up_to` bytes, only as a whole word."""
    if automaton is None:
        return False
    lower = chunk.lower()
    for last, length in automaton.iter(lower.decode("latin-1")):
        ends = lower[max(0, last - length) : last - length + 1] + lower[last + 1 : last + 2]
        if length > whole_up_to or not _ALPHANUMERIC.intersection(ends):
            return True
    return False
