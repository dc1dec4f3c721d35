"""Whether a translated paragraph says the same figures as its source, and uses the glossary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from documents.document import Document
from tasks.text.facts.check import ALL_KINDS, Source, facts_of, missing_facts, values_of
from tasks.text.facts.fact import Fact, FactKind
from tasks.text.facts.organisations import OrganisationIndex
from tasks.text.quotes import normal_form

Span = tuple[int, int]
KINDS = ALL_KINDS - {FactKind.organisation}
"""What can be compared across languages. An organisation's name can not, but by a glossary."""


@dataclass(frozen=True, slots=True)
class Missed:
    """A term of the glossary that is not translated as it should be. `start` is in the source."""

    term: str
    expected: str
    start: int


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with a translated paragraph. Facts of `lost` have offsets in the source."""

    unsupported: Sequence[Fact]
    lost: Sequence[Fact]
    missed: Sequence[Missed]
    blank: bool

    def __bool__(self) -> bool:
        return bool(self.unsupported or self.lost or self.missed or self.blank)


class TranslationChecker:
    """Checks translations of stretches of one document into one language."""

    def __init__(self, document: Document, language: str, glossary: Mapping[str, str]) -> None:
        self._text = document.text
        self._language = language
        self._facts = facts_of(document.text)
        # A term within a longer one is translated with that.
        self._glossary = sorted(glossary.items(), key=lambda pair: -len(pair[0]))

    def faults(self, span: Span, translation: str) -> Faults:
        start, end = span
        if not translation.strip():
            return Faults((), (), (), blank=True)
        here = [one for one in self._facts if start <= one.start and one.end <= end]
        source = Source(values_of(here), OrganisationIndex())
        extra = list(source.unsupported(translation, KINDS, language=self._language))
        gone = missing_facts(here, translation, language=self._language)
        return Faults(extra, gone, self._missed(span, translation), blank=False)

    def terms(self, span: Span) -> dict[str, str]:
        """What of the glossary stands in a stretch of the source."""
        text = self._text[slice(*span)]
        return {term: expected for term, expected in self._glossary if term in text}

    def _missed(self, span: Span, translation: str) -> list[Missed]:
        start, end = span
        text = self._text[start:end]
        there = normal_form(translation)
        missed = []
        for term, expected in self._glossary:
            at = text.find(term)
            if at >= 0 and normal_form(expected) not in there:
                missed.append(Missed(term, expected, start + at))
            text = text.replace(term, "\x00" * len(term))
        return missed
