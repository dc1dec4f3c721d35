"""Signature, date, note, copies (抄送) and printing (印发)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import partial

from tasks.official_layout.alignment import (
    SIZE_3_TWIPS,
    check_indent,
    right_indent,
    set_right,
    spaces,
)
from tasks.official_layout.finding import Breach, Correction, Rule, Severity
from tasks.official_layout.fonts import FANGSONG, wrong_size, wrong_typeface
from tasks.official_layout.official import OfficialDocument
from tasks.official_layout.paragraphs import Paragraph, TextEdit
from tasks.official_layout.roles import DATE
from tasks.text.numerals import counting_number, number_of

_AREA_CHARS = 28
_MOST_FROM_EDGE = 8

MISSING = Rule("date.missing", "7.3.5", Severity.error, "a date below the text")
DIGITS = Rule(
    "date.digits", "7.3.5.4", Severity.error, "a date in Arabic digits", fixable=True, rewords=True
)
FORM = Rule(
    "date.form", "7.3.5.4", Severity.error, "a date in full: 2024年3月5日", fixable=True,
    rewords=True,
)  # fmt: skip
ZERO = Rule(
    "date.zero", "7.3.5.4", Severity.error, "months and days without leading zeros",
    fixable=True, rewords=True,
)  # fmt: skip
REAL = Rule("date.real", "7.3.5.4", Severity.error, "a date that exists")
RIGHT = Rule(
    "date.right", "7.3.5", Severity.error,
    "the date right-aligned, two to eight characters from the edge", fixable=True,
)  # fmt: skip
SIGNATURE = Rule(
    "signature.missing", "7.3.5", Severity.error, "the issuing authority's name above the date"
)
SIGNATURE_RIGHT = Rule(
    "signature.right", "7.3.5", Severity.error,
    "the issuing authority's name right-aligned, two to ten characters from the edge", fixable=True,
)  # fmt: skip
NOTE = Rule(
    "note.form",
    "7.3.6",
    Severity.error,
    "a note in full-width brackets",
    fixable=True,
    rewords=True,
)
NOTE_INDENT = Rule(
    "note.indent", "7.3.6", Severity.error, "a note indented by two characters", fixable=True
)
COPIES_SIZE = Rule(
    "copies.size", "7.4.2", Severity.error, "抄送 and 印发 in size 4 (14 pt)", fixable=True
)
COPIES_FONT = Rule(
    "copies.font", "7.4.2", Severity.error, "抄送 and 印发 in Fangsong (仿宋)", fixable=True
)
COPIES_FORM = Rule(
    "copies.form", "7.4.2", Severity.error, "抄送 with a full-width colon, and 。 at the end",
    fixable=True, rewords=True,
)  # fmt: skip
PRINTED = Rule(
    "printed.form", "7.4.3", Severity.error, "印发 after the date of printing", fixable=True,
    rewords=True,
)  # fmt: skip
RULES = (
    MISSING, DIGITS, FORM, ZERO, REAL, RIGHT, SIGNATURE, SIGNATURE_RIGHT, NOTE, NOTE_INDENT,
    COPIES_SIZE, COPIES_FONT, COPIES_FORM, PRINTED,
)  # fmt: skip


def check(official: OfficialDocument) -> Iterator[Breach]:
    roles = official.roles
    if roles.date is None:
        if roles.text:
            yield Breach(MISSING, "none", roles.signature or roles.text[-1])
    else:
        yield from _date(roles.date)
        yield from _right(RIGHT, roles.date, _MOST_FROM_EDGE, 4)
        if roles.signature is None:
            yield Breach(SIGNATURE, "none", roles.date)
    if roles.signature is not None:
        yield from _right(SIGNATURE_RIGHT, roles.signature, _MOST_FROM_EDGE + 2, 4)
    if roles.note is not None:
        yield from _note(roles.note)
    yield from _imprint(official)


def _date(paragraph: Paragraph) -> Iterator[Breach]:
    found = DATE.fullmatch(paragraph.words)
    if found is None:
        return
    start, end = paragraph.lead, paragraph.lead + len(paragraph.words)
    year, month, day = (found[name] or found[f"{name}2"] or "" for name in ("year", "month", "day"))
    plain = (_plain_year(year), _plain(month), _plain(day))
    written = f"{plain[0]}年{plain[1]}月{plain[2]}日"
    if not _is_real(*plain):
        yield Breach(REAL, paragraph.words, paragraph, start, end)
        return
    edit = TextEdit(paragraph, start, end, written)
    if not (year + month + day).isdecimal():
        yield Breach(
            DIGITS, paragraph.words, paragraph, start, end, expected=written, correction=edit
        )
    elif found["mark"] or len(year) != 4 or re.search(r"\s", paragraph.words):
        yield Breach(
            FORM, paragraph.words, paragraph, start, end, expected=written, correction=edit
        )
    elif month.startswith("0") or day.startswith("0"):
        yield Breach(
            ZERO, paragraph.words, paragraph, start, end, expected=written, correction=edit
        )


def _plain_year(part: str) -> str:
    """Returns the year in four Arabic digits; two digits mean this century."""
    if part.isdecimal():
        return part if len(part) == 4 else f"20{part}"
    return f"{number_of(part):04}"


def _plain(part: str) -> str:
    """Returns a month or day in Arabic digits without leading zeros; 0 if it is not a number."""
    return str(counting_number(part) or 0)


def _is_real(year: str, month: str, day: str) -> bool:
    try:
        return date(int(year), int(month), int(day)).year >= 1000
    except ValueError:
        return False


def _right(rule: Rule, paragraph: Paragraph, most: int, expected: int) -> Iterator[Breach]:
    if paragraph.format.align == "right":
        from_edge = right_indent(paragraph)
        if 2 - 0.3 <= from_edge <= most + 0.3:
            return
        found = f"{from_edge:.1f} characters from the edge"
    elif _is_pushed_right(paragraph):
        return
    else:
        found = paragraph.format.align
    correction: Correction = partial(set_right, paragraph, expected)
    end = len(paragraph.text.rstrip())
    if spaces(paragraph.text[end:]) > expected:
        correction = TextEdit(paragraph, end, len(paragraph.text), "")
    yield Breach(rule, found, paragraph, correction=correction)


def _is_pushed_right(paragraph: Paragraph) -> bool:
    """Whether left-aligned text is indented so far that it is in the right half of the line."""
    look = paragraph.format
    if look.align == "center":
        return False
    chars = look.left_chars / 100 or look.left / SIZE_3_TWIPS
    chars += look.first_chars / 100 or look.first / SIZE_3_TWIPS
    lead = paragraph.text[: paragraph.lead]
    chars += sum(1 if one == "\u3000" else 0.5 for one in lead)
    return chars + len(paragraph.words) / 2 > _AREA_CHARS / 2


def _note(paragraph: Paragraph) -> Iterator[Breach]:
    words, start = paragraph.words, paragraph.lead
    if words[0] != "（" or words[-1] != "）":
        edit = TextEdit(paragraph, start, start + len(words), f"（{words[1:-1]}）")
        found = words[0] + words[-1]
        yield Breach(NOTE, found, paragraph, start, start + len(words), correction=edit)
    yield from check_indent(NOTE_INDENT, paragraph, 2)


def _imprint(official: OfficialDocument) -> Iterator[Breach]:
    copies, printed = official.roles.copies, official.roles.printed
    for paragraph in (copies, printed):
        if paragraph is not None:
            yield from wrong_size(COPIES_SIZE, paragraph, 14)
            yield from wrong_typeface(COPIES_FONT, paragraph, FANGSONG)
    if copies is not None:
        yield from _copies(copies)
    if printed is not None and not printed.words.endswith("印发"):
        end = len(printed.text.rstrip())
        edit = TextEdit(printed, end, end, "印发")
        yield Breach(PRINTED, printed.words[-1], printed, end, end, correction=edit)


def _copies(paragraph: Paragraph) -> Iterator[Breach]:
    text = paragraph.text.rstrip()
    colon = text.find(":")
    if 0 <= colon <= paragraph.lead + 4:
        edit = TextEdit(paragraph, colon, colon + 1, "：")
        yield Breach(COPIES_FORM, ":", paragraph, colon, colon + 1, correction=edit)
    if not text.endswith("。"):
        start = len(text) - (text[-1] in "，；,;.、")
        edit = TextEdit(paragraph, start, len(text), "。")
        yield Breach(
            COPIES_FORM, text[start:] or "none", paragraph, start, len(text), correction=edit
        )
