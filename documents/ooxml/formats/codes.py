"""Divides the code of a number format into sections and tokens."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto

MOST_CODE = 255
"""Excel's limit. A longer code is not applied: it would make every cell of the text as long."""

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?'
    r"|\\(?P<escaped>.)|!(?P<marked>.)"
    r"|_(?P<space>.)"
    r"|\*(?P<fill>.)"
    r"|\[(?P<bracket>[^\[\]]{0,255})\]"
    r"|(?P<general>General|G/通用格式)"
    r"|(?P<noon>AM/PM|A/P|上午/下午)"
    r"|(?P<exponent>E[+-](?=[0#?]))"
    r"|b(?P<calendar>[12])"
    r"|(?P<date>y+|m+|d+|h+|s+|e+|aaaa?|g+|b+)"
    r"|(?P<digit>[0#?])"
    r"|(?P<end>;)"
    r"|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?\d{1,15}(?:\.\d{1,15})?)")
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, "=": operator.eq,
    "<>": operator.ne, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_NUMERALS = re.compile(r"DBNum([123])", re.IGNORECASE)
_HIJRI = 6
# Numerals whose digits Unicode has in their order, by their number in a locale.
_ZEROS: Mapping[int, str] = {
    2: "\u0660", 3: "\u06f0", 4: "\u0966", 5: "\u09e6", 6: "\u0a66", 7: "\u0ae6", 8: "\u0b66",
    9: "\u0be6", 10: "\u0c66", 11: "\u0ce6", 12: "\u0d66", 13: "\u0e50", 14: "\u0ed0", 15: "\u0f20",
}  # fmt: skip
_CHINESE = frozenset((0x804, 0x404, 0xC04, 0x1004, 0x1404))
# The long date and the time of the system, as a Chinese one shows them.
_DATE, _TIME = 'yyyy"年"m"月"d"日"', "h:mm:ss"
_SYSTEM = {"$-F800": _DATE, "$-F400": _TIME, "$-X-SYSDATE": _DATE, "$-X-SYSTIME": _TIME}
_HEX = re.compile(r"[0-9A-Fa-f]{1,8}")
_NAMES: Mapping[str, int] = {"zh-tw": 0x404, "zh": 0x804, "ja": 0x411, "th": 0x41E, "ko": 0x412}


class Kind(Enum):
    literal = auto()
    digit = auto()  # 0, # or ?
    point = auto()
    comma = auto()
    percent = auto()
    slash = auto()
    exponent = auto()
    date = auto()
    elapsed = auto()
    noon = auto()
    general = auto()
    text = auto()  # @


Token = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Section:
    """One of up to four parts of a code, separated by semicolons.

    `condition` is the comparison and bound that a value must meet; None without one. `numerals` is
    1 to 3 for Chinese digits (`DBNum`), else 0. `language` is the LCID of the code, 0 without one,
    `calendar` its calendar, and `zero` the digit 0 of its numerals: `[$-D07041E]` has Thai numerals
    and the Buddhist calendar.
    """

    tokens: tuple[Token, ...]
    condition: tuple[str, float] | None = None
    numerals: int = 0
    language: int = 0
    calendar: int = 0
    zero: str = "0"

    @property
    def is_chinese(self) -> bool:
        return self.language in _CHINESE

    def holds(self, value: float) -> bool:
        return self.condition is None or _COMPARE[self.condition[0]](value, self.condition[1])

    def has(self, *kinds: Kind) -> bool:
        return any(kind in kinds for kind, _ in self.tokens)


def sections(code: str) -> list[Section]:
    """The sections of a code; those after the fourth are left out."""
    for bracket, system in _SYSTEM.items():
        if f"[{bracket}]" in code.upper():
            code = system
    drafts = [_Draft()]
    for match in _TOKEN.finditer(code):
        if match["end"]:
            drafts.append(_Draft())
        else:
            drafts[-1].add(match)
    return [draft.section() for draft in drafts[:4]]


class _Draft:
    def __init__(self) -> None:
        self._tokens: list[Token] = []
        self._condition: tuple[str, float] | None = None
        self._numerals = 0
        self._language = 0
        self._calendar = 0
        self._zero = "0"

    def section(self) -> Section:
        return Section(
            tuple(self._tokens),
            self._condition,
            self._numerals,
            self._language,
            self._calendar,
            self._zero,
        )

    def add(self, match: re.Match[str]) -> None:
        name, text = match.lastgroup or "", match[match.lastgroup or 0]
        if name == "bracket":
            self._tokens += self._bracket(text)
        elif name == "calendar":
            self._calendar = _HIJRI if text == "2" else 0
        elif name in {"quoted", "escaped", "marked"}:
            self._tokens.append((Kind.literal, text))
        elif name == "space":
            self._tokens.append((Kind.literal, " "))
        elif name == "other":
            self._tokens.append((_SIGNS.get(text, Kind.literal), text))
        elif name != "fill":
            self._tokens.append((Kind[name], text))

    def _bracket(self, text: str) -> Iterator[Token]:
        if condition := _CONDITION.fullmatch(text):
            self._condition = condition[1], float(condition[2])
        elif numerals := _NUMERALS.match(text):
            self._numerals = int(numerals[1])
        elif _ELAPSED.fullmatch(text):
            yield Kind.elapsed, text.lower()
        elif text.startswith("$"):
            sign, _, locale = text[1:].partition("-")
            number = _locale(locale)
            self._language = number & 0xFFFF or self._language
            self._calendar = number >> 16 & 0xFF or self._calendar
            self._zero = _ZEROS.get(number >> 24, self._zero)
            if sign:
                yield Kind.literal, sign


_SIGNS = {
    ".": Kind.point, ",": Kind.comma, "%": Kind.percent, "/": Kind.slash, "@": Kind.text,
}  # fmt: skip


def _locale(locale: str) -> int:
    """The LCID of a locale, above it the number of a calendar, and above that one of numerals.

    Newer programs write `th-TH,D07` for `D07041E`.
    """
    name, comma, numbers = locale.partition(",")
    if comma or not _is_hex(name):
        near = (code for start, code in _NAMES.items() if name.lower().startswith(start))
        return (int(numbers, 16) & 0xFFFF if _is_hex(numbers) else 0) << 16 | next(near, 0)
    return int(name, 16) & 0xFFFFFFFF


def _is_hex(text: str) -> bool:
    return _HEX.fullmatch(text) is not None
