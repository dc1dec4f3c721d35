"""Looks up cited provisions in a law."""

from __future__ import annotations

from collections.abc import Iterator

from tasks.cite_check.cited_provisions import Provision
from tasks.cite_check.library import Article, Law
from tasks.cite_check.quotations import Work, contains_quotation, plain_words
from tasks.text.numerals import chinese_numeral


def missing_part(law: Law, provision: Provision) -> str | None:
    """Returns the first part of a provision that the law does not have; None if all exist."""
    article = law.articles.get(provision.article)
    if article is None:
        return provision_label(Provision(provision.article))
    items = article.items
    if provision.paragraph is not None:
        if not 0 < provision.paragraph <= len(article.paragraphs):
            return f"第{chinese_numeral(provision.paragraph)}款"
        items = article.paragraphs[provision.paragraph - 1].items
    if provision.item is not None and provision.item not in items:
        return f"第（{chinese_numeral(provision.item)}）项"
    return None


def text_of(article: Article, provision: Provision) -> str:
    """Returns the text of an existing provision."""
    if provision.paragraph is None:
        return article.text if provision.item is None else article.items[provision.item]
    paragraph = article.paragraphs[provision.paragraph - 1]
    if provision.item is None:
        return "\n".join(paragraph.lines)
    return paragraph.items[provision.item]


class LawSearch:
    """Searches the laws of a library for quotations; keeps the normalised text of provisions."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self._provisions: dict[tuple[int, Provision], str] = {}
        self._parts: dict[int, list[tuple[str, str]]] = {}

    def contains(self, law: Law, provision: Provision, quote: str) -> bool:
        """Whether an existing provision contains the quotation."""
        key = id(law), provision
        if key not in self._provisions:
            text = text_of(law.articles[provision.article], provision)
            self.work.left -= len(text)
            self._provisions[key] = plain_words(text)
        return contains_quotation(self._provisions[key], quote, self.work)

    def part_with(self, law: Law, quote: str) -> str | None:
        """Returns the label of the first article or paragraph that contains the quotation."""
        if id(law) not in self._parts:
            self._parts[id(law)] = [(label, plain_words(text)) for label, text in _parts_of(law)]
        parts = self._parts[id(law)]
        return next(
            (label for label, words in parts if contains_quotation(words, quote, self.work)), None
        )


def _parts_of(law: Law) -> Iterator[tuple[str, str]]:
    """Yields label and text of every article, and of its paragraphs if it has several."""
    for number, article in law.articles.items():
        if len(article.paragraphs) > 1:
            for place, paragraph in enumerate(article.paragraphs, start=1):
                yield provision_label(Provision(number, place)), "\n".join(paragraph.lines)
        yield provision_label(Provision(number)), article.text


def provision_label(provision: Provision) -> str:
    first, added = provision.article
    label = f"第{chinese_numeral(first)}条" + (f"之{chinese_numeral(added)}" if added else "")
    if provision.paragraph is not None:
        label += f"第{chinese_numeral(provision.paragraph)}款"
    if provision.item is not None:
        label += f"第（{chinese_numeral(provision.item)}）项"
    return label
