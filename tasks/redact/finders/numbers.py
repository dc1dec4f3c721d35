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

from tasks.redact.finders.cells import one_per_cell
from tasks.redact.finders.context import is_labelled, is_other
from tasks.redact.kinds import Detection, Kind
from tasks.text.plain import GAP, compact, groups

# The lookahead makes the pattern match at every offset.
_IDENTITY = re.compile(rf"(?<!\d)(?=([1-9](?:{GAP}\d){{16}}{GAP}(?:[Xx]|\d(?!\d))))")
_IDENTITY_SHAPE = re.compile(r"[1-9]\d{16}[\dX]")
_OLD_IDENTITY = re.compile(
    r"(?<![\dA-Za-z])(?<!\d[.\-])([1-9]\d{5}[ \-\n]?\d{6}[ \-\n]?\d{3})(?![\dA-Za-z]|-\d)"
)
_OLD_BROKEN = re.compile(r"(?<![\dA-Za-z])(?<!\d[.\-])(?=([1-9](?:\n? ?\d){14})(?![\dA-Za-z]|-\d))")
_CREDIT = re.compile(
    rf"(?<![\dA-Za-z])(?=([0-9A-HJ-NPQRTUWXY](?:{GAP}[0-9A-HJ-NPQRTUWXY]){{17}})(?![\dA-Za-z]))",
    re.IGNORECASE,
)
_CREDIT_SHAPE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}")
# Registration authority and category (GB 32100, table 1, from copies), digits only.
_REGISTRARS = re.compile("1[1239]|2[19]|3[1-59]|4[19]|5[1239]|6[129]|7[129]|8[19]|9[123]")
_CREDIT_DIGITS = re.compile(r"(?:1[1239]|5[1239]|9[123])\d{16}")
_CARDS = tuple(
    re.compile(rf"(?<![\dA-Za-z])(?<!\d\.)(?=([1-9](?:{GAP}\d){{{more}}})(?![\dA-Za-z]))")
    for more in range(18, 10, -1)
)
_CARD_GROUPS = frozenset(
    (
        *((digits,) for digits in range(12, 20)), (4, 6, 4), (4, 6, 5), (4, 4, 4), (4, 4, 4, 4),
        (4, 4, 4, 4, 1), (4, 4, 4, 4, 2), (4, 4, 4, 4, 3), (6, 10), (6, 13), (6, 12), (4, 4, 4, 5),
        (4, 4, 4, 7),
    )
)  # fmt: skip
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


def identity_numbers(text: str) -> Iterator[Detection]:
    """Finds 18-character numbers (GB 11643), and old ones of 15 digits without a check digit."""
    for match in chain(_IDENTITY.finditer(text), one_per_cell(text, 18)):
        start, end = match.span(1)
        number = compact(match[1]).upper()
        if not (_IDENTITY_SHAPE.fullmatch(number) and _is_date(number[6:14])):
            continue
        right = ric.calc_check_digit(number) == number[-1]
        if right or is_labelled(text, start, _IDENTITY_LABEL):
            yield Detection(Kind.identity_number, start, end, valid=right)
    for pattern in (_OLD_IDENTITY, _OLD_BROKEN):
        for match in pattern.finditer(text):
            number = compact(match[1])
            dated = _CODES.match(number) and _is_date(f"19{number[6:12]}")
            if dated and not is_other(text, *match.span(1)):
                yield Detection(Kind.identity_number, *match.span(1))


def credit_codes(text: str) -> Iterator[Detection]:
    """Finds unified social credit codes (GB 32100)."""
    for match in _CREDIT.finditer(text):
        code = compact(match[1]).upper()
        if not _CREDIT_SHAPE.fullmatch(code):
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
    for pattern in _CARDS:
        for match in pattern.finditer(text):
            if _is_card(text, match):
                number = compact(match[1])
                yield Detection(Kind.bank_card, *match.span(1), valid=luhn.is_valid(number))


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
    if not luhn.is_valid(number) or len(set(number)) < 4 or is_other(text, start, end):
        return False
    return not _is_other_number(number)


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
