"""The formats of numbers in Office documents (ECMA-376 part 1, 17.18.59)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from documents.ooxml.numerals import Numerals, with_units

_DIGITS = "〇一二三四五六七八九"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_ORDINAL_ENDS = {1: "st", 2: "nd", 3: "rd"}
# A number with as many digits as the first of these examples (MS-DOCX, 2.4.2).
_PADDED = re.compile(r"(0+)1,.*")
_CIRCLED = "".join(
    map(chr, (*range(0x2460, 0x2474), *range(0x3251, 0x3260), *range(0x32B1, 0x32C0)))
)
_KOREAN = "영일이삼사오육칠팔구"


_CHINESE = Numerals("零" + _DIGITS[1:], "十百千")
_JAPANESE = Numerals(_DIGITS, "十百千", has_zero=False, says_one=10_000)
# Numerals with units, by format.
_NUMERALS: Mapping[str, Numerals] = MappingProxyType(
    {
        "chineseCounting": _CHINESE,
        "chineseCountingThousand": _CHINESE,
        "taiwaneseCounting": _CHINESE,
        "taiwaneseCountingThousand": _CHINESE,
        "chineseLegalSimplified": Numerals("零壹贰叁肆伍陆柒捌玖", "拾佰仟", says_one=10),
        "ideographLegalTraditional": Numerals("零壹貳參肆伍陸柒捌玖", "拾佰仟", says_one=10),
        "japaneseCounting": _JAPANESE,
        "japaneseLegal": Numerals("零壱弐参四伍六七八九", "拾百阡", has_zero=False, says_one=10),
        "koreanCounting": Numerals(_KOREAN, "십백천", has_zero=False, says_one=10_000),
    }
)
# Ten digits for numbers written digit by digit.
_POSITIONAL: Mapping[str, str] = MappingProxyType(
    {
        "ideographDigital": _DIGITS,
        "japaneseDigitalTenThousand": _DIGITS,
        "taiwaneseDigital": "○" + _DIGITS[1:],
        "koreanDigital": _KOREAN,
        "koreanDigital2": "零" + _DIGITS[1:],
        "thaiNumbers": "๐๑๒๓๔๕๖๗๘๙",
        "hindiNumbers": "०१२३४५६७८९",
    }
)
# The numbers from 1 on; after the last one Word writes Arabic digits.
_COUNTED: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "ideographTraditional": _STEMS,
        "ideographZodiac": _BRANCHES,
        "ideographZodiacTraditional": [_STEMS[n % 10] + _BRANCHES[n % 12] for n in range(60)],
        "decimalEnclosedParen": "⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇",
        "decimalEnclosedFullstop": "⒈⒉⒊⒋⒌⒍⒎⒏⒐⒑⒒⒓⒔⒕⒖⒗⒘⒙⒚⒛",
        "decimalEnclosedCircle": _CIRCLED,
        "decimalEnclosedCircleChinese": _CIRCLED,
        "ideographEnclosedCircle": "㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉",
        "ganada": "가나다라마바사아자차카타파하",
        "chosung": "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ",
        "aiueo": "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝ",
        "aiueoFullWidth": "アイウエオカキクケコサシスセソタチツテトナニヌ"
        "ネノハヒフヘホマミムメモヤユヨラリルレロワヲン",
        "iroha": "ｲﾛﾊﾆﾎﾍﾄﾁﾘﾇﾙｦﾜｶﾖﾀﾚｿﾂﾈﾅﾗﾑｳヰﾉｵｸﾔﾏｹﾌｺｴﾃｱｻｷﾕﾒﾐｼヱﾋﾓｾｽ",
        "irohaFullWidth": "イロハニホヘトチリヌルヲワカヨタレソツネナラムウ"
        "ヰノオクヤマケフコエテアサキユメミシヱヒモセスン",
    }
)
# Letters, which repeat after the last one: a to z, aa to zz.
_LETTERS: Mapping[str, str] = MappingProxyType(
    {"lowerLetter": _LATIN, "russianLower": "абвгдежзиклмнопрстуфхцчшщыэюя"}
)
_UPPER = {"upperLetter": "lowerLetter", "upperRoman": "lowerRoman", "russianUpper": "russianLower"}


def formatted(number: int, form: str) -> str:
    """`number` in a format of numbers; in Arabic digits where the format has no such number.

    A format of one's own is given by its example, such as `001, 002, 003, ...`.
    """
    if form in _COUNTED:
        counted = _COUNTED[form]
        return counted[number - 1] if 1 <= number <= len(counted) else str(number)
    if form in _UPPER:
        return formatted(number, _UPPER[form]).upper()
    if form in _LETTERS and number > 0:
        letters = _LETTERS[form]
        return letters[(number - 1) % len(letters)] * ((number - 1) // len(letters) + 1)
    return _in_digits(number, form)


def _in_digits(number: int, form: str) -> str:
    if form in _NUMERALS:
        is_named = 0 < number < 10_000
        return with_units(str(number), _NUMERALS[form]) if is_named else str(number)
    if form in _POSITIONAL:
        return "".join(_POSITIONAL[form][int(digit)] for digit in str(number))
    if padded := _PADDED.fullmatch(form):
        return str(number).zfill(len(padded[1]) + 1)
    return _ARABIC.get(form, str)(number)


def _ordinal(number: int) -> str:
    end = "th" if number % 100 in {11, 12, 13} else _ORDINAL_ENDS.get(number % 10, "th")
    return f"{number}{end}"


def _roman(number: int) -> str:
    words = ""
    for size, name in _ROMAN if number < 4000 else ():
        count, number = divmod(number, size)
        words += name * count
    return words or str(number)


_ARABIC: Mapping[str, Callable[[int], str]] = MappingProxyType(
    {
        "lowerRoman": _roman,
        "decimalZero": lambda number: f"{number:02d}",
        "decimalFullWidth": lambda number: str(number).translate(_FULL_WIDTH),
        "decimalFullWidth2": lambda number: str(number).translate(_FULL_WIDTH),
        "numberInDash": lambda number: f"- {number} -",
        "hex": lambda number: f"{number:X}",
        "ordinal": _ordinal,
    }
)


def chinese(number: int) -> str:
    """1 to 9,999 in Chinese numerals: 十, 二十一, 一百零五. Other numbers stay in digits."""
    return formatted(number, "chineseCounting")
