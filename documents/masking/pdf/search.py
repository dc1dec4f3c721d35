"""What is to be masked on the pages of a PDF, and where."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from documents.inventory.pdf.content import Key, PageText, ShownString, spelled
from documents.inventory.pdf.pages import PageTexts
from documents.masking.replacement import Find, Replacement

OWN_TEXT = "text"
"""The label of text in a page's own content, or in forms that it paints."""
_IGNORED = re.compile(r"[\W_]+")
_LEAST_LEFT = 2  # characters of a finding that PDFium's text lacks


@dataclass(slots=True)
class PageFindings:
    """What is masked on one page.

    Attributes:
        characters: PDFium's characters that are covered.
        placed: The kind and the characters of each finding on the page.
        replaced: What replaces the first character of each finding, by that character.
        operations: Operations by content stream that show text which PDFium's text lacks, and how
            many characters they show.
        resources: The resources of these content streams.
        labels: What these content streams are.
        is_other: Whether something was found that an earlier search did not find.
        is_clean: Whether the page's strings, read by any encoding, have nothing to mask.
    """

    characters: set[int] = field(default_factory=set)
    placed: list[tuple[str, list[int]]] = field(default_factory=list)
    replaced: dict[int, str] = field(default_factory=dict)
    operations: dict[Key, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    resources: dict[Key, Any] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)
    is_other: bool = False
    is_clean: bool = True

    def __bool__(self) -> bool:
        return bool(self.characters or self.operations or not self.is_clean)


@dataclass(frozen=True, slots=True)
class Counted:
    """One finding, for the account."""

    page: int
    change: Replacement


class Search:
    """Searches pages as PDFium reads them, and as their content streams are written.

    A search of what fonts draw has the `earlier` one of what their maps say: what that found is
    not counted again. `texts` are those of the corrected document then.
    """

    def __init__(
        self, find: Find, texts: PageTexts, pages: int, earlier: Search | None = None
    ) -> None:
        self._find = find
        self.texts = texts
        self._earlier = earlier
        self.pages = [PageFindings() for _ in range(pages)]
        self.counted: list[Counted] = []
        self._keys: list[set[str]] = [set() for _ in range(pages)]
        self._unplaced: list[set[str]] = [set() for _ in range(pages)]

    def search_layers(self) -> None:
        """Search PDFium's text of all pages, in each of its views."""
        for view in self.texts.views():
            for change in self._find(view.text):
                indexes = view.indexes(change.start, change.end)
                if indexes:
                    self._add(change, indexes, view.text[change.start : change.end])

    def _add(self, change: Replacement, indexes: Sequence[int], words: str) -> None:
        places = [(self.texts.page_of(at), at) for at in indexes]
        key = _key(words)
        is_new = not all(at in self.pages[page].characters for page, at in places)
        is_other = not all(self._was_found(page, key) for page, _ in places)
        for page, at in places:
            self.pages[page].characters.add(at)
            self._keys[page].add(key)
            self.pages[page].is_other |= is_other
        if is_new:
            first, at = places[0]
            self.pages[first].replaced[at] = change.replacement
            if is_other:
                self.counted.append(Counted(first, change))
            for page in dict.fromkeys(page for page, _ in places):
                placed = [at for on, at in places if on == page]
                self.pages[page].placed.append((change.label, placed))

    def search_content(self, page: int, text: PageText) -> None:
        """Search the content streams of a page for what PDFium's text of it lacks."""
        self._search_strings(page, text, text.strings, "")
        for key, strings in text.beside.items():
            self._search_strings(page, text, strings, text.labels[key])
        # Some programs write GBK in fonts of one byte.
        raw = b"".join(
            one.raw
            for strings in (text.strings, *text.beside.values())
            for one in strings
            if not one.is_coded
        )
        if any(self._find(words) for words in set(spelled(raw).values()) if words):
            self.pages[page].is_clean = False

    def _search_strings(
        self, page: int, content: PageText, strings: Sequence[ShownString], label: str
    ) -> None:
        written = [one.text if self._earlier is None else one.drawn for one in strings]
        text = "".join(written)
        counted: set[str] = set()
        for change in self._find(text):
            key = _key(text[change.start : change.end])
            if not label and self._is_covered(page, key):
                continue
            findings = self.pages[page]
            for at in _within(written, change.start, change.end):
                one = strings[at]
                findings.operations[one.key][one.index] = written[at]
                findings.resources[one.key] = content.streams[one.key]
            findings.labels.add(label or OWN_TEXT)
            if key not in self._unplaced[page] and not self._was_found(page, key):
                self.counted.append(Counted(page, change))
            counted.add(key)
        # A glyph or pattern is counted once, though the page's text has its text as well.
        self._unplaced[page] |= counted

    def _was_found(self, page: int, key: str) -> bool:
        return self._earlier is not None and self._earlier.has(page, key)

    def has(self, page: int, key: str) -> bool:
        """Whether the page's texts have the finding."""
        return self._is_covered(page, key) or key in self._unplaced[page]

    def _is_covered(self, page: int, key: str) -> bool:
        """Whether PDFium's text of the page has the finding, in one or several pieces."""
        known = self._keys[page]
        if any(key in one for one in known):
            return True
        for one in sorted(known, key=len, reverse=True):
            key = key.replace(one, "")
        return len(key) < _LEAST_LEFT


def _key(words: str) -> str:
    return _IGNORED.sub("", unicodedata.normalize("NFKC", words)).casefold()


def _within(texts: Sequence[str], start: int, end: int) -> Iterator[int]:
    """The indexes of the texts that have characters from `start` up to `end` of all together."""
    at = 0
    for index, text in enumerate(texts):
        if at < end and at + len(text) > start:
            yield index
        at += len(text)
