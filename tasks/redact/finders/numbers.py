"""Numbers with a check digit: identity numbers, unified social credit codes, bank cards.

A number with a wrong check digit is found only after a label.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import chain

from stdnum import luhn
from stdnum.cn import ric, uscc

from tasks.redact.finders.cells import BETWEEN_CELLS, in_rows, is_headed, one_per_cell
from tasks.redact.finders.context import is_labelled, is_other
from tasks.redact.finders.search import matches
from tasks.redact.kinds import Detection, Kind
from tasks.text.plain import GAP, bare, compact, groups

# The first characters of the patterns after them. The lookahead makes a pattern match at every
# offset.
_IDENTITY_BEGIN = re.compile(rf"[1-9](?<!\d.)(?=(?:{GAP}\d){{16}})")
_IDENTITY = re.compile(rf"(?<!\d)(?=([1-9](?:{GAP}\d){{16}}{GAP}(?:[Xx]|\d(?!\d))))")
# Its parts apart, with any marks between them: 330106/19900101/1234, or a cell for each.
_MARKS = r"(?:[^\w。；！？]|_){0,5}"
_PARTS_BEGIN = re.compile(rf"[1-9](?<![\dA-Za-z].)(?=\d{{5}}{_MARKS}(?:1[89]|20)\d\d)")
_IDENTITY_PARTS = re.compile(
    rf"(?=([1-9]\d{{5}}{_MARKS}(?:1[89]|20)\d\d{_MARKS}[01]\d{_MARKS}[0-3]\d{_MARKS}\d{{3}}"
    rf"{_MARKS}[\dXx])(?![\dA-Za-z]))"
)
_IDENTITY_SHAPE = re.compile(r"[1-9]\d{16}[\dX]")
_OLD_BEGIN = re.compile(r"[1-9](?<![\dA-Za-z].)(?=(?:[ \-\n]{0,2}\d){14})")
_OLD_IDENTITY = re.compile(
    r"(?<![\dA-Za-z])(?<!\d[.\-])([1-9]\d{5}[ \-\n]?\d{6}[ \-\n]?\d{3})(?![\dA-Za-z]|-\d)"
)
_OLD_BROKEN = re.compile(r"(?<![\dA-Za-z])(?<!\d[.\-])(?=([1-9](?:\n? ?\d){14})(?![\dA-Za-z]|-\d))")
# As in `_CREDIT_SHAPE`, two characters and six digits.
_CREDIT_BEGIN = re.compile(
    rf"[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy](?<![\dA-Za-z].)(?={GAP}[0-9A-Za-z](?:{GAP}\d){{6}}"
    rf"(?:{GAP}[0-9A-Za-z]){{10}})"
)
_CREDIT = re.compile(
    rf"(?<![\dA-Za-z])(?=([0-9A-HJ-NPQRTUWXY](?:{GAP}[0-9A-HJ-NPQRTUWXY]){{17}})(?![\dA-Za-z]))",
    re.IGNORECASE,
)
_CREDIT_SHAPE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}")
# Registration authority and category (GB 32100, table 1, from copies), digits only.
_REGISTRARS = re.compile("1[1239]|2[19]|3[1-59]|4[19]|5[1239]|6[129]|7[129]|8[19]|9[123]")
_CREDIT_DIGITS = re.compile(r"(?:1[1239]|5[1239]|9[123])\d{16}")
# The digits of a number such as `1.4732965009208104E-2`, as workbooks store it.
_POWER_OF_TEN = re.compile(r"(?<=\d\.)\d+E-?\d+", re.IGNORECASE)
_CARD_BEGIN = re.compile(rf"[1-9](?<![\dA-Za-z].)(?=(?:{GAP}\d){{11}})")
_CARD = re.compile(rf"([1-9](?<!\d\..)(?:{GAP}\d){{11,18}})(?![\dA-Za-z])")
# Of each length from the longest: one number may continue in the next.
_MOST_DIGITS = 19
_CARDS = tuple(
    re.compile(rf"([1-9](?:{GAP}\d){{{digits - 1}}})(?![\dA-Za-z])")
    for digits in range(_MOST_DIGITS, 11, -1)
)
_CARD_GROUPS = frozenset(
    (
        *((digits,) for digits in range(12, 20)), (4, 6, 4), (4, 6, 5), (4, 4, 4), (4, 4, 4, 4),
        (4, 4, 4, 4, 1), (4, 4, 4, 4, 2), (4, 4, 4, 4, 3), (6, 10), (6, 13), (6, 12), (4, 4, 4, 5),
        (4, 4, 4, 7),
    )
)  # fmt: skip
_DOTTED_CARD = re.compile(
    r"\d(?<![\dA-Za-z].)(?<!\d[.·].)\d{3}([.·_/~])\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?"
    r"(?![\dA-Za-z]|[.·]\d)"
)
_MOST_GROUPS = 6
_USUAL_DIGITS, _IDENTITY_DIGITS, _OLD_IDENTITY_DIGITS = 16, 18, 15
_NOT_CARD = re.compile(r"1|97[89]\d{10}$")
_CARD_BEGINS = re.compile(r"62|4|5[1-5]|3[56]|2[2-7]|9558|9559|6[08]")
# The first two digits of the codes of provinces.
_CODES = re.compile("1[1-5]|2[123]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[123]|91")
_IDENTITY_LABEL = re.compile(
    r"(?:身份证|身份号码|证件|公民身份)[件]?(?:号码?|编号)?[^\dA-Za-z\n]{0,4}$"
)
_CREDIT_LABEL = re.compile(r"(?:信用代码|信用码|税号|识别号)[^\dA-Za-z\n]{0,4}$")
_CARD_LABEL = re.compile(r"(?:卡号|账号|帐号|账户|帐户|银行卡)[^\dA-Za-z\n]{0,4}$")
_CARD_HEADING = re.compile("卡号|账号|帐号|银行卡")
_CARD_CELLS = re.compile(
    rf"[2-9](?<![\dA-Za-z].)\d{{3}}(?:{BETWEEN_CELLS}\d{{4}}){{3}}(?:{BETWEEN_CELLS}\d{{1,3}})?"
    rf"(?!\d)(?!{BETWEEN_CELLS}\d)"
)
_CELL_BEFORE = re.compile(rf"\d{{4}}{BETWEEN_CELLS}$")
# Cards of UnionPay, as most in China are.
_LIKELY_CARD = re.compile(r"62|9558|9559")


def identity_numbers(text: str) -> Iterator[Detection]:
    """Finds 18-character numbers (GB 11643), and old ones of 15 digits without a check digit."""
    for match in chain(
        matches(_IDENTITY_BEGIN, _IDENTITY, text),
        one_per_cell(text, 18, 18),
        matches(_PARTS_BEGIN, _IDENTITY_PARTS, text),
    ):
        start, end = match.span(1)
        number = bare(match[1]).upper()
        if not (_IDENTITY_SHAPE.fullmatch(number) and _is_date(number[6:14])):
            continue
        right = ric.calc_check_digit(number) == number[-1]
        if right or is_labelled(text, start, _IDENTITY_LABEL):
            yield Detection(Kind.identity_number, start, end, valid=right)
    for pattern in (_OLD_IDENTITY, _OLD_BROKEN):
        for match in matches(_OLD_BEGIN, pattern, text):
            number = compact(match[1])
            dated = _CODES.match(number) and _is_date(f"19{number[6:12]}")
            if dated and not is_other(text, *match.span(1)):
                yield Detection(Kind.identity_number, *match.span(1))


def credit_codes(text: str) -> Iterator[Detection]:
    """Finds unified social credit codes (GB 32100)."""
    for match in matches(_CREDIT_BEGIN, _CREDIT, text):
        code = compact(match[1]).upper()
        if not _CREDIT_SHAPE.fullmatch(code) or _POWER_OF_TEN.fullmatch(text, *match.span(1)):
            continue
        right = uscc.calc_check_digit(code[:-1]) == code[-1]
        if _is_other_digits(code):
            continue
        if (right and len(set(code)) > 3) or is_labelled(text, match.start(1), _CREDIT_LABEL):
            yield Detection(Kind.credit_code, *match.span(1), valid=right)


def _is_other_digits(code: str) -> bool:
    """Whether an all-digit code of a rare authority is probably another kind of number."""
    if not code.isdigit() or _CREDIT_DIGITS.fullmatch(code):
        return False
    if not _REGISTRARS.match(code):
        return True
    return _is_date(code[6:14]) or bool(luhn.is_valid(code))


def bank_cards(text: str) -> Iterator[Detection]:
    """Finds 12 to 19 digits (ISO/IEC 7812-1) with a valid Luhn check, ungrouped or as on cards.

    Fewer than 16 must not begin with 1, as times in milliseconds do, or be the number of a book.
    """
    for place in _CARD_BEGIN.finditer(text):
        for match in _cards_at(text, place.start()):
            if _is_card(text, match):
                number = compact(match[1])
                yield Detection(Kind.bank_card, *match.span(1), valid=luhn.is_valid(number))

    for match in _DOTTED_CARD.finditer(text):
        number = bare(match[0])
        right = luhn.is_valid(number) and len(set(number)) > 3
        if right or is_labelled(text, match.start(), _CARD_LABEL):
            yield Detection(Kind.bank_card, *match.span(), valid=right)
    yield from _cards_in_cells(text)
    for match in one_per_cell(text, 12, 19):
        start, end = match.span("run")
        number = bare(match["run"])
        if not number.isdecimal():
            continue
        right = luhn.is_valid(number) and len(set(number)) > 3
        # A row of a table may be figures of one digit, so a number without a label must be usual.
        is_likely = right and len(number) >= _USUAL_DIGITS and _CARD_BEGINS.match(number)
        if is_labelled(text, start, _CARD_LABEL) or is_likely:
            yield Detection(Kind.bank_card, start, end, valid=right)


def _cards_at(text: str, start: int) -> Iterator[re.Match[str]]:
    """Yields the numbers of every length that begin at an offset, the longest first."""
    longest = _CARD.match(text, start)
    if longest is None:
        return
    yield longest
    digits = len(longest[1]) if longest[1].isdigit() else len(compact(longest[1]))
    # Without a gap it ends where the digits end.
    for pattern in _CARDS[_MOST_DIGITS - digits + 1 :] if digits < len(longest[1]) else ():
        if match := pattern.match(text, start):
            yield match


def _cards_in_cells(text: str) -> Iterator[Detection]:
    """Finds numbers with four digits in each cell. One without a label must be likely a card, and
    so must those in the rows around it: four figures have a valid check digit by chance.
    """
    for rows in in_rows(_CARD_CELLS, text):
        is_labelled_row = is_headed(text, rows[0].start(), _CARD_HEADING)
        if all(_is_card_in_cells(text, row, is_labelled_row=is_labelled_row) for row in rows):
            yield from (Detection(Kind.bank_card, *row.span(), valid=True) for row in rows)


def _is_card_in_cells(text: str, row: re.Match[str], *, is_labelled_row: bool) -> bool:
    number = bare(row[0])
    if not luhn.is_valid(number) or len(set(number)) < 4:
        return False
    if is_labelled_row:
        return True
    before = text[max(0, row.start() - 12) : row.start()]
    return bool(_LIKELY_CARD.match(number)) and not _CELL_BEFORE.search(before)


def _is_card(text: str, match: re.Match[str]) -> bool:
    start, end = match.span(1)
    shape = tuple(groups(match[1]))
    if len(shape) > _MOST_GROUPS:
        return False
    number = compact(match[1])
    broken = len(shape) == 2 and len(number) in {16, 19} and _CARD_BEGINS.match(number)
    if shape not in _CARD_GROUPS and not broken and not _is_broken_card(match[1]):
        return False
    if is_labelled(text, start, _CARD_LABEL):
        return True
    if _is_other_number(number) or len(set(number)) < 4 or is_other(text, start, end):
        return False
    return bool(luhn.is_valid(number))


def _is_other_number(number: str) -> bool:
    """Whether digits with a valid Luhn check are probably another kind of number.

    Identity numbers and credit codes with a typing error are not cards.
    """
    if len(number) == _IDENTITY_DIGITS:
        is_identity = _CODES.match(number) and _is_date(number[6:14], latest=2029)
        return _CREDIT_DIGITS.match(number) is not None or bool(is_identity)
    if len(number) == _OLD_IDENTITY_DIGITS and _CODES.match(number):
        return _is_date(f"19{number[6:12]}")
    return len(number) < _USUAL_DIGITS and _NOT_CARD.match(number) is not None


def _is_broken_card(written: str) -> bool:
    """Whether the number is grouped as on cards once a line break is removed."""
    if not 0 < written.count("\n") <= 2:
        return False
    for place in re.finditer(r"[ ]{0,3}\n[ ]{0,3}", written):
        whole = written[: place.start()] + written[place.end() :]
        if tuple(groups(whole)) in _CARD_GROUPS:
            return True
    return False


def _is_date(digits: str, *, latest: int = 2099) -> bool:
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:8])
    if not (1850 <= year <= latest and 1 <= month <= 12 and 1 <= day <= 31):
        return False
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
