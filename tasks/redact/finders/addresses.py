"""Detailed addresses: the part below the township, by patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tasks.redact.kinds import Detection, Kind
from tasks.text.plain import HAN

_NUMBER = (
    r"(?:[甲乙丙丁]?\d{1,5}(?:[\-之]\d{1,4})?[甲乙丙丁A-Z]?|[A-Z]\d{0,4}|"
    r"[一二三四五六七八九十百]{1,4})"
)
_HOUSE = (
    r"(?:号(?!令|线|通知|公告|文件)(?:楼|院|门)?|弄|栋|幢|座|单元|室|组(?![织成长])|队(?![伍长]))"
)
_WITHIN = rf"(?:{_HOUSE}|层(?!次)|楼|户)"
_WAY = (
    r"(?:路(?![线径由灯面网况程])|街(?!区)|大道|国道|省道|巷|弄|胡同|村|社区|小区|新村|新城|花园|家园|公寓|苑|大厦|大楼|广场|工业园|"
    r"产业园|科技园|屯|庄|坊|里弄|宿舍|家属院|大院)"
)
_BELOW = re.compile(
    rf"(?P<way>[{HAN}A-Za-z0-9]{{1,16}}?{_WAY}(?:[东西南北中][段路街]?)?)"
    rf"(?:[{HAN}A-Za-z0-9·]{{0,12}}?[ ]?{_NUMBER}[ ]?{_HOUSE})"
    rf"(?:[ ]?[{HAN}]{{0,8}}?{_NUMBER}{_WITHIN}){{0,5}}"
    rf"(?:[ \-]?\d{{1,5}}(?:室|号)?(?![\d年月日元%.万亿]))?"
)
# All characters that `_BELOW` can match, and what it needs.
_RUN = re.compile(rf"[{HAN}A-Za-z0-9· \-]{{4,}}")
_ANY_WAY, _ANY_HOUSE = re.compile(_WAY), re.compile(_HOUSE)
_ADMIN = re.compile(
    r"(?:省|自治区|特别行政区|市|自治州|地区|盟|县|旗|(?<![小社校园厂库灾辖景])区|街道(?:办事处)?|镇|(?<![故家老下城])乡|苏木)"
)
# Words before an address that are not part of it.
_LEAD = re.compile(
    r"(?:(?:户籍|家庭|现|居住|联系|通讯|注册|经营|办公)?(?:住址|地址|住所地?)(?:[为是在]|: ?)?|"
    r"(?:家|现)住(?:在|于|址)?|居住[在于]?|租住[在于]?|住[在于]|住|位于|坐落于|户籍地?|籍贯|送至|寄往|"
    r"前往|来到|搬至|迁至|在|于|至|到|的|与)"
)


def addresses(text: str) -> Iterator[Detection]:
    """Finds addresses, from the first recognisable place name to the last number."""
    for match in _matches(text):
        start = _start(text, match.start(), match.end("way"))
        if start is not None:
            yield Detection(Kind.address, start, match.end())


def _matches(text: str) -> Iterator[re.Match[str]]:
    """Yields the matches of `_BELOW`, which takes long at each character of a text."""
    for run in _RUN.finditer(text) if _ANY_WAY.search(text) else ():
        begin, end = run.span()
        way = _ANY_WAY.search(text, begin + 1, end)
        if way and _ANY_HOUSE.search(text, way.end(), end):
            # The pattern looks at one character after the run.
            yield from _BELOW.finditer(text, begin, end + 1)


def township_end(address: str) -> int:
    """Returns the length of the part of an address down to the township."""
    ends = [match.end() for match in _ADMIN.finditer(address) if 1 < match.end() < len(address)]
    return ends[-1] if ends else 0


def _start(text: str, start: int, way_end: int) -> int | None:
    """Returns where the address begins, including province and city; None if there is none."""
    begin = start
    while begin > 0 and way_end - begin < 48 and re.match(rf"[{HAN}A-Za-z0-9]", text[begin - 1]):
        begin -= 1
    if not _ADMIN.search(text, begin, start + 1):
        begin = start
    leads = [match.end() for match in _LEAD.finditer(text, begin, way_end) if match.end() < way_end]
    first = max([begin, *(end for end in leads if way_end - end >= 3)])
    return first if way_end - first >= 2 else None
