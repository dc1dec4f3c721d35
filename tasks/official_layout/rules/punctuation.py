"""Punctuation in the text (GB/T 15834-2011, by `tasks.text.punctuation`), and short years."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from tasks.official_layout.finding import Breach, Rule, Severity
from tasks.official_layout.official import OfficialDocument
from tasks.official_layout.paragraphs import Paragraph, TextEdit
from tasks.official_layout.rules.headings import heading_of
from tasks.text.punctuation import DefectKind, punctuation_defects

_CLAUSE = "9, 15834"
_SHORT_YEAR = re.compile(r"(?<![\d\-－—至到])\d{2}年(?=\d{1,2}月)")

WIDTH = Rule(
    "text.width", _CLAUSE, Severity.error, "full-width punctuation between Chinese characters",
    fixable=True, rewords=True,
)  # fmt: skip
QUOTES = Rule(
    "text.quotes", _CLAUSE, Severity.error, "quotations in “ and ”, and in ‘ and ’ inside these",
    fixable=True, rewords=True,
)  # fmt: skip
PAIRS = Rule("text.pairs", _CLAUSE, Severity.error, "quotation marks and brackets in pairs")
REPEATED = Rule(
    "text.repeated", _CLAUSE, Severity.error, "no two punctuation marks in a row", fixable=True,
    rewords=True,
)  # fmt: skip
DOTS = Rule("text.dots", _CLAUSE, Severity.error, "…… as the ellipsis", fixable=True, rewords=True)
SPACE = Rule(
    "text.space", _CLAUSE, Severity.warning, "no space between Chinese characters", fixable=True,
    rewords=True,
)  # fmt: skip
YEAR = Rule("text.year", "9, 15835", Severity.warning, "years with four digits")
TITLES = Rule(
    "text.titles", _CLAUSE, Severity.warning,
    "no mark between 《》 and 《》, and titles inside 《》 in 〈〉", fixable=True, rewords=True,
)  # fmt: skip
RULES = (WIDTH, QUOTES, PAIRS, REPEATED, DOTS, SPACE, YEAR, TITLES)

_RULE_OF = {
    DefectKind.half_width: WIDTH,
    DefectKind.adjacent: REPEATED,
    DefectKind.ellipsis: DOTS,
    DefectKind.quotation_mark: QUOTES,
    DefectKind.title_mark: TITLES,
    DefectKind.unpaired: PAIRS,
    DefectKind.separator: TITLES,
    DefectKind.space: SPACE,
}


def check(official: OfficialDocument) -> Iterator[Breach]:
    yield from _punctuation(official.roles.text)
    for paragraph in official.roles.text:
        for year in _SHORT_YEAR.finditer(paragraph.text, _after_number(paragraph)):
            yield Breach(YEAR, year[0], paragraph, year.start(), year.end())


def _punctuation(paragraphs: list[Paragraph]) -> Iterator[Breach]:
    """Checks the paragraphs together: a quotation may extend over several."""
    offsets = list(accumulate((len(one.text) + 1 for one in paragraphs), initial=0))
    spans = [
        (offset + _after_number(one), offset + len(one.text))
        for one, offset in zip(paragraphs, offsets, strict=False)
    ]
    text = "\n".join(one.text for one in paragraphs)
    for defect in punctuation_defects(text, spans):
        index = bisect_right(offsets, defect.start) - 1
        paragraph = paragraphs[index]
        start, end = defect.start - offsets[index], defect.end - offsets[index]
        edit = None
        if defect.replacement is not None:
            edit = TextEdit(paragraph, start, end, defect.replacement)
        yield Breach(
            _RULE_OF[defect.kind], paragraph.text[start:end], paragraph, start, end, correction=edit
        )


def _after_number(paragraph: Paragraph) -> int:
    """Where the text after a heading's number begins: `headings` checks the number itself."""
    heading = heading_of(paragraph)
    return 0 if heading is None or heading.numbered_by_word else heading.mark.end()
