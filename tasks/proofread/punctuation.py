"""Punctuation, after GB/T 15834: its forms, its doublings, its pairs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from documents.document import BlockKind, Document
from tasks.proofread.findings import Finding, Rule

_LETTER = "[\u4e00-\u9fff]"
_FULL = str.maketrans(",;:?!().", "，；：？！（）。")
_HALF_BETWEEN = re.compile(
    rf"(?<={_LETTER})[,;:?!](?=[\u4e00-\u9fff“《（〔]|$)|(?<=[”》）〕])[,;:?!](?={_LETTER})",
    re.MULTILINE,
)
_HALF_STOP = re.compile(rf"(?<={_LETTER})\.(?={_LETTER}{{2}}|$)", re.MULTILINE)
_HALF_BRACKETS = re.compile(rf"(?<={_LETTER})\(([^()（）\n]*{_LETTER}[^()（）\n]*)\)")
_MIXED_BRACKETS = re.compile(r"（[^()（）\n]{0,80}\)|\([^()（）\n]{0,80}）")
_DOUBLED = re.compile(
    r"([，、；：？！])\1(?!\1)|(?<!。)。。(?!。)|(?<=[，、；：])[，、；。]|(?<=。)[，、；]"
)
# What opens, and what closes.
_BRACKETS = (("（(", "）)"), ("〔", "〕"), ("【", "】"), ("「", "」"), ("『", "』"), ("〈", "〉"))
_LIST_MARK = re.compile(
    r"(?:^|(?<=[\s；;，,。：:]))[（(]?(?:\d{1,3}|[a-zA-Z]|[ivxⅠ-Ⅻ]{1,4})[）)]",
    re.MULTILINE,
)
_QUOTED_PARAGRAPH = re.compile("“[^”]*”")
_STRAIGHT = re.compile(r'"([^"\n]*[\u4e00-\u9fff][^"\n]*)"')


def half_width_marks(document: Document) -> Iterator[Finding]:
    for start, end in _prose(document):
        for pattern in (_HALF_BETWEEN, _HALF_STOP):
            for match in pattern.finditer(document.text, start, end):
                yield _full_width(match.start(), match.group())
        for match in _HALF_BRACKETS.finditer(document.text, start, end):
            yield _full_width(match.start(), "(")
            yield _full_width(match.end() - 1, ")")
        for match in _MIXED_BRACKETS.finditer(document.text, start, end):
            at = match.start() if match.group().startswith("(") else match.end() - 1
            yield _full_width(at, document.text[at])


def doubled_marks(document: Document) -> Iterator[Finding]:
    for start, end in _prose(document):
        for match in _DOUBLED.finditer(document.text, start, end):
            first = match.start() + (len(match.group()) - 1)
            reason = "Of two marks one after the other, one is too many."
            yield Finding(first, document.text[first], "", Rule.doubled_mark, reason)


def quotation_marks(document: Document) -> Iterator[Finding]:
    """A quotation may go on over paragraphs: it opens in one or in each, and closes in the last."""
    opened: list[Finding] = []
    for start, end in _prose(document):
        if opened and _QUOTED_PARAGRAPH.match(document.text, start, end):
            opened.clear()
        for finding in _like(document.text, start, end, "“”‘’", turned=True):
            if finding.rule is not Rule.unpaired_mark:
                yield finding
            elif finding.old == "“":
                opened.append(finding)
            elif opened:
                opened.clear()
            else:
                yield finding
        for match in _STRAIGHT.finditer(document.text, start, end):
            reason = "Chinese text has “ and ”."
            yield Finding(match.start(), '"', "“", Rule.quotation_mark, reason)
            yield Finding(match.end() - 1, '"', "”", Rule.quotation_mark, reason)
    yield from opened


def title_marks(document: Document) -> Iterator[Finding]:
    for start, end in _prose(document):
        yield from _like(document.text, start, end, "《》〈〉", turned=False)


def brackets(document: Document) -> Iterator[Finding]:
    for start, end in _prose(document):
        listed = {match.end() - 1 for match in _LIST_MARK.finditer(document.text, start, end)}
        for opening, closing in _BRACKETS:
            yield from _unpaired_brackets(document.text, start, end, opening + closing, listed)


def _unpaired_brackets(
    text: str, start: int, end: int, kind: str, listed: set[int]
) -> Iterator[Finding]:
    opened: list[int] = []
    width = len(kind) // 2
    for match in re.finditer(f"[{re.escape(kind)}]", text[start:end]):
        at = start + match.start()
        if match.group() in kind[:width]:
            opened.append(at)
        elif opened:
            opened.pop()
        elif at not in listed:
            yield _unpaired(at, match.group(), kind[0])
    for at in opened:
        yield _unpaired(at, text[at], kind[width])


def _like(text: str, start: int, end: int, kinds: str, *, turned: bool) -> Iterator[Finding]:
    """Marks that do not nest in their like: inside a pair stand the other two of the `kinds`.

    With `turned`, an opening mark that can only be a closing one is taken for one that was turned.
    """
    opening, closing, inner_opening, inner_closing = tuple(kinds)
    marks = [
        (match.start() + start, match.group())
        for match in re.finditer(f"[{opening}{closing}]", text[start:end])
    ]
    ahead = [mark for _, mark in marks] + ["", ""]
    rule = Rule.quotation_mark if turned else Rule.title_mark
    open_at: int | None = None
    skip = False
    for index, (at, mark) in enumerate(marks):
        following, then = ahead[index + 1 : index + 3]
        if skip:
            skip = False
        elif mark == opening and open_at is None:
            open_at = at
        elif mark == opening and following == closing == then:
            reason = f"Within {opening}{closing} stand {inner_opening} and {inner_closing}."
            yield Finding(at, mark, inner_opening, rule, reason)
            yield Finding(marks[index + 1][0], closing, inner_closing, rule, reason)
            skip = True
        elif mark == opening and following != closing and turned:
            yield Finding(at, mark, closing, rule, f"What {opening} opened closes here.")
            open_at = None
        elif mark == opening:
            yield _unpaired(open_at or at, opening, closing)
            open_at = at
        elif open_at is not None:
            open_at = None
        elif following == closing and turned:
            yield Finding(at, mark, opening, rule, f"What the next {closing} closes opens here.")
            open_at = at
        else:
            yield _unpaired(at, closing, opening)
    if open_at is not None:
        yield _unpaired(open_at, opening, closing)


def _unpaired(at: int, mark: str, other: str) -> Finding:
    return Finding(at, mark, None, Rule.unpaired_mark, f"There is no {other} that belongs to it.")


def _full_width(at: int, mark: str) -> Finding:
    new = mark.translate(_FULL)
    return Finding(at, mark, new, Rule.half_width_mark, f"Between Chinese characters it is {new}.")


def _prose(document: Document) -> Iterator[tuple[int, int]]:
    for block in document.blocks:
        if block.kind is not BlockKind.table:
            yield block.start, block.end
