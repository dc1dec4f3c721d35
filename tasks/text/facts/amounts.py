"""Finds numbers in digits, Chinese numerals and English words: 1.5亿 is 150000000."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from tasks.text.facts.fact import Fact, FactKind
from tasks.text.facts.languages import ENGLISH, SCALES
from tasks.text.numerals import DIGITS, LARGE_UNITS, LONGEST_NUMERAL, UNITS, chinese_number

_LONG = rf"{{1,{LONGEST_NUMERAL}}}"
_NUMERAL = rf"[{DIGITS}{UNITS}{LARGE_UNITS}]{_LONG}"
_POINTS = {"百": 2, "千": 3, "万": 4}
_CHINESE = re.compile(
    rf"(?:(?P<share>[百千万])分之(?P<of>{_NUMERAL}(?:点[{DIGITS}]{_LONG})?|\d+(?:\.\d+)?)"
    rf"|(?P<lower>[{DIGITS}{UNITS}]{_LONG})分之(?P<upper>[{DIGITS}{UNITS}]{_LONG})"
    rf"|(?P<first>第)?(?P<run>{_NUMERAL})(?:点(?P<point>[{DIGITS}]{_LONG})(?P<scale>[{LARGE_UNITS}]{{1,2}})?)?)"
)
# Units: after a single Chinese digit they show that it is a number.
_COUNTED = re.compile(
    r"\s?(?:年|个|人|名|位|项|条|款|次|日|天|月|周|小时|分钟|家|户|所|座|台(?![山湾])|辆|件|份|种|类|级|层|期|批|元|角|"
    r"吨|公里|米|亩|倍|岁|届|号|组|队|处|套|册|页|章|节|部|宗|起|例|方面|季度|星期|步|支|省|市|县|区|镇|乡|村|校|院)"
)
_TWO_DIGITS = re.compile(r"[一二三四五六七八九]{2}")
_ONLY_UNITS = re.compile(rf"[{UNITS}{LARGE_UNITS}]")

_GROUPED = r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?"
_GROUPED_WITH_POINTS = r"\d{1,3}(?:[.\u00a0\u202f ]\d{3})+(?!\d)(?:,\d+)?|\d+,\d+"
_SCALE_WORDS = "|".join(sorted(map(re.escape, SCALES), key=len, reverse=True))
_ARABIC = (
    r"(?P<number>{grouped}|\d+(?:\.\d+)?)"
    r"(?:(?P<chinese>[ ]?(?:[十百千]?万亿|[十百千]?[万亿]|[百千](?![分米克瓦帕赫卡])))"
    rf"|[ ]?-?(?P<word>{_SCALE_WORDS})(?![a-zà-ÿа-я]))?"
    r"(?P<share>\s?(?:%|‰|％|(?:per ?cent|pour cent|Prozent|por ciento|por cento)(?![a-z])))?"
)
_PLAIN = re.compile(rf"(?<![\d.]){_ARABIC.format(grouped=_GROUPED)}", re.IGNORECASE)
_WITH_COMMA = re.compile(
    rf"(?<![\d.]){_ARABIC.format(grouped=_GROUPED_WITH_POINTS)}", re.IGNORECASE
)
_FRACTION = re.compile(r"(?<![\d/.])(?P<upper>\d{1,3})/(?P<lower>\d{1,3})(?![\d/])")
_ENGLISH_WORDS = "|".join(sorted(ENGLISH, key=len, reverse=True))
_LARGE_WORDS = "hundred|thousand|million|billion|trillion"
_WORDS = re.compile(
    rf"\b(?:{_ENGLISH_WORDS})(?:(?:\s+and\s+|[\s-]+)(?:{_ENGLISH_WORDS}|{_LARGE_WORDS})(?:th)?)*\b"
    r"(?P<share>\s?per ?cent\b)?",
    re.IGNORECASE,
)
_PARTS = {"half": 2, "halves": 2, "third": 3, "quarter": 4} | {
    word: number for word, number in ENGLISH.items() if word.endswith("th")
}
_PART = re.compile(
    rf"\b(?P<upper>an?|one|two|three|four|five|six|seven|eight|nine)[\s-]+"
    rf"(?P<lower>{'|'.join(_PARTS)})s?\b(?!\s+(?:of\s+)?(?:year|month|day|time|half|quarter)s?\b)",
    re.IGNORECASE,
)
_NUMBER_WORDS = {"both": "2", "twice": "2", "once": "1", "double": "2", "triple": "3", "pair": "2"}
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(_NUMBER_WORDS)})\b", re.IGNORECASE)
_AMBIGUOUS = frozenset(("zero", "one", "first", "second"))


def amounts(text: str, *, comma_is_a_point: bool = False) -> list[Fact]:
    """Returns the numbers in a plain text in order. Mask dates, times and issue numbers first."""
    found = [*_fractions(text), *_arabic(text, comma_is_a_point=comma_is_a_point)]
    found += [*_chinese(text), *_english(text)]
    kept: list[Fact] = []
    for fact in sorted(found, key=lambda one: (one.start, -one.end)):
        if not kept or fact.start >= kept[-1].end:
            kept.append(fact)
    return kept


def _fact(start: int, end: int, value: str, *also: str, sure: bool = True) -> Fact:
    return Fact(FactKind.number, start, end, frozenset({value}), frozenset(also), sure=sure)


def canonical(value: Decimal) -> str:
    """Returns the canonical form of a value: 1.5 for 1.50."""
    plain = format(value, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _fractions(text: str) -> Iterator[Fact]:
    for match in _FRACTION.finditer(text):
        upper, lower = match["upper"], match["lower"]
        if int(lower) > int(upper) > 0:
            yield _fact(*match.span(), _ratio(int(upper), int(lower)), upper, lower)
    for match in _PART.finditer(text):
        upper_word = match["upper"].lower()
        upper_number = 1 if upper_word in {"a", "an"} else ENGLISH[upper_word]
        lower_number = _PARTS[match["lower"].lower()]
        if upper_number < lower_number:
            sure = upper_number > 1 and lower_number > 2
            values = (_ratio(upper_number, lower_number), str(upper_number), str(lower_number))
            yield _fact(*match.span(), *values, sure=sure)


def _ratio(upper: int, lower: int) -> str:
    share = Fraction(upper, lower)
    return f"{share.numerator}/{share.denominator}"


def _arabic(text: str, *, comma_is_a_point: bool) -> Iterator[Fact]:
    pattern = _WITH_COMMA if comma_is_a_point else _PLAIN
    start = end = 0
    total, scale, digits = Decimal(0), 0, ""
    for match in pattern.finditer(text):
        value = _value(match["number"], comma_is_a_point=comma_is_a_point)
        here = _scale(match)
        share = (match["share"] or "").strip()
        if scale and match.start() == end and 0 < here < scale:
            total, end, scale = total + value * here, match.end(), here
        else:
            if digits:
                yield _fact(start, end, canonical(total))
            (start, end), total, scale = match.span(), value * (here or 1), here
            digits = match["number"]
        if share:
            yield _fact(start, end, f"{canonical(total / 10 if share == '‰' else total)}%")
            total, scale, digits = Decimal(0), 0, ""
    if digits:
        yield _fact(start, end, canonical(total))


def _value(number: str, *, comma_is_a_point: bool) -> Decimal:
    if comma_is_a_point and ("," in number or re.search(r"[.\s]\d{3}", number)):
        number = re.sub(r"[.\s]", "", number).replace(",", ".")
    return Decimal(number.replace(",", ""))


def _scale(match: re.Match[str]) -> int:
    """Returns the scale after a number, such as 10,000 for 万; 0 without one."""
    if match["word"]:
        return SCALES[match["word"].lower()]
    chinese = (match["chinese"] or "").strip()
    return chinese_number(f"一{chinese}") if chinese else 0


def _chinese(text: str) -> Iterator[Fact]:
    for match in _CHINESE.finditer(text):
        if match["share"]:
            share = _decimal(match["of"]).scaleb(2 - _POINTS[match["share"]])
            yield _fact(*match.span(), f"{canonical(share)}%")
        elif match["lower"]:
            upper, lower = (chinese_number(match[name]) for name in ("upper", "lower"))
            if lower:
                yield _fact(*match.span(), _ratio(upper, lower), str(upper), str(lower))
        else:
            yield from _run(text, match)


def _decimal(numeral: str) -> Decimal:
    if numeral[0].isdecimal():
        return Decimal(numeral)
    whole, _, point = numeral.partition("点")
    tail = "".join(str(chinese_number(digit)) for digit in point)
    return Decimal(f"{chinese_number(whole)}.{tail or 0}")


def _run(text: str, match: re.Match[str]) -> Iterator[Fact]:
    run, point = match["run"], match["point"]
    if point:
        value = _decimal(f"{run}点{point}")
        scale = chinese_number(f"一{match['scale']}") if match["scale"] else 1
        yield _fact(*match.span(), canonical(value * scale), sure=True)
        return
    if text[match.end() : match.end() + 2] == "分点":
        return
    if _is_ambiguous(run):
        # 十四五 is 14 and 5, 三四十 is 30 to 40: accepted as support, not checked itself.
        parts = {str(chinese_number(run[:at])) for at in range(1, len(run) + 1)}
        parts |= {str(chinese_number(run[at:])) for at in range(1, len(run))}
        yield _fact(*match.span(), str(chinese_number(run)), *parts, sure=False)
        return
    value = Decimal(chinese_number(run))
    counted = _COUNTED.match(text, match.end()) is not None
    single = len(run) == 1
    units = all(char in UNITS + LARGE_UNITS for char in run)
    sure = bool(match["first"]) or (
        counted and value != 1 and not units if single else not units or counted
    )
    yield _fact(*match.span(), canonical(value), sure=sure)


def _is_ambiguous(run: str) -> bool:
    return run[0] in LARGE_UNITS or (
        bool(_TWO_DIGITS.search(run)) and bool(_ONLY_UNITS.search(run))
    )


def _english(text: str) -> Iterator[Fact]:
    for match in _WORDS.finditer(text):
        words = re.findall(r"[a-z]+", match.group().lower())
        share = "%" if match["share"] else ""
        parts = [str(ENGLISH[word]) for word in words if word in ENGLISH]
        sure = len(words) > 1 or words[0] not in _AMBIGUOUS
        yield _fact(*match.span(), f"{_spoken(words)}{share}", *parts, sure=sure)
    for match in _NUMBER_WORD.finditer(text):
        yield _fact(*match.span(), _NUMBER_WORDS[match.group().lower()], sure=False)


def _spoken(words: list[str]) -> int:
    total = section = 0
    for word in words:
        if word in ENGLISH:
            section += ENGLISH[word]
        elif word.removesuffix("th") in SCALES:
            scale = SCALES[word.removesuffix("th")]
            if scale == 100:
                section = (section or 1) * scale
            else:
                total, section = total + (section or 1) * scale, 0
    return total + section
