"""A library of laws: all versions by name, and their articles."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from itertools import pairwise

from documents.document import Document
from tasks.text.provisions import Paragraph, article_number, lines_of, paragraphs, units

STATE = "中华人民共和国"
_DATE = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日(?!起)")
_FILE_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_ADOPTED = re.compile(r"通过|修订|修正|公布|发布|批准|修改|令")
_AFTER_NAME = re.compile(r"\s{0,8}[（(][^（）()]{0,40}(?:\d|试行|修)[^（）()]{0,40}[）)]\s{0,8}$")
_FIRST_UNIT = re.compile(r"[#\s]*第\S{1,6}[编章条]")
_LONGEST_TITLE = 80
# The least similarity of a suggested name.
_ALIKE = 0.7
# Only the names that share most bigrams are compared; bigrams in more names than this are skipped.
_CANDIDATES, _COMMON = 5, 100

Number = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Article:
    """`text` is the text without the label."""

    label: str
    text: str
    paragraphs: Sequence[Paragraph]
    items: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class LawText:
    """The text of one version of a law, and the name of its file."""

    document: Document
    filename: str | None = None


class Law:
    """One version of a law.

    `version` is the date of adoption or last amendment, from the text before the first article or
    from the filename; None if neither has it.
    """

    def __init__(self, law: LawText) -> None:
        self.document = law.document
        opening = _opening(law.document)
        filename = law.filename or ""
        self.title = _title(opening, filename)
        self.version = _version(opening, filename)

    @cached_property
    def articles(self) -> Mapping[Number, Article]:
        found: dict[Number, Article] = {}
        for unit in units(self.document):
            if unit.kind == "article" and unit.position.label is not None:
                lines = list(lines_of(self.document, unit.position))
                parts = paragraphs(lines)
                items = {
                    number: item for one in reversed(parts) for number, item in one.items.items()
                }
                article = Article(unit.position.label, "\n".join(lines), parts, items)
                found.setdefault(article_number(unit.position.label), article)
        return found


class LawLibrary:
    """`names` maps short names to titles."""

    def __init__(self, laws: Iterable[LawText], names: Mapping[str, str]) -> None:
        self._versions: dict[str, list[Law]] = {}
        for law in map(Law, laws):
            self._versions.setdefault(name_key(law.title), []).append(law)
        for versions in self._versions.values():
            versions.sort(key=lambda law: law.version or date.min)
        self._names = {name_key(name): name_key(title) for name, title in names.items()}

    @property
    def laws(self) -> list[Law]:
        return [law for versions in self._versions.values() for law in versions]

    @property
    def titles(self) -> list[str]:
        """The current title of each law, with and without the state's name."""
        long = [versions[-1].title for versions in self._versions.values()]
        return [*long, *(title.removeprefix(STATE) for title in long if title.startswith(STATE))]

    def add_name(self, short: str, title: str) -> None:
        """Adds a short name for a title."""
        self._names[name_key(short)] = name_key(title)

    @property
    def short_names(self) -> list[str]:
        return [name for name, title in self._names.items() if title in self._versions]

    def versions(self, name: str) -> Sequence[Law]:
        """Returns the versions of a law, the current one last; empty if it is unknown."""
        key = name_key(name)
        return self._versions.get(self._names.get(key, key), ())

    def nearest(self, name: str) -> str | None:
        """Returns the title most similar to `name`; None if there is none."""
        key = name_key(name)
        near = get_close_matches(key, self._candidates(key), n=1, cutoff=_ALIKE)
        found = self.versions(near[0]) if near else ()
        return found[-1].title if found else None

    def _candidates(self, key: str) -> list[str]:
        """Returns the names that share most bigrams with `key`, so that few are compared."""
        votes: Counter[str] = Counter()
        for bigram in _bigrams(key):
            names = self._names_by_bigram.get(bigram, ())
            if len(names) <= _COMMON:
                votes.update(names)
        return [name for name, _ in votes.most_common(_CANDIDATES)]

    @cached_property
    def _names_by_bigram(self) -> Mapping[str, Sequence[str]]:
        names: dict[str, list[str]] = defaultdict(list)
        for name in {**self._versions, **self._names}:
            for bigram in _bigrams(name):
                names[bigram].append(name)
        return names


def _bigrams(name: str) -> set[str]:
    return {first + second for first, second in pairwise(f"^{name}$")}


def name_key(name: str) -> str:
    """Returns the same key for all forms of a name, with or without the state's name."""
    plain = re.sub(r"[\s《》〈〉<>“”\"]", "", name)
    return plain.removeprefix(STATE).replace("(", "（").replace(")", "）")


def _opening(document: Document) -> list[str]:
    """Returns the blocks before the first article or chapter, at most 30."""
    starts = (
        block.start
        for block in document.blocks
        if _FIRST_UNIT.match(document.text[block.start : block.start + 20])
    )
    first = next(starts, len(document.text))
    blocks = [document.text[b.start : b.end] for b in document.blocks if b.start < first]
    return blocks[:30]


def _title(opening: Sequence[str], filename: str) -> str:
    stem = re.sub(r"\.\w{1,5}$", "", filename)
    # The text may be raw Markdown.
    first = " ".join(opening[0].lstrip("# ").split()) if opening else ""
    title = first if 0 < len(first) <= _LONGEST_TITLE else stem
    while _AFTER_NAME.search(title):
        title = _AFTER_NAME.sub("", title)
    return re.sub(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])", "", title).strip("《》 ")


def _version(opening: Sequence[str], filename: str) -> date | None:
    days = [match for line in opening if _ADOPTED.search(line) for match in _DATE.finditer(line)]
    days = days or list(_FILE_DATE.finditer(filename))
    return max((day for day in map(_day, days) if day is not None), default=None)


def _day(match: re.Match[str]) -> date | None:
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
