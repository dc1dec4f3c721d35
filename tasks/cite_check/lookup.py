"""Looks up cited provisions in a law."""

from __future__ import annotations

from collections.abc import Iterator

from tasks.cite_check.cited_provisions import Provision
from tasks.cite_check.library import Article, Law
from tasks.text.numerals import chinese_numeral


def missing_part(law: Law, provision: Provision) -> str | None:
    """Returns the first part of a provision that the law does not have; None if all exist."""
    article = law.articles.get(provision.article)
    if article is None:
        return provision_label(Provision(provision.article))
    paragraphs = article.paragraphs
    if provision.paragraph is not None:
        if not 0 < provision.paragraph <= len(paragraphs):
            return f"第{chinese_numeral(provision.paragraph)}款"
        paragraphs = paragraphs[provision.paragraph - 1 : provision.paragraph]
    if provision.item is not None and not any(provision.item in one.items for one in paragraphs):
        return f"第（{chinese_numeral(provision.item)}）项"
    return None


def text_of(article: Article, provision: Provision) -> str:
    """Returns the text of an existing provision."""
    paragraphs = article.paragraphs
    if provision.paragraph is not None:
        paragraphs = [paragraphs[provision.paragraph - 1]]
    if provision.item is not None:
        return next(one.items[provision.item] for one in paragraphs if provision.item in one.items)
    return "\n".join(line for one in paragraphs for line in one.lines)


def parts_of(law: Law) -> Iterator[tuple[str, str]]:
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
