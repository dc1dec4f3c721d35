"""Known words anywhere in a text, in linear time for any number of words (Aho-Corasick)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import ahocorasick  # type: ignore[import-not-found] # a C extension without type stubs

from tasks.redact.kinds import Detection, DetectionMethod, Kind
from tasks.redact.views import searched
from tasks.text.plain import HAN, plain

_GAP = re.compile(r"[ \n\t]+")
# In words with a space also what stands for it in addresses: `/li-wei/`, `?name=li+wei`. Names of
# several parts have a dot between them (阿卜杜·热合曼), which some documents leave out.
_DOT = "\u00b7"
_JOINT = re.compile(rf"[ \n\t\-_+{_DOT}]+")
_LINE_BREAK = re.compile(r" ?\n{1,2} ?")
_HAN = re.compile(f"[{HAN}]")
# The longest gap with ends of lines between Chinese characters or digits, and the longest of spaces
# only, as in names that are padded to one width; and the longest where the word itself has a gap.
_LONGEST_GAP, _LONGEST_PADDING, _LONGEST_SPACE = 3, 40, 4
# Stands for a gap that no word may have; no word contains it.
_BARRIER = "\n"


class SearchedText:
    """A view of a text in the forms in which several finders search it, each computed once.

    `tight` has no gaps where a word without spaces may have one, `spaced` none where a word with
    spaces may have one. A word that is not in `squeezed` is not in `tight`, and one that is not in
    `unjoined` is not in `spaced`.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def squeezed(self) -> str:
        return folded(self._text.replace(" ", "").replace("\n", "").replace("\t", ""))

    @cached_property
    def unjoined(self) -> str:
        return self.squeezed.replace("-", "").replace("_", "").replace("+", "").replace(_DOT, "")

    @cached_property
    def tight(self) -> _Folded:
        return _Folded(self._text, spaced=False)

    @cached_property
    def spaced(self) -> _Folded:
        return _Folded(self._text, spaced=True)


@dataclass(frozen=True, slots=True)
class KnownWords:
    """The words of one kind, and where they are from."""

    kind: Kind
    how: DetectionMethod
    words: Iterable[str]


class WordFinder:
    """Finds the given words, regardless of width, case, line breaks and traditional characters.

    Spaces and line breaks may stand between Chinese characters and between digits. A word with a
    space or a dot in it is also found without it, with spaces elsewhere, and with hyphens, `_` or
    dots. The words of all
    kinds are searched at once.
    """

    def __init__(self, known: Sequence[KnownWords]) -> None:
        self._known = known
        # The kinds that have a key, by whether a word of the kind with this key has a space.
        kinds: dict[bool, dict[str, tuple[int, ...]]] = {}
        for at, one in enumerate(known):
            keys: dict[str, bool] = {}
            for word in one.words:
                key, is_spaced = _key(word)
                if key:
                    keys[key] = keys.get(key, False) or is_spaced
            for key, is_spaced in keys.items():
                of_keys = kinds.setdefault(is_spaced, {})
                of_keys[key] = (*of_keys.get(key, ()), at)
        self._searches = [(spaced, _automaton(kinds[spaced])) for spaced in sorted(kinds)]

    def find(self, text: SearchedText) -> Iterator[Detection]:
        """Yields the detections; overlapping words of one kind are one detection."""
        for spaced, automaton in self._searches:
            squeezed = text.unjoined if spaced else text.squeezed
            if next(automaton.iter(squeezed), None) is None:
                continue
            for at, start, end in _spans(automaton, text.spaced if spaced else text.tight):
                yield Detection(self._known[at].kind, start, end, how=self._known[at].how)


def words_in(words: Collection[str], text: str) -> list[str]:
    """Returns those of `words` that `WordFinder` finds in a view of a text; for few words."""
    forms = SearchedText(text)
    found = []
    for word in words:
        key, is_spaced = _key(word)
        if key and key in (forms.spaced if is_spaced else forms.tight).text:
            found.append(word)
    return found


