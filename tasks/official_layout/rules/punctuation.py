"""Punctuation in the text: full-width between Chinese, in pairs, once (GB/T 15834-2011)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tasks.official_layout.finding import Found, Rule, Severity
from tasks.official_layout.official import Official
from tasks.official_layout.paragraphs import Paragraph, TextEdit
from tasks.official_layout.rules.headings import heading_of

_CLAUSE = "9, 15834"
_HAN = r"[\u3400-\u9fff]"
_CLOSED = r"[\u3400-\u9fff”’》）〕】]"
_OPENS = r"[\u3400-\u9fff“‘《（〔【]"
_WIDE = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！", ".": "。", "(": "（", ")": "）"}
_HALF_WIDTH = re.compile(
    rf"(?<={_CLOSED})[,;:?!](?={_OPENS}|\s*$)|(?<={_CLOSED})\.(?={_HAN}|\s*$)"
    rf"|\((?={_OPENS})|(?<={_CLOSED})\)"
)
_QUOTE = re.compile(r"[\"＂]")
_REPEATED = re.compile(r"([，。；：？！、])\1+")
_DOTS = re.compile(rf"(?<={_CLOSED})(?:\.{{3,6}}|。{{3,6}}|…(?!…)(?<!……))")
_SPACE = re.compile(rf"(?<={_HAN})[ \u00a0]+(?={_HAN})")
_SHORT_YEAR = re.compile(r"(?<![\d\-－—至到])\d{2}年(?=\d{1,2}月)")
_TITLES = re.compile(r"(?<=》)[、，](?=《)")
_PAIRS = {"“": "”", "‘": "’", "《": "》", "（": "）", "〔": "〕", "【": "】"}
_WIDE_BRACKETS = str.maketrans("()", "（）")
_LISTED = re.compile(r"\s*[0-9a-zA-Z一二三四五六七八九十]{1,3}）")
_OPENING = {closing: opening for opening, closing in _PAIRS.items()}

WIDTH = Rule(
    "text.width", _CLAUSE, Severity.error, "full-width punctuation between Chinese characters",
    fixable=True, rewords=True,
)  # fmt: skip
QUOTES = Rule(
    "text.quotes", _CLAUSE, Severity.error, "“ and ” around what is quoted", fixable=True,
    rewords=True,
)  # fmt: skip
PAIRS = Rule("text.pairs", _CLAUSE, Severity.error, "quotation marks and brackets in pairs")
REPEATED = Rule(
    "text.repeated", _CLAUSE, Severity.error, "each mark once", fixable=True, rewords=True
)
DOTS = Rule(
    "text.dots", _CLAUSE, Severity.error, "…… for what is left out", fixable=True, rewords=True
)
SPACE = Rule(
    "text.space", _CLAUSE, Severity.warning, "no space between Chinese characters", fixable=True,
    rewords=True,
)  # fmt: skip
YEAR = Rule("text.year", "9, 15835", Severity.warning, "years with four digits")
TITLES = Rule(
    "text.titles", _CLAUSE, Severity.warning, "no mark between titles that stand side by side",
    fixable=True, rewords=True,
)  # fmt: skip
RULES = (WIDTH, QUOTES, PAIRS, REPEATED, DOTS, SPACE, YEAR, TITLES)


def check(official: Official) -> Iterator[Found]:
    for paragraph in official.roles.text:
        start = _after_mark(paragraph)
        dots = [found.span() for found in _DOTS.finditer(paragraph.text, start)]
        yield from _quotes(paragraph)
        yield from _replaced(DOTS, _DOTS, paragraph, start, new=lambda _: "……")
        yield from _replaced(
            WIDTH, _HALF_WIDTH, paragraph, start, new=_WIDE.__getitem__, aside=dots
        )
        yield from _replaced(
            REPEATED, _REPEATED, paragraph, start, new=lambda words: words[0], aside=dots
        )
        yield from _replaced(SPACE, _SPACE, paragraph, start, new=lambda _: "")
        yield from _replaced(TITLES, _TITLES, paragraph, start, new=lambda _: "")
        yield from _pairs(paragraph, start)
        for year in _SHORT_YEAR.finditer(paragraph.text, start):
            yield Found(YEAR, year[0], paragraph, year.start(), year.end())


def _after_mark(paragraph: Paragraph) -> int:
    """A heading's number has rules of its own."""
    heading = heading_of(paragraph)
    return 0 if heading is None or heading.numbered_by_word else heading.mark.end()


def _replaced(
    rule: Rule,
    pattern: re.Pattern[str],
    paragraph: Paragraph,
    start: int,
    *,
    new: Callable[[str], str],
    aside: list[tuple[int, int]] | None = None,
) -> Iterator[Found]:
    for found in pattern.finditer(paragraph.text, start):
        if any(first < found.end() and found.start() < last for first, last in aside or ()):
            continue
        edit = TextEdit(paragraph, found.start(), found.end(), new(found[0]))
        yield Found(rule, found[0], paragraph, found.start(), found.end(), mend=edit)


def _quotes(paragraph: Paragraph) -> Iterator[Found]:
    """Straight ones open and close by turns, where there is an even number of them."""
    found = list(_QUOTE.finditer(paragraph.text))
    if not re.search(_HAN, paragraph.text):
        return
    for place, quote in enumerate(found):
        new = "“" if place % 2 == 0 else "”"
        edit = TextEdit(paragraph, quote.start(), quote.end(), new)
        mend = edit if len(found) % 2 == 0 else None
        yield Found(QUOTES, quote[0], paragraph, quote.start(), quote.end(), mend=mend)


def _pairs(paragraph: Paragraph, start: int) -> Iterator[Found]:
    """The first mark of a paragraph that has no partner; of brackets a half-width one will do."""
    text = paragraph.text.translate(_WIDE_BRACKETS)
    listed = _LISTED.match(text, start)
    start = listed.end() if listed is not None else start
    opened: list[tuple[str, int]] = []
    for place, one in enumerate(text[start:], start=start):
        if one in _PAIRS:
            opened.append((one, place))
        elif one in _OPENING:
            if not opened or opened[-1][0] != _OPENING[one]:
                yield Found(PAIRS, one, paragraph, place, place + 1)
                return
            opened.pop()
    if opened:
        one, place = opened[0]
        yield Found(PAIRS, one, paragraph, place, place + 1)
