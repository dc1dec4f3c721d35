"""Generated identifiers, valid ones and decoys, to measure the finders of `redact`."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from string import ascii_uppercase, digits
from types import MappingProxyType

from stdnum import luhn
from stdnum.cn import ric, uscc

from tasks.redact.kinds import Kind

_CODE_LETTERS = "".join(char for char in digits + ascii_uppercase if char not in "IOSVZ")
_PLATE_LETTERS = "".join(char for char in digits + ascii_uppercase if char not in "IO")
_REGIONS = ("110105", "330106", "420115", "510107", "650102", "350203", "460105", "820000")
_PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
_BANKS = ("622202", "621700", "436742", "955880", "601382", "370246", "103000", "940034")
_PLACES = (
    "浙江省杭州市西湖区文新街道文一西路{n}号{b}幢{u}单元{r}室",
    "湖北省武汉市江夏区五里界街道李家村三组{n}号",
    "北京市朝阳区建国路甲{n}号世茂大厦C座{r}室",
    "广东省深圳市福田区莲花街道彩田路{n}号",
    "四川省成都市双流区东升街道棠湖小区{b}栋{u}单元{r}号",
)
Make = Callable[[random.Random], str]


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def _identity(rng: random.Random) -> str:
    born = date(1930, 1, 1) + timedelta(days=rng.randrange(34_000))
    number = f"{rng.choice(_REGIONS)}{born:%Y%m%d}{_digits(rng, 3)}"
    return number + ric.calc_check_digit(f"{number}0")


def _old_identity(rng: random.Random) -> str:
    born = date(1930, 1, 1) + timedelta(days=rng.randrange(20_000))
    return f"{rng.choice(_REGIONS)}{born:%y%m%d}{_digits(rng, 3)}"


def _credit(rng: random.Random) -> str:
    middle = "".join(rng.choice(_CODE_LETTERS) for _ in range(9))
    code = f"{rng.choice(('91', '92', '11', '12', '51'))}{rng.choice(_REGIONS)}{middle}"
    return code + uscc.calc_check_digit(code)


def _card(rng: random.Random) -> str:
    begin = rng.choice(_BANKS)
    number = begin + _digits(rng, rng.choice((16, 17, 18, 19)) - 1 - len(begin))
    return number + luhn.calc_check_digit(number)


def _mobile(rng: random.Random) -> str:
    return f"1{rng.choice('3456789')}{_digits(rng, 9)}"


def _landline(rng: random.Random) -> str:
    code = rng.choice(("010", "021", "0571", "0755", "0991"))
    return f"{code}-{rng.choice('2345678')}{_digits(rng, 7 if len(code) == 3 else 6)}"


def _passport(rng: random.Random) -> str:
    return rng.choice((f"E{_digits(rng, 8)}", f"G{_digits(rng, 8)}", f"EB{_digits(rng, 7)}"))


def _plate(rng: random.Random) -> str:
    place = f"{rng.choice(_PROVINCES)}{rng.choice('ABCDEFGH')}"
    rest = f"{rng.choice(_PLATE_LETTERS)}{_digits(rng, 4)}"
    return rng.choice((place + rest, f"{place}·{rest}", f"{place}D{_digits(rng, 5)}"))


def _email(rng: random.Random) -> str:
    name = "".join(rng.choice("abcdefghijk.lmnop") for _ in range(7)).strip(".") or "a"
    return f"{name.replace('..', '.')}{_digits(rng, 3)}@{rng.choice(('qq.com', 'hz.gov.cn'))}"


def _ip(rng: random.Random) -> str:
    return ".".join(str(rng.randrange(11, 250)) for _ in range(4))


def _address(rng: random.Random) -> str:
    place = rng.choice(_PLACES)
    n, b, u = rng.randrange(1, 999), rng.randrange(1, 40), rng.randrange(1, 6)
    return place.format(n=n, b=b, u=u, r=rng.randrange(101, 2_900))


VALID: Mapping[str, tuple[Kind, Make]] = MappingProxyType(
    {
        "identity numbers": (Kind.identity_number, _identity),
        "identity numbers of 15 digits": (Kind.identity_number, _old_identity),
        "credit codes": (Kind.credit_code, _credit),
        "bank cards": (Kind.bank_card, _card),
        "mobiles": (Kind.mobile, _mobile),
        "landlines": (Kind.landline, _landline),
        "passports": (Kind.passport, _passport),
        "plates": (Kind.plate, _plate),
        "e-mail addresses": (Kind.email, _email),
        "IP addresses": (Kind.ip_address, _ip),
        "detailed addresses": (Kind.address, _address),
    }
)


def _with_wrong_check(make: Make, alphabet: str) -> Make:
    """Changes the last character, so that the check digit is wrong."""

    def wrong(rng: random.Random) -> str:
        number = make(rng)
        return number[:-1] + rng.choice([char for char in alphabet if char != number[-1]])

    return wrong


def _amount(rng: random.Random) -> str:
    return (
        f"{rng.choice(('¥', ''))}{rng.randrange(10**10, 2 * 10**10)}{rng.choice(('元', '.50元'))}"
    )


def _issue_number(rng: random.Random) -> str:
    agency, year = rng.choice(("国办发", "杭政办", "发改")), rng.randrange(1990, 2026)
    return f"{agency}〔{year}〕{_digits(rng, 2)}号"


def _order(rng: random.Random) -> str:
    label = rng.choice(("订单号：", "受理编号：", "发票号码："))
    return f"{label}1{rng.choice('3589')}{_digits(rng, 9)}"


def _heading(rng: random.Random) -> str:
    return ".".join(str(rng.randrange(1, 9)) for _ in range(4))


DECOYS: Mapping[str, Make] = MappingProxyType(
    {
        "identity numbers with a wrong check digit": _with_wrong_check(_identity, "0123456789"),
        "credit codes with a wrong check digit": _with_wrong_check(_credit, _CODE_LETTERS),
        "bank cards with a wrong check digit": _with_wrong_check(_card, "0123456789"),
        "amounts": _amount,
        "issue numbers": _issue_number,
        "dates": lambda rng: f"{rng.randrange(1950, 2026)}年{rng.randrange(1, 13)}月3日",
        "dates and times": lambda rng: f"20{_digits(rng, 2)}-03-05 12:30:{_digits(rng, 2)}",
        "numbers of orders and documents": _order,
        "longer numbers": lambda rng: f"7{_digits(rng, 21)}",
        "shorter numbers": lambda rng: f"1{_digits(rng, 9)}",
        "numbers of headings": _heading,
        "percentages": lambda rng: f"{_digits(rng, 2)}.{_digits(rng, 11)}%",
        "roads without a number": lambda _: "文一西路与莫干山路交叉口",
    }
)


def disguised(number: str, rng: random.Random) -> str:
    """The number in another notation: full width, in groups, over two lines, or lower case."""
    wide = "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in number)
    half = len(number) // 2
    if not (number[:-1].isdigit() and len(number) in {18, 11, 16, 19}):
        return wide
    if len(number) == 11:
        grouped = f"{number[:3]}{rng.choice(' -')}{number[3:7]}{rng.choice(' -')}{number[7:]}"
    elif len(number) == 18 and number[6:8] in {"19", "20"}:
        grouped = f"{number[:6]} {number[6:14]} {number[14:]}"
    else:
        grouped = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
    broken = f"{number[:half]}\n{number[half:]}"
    return rng.choice((wide, grouped, broken, number.lower()))
