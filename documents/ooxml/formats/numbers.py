"""Numbers, by the sections of a number format that show them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from documents.ooxml.formats.codes import Kind, Section, Token
from documents.ooxml.formats.numerals import chinese_digits

# Enough for the largest number of double precision with decimal places.
_CONTEXT = Context(prec=400, rounding=ROUND_HALF_UP, Emax=999_999, Emin=-999_999)
_MOST_PLACES = 60
# Digits without text between them, at least one before the point.
_USUAL = re.compile(r"(?:0+|#+0|#,##0)(?:\.0+)?")
_MOST_DENOMINATOR = 99_999


Shown = tuple[str, str]
"""The text as shown, and the value beside it where it differs, else empty."""
QuickWriter = Callable[[str], Shown | None]
_PlainForm = tuple[str, str, str]
"""The text before a number, its form in Python's format language, and the text after it."""


def _decimal(places: int) -> re.Pattern[str]:
    """A positive number of at most nine digits, six decimal places and `places`, without zeros at
    its ends.
    """
    if not places:
        return re.compile("[1-9][0-9]{0,8}")
    fraction = rf"\.[0-9]{{0,{min(places, 6) - 1}}}[1-9]"
    return re.compile(f"[1-9][0-9]{{0,8}}(?:{fraction})?|0{fraction}")


def exact(value: float) -> Decimal:
    """A number with the fifteen digits that Excel keeps."""
    return Decimal(f"{value:.15g}")


def number_writer(section: Section) -> Callable[[float], str]:
    """Returns a function that writes a number that is not negative, as a section with digits."""
    tokens = section.tokens
    if section.has(Kind.slash) and (fraction := _Fraction.of(tokens)) is not None:
        return fraction.written
    if section.has(Kind.exponent):
        return _Scientific(tokens).written
    digits = _Digits(tokens)
    if not section.numerals:
        return lambda value: digits.written(exact(value))
    return lambda value: chinese_digits(digits.written(exact(value)), section.numerals)


def quick_writer(section: Section) -> QuickWriter | None:
    """The same for the text of a positive number that needs no rounding, on one line.

    None if the section is an unusual one. The function returns None for any other text.
    """
    return _Digits(section.tokens).quick_writer()


class _Digits:
    """The digits of a section: where they stand, and how the number is scaled for them."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        digits = [index for index, (kind, _) in enumerate(tokens) if kind is Kind.digit]
        point = next((i for i, (kind, _) in enumerate(tokens) if kind is Kind.point), len(tokens))
        self._tokens = tokens
        self._point = point
        self._whole = [index for index in digits if index < point]
        self._places = [index for index in digits if index > point][:_MOST_PLACES]
        commas = [index for index, (kind, _) in enumerate(tokens) if kind is Kind.comma]
        last = self._whole[-1] if self._whole else -1
        # Commas after the last digit divide by a thousand each; those between digits group them.
        ends = {last, digits[-1] if digits else -1}
        thousands = [one for one in commas if _follows(tokens, one, ends)]
        self._groups = any(self._whole and self._whole[0] < one < last for one in commas)
        percents = sum(kind is Kind.percent for kind, _ in tokens)
        self._scale = 2 * percents - 3 * len(thousands)

        self.whole_places = len(self._whole)
        self._unit = Decimal(1).scaleb(-len(self._places))
        self._plain_form = self._usual_format(tokens, digits)

    def _usual_format(self, tokens: Sequence[Token], digits: Sequence[int]) -> _PlainForm | None:
        """The same in Python's format language, which is quicker; None for an unusual code."""
        between = range(self._whole[0], digits[-1] + 1) if self._whole else range(0)
        codes = "".join(tokens[index][1] for index in between)
        # A point can also be text between digits: `0!.0,"万元"` shows tens of thousands.
        is_text = any(tokens[index][0] is Kind.literal for index in between)
        if not between or is_text or not _USUAL.fullmatch(codes):
            return None
        whole, _, fraction = codes.partition(".")
        before, after = tokens[: between[0]], tokens[between[-1] + 1 :]
        width = whole.count("0") + (len(fraction) + 1 if fraction else 0)
        how = f",.{len(fraction)}f" if self._groups else f"0{width}.{len(fraction)}f"
        return "".join(map(_plain, before)), how, "".join(map(_plain, after))

    def quick_writer(self) -> QuickWriter | None:
        if self._plain_form is None or self._scale not in {0, 2}:
            return None
        (before, after), how = map(_spaced_once, self._plain_form[::2]), self._plain_form[1]
        before, after = before.lstrip(), after.rstrip()
        fits = _decimal(len(self._places) + self._scale).fullmatch
        factor = 10**self._scale

        def write(written: str) -> Shown | None:
            if not fits(written):
                return None
            shown = before + format(float(written) * factor, how) + after
            return shown, "" if shown == written else written

        return write

    def rounded(self, value: Decimal) -> Decimal:
        return value.quantize(self._unit, context=_CONTEXT)

    def written(self, value: Decimal) -> str:
        scaled = self.rounded(value.scaleb(self._scale, _CONTEXT) if self._scale else value)
        if self._plain_form is not None:
            before, how, after = self._plain_form
            return before + format(scaled, how) + after
        whole, _, fraction = f"{scaled:f}".partition(".")
        pieces = {**self._fraction(fraction), **self._integer(whole.lstrip("0"))}
        if not self._whole and whole.strip("0"):
            pieces[self._point] = whole + "."
        return "".join(pieces.get(i, _plain(token)) for i, token in enumerate(self._tokens))

    def _integer(self, digits: str) -> dict[int, str]:
        """The text of each place before the point; the first takes all digits that remain."""
        pieces: dict[int, str] = {}
        count = 0
        for number, index in enumerate(reversed(self._whole), start=1):
            taken = digits if number == len(self._whole) else digits[-1:]
            digits = digits[: len(digits) - len(taken)]
            text = taken or _empty(self._tokens[index][1])
            pieces[index] = self._grouped(text, count) if self._groups else text
            count += len(text)
        return pieces

    @staticmethod
    def _grouped(text: str, count: int) -> str:
        """`text` with a comma after each digit that is followed by a multiple of three digits."""
        written = ""
        for at, digit in enumerate(text):
            after = count + len(text) - 1 - at
            comma = "," if after and after % 3 == 0 and digit != " " else ""
            written += digit + comma
        return written

    def _fraction(self, digits: str) -> dict[int, str]:
        kept = digits.rstrip("0")
        pieces = {}
        for place, index in enumerate(self._places):
            is_kept = place < len(kept)
            pieces[index] = kept[place] if is_kept else _empty(self._tokens[index][1])
        return pieces


