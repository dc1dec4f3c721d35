"""Finds the terms of a glossary in a text, in time linear in the text (Aho-Corasick)."""

from __future__ import annotations

from collections.abc import Mapping

import ahocorasick  # type: ignore[import-not-found]


class Glossary:
    """Terms with their translations; longer terms first, because shorter ones may be in them."""

    def __init__(self, terms: Mapping[str, str]) -> None:
        self._terms = sorted(terms.items(), key=lambda pair: -len(pair[0]))
        self._automaton = ahocorasick.Automaton()
        for number, (term, _) in enumerate(self._terms):
            self._automaton.add_word(term, number)
        self._automaton.make_automaton()

    def terms(self, text: str) -> dict[str, str]:
        """The terms that are in the text, with their translations."""
        if not self._terms:
            return {}
        present = {number for _, number in self._automaton.iter(text)}
        return dict(self._terms[number] for number in sorted(present))


def terms_in(text: str, terms: dict[str, str]) -> dict[str, str]:
    """As `Glossary.terms`."""
    return Glossary(terms).terms(text)
