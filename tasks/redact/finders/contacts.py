"""Telephone numbers, e-mail and IP addresses, passports and number plates."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from tasks.redact.finders.cells import one_per_cell
from tasks.redact.finders.context import is_labelled, is_other
from tasks.redact.kinds import Detection, Kind
from tasks.text.plain import BREAK, compact, groups

_MOBILE = re.compile(
    r"(?<!\d)(?<!\d\.)(?<!第)(?<!第 )"
    r"(?:(?<![A-Za-z])|(?<=[Tt]el)|(?<=TEL)|(?<=hone)|(?<=obile)|(?<=[\d*][Xx]))"
    r"(?:(?:\+|00)?86[ \-]?)?(?=(1[3-9](?:[ \-]{0,2}\n{0,2}[ ]{0,2}\d){9})(?!\d))"
)
_DOTTED_MOBILE = re.compile(
    r"(?<![\d.A-Za-z])(?:(?:\+|00)?86[ \-.]?)?1[3-9]\d([.·])\d{4}\1\d{4}(?!\d|[.·]\d)"
)
# With letters before it, after a label: 手机M138..., 微信号wx138...
_NAMED_MOBILE = re.compile(
    r"(?:(?:电话|手机|热线|联系方式|微信)(?:号码?)?[ :\t]{0,3}[A-Za-z]{1,4}|"
    r"(?<![A-Za-z])(?:[wv]x|[WV]X))[ :_\-]?(?P<number>1[3-9]\d{9})(?!\d)"
)
_MOBILE_SHAPE = re.compile(r"1[3-9]\d{9}")
_MOBILE_GROUPS = frozenset([(11,), (3, 4, 4), (3, 8), (7, 4), (3, 3, 5), (3, 4, 2, 2), (5, 6)])
_LANDLINE = re.compile(
    r"(?<!\d)(?<!\d[\-.])(?:(?:\+?86[ \-]?)?\(?0|(?:(?:\+|00)86[ \-]{0,2}|86[ ]?-[ ]?)\(?)"
    rf"(?:10|2[0-57-9]|[3-9]\d{{2}})\)?(?:[ ]?--?|[ ]|\n)?{BREAK}"
    rf"[2-9]\d{{2,3}}[ \-]?{BREAK}\d{{4}}(?:[ ]?(?:-|转|ext\.?)[ ]?\d{{1,6}})?(?!\d)"
)
_LOCAL = re.compile(r"(?<![\d\-.A-Za-z])[2-9]\d{6,7}(?![\d\-A-Za-z])")
_LOCAL_LABEL = re.compile(r"(?:电话|传真|座机|联系方式|Tel|TEL|tel)(?:号码)?[^\dA-Za-z\n]{0,4}$")
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9])(?<![A-Za-z0-9][_.+\-])"
    r"[A-Za-z0-9](?:[A-Za-z0-9._%+\-]{0,62}[A-Za-z0-9_+\-])?[ ]?@[ ]?\n?"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,62}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}(?![A-Za-z0-9])"
)
_IPV4 = re.compile(r"(?<![\dA-Za-z])(?<!\d\.)\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d)")
_IPV6 = re.compile(
    r"(?<![A-Za-z0-9_:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![A-Za-z0-9_:])"
)
_IP_LABEL = re.compile(r"(?:IP|ip|网址|网关|主机)[^\dA-Za-z\n]{0,6}$")
_VERSION = re.compile(r"(?:第|版本|版|[Vv])[ ]?$")
_PASSPORT = re.compile(
    r"(?<![\dA-Za-z])(?:[EG]\d{8}|E[A-HJ-NP-Z]\d{7}|(?:[DSP]E|PE)\d{7})(?![\dA-Za-z])",
)
_TRAVEL_DOCUMENT = re.compile(
    r"(?<![\dA-Za-z])(?:[A-Za-z]{1,2}[ \-]?\d{6,10}(?:\(\d\))?|\d{8,9})(?![\dA-Za-z])"
)
_TRAVEL_DOCUMENT_LABEL = re.compile(
    r"(?:护照|通行证|回乡证|台胞证|居留证)(?:号码?|编号)?[^\dA-Za-z\n]{0,4}$"
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
    for match in _MOBILE.finditer(text):
        start, end = match.start(), match.end(1)
        written = match[1]
        shape = tuple(groups(written))
        if shape not in _MOBILE_GROUPS and (len(shape) > 2 or shape[0] < 3):
            continue
        if not is_other(text, start, end):
            yield Detection(Kind.mobile, start, end)
    for match in _DOTTED_MOBILE.finditer(text):
        yield Detection(Kind.mobile, *match.span())
    for match in _NAMED_MOBILE.finditer(text):
        yield Detection(Kind.mobile, *match.span("number"))
    for match in one_per_cell(text, 11):
        if _MOBILE_SHAPE.fullmatch(compact(match["run"])):
            yield Detection(Kind.mobile, *match.span("run"))


def landlines(text: str) -> Iterator[Detection]:
    """Finds numbers with an area code; without one only after a label such as 电话."""
    for match in _LANDLINE.finditer(text):
        if not is_other(text, *match.span()):
            yield Detection(Kind.landline, *match.span())
    for match in _LOCAL.finditer(text):
        if is_labelled(text, match.start(), _LOCAL_LABEL):
            yield Detection(Kind.landline, *match.span())


def emails(text: str) -> Iterator[Detection]:
    for match in _EMAIL.finditer(text):
        yield Detection(Kind.email, *match.span())


def ip_addresses(text: str) -> Iterator[Detection]:
    """Finds IP addresses; `1.2.3.4`, which may number a heading, only after a label."""
    for match in _IPV4.finditer(text):
        octets = [int(octet) for octet in match[0].split(".")]
        heading = max(octets) < 10 or _VERSION.search(text[: match.start()][-4:])
        if max(octets) <= 255 and (not heading or is_labelled(text, match.start(), _IP_LABEL)):
            yield Detection(Kind.ip_address, *match.span())
    for match in _IPV6.finditer(text):
        if len([part for part in match[0].split(":") if part]) >= 3 and _is_ip(match[0]):
            yield Detection(Kind.ip_address, *match.span())


def passports(text: str) -> Iterator[Detection]:
    """Finds Chinese passports; other travel documents only after a label."""
    for match in _PASSPORT.finditer(text):
        if not is_other(text, *match.span()):
            yield Detection(Kind.passport, *match.span())
    for match in _TRAVEL_DOCUMENT.finditer(text):
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