def _spaced_once(text: str) -> str:
    """`text` with one space for each run of white space."""
    return re.sub(r"\s+", " ", text)


def _follows(tokens: Sequence[Token], comma: int, digits: set[int]) -> bool:
    """Whether nothing but commas is between a digit of `digits` and this comma."""
    before = comma - 1
    while before >= 0 and tokens[before][0] is Kind.comma:
        before -= 1
    return before in digits


def _empty(place: str) -> str:
    return {"0": "0", "?": " "}.get(place, "")


def _plain(token: Token) -> str:
    """The text of a token that is no place of a digit."""
    kind, text = token
    return "" if kind in {Kind.comma, Kind.digit} else text


class _Scientific:
    def __init__(self, tokens: Sequence[Token]) -> None:
        at = next(index for index, (kind, _) in enumerate(tokens) if kind is Kind.exponent)
        rest = tokens[at + 1 :]
        self._digits = _Digits(tokens[:at])
        self._sign = tokens[at][1][1:].replace("-", "")
        self._width = max(1, sum(kind is Kind.digit for kind, _ in rest))
        self._after = "".join(map(_plain, rest))

    def written(self, value: float) -> str:
        number, step = exact(value), self._digits.whole_places or 1
        # A multiple of the places before the point, so that they are enough.
        exponent = number.adjusted() // step * step if number else 0
        mantissa = number.scaleb(-exponent, _CONTEXT)
        if self._digits.rounded(mantissa) >= Decimal(1).scaleb(step):
            exponent += step
            mantissa = number.scaleb(-exponent, _CONTEXT)
        sign = "-" if exponent < 0 else self._sign
        written = self._digits.written(mantissa)
        return f"{written}E{sign}{abs(exponent):0{self._width}}{self._after}"


class _Fraction:
    """A number as a fraction, such as `1 1/2`."""

    def __init__(
        self, tokens: Sequence[Token], whole: int, numerator: int, below: Sequence[Token], end: int
    ) -> None:
        self._has_whole = whole < numerator
        self._lead = "".join(map(_plain, tokens[:whole]))
        self._between = "".join(map(_plain, tokens[whole:numerator])) or " "
        self._below = "".join(text for _, text in below)
        self._after = "".join(map(_plain, tokens[end:]))

    @classmethod
    def of(cls, tokens: Sequence[Token]) -> _Fraction | None:
        """None if the section has no place for a fraction."""
        slash = next(index for index, (kind, _) in enumerate(tokens) if kind is Kind.slash)
        before = [index for index, (kind, _) in enumerate(tokens[:slash]) if kind is Kind.digit]
        below = _run(tokens, slash + 1)
        if not before or not below:
            return None
        numerator = before[-1]
        while numerator - 1 in before:
            numerator -= 1
        return cls(tokens, before[0], numerator, below, slash + 1 + len(below))

    def written(self, value: float) -> str:
        whole, part = _parts(value, self._below, has_whole=self._has_whole)
        if part is None:
            return f"{self._lead}{whole}{self._after}"
        number = f"{whole}{self._between}" if whole else ""
        return f"{self._lead}{number}{part[0]}/{part[1]}{self._after}"


def _run(tokens: Sequence[Token], start: int) -> Sequence[Token]:
    """The places or digits of a denominator."""
    end = start
    while end < len(tokens) and (tokens[end][0] is Kind.digit or tokens[end][1].isdecimal()):
        end += 1
    return tokens[start:end]


def _parts(value: float, below: str, *, has_whole: bool) -> tuple[int, tuple[int, int] | None]:
    """The whole number, and numerator and denominator; None if there is no fraction."""
    number = Fraction(exact(value))
    if fixed := "".join(filter(str.isdecimal, below)).lstrip("0"):
        denominator = min(int(fixed), _MOST_DENOMINATOR)
        numerator = round(number * denominator)
    else:
        most = min(10 ** len(below) - 1, _MOST_DENOMINATOR)
        numerator, denominator = number.limit_denominator(most).as_integer_ratio()
    whole = numerator // denominator if has_whole else 0
    numerator -= whole * denominator
    return whole, (numerator, denominator) if numerator or not has_whole else None
