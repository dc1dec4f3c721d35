"""What a spreadsheet program shows for a value with a number format."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from documents.ooxml.formats.builtin import GENERAL
from documents.ooxml.formats.codes import MOST_CODE, Kind, Section, sections
from documents.ooxml.formats.dates import dated
from documents.ooxml.formats.numbers import QuickWriter, number_writer, quick_writer
from documents.ooxml.formats.numerals import chinese

_MOST_EXACT = 1e15
_DATES = (Kind.date, Kind.elapsed, Kind.noon)
_NUMBERS = (Kind.digit, Kind.exponent)
_ABOVE = frozenset((">", ">="))


def general(value: float) -> str:
    """A number without a format: up to fifteen digits, which Excel stores and shows in full."""
    if not math.isfinite(value):
        return str(value)
    if value.is_integer() and abs(value) < _MOST_EXACT:
        return f"{value:.0f}"
    return f"{value:.15g}".replace("e", "E")


class NumberFormat:
    """A number format.

    Args:
        code: Its code, such as `#,##0.00`. A code that is too long is taken as `General`.
        from_1904: Whether the workbook counts days from 1 January 1904, not from 1900.

    Attributes:
        is_general: Whether values are shown as without a format.
        is_date: Whether numbers are shown as dates or times.
        quick: Writes a positive number from the text of a file; None for one that needs more.
    """

    def __init__(self, code: str, *, from_1904: bool = False) -> None:
        self.from_1904 = from_1904
        parts = sections(code if len(code) <= MOST_CODE else GENERAL)
        is_last_text = len(parts) > 1 and parts[-1].has(Kind.text)
        self._text = parts[3] if len(parts) > 3 else parts[-1] if parts[-1].has(Kind.text) else None
        self._sections: Sequence[Section] = parts[:3] if not is_last_text else parts[:-1][:3]
        self._write = [_in_digits(section, self._writer(section)) for section in self._sections]
        self.is_general = code == GENERAL or (len(parts) == 1 and not _changes(parts[0]))
        self.quick: QuickWriter = self._quick_writer() or (lambda _: None)
        kinds = {kind for section in self._sections for kind, _ in section.tokens}
        # A duration is no date.
        self.is_date = bool(kinds & set(_DATES)) and Kind.elapsed not in kinds

    def number(self, value: float) -> str:
        """A number as shown. One that the format cannot show, such as a date before 1900, is
        written without it.
        """
        if not math.isfinite(value):
            return general(value)
        index = self._index(value)
        if index is None:
            return general(value)
        if value >= 0 or self._has_own_sign(index):
            return self._write[index](abs(value)) if value < 0 else self._write[index](value)
        if self._sections[index].has(*_DATES):
            return general(value)
        return "-" + self._write[index](-value)

    def text(self, value: str) -> str:
        """A text as shown: with what the format's section for texts adds."""
        if self._text is None:
            return value
        tokens = self._text.tokens
        return "".join(value if kind is Kind.text else text for kind, text in tokens)

    def _quick_writer(self) -> QuickWriter | None:
        section = self._sections[0]
        is_plain = section.condition is None and not section.numerals and section.zero == "0"
        has_others = section.has(*_DATES, Kind.exponent, Kind.slash) or not section.has(Kind.digit)
        return quick_writer(section) if is_plain and not has_others else None

    def _index(self, value: float) -> int | None:
        """The section for a number; None if none is for it."""
        parts = self._sections
        if any(section.condition for section in parts):
            return next((at for at, section in enumerate(parts) if section.holds(value)), None)
        if len(parts) == 1 or value > 0:
            return 0
        if value < 0:
            return 1
        return 2 if len(parts) > 2 else 0

    def _has_own_sign(self, index: int) -> bool:
        """Whether a section is for negative numbers only, so that no minus sign is added."""
        condition = self._sections[index].condition
        if condition is not None:
            sign, bound = condition
            return len(self._sections) > 1 and sign in {"<", "<="} and bound <= 0
        before = self._sections[0].condition
        return index == 1 and (before is None or (before[0] in _ABOVE and before[1] <= 0))

    def _writer(self, section: Section) -> Callable[[float], str]:
        if section.has(*_DATES):
            return lambda value: self._dated(section, value)
        if section.has(*_NUMBERS):
            return number_writer(section)
        return lambda value: _with_general(section, value)

    def _dated(self, section: Section, value: float) -> str:
        shown = dated(section, value, from_1904=self.from_1904)
        return general(value) if shown is None else shown


def _in_digits(section: Section, write: Callable[[float], str]) -> Callable[[float], str]:
    """Writes with the digits of a section."""
    if section.zero == "0":
        return write
    digits = {ord("0") + digit: ord(section.zero) + digit for digit in range(10)}
    return lambda value: write(value).translate(digits)


def _changes(section: Section) -> bool:
    """Whether a section shows anything other than the value itself."""
    is_value = len(section.tokens) == 1 and section.tokens[0][0] in {Kind.general, Kind.text}
    return not is_value or bool(section.numerals) or section.zero != "0"


def _with_general(section: Section, value: float) -> str:
    """The texts of a section without digits, with the number where the code says `General`."""
    number = general(value)
    if section.numerals:
        number = chinese(number, section.numerals)
    shown = (Kind.general, Kind.text)
    return "".join(number if kind in shown else text for kind, text in section.tokens)
