"""Punctuation defects of Chinese text, after GB/T 15834-2011.

`proofread` and `format_check` both use this module; each reports the kinds that concern it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from tasks.text.plain import HAN
from tasks.text.spans import FreeSpans

Span = tuple[int, int]


class DefectKind(StrEnum):
    half_width = "half_width"
    adjacent = "adjacent"
    ellipsis = "ellipsis"
    quotation_mark = "quotation_mark"
    title_mark = "title_mark"
    unpaired = "unpaired"
    separator = "separator"
    space = "space"


@dataclass(frozen=True, slots=True)
class Defect:
    """`start` and `end` are offsets into the text; `replacement` is None if a person must
    decide.
    """

    kind: DefectKind
    start: int
    end: int
    replacement: str | None
    reason: str


_BEFORE = rf"[{HAN}”’》）〕】]"
_AFTER = rf"[{HAN}“‘《（〔【]"
_FULL_WIDTH = str.maketrans(",;:?!().", "，；：？！（）。")
_HALF_WIDTH = re.compile(
    rf"(?<={_BEFORE})(?:[,;:?!](?={_AFTER}|\s*$)|\.(?=[{HAN}]|\s*$))", re.MULTILINE
)
_NUMBERED = re.compile(r"\s*[一二三四五六七八九十]{1,3}(\.)")
_ROUND_BRACKETS = re.compile(rf"[()（）\n]|[{HAN}]+")
_RUN = re.compile("[，、；：。？！]{2,}")
_STRENGTH = {"、": 1, "，": 2, "；": 3, "：": 3, "。": 4, "？": 4, "！": 4}
_ELLIPSIS = re.compile(rf"(?<={_BEFORE})(?:\.{{3,6}}|。{{3,6}}|…(?!…)(?<!……))")
_STRAIGHT_QUOTE = re.compile('["＂]')
_SEPARATOR = re.compile("(?<=》)[、，](?=《)")
_SPACE = re.compile(rf"(?<=[{HAN}])[ \u00a0]+(?=[{HAN}])")
_BRACKETS = (
    ("（(", "）)"), ("〔", "〕"), ("【", "】"), ("「", "」"), ("『", "』"), ("〈", "〉"),
    ("‘", "’"),
)  # fmt: skip
_APOSTROPHE = re.compile("(?<=[A-Za-z])’")
# `1）` needs no opening bracket; `（一）` does.
_LIST_NUMBER = re.compile(
    r"(?:^|(?<=[\s；;，,。：:]))[（(]?(?:\d{1,3}|[a-zA-Z]|[ivxⅠ-Ⅻ]{1,4})[）)]",
    re.MULTILINE,
)
_QUOTED_PARAGRAPH = re.compile("“[^”]*”")
_PARTNER = {"”": "“", "’": "‘", "》": "《", "〉": "〈", "）": "（", "〕": "〔", "】": "【"}
_PAIRED = re.compile("[“”‘’《》〈〉（）()〔〕【】]")
_PAIRS = frozenset((DefectKind.quotation_mark, DefectKind.title_mark, DefectKind.unpaired))


def punctuation_defects(text: str, paragraphs: Sequence[Span]) -> list[Defect]:
    """Returns the defects in the given paragraphs of `text`, in order, without overlaps."""
    defects = [defect for check in _CHECKS for span in paragraphs for defect in check(text, *span)]
    defects += _quotation_marks(text, paragraphs)
    defects += _crossed_pairs(text, paragraphs, defects)
    free = FreeSpans(len(text))
    kept = (defect for defect in defects if free.take(defect.start, defect.end))
    return sorted(kept, key=lambda defect: defect.start)


def _ellipses(text: str, start: int, end: int) -> Iterator[Defect]:
    """4.11: an ellipsis is six dots, ……"""
    for match in _ELLIPSIS.finditer(text, start, end):
        yield Defect(DefectKind.ellipsis, *match.span(), "……", "A Chinese ellipsis is ……")


def _half_width_marks(text: str, start: int, end: int) -> Iterator[Defect]:
    """5.1: marks in Chinese text are full-width. 4.5: a number such as 一 is followed by 、."""
    numbered = _NUMBERED.match(text, start, end)
    if numbered is not None:
        yield _half_width(text, numbered.start(1), "、")
    for match in _HALF_WIDTH.finditer(text, start, end):
        yield _half_width(text, match.start())


def _half_width_brackets(text: str, start: int, end: int) -> Iterator[Defect]:
    """A pair of brackets is full-width if one of them is, or if it contains Chinese."""
    opened: list[int] = []
    last_wide = -1
    for match in _ROUND_BRACKETS.finditer(text, start, end):
        at, mark = match.start(), match.group()
        if mark not in "()":
            last_wide = match.end() - 1
        if mark == "\n":
            opened.clear()
        elif mark in "(（":
            opened.append(at)
        elif mark in ")）" and opened:
            first = opened.pop()
            if last_wide >= first:
                yield from (_half_width(text, one) for one in (first, at) if text[one] in "()")


def _half_width(text: str, at: int, new: str | None = None) -> Defect:
    new = new or text[at].translate(_FULL_WIDTH)
    return Defect(DefectKind.half_width, at, at + 1, new, _full_width_reason(new))


@cache
def _full_width_reason(new: str) -> str:
    return f"In Chinese text the full-width {new} is used."


def _adjacent_marks(text: str, start: int, end: int) -> Iterator[Defect]:
    """A clause has one final mark. Of several, the strongest is kept: ，。 becomes 。"""
    for match in _RUN.finditer(text, start, end):
        if match.group() != "？！":  # 4.3 allows this one combination.
            reason = "Only one punctuation mark belongs here."
            yield Defect(DefectKind.adjacent, *match.span(), _strongest(match.group()), reason)


def _strongest(run: str) -> str | None:
    """Returns the mark to keep; None if several are possible, or if 4.2 and 4.3 allow the run."""
    marks = set(run)
    most = max(_STRENGTH[mark] for mark in marks)
    strongest = [mark for mark in marks if _STRENGTH[mark] == most]
    colon_ends = "：" in marks and most > _STRENGTH["："]
    if len(strongest) > 1 or colon_ends or (len(marks) == 1 and run[0] in "？！"):
        return None
    return strongest[0]


def _straight_quotes(text: str, start: int, end: int) -> Iterator[Defect]:
    """4.8: “ and ” enclose a quotation. Straight quotes open and close alternately."""
    quotes = [match.start() for match in _STRAIGHT_QUOTE.finditer(text, start, end)]
    reason = "In Chinese text “ and ” are used."
    kind = DefectKind.quotation_mark
    if len(quotes) % 2:
        for at in quotes:
            if re.search(rf"[{HAN}]", text[max(start, at - 2) : at + 3]) and not (
                at > start and text[at - 1].isdigit()
            ):
                yield Defect(kind, at, at + 1, None, reason)
        return
    for first, last in zip(quotes[::2], quotes[1::2], strict=True):
        if re.search(f"[{HAN}]", text[max(start, first - 2) : min(end, last + 3)]):
            yield Defect(kind, first, first + 1, "“", reason)
            yield Defect(kind, last, last + 1, "”", reason)


def _quotation_marks(text: str, paragraphs: Sequence[Span]) -> Iterator[Defect]:
    """4.8: in a quotation of several paragraphs, each has “ and only the last has ”."""
    opened: list[Defect] = []
    for start, end in paragraphs:
        if opened and _QUOTED_PARAGRAPH.match(text, start, end):
            opened.clear()
        for defect in _level_pairs(text, start, end, "“”‘’", turned=True):
            if defect.kind is not DefectKind.unpaired:
                yield defect
            elif text[defect.start] == "“":
                opened.append(defect)
            elif opened:
                opened.clear()
            else:
                yield defect
    yield from opened


def _title_marks(text: str, start: int, end: int) -> Iterator[Defect]:
    """4.15: 〈 and 〉 enclose a title inside a title."""
    return _level_pairs(text, start, end, "《》〈〉", turned=False)


def _level_pairs(text: str, start: int, end: int, marks: str, *, turned: bool) -> Iterator[Defect]:
    """Checks a pair that must not contain itself; `marks` are the outer and the inner pair.

    With `turned`, an opening mark where only a closing one fits is replaced by it.
    """
    opening, closing, inner_opening, inner_closing = tuple(marks)
    kind = DefectKind.quotation_mark if turned else DefectKind.title_mark
    matches = list(re.finditer(f"[{opening}{closing}]", text[start:end]))
    ahead = [match.group() for match in matches] + ["", ""]
    open_at: int | None = None
    skip = False
    for index, match in enumerate(matches):
        at, mark = start + match.start(), match.group()
        following, then = ahead[index + 1 : index + 3]
        if skip:
            skip = False
        elif mark == opening and open_at is None:
            open_at = at
        elif mark == opening and following == closing == then:
            reason = f"Inside {opening}{closing}, {inner_opening} and {inner_closing} are used."
            inner_end = start + matches[index + 1].start()
            yield Defect(kind, at, at + 1, inner_opening, reason)
            yield Defect(kind, inner_end, inner_end + 1, inner_closing, reason)
            skip = True
        elif mark == opening and following != closing and turned:
            yield Defect(kind, at, at + 1, closing, f"{closing} is needed to close {opening}.")
            open_at = None
        elif mark == opening:
            yield _unpaired(open_at or at, closing)
            open_at = at
        elif open_at is not None:
            open_at = None
        elif following == closing and turned:
            yield Defect(kind, at, at + 1, opening, f"{opening} is needed before {closing}.")
            open_at = at
        else:
            yield _unpaired(at, opening)
    if open_at is not None:
        yield _unpaired(open_at, closing)


def _brackets(text: str, start: int, end: int) -> Iterator[Defect]:
    ignored = {match.end() - 1 for match in _LIST_NUMBER.finditer(text, start, end)}
    ignored |= {match.start() for match in _APOSTROPHE.finditer(text, start, end)}
    for opening, closing in _BRACKETS:
        opened: list[int] = []
        for match in re.finditer(f"[{re.escape(opening + closing)}]", text[start:end]):
            at = start + match.start()
            if match.group() in opening:
                opened.append(at)
            elif opened:
                opened.pop()
            elif at not in ignored:
                yield _unpaired(at, opening[0])
        yield from (_unpaired(at, closing[0]) for at in opened)


def _unpaired(at: int, partner: str) -> Defect:
    return Defect(DefectKind.unpaired, at, at + 1, None, _unpaired_reason(partner))


@cache
def _unpaired_reason(partner: str) -> str:
    return f"The matching {partner} is missing."


def _crossed_pairs(
    text: str, paragraphs: Sequence[Span], defects: Sequence[Defect]
) -> Iterator[Defect]:
    """Finds the first closing mark in a paragraph whose pair encloses an open one: “（”）."""
    faults = sorted(defect.start for defect in defects if defect.kind in _PAIRS)
    for start, end in paragraphs:
        if bisect_left(faults, start) == bisect_left(faults, end):
            yield from _first_crossing(text, start, end)


def _first_crossing(text: str, start: int, end: int) -> Iterator[Defect]:
    opened: list[str] = []
    for match in _PAIRED.finditer(text, start, end):
        mark = match.group().translate(_FULL_WIDTH)
        if mark not in _PARTNER:
            opened.append(mark)
        elif opened and opened[-1] == _PARTNER[mark]:
            opened.pop()
        elif _PARTNER[mark] in opened:
            reason = f"{opened[-1]} is still open here."
            yield Defect(DefectKind.unpaired, *match.span(), None, reason)
            return


def _separators(text: str, start: int, end: int) -> Iterator[Defect]:
    """4.5: adjacent titles in 《》 usually have no mark between them."""
    for match in _SEPARATOR.finditer(text, start, end):
        reason = "No mark is used between titles in 《》."
        yield Defect(DefectKind.separator, *match.span(), "", reason)


def _spaces(text: str, start: int, end: int) -> Iterator[Defect]:
    for match in _SPACE.finditer(text, start, end):
        reason = "No space is used between Chinese characters."
        yield Defect(DefectKind.space, *match.span(), "", reason)


# Where defects overlap, the check that comes first here wins.
_CHECKS: Sequence[Callable[[str, int, int], Iterable[Defect]]] = (
    _ellipses,
    _adjacent_marks,
    _half_width_marks,
    _half_width_brackets,
    _straight_quotes,
    _title_marks,
    _brackets,
    _separators,
    _spaces,
)