def _key(word: str) -> tuple[str, bool]:
    """What is searched for a word, and whether the word has a space or a dot."""
    form = searched(word)
    is_spaced = _GAP.search(plain(word).strip(" \n\t")) is not None or _DOT in form.strip(_DOT)
    return folded((_JOINT if is_spaced else _GAP).sub("", form)), is_spaced


class _Case(dict[int, str]):
    """Maps characters to their case-folded form, one character each, computed on first use."""

    def __missing__(self, code: int) -> str:
        folded = chr(code).casefold()
        self[code] = form = folded if len(folded) == 1 else chr(code)
        return form


_CASE = _Case()


def folded(text: str) -> str:
    """Returns the text without differences of case, in the same length."""
    folded = text.casefold()
    # The length is the same if each character has one as its form.
    return folded if len(folded) == len(text) else text.translate(_CASE)


class _Folded:
    """A text without the gaps that words may have, and the origin of every character."""

    def __init__(self, text: str, *, spaced: bool) -> None:
        pieces: list[str] = []
        self._origins: list[int] = []
        done = 0
        for gap in (_JOINT if spaced else _GAP).finditer(text):
            start, end = gap.span()
            if start > done:
                pieces.append(text[done:start])
                self._origins.append(done)
            if not _is_passable(text, start, end, spaced=spaced):
                pieces.append(_BARRIER)
                self._origins.append(start)
            done = end
        pieces.append(text[done:])
        self._origins.append(done)
        self.text = folded("".join(pieces))
        self._offsets = [0, *accumulate(map(len, pieces[:-1]))]

    def origin(self, at: int) -> int:
        """Returns the offset in the original text of the character at `at`."""
        piece = bisect_right(self._offsets, at) - 1
        return self._origins[piece] + at - self._offsets[piece]


def _is_passable(text: str, start: int, end: int, *, spaced: bool) -> bool:
    gap = text[start:end]
    is_padding = len(gap) <= _LONGEST_PADDING and not gap.strip(" ")
    if spaced and (is_padding or len(gap) <= _LONGEST_SPACE):
        return True
    if _LINE_BREAK.fullmatch(gap):
        return True
    if not 0 < start <= end < len(text):
        return False
    if "\t" in gap:
        return _is_alone(text, start - 1) and _is_alone(text, end)
    if len(gap) > _LONGEST_GAP and not is_padding:
        return False
    before, after = text[start - 1], text[end]
    both_han = _HAN.match(before) and _HAN.match(after)
    return bool(both_han) or (before.isdigit() and after.isdigit())


def _is_alone(text: str, at: int) -> bool:
    """Whether a Chinese character is all that a table cell has."""
    around = text[max(0, at - 1) : at] + text[at + 1 : at + 2]
    return _HAN.match(text[at]) is not None and not around.strip(" \n\t")


def _automaton(kinds: Mapping[str, tuple[int, ...]]) -> ahocorasick.Automaton:
    """Finds keys, with the length and the kinds of each."""
    automaton = ahocorasick.Automaton()
    for key, of_key in kinds.items():
        automaton.add_word(key, (len(key), of_key))
    automaton.make_automaton()
    return automaton


def _spans(automaton: ahocorasick.Automaton, folded: _Folded) -> Iterator[tuple[int, int, int]]:
    """Yields kinds and spans in the original text, joined where those of one kind overlap.

    `Automaton.iter_long` would join less, but it misses words (pyahocorasick 2.3).
    """
    spans: dict[int, list[tuple[int, int]]] = {}
    for last, (length, kinds) in automaton.iter(folded.text):
        for kind in kinds:
            start, end = last - length + 1, last + 1
            of_kind = spans.setdefault(kind, [])
            while of_kind and of_kind[-1][1] > start:
                start = min(start, of_kind.pop()[0])
            of_kind.append((start, end))
    for kind, of_kind in spans.items():
        for start, end in of_kind:
            yield kind, folded.origin(start), folded.origin(end - 1) + 1
