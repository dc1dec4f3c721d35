"""Telephone numbers, e-mail and IP addresses, passports and number plates."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from tasks.redact.finders.cells import BETWEEN_CELLS, in_rows, is_headed, one_per_cell
from tasks.redact.finders.context import is_labelled, is_other
from tasks.redact.finders.search import matches
from tasks.redact.kinds import Detection, Kind
from tasks.text.plain import BREAK, bare, groups

# The first characters of the patterns after them.
_MOBILE_BEGIN = re.compile(
    r"1(?=[3-9](?:[ \-]{0,2}\n{0,2}[ ]{0,2}\d){9})|8(?=6)|\+(?=86)|0(?=086|1[3-9]\d{9})"
)
_MOBILE = re.compile(
    r"(?<!\d)(?<!\d\.)(?<!第)(?<!第 )"
    r"(?:(?<![A-Za-z])|(?<=[Tt]el)|(?<=TEL)|(?<=hone)|(?<=obile)|(?<=[\d*][Xx]))"
    # Calls from another city were dialled with 0 before the number.
    r"(?:(?:\+|00)?86[ \-]?|0(?=1[3-9]\d{9}(?!\d)))?"
    r"(?=(1[3-9](?:[ \-]{0,2}\n{0,2}[ ]{0,2}\d){9})(?!\d))"
)
_DOTS = re.compile(r"([.·_/~])\d{4}\1\d{4}")
_DOTTED_MOBILE = re.compile(
    r"(?<![\d.A-Za-z])(?:(?:\+|00)?86[ \-.]?)?1[3-9]\d([.·_/~])\d{4}\1\d{4}(?!\d|[.·]\d)"
)
# In three cells: 138 | 1234 | 1234.
_CELLS = re.compile(
    rf"1(?<![\dA-Za-z].)[3-9]\d{BETWEEN_CELLS}(?P<second>\d{{4}}){BETWEEN_CELLS}"
    rf"(?P<third>\d{{4}})(?!\d)(?!{BETWEEN_CELLS}\d)"
)
_CELL_LABEL = re.compile("电话|手机|联系|热线|号码|[Mm]obile|[Pp]hone|[Tt]el")
# With letters before it, after a label: 手机M138..., 微信号wx138...
_ELEVEN_DIGITS = re.compile(r"1[3-9]\d{9}(?!\d)")
_NAMED_MOBILE = re.compile(
    r"(?:(?:电话|手机|热线|联系方式|微信)(?:号码?)?[ :\t]{0,3}[A-Za-z]{1,4}|"
    r"(?<![A-Za-z])(?:[wv]x|[WV]X))[ :_\-]?$"
)
# After the prefix of a provider for cheaper calls, in brackets, and with commas after a label.
_PREFIXED_MOBILE = re.compile(
    r"1(?:79(?:51|11|10|09|08|01)|2593|2530|0193)(?<![A-Za-z].{5})[ \-]?"
    r"(?P<mobile>1[3-9]\d{9})(?!\d)"
)
_BEFORE_PREFIX = re.compile(r"(?:^|[^\d])(?:(?:\+|00)?86[ \-]?)?$")
_LONGEST_BEFORE = 8
_BRACKETED_MOBILE = re.compile(
    r"\((?<![\dA-Za-z]\()1[3-9]\d\)[ \-]{0,2}(?!(?:19|20)\d\d[01]\d[0-3]\d)\d{4}[ \-]?\d{4}(?!\d)"
)
_COMMAS_IN_MOBILE = re.compile(r"1(?<!\d1)(?<!\d[.,]1)[3-9](?:,?\d){9}(?![.,]?\d)")
_COMMAS_LABEL = re.compile(
    r"(?:电话|手机|热线|联系方式|[Mm]obile|[Pp]hone|[Tt]el)(?:号码?)?[^\dA-Za-z\n]{0,4}$"
)
# RFC 3966, 5.1.1: separators of any groups.
_TEL_URI = re.compile(
    r"[Tt](?<![A-Za-z].)[Ee][Ll]:(?:\+?86[\-.() ]{0,2})?"
    r"(?P<mobile>1[\-.() ]{0,2}[3-9](?:[\-.() ]{0,2}\d){9})(?!\d)"
)
# One letter before it is none of a number of an order or a device, which has capitals or more.
_LETTER_BEFORE = re.compile(r"[a-z](?<![0-9A-Za-z_./\-#].)1[3-9]\d{9}(?![0-9A-Za-z_\-])")
_MOBILE_SHAPE = re.compile(r"1[3-9]\d{9}")
_MOBILE_GROUPS = frozenset(
    [(11,), (3, 4, 4), (3, 8), (7, 4), (3, 3, 5), (3, 4, 2, 2), (5, 6), (4, 3, 4), (3, 3, 3, 2)]
)
_LANDLINE_BEGIN = re.compile(r"0(?=[1-9]|086)|8(?=6)|\+(?=86)|\((?=0)")
_LANDLINE = re.compile(
    r"(?<!\d)(?<!\d[\-.])(?:(?:\+?86[ \-]?)?\(?0|(?:(?:\+|00)86[ \-]{0,2}|86[ ]?-[ ]?)\(?)"
    rf"(?:10|2[0-57-9]|[3-9]\d{{2}})\)?(?:[ ]?--?|[ ]|\n)?{BREAK}"
    rf"[2-9]\d{{2,3}}[ \-]?{BREAK}\d{{4}}(?:[ ]?(?:-|转|ext\.?)[ ]?\d{{1,6}})?(?!\d)"
)
# As in the names of servers: `contentspam033037102203`.
_IN_NAME = re.compile(r"(?<=[A-Za-z]{4})(?<![Tt]el)(?<!TEL)(?<![Ff]ax)(?<!FAX)(?<!hone)(?<!hua)")
_LOCAL = re.compile(r"[2-9](?<![\d\-.A-Za-z].)\d{6,7}(?![\d\-A-Za-z])")
_LOCAL_LABEL = re.compile(r"(?:电话|传真|座机|联系方式|Tel|TEL|tel)(?:号码)?[^\dA-Za-z\n]{0,4}$")
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9])(?<![A-Za-z0-9][_.+\-])"
    r"[A-Za-z0-9](?:[A-Za-z0-9._%+\-]{0,62}[A-Za-z0-9_+\-])?[ ]?@[ ]?\n?"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,62}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}(?![A-Za-z0-9])"
)
_IPV4 = re.compile(r"\d(?<![\dA-Za-z].)(?<!\d\..)\d{0,2}(?:\.\d{1,3}){3}(?!\d|\.\d)")
_COLONS = re.compile(r":[0-9A-Fa-f]{0,4}:")
_IPV6 = re.compile(
    r"(?<![A-Za-z0-9_:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![A-Za-z0-9_:])"
)
_IP_LABEL = re.compile(r"(?:IP|ip|网址|网关|主机)[^\dA-Za-z\n]{0,6}$")
# What stands before the number of a version, such as the name of a program (RFC 9110, 10.1.5).
_VERSION = re.compile(r"(?:(?:第|版本|版|[Vv])[ ]?|(?<![\w/.-])[A-Z][A-Za-z]{2,30}/)$")
_VERSION_CONTEXT = 33
_PASSPORT = re.compile(
    r"[DEGPS](?<![\dA-Za-z].)(?:(?<=[EG])\d{8}|(?<=E)[A-HJ-NP-Z]\d{7}|(?<=[DSP])E\d{7})"
    r"(?![\dA-Za-z])",
)
_TRAVEL_DOCUMENT = re.compile(
    r"(?<![\dA-Za-z])(?:[A-Za-z]{1,2}[ \-]?\d{6,10}(?:\(\d\))?|\d{8,9})(?![\dA-Za-z])"
)
_TRAVEL_DOCUMENT_NAME = re.compile("护照|通行证|回乡证|台胞证|居留证")
_TRAVEL_DOCUMENT_LABEL = re.compile(
    rf"(?:{_TRAVEL_DOCUMENT_NAME.pattern})(?:号码?|编号)?[^\dA-Za-z\n]{{0,4}}$"
)
_PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新使"
_PLATE = re.compile(
    rf"[{_PROVINCES}][ ]?[A-HJ-NP-Z][ ]?[·•・.\-]?[ ]?(?:[DF][A-HJ-NP-Z0-9]\d{{4}}|\d{{5}}[DF]|"
    # The reader of a page puts spaces around a mark that is wider than its font says.
    r"(?:[A-HJ-NP-Z0-9]{4}|(?<=[·•・][ ])[A-HJ-NP-Z][ ][A-HJ-NP-Z0-9]{3})"
    r"[A-HJ-NP-Z0-9挂学警港澳领])(?![\dA-Za-z])",
    re.IGNORECASE,
)
_LOWER = re.compile(r"[a-z]")
_PLATE_MARK = re.compile(r"[·•・.\-]")
_PLATE_LABEL = re.compile(r"车[^\dA-Za-z\n]{0,6}$")
_DIGIT = re.compile(r"\d")


def mobiles(text: str) -> Iterator[Detection]:
    for match in matches(_MOBILE_BEGIN, _MOBILE, text):
        start, end = match.start(), match.end(1)
        written = match[1]
        shape = tuple(groups(written))
        if shape not in _MOBILE_GROUPS and (len(shape) > 2 or shape[0] < 3):
            continue
        if not is_other(text, start, end):
            yield Detection(Kind.mobile, start, end)
    for match in _DOTTED_MOBILE.finditer(text) if _DOTS.search(text) else ():
        yield Detection(Kind.mobile, *match.span())
    yield from _mobiles_in_cells(text)
    for match in _ELEVEN_DIGITS.finditer(text):
        if is_labelled(text, match.start(), _NAMED_MOBILE):
            yield Detection(Kind.mobile, *match.span())
    yield from _mobiles_in_other_forms(text)
    for match in one_per_cell(text, 11, 11):
        if _MOBILE_SHAPE.fullmatch(bare(match["run"])):
            yield Detection(Kind.mobile, *match.span("run"))


def _mobiles_in_other_forms(text: str) -> Iterator[Detection]:
    for match in _PREFIXED_MOBILE.finditer(text):
        before = text[max(0, match.start() - _LONGEST_BEFORE) : match.start()]
        if _BEFORE_PREFIX.search(before) and not is_other(text, *match.span()):
            yield Detection(Kind.mobile, *match.span("mobile"))
    for match in _BRACKETED_MOBILE.finditer(text):
        if not is_other(text, *match.span()):
            yield Detection(Kind.mobile, *match.span())
    for match in _COMMAS_IN_MOBILE.finditer(text):
        if "," in match[0] and is_labelled(text, match.start(), _COMMAS_LABEL):
            yield Detection(Kind.mobile, *match.span())
    for match in _TEL_URI.finditer(text):
        yield Detection(Kind.mobile, *match.span("mobile"))
    for match in _LETTER_BEFORE.finditer(text):
        if not is_other(text, *match.span()):
            yield Detection(Kind.mobile, match.start() + 1, match.end())


def _mobiles_in_cells(text: str) -> Iterator[Detection]:
    """Finds numbers over three cells after a label, and in rows without one whose groups begin with
    a zero here and there: figures do not, and codes all do.
    """
    for rows in in_rows(_CELLS, text):
        if is_headed(text, rows[0].start(), _CELL_LABEL) or any(
            len({row[group].startswith("0") for row in rows}) > 1 for group in ("second", "third")
        ):
            yield from (Detection(Kind.mobile, *row.span()) for row in rows)


def landlines(text: str) -> Iterator[Detection]:
    """Finds numbers with an area code; without one only after a label such as 电话."""
    for match in matches(_LANDLINE_BEGIN, _LANDLINE, text):
        is_in_name = match[0].isdecimal() and _IN_NAME.match(text, match.start())
        if not is_in_name and not is_other(text, *match.span()):
            yield Detection(Kind.landline, *match.span())
    for match in _LOCAL.finditer(text):
        if is_labelled(text, match.start(), _LOCAL_LABEL):
            yield Detection(Kind.landline, *match.span())


def emails(text: str) -> Iterator[Detection]:
    for match in _EMAIL.finditer(text) if "@" in text else ():
        yield Detection(Kind.email, *match.span())


def ip_addresses(text: str) -> Iterator[Detection]:
    """Finds IP addresses; `1.2.3.4`, which may number a heading, only after a label."""
    for match in _IPV4.finditer(text):
        octets = [int(octet) for octet in match[0].split(".")]
        heading = max(octets) < 10 or _VERSION.search(
            text[max(0, match.start() - _VERSION_CONTEXT) : match.start()]
        )
        if max(octets) <= 255 and (not heading or is_labelled(text, match.start(), _IP_LABEL)):
            yield Detection(Kind.ip_address, *match.span())
    for match in _IPV6.finditer(text) if _COLONS.search(text) else ():
        if len([part for part in match[0].split(":") if part]) >= 3 and _is_ip(match[0]):
            yield Detection(Kind.ip_address, *match.span())


def passports(text: str) -> Iterator[Detection]:
    """Finds Chinese passports; other travel documents only after a label."""
    for match in _PASSPORT.finditer(text):
        if not is_other(text, *match.span()):
            yield Detection(Kind.passport, *match.span())
    for match in _TRAVEL_DOCUMENT.finditer(text) if _TRAVEL_DOCUMENT_NAME.search(text) else ():
        if is_labelled(text, match.start(), _TRAVEL_DOCUMENT_LABEL):
            yield Detection(Kind.passport, *match.span())


def plates(text: str) -> Iterator[Detection]:
    for match in _PLATE.finditer(text):
        if len(_DIGIT.findall(match[0])) >= (4 if _LOWER.search(match[0]) else 2) and (
            not _is_product_name(text, match)
        ):
            yield Detection(Kind.plate, *match.span())


def _is_product_name(text: str, match: re.Match[str]) -> bool:
    """Whether it is probably a product name such as 阿里云db2024: no dot and no label."""
    if match[0][0] not in "云新使" or not _LOWER.search(match[0]):
        return False
    return not (_PLATE_MARK.search(match[0]) or is_labelled(text, match.start(), _PLATE_LABEL))


def _is_ip(written: str) -> bool:
    try:
        ipaddress.ip_address(written)
    except ValueError:
        return False
    return True
