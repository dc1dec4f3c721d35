"""Finds quotations in a source, exactly or normalised, with offsets into the original."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from enum import StrEnum
from functools import cached_property

from pydantic import BaseModel, ConfigDict, Field

from documents.document import Document

_CHUNK = 2_048
_TRIES = 32


class Match(StrEnum):
    exact = "exact"
    normalized = "normalized"
    none = "none"


class Quote(BaseModel):
    """Words of the source and their position."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "text": "The office is closed on 3 May.",
                "start": 120,
                "end": 150,
                "page": 1,
                "match": "exact",
            }
        }
    )

    text: str = Field(
        description="The words of the source from `start` to `end`; if `match` is `none`, those "
        "that the model quoted."
    )
    start: int | None = Field(
        None, description="Offset of the first character in the document's text, from 0."
    )
    end: int | None = Field(None, description="Offset after the last character.")
    page: int | None = Field(
        None, description="The page, from 1; null where the format has no pages."
    )
    match: Match = Field(
        description="`exact`: the source has these words. `normalized`: it has them, apart from "
        "white space, case, and the form or width of characters, quotation marks, brackets and "
        "dashes. `none`: the words were not found; do not rely on them."
    )


# Spaces are kept only between letters or digits of scripts that separate words by spaces.
_SPACED = r"[^\W_\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]"
_FOLD = re.compile(rf" ++(?!{_SPACED})|(?<!{_SPACED}) ++|(?<=-)-+")
_SAME = {
    "'": '“”„‟″〝〞〟«»‹›「」『』‘’‚‛′`´"',
    "-": "‐‑‒–—―−─━﹣",
    "(": "〔【［[｛{〈《〖",
    ")": "〕】］]｝}〉》〗",
    ".": "。｡",
    "·": "•・‧∙⋅･",
    "~": "〜～",
}
_ALIKE = {char: form for form, chars in _SAME.items() for char in chars}


class _Forms(dict[int, str]):
    """Maps characters to their normal form, computed on first use."""

    def __missing__(self, code: int) -> str:
        decomposed = unicodedata.normalize("NFKD", _ALIKE.get(chr(code), chr(code)))
        folded = unicodedata.normalize("NFKD", decomposed.casefold())
        self[code] = form = "".join(self._character(char) for char in folded)
        return form

    @staticmethod
    def _character(char: str) -> str:
        if char.isspace():
            return " "
        if unicodedata.category(char) in {"Cc", "Cf"}:
            return ""
        return _ALIKE.get(char, char)


_FORMS = _Forms()


def normal_form(text: str) -> str:
    """Returns the form used for comparison."""
    return _FOLD.sub("", text.translate(_FORMS))


def _with_origins(text: str) -> tuple[str, list[int]]:
    """Returns the normal form, and the index in `text` of each of its characters."""
    forms = [_FORMS[ord(char)] for char in text]
    origins = [index for index, form in enumerate(forms) for _ in form]
    joined = "".join(forms)
    kept: list[int] = []
    last = 0
    for folded in _FOLD.finditer(joined):
        kept += origins[last : folded.start()]
        last = folded.end()
    return _FOLD.sub("", joined), kept + origins[last:]


class QuoteFinder:
    """Finds quotations in one document. The preparation time is linear in the text's length."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._text = document.text
        self._block_ends = [block.end for block in document.blocks]
        self._origins: dict[int, list[int]] = {}

    def find(self, words: str, start: int = 0, end: int | None = None) -> Quote:
        """Searches for `words` between `start` and `end`, then in the whole document."""
        end = len(self._text) if end is None else end
        words = words.strip()
        span = self._exact(words, start, end) or self._normalized(words, start, end)
        if span is None and (start > 0 or end < len(self._text)):
            span = self._exact(words, 0, len(self._text))
            span = span or self._normalized(words, 0, len(self._text))
        if span is None:
            return Quote(text=words, match=Match.none)
        return self.at(*span, match=Match.exact if self._slice(span) == words else Match.normalized)

    def at(self, start: int, end: int, *, match: Match = Match.exact) -> Quote:
        """Returns the quotation from `start` to `end`."""
        text = self._text[start:end]
        return Quote(text=text, start=start, end=end, page=self._page(start), match=match)

    def holds(self, words: str) -> bool:
        """Whether the document contains `words` after normalisation."""
        form = normal_form(words)
        return bool(form) and form in self._normal

    def _slice(self, span: tuple[int, int]) -> str:
        return self._text[span[0] : span[1]]

    def _page(self, offset: int) -> int | None:
        if not self._block_ends:
            return None
        block = min(bisect_right(self._block_ends, offset), len(self._block_ends) - 1)
        return self._document.blocks[block].page

    def _exact(self, words: str, start: int, end: int) -> tuple[int, int] | None:
        found = self._text.find(words, start, end) if words else -1
        return None if found < 0 else (found, found + len(words))

    def _normalized(self, words: str, start: int, end: int) -> tuple[int, int] | None:
        form = normal_form(words)
        if not form:
            return None
        at = self._chunk_forms[bisect_right(self._chunks, start) - 1]
        for _ in range(_TRIES):
            at = self._normal.find(form, at)
            if at < 0:
                return None
            first, last = self._origin(at), self._origin(at + len(form) - 1) + 1
            if last > end:
                return None
            # The match may begin or end inside the form of one character, such as ½.
            if first >= start and normal_form(self._text[first:last]) == form:
                return first, last
            at += 1
        return None

    @cached_property
    def _chunks(self) -> list[int]:
        """Offsets of chunks that can be normalised separately: no space or dash at an edge."""
        starts, cut, text = [0], _CHUNK, self._text
        while cut < len(text):
            while cut < len(text) and not (text[cut - 1].isalnum() and text[cut].isalnum()):
                cut += 1
            if cut < len(text):
                starts.append(cut)
            cut += _CHUNK
        return starts

    @cached_property
    def _forms_by_chunk(self) -> list[str]:
        ends = [*self._chunks[1:], len(self._text)]
        return [
            normal_form(self._text[start:end])
            for start, end in zip(self._chunks, ends, strict=True)
        ]

    @cached_property
    def _chunk_forms(self) -> list[int]:
        """The offset of each chunk's normal form in that of the whole text."""
        starts, at = [], 0
        for form in self._forms_by_chunk:
            starts.append(at)
            at += len(form)
        return starts

    @cached_property
    def _normal(self) -> str:
        return "".join(self._forms_by_chunk)

    def _origin(self, at: int) -> int:
        """Returns the offset in the text of the character at `at` in the normal form."""
        chunk = bisect_right(self._chunk_forms, at) - 1
        start = self._chunks[chunk]
        if chunk not in self._origins:
            ends = [*self._chunks[chunk + 1 : chunk + 2], len(self._text)]
            self._origins[chunk] = _with_origins(self._text[start : ends[0]])[1]
        return start + self._origins[chunk][at - self._chunk_forms[chunk]]
