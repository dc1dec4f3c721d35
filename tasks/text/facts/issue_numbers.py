"""Finds issue numbers of official documents (发文字号), such as 国发〔2026〕12号."""

from __future__ import annotations

import re

from tasks.text.facts.fact import Fact, FactKind
from tasks.text.plain import HAN

_ISSUE = re.compile(
    rf"(?P<code>[{HAN}]{{1,20}}|[A-Za-z][A-Za-z ]{{0,30}}?)?\s{{0,8}}"
    r"(?P<open>[〔\[［(（【〖{])\s{0,8}(?P<year>(?:19|20)\d\d)\s{0,8}[〕\]］)）】〗}]\s{0,8}"
    r"(?P<mark>,?\s{0,8}(?:No|Nr|Num|Number|N)[.º°]?\s{0,8}|#|第)?\s{0,8}(?P<number>\d{1,5})(?P<end>\s{0,8}[号호])?(?!\d)",
    re.IGNORECASE,
)
# Words before a code that are not part of it. Single characters only if no known code has them.
_BEFORE = re.compile(
    "根据|按照|依照|依据|遵照|参照|执行|落实|贯彻|转发|印发|下发|关于|文件|通知|以及|收到|来函|见|的|以|由|为|与|按|是|即"
)
_LEAST_CODE = 2


def issue_numbers(text: str) -> list[Fact]:
    """Returns the issue numbers in a plain text in order.

    Words before the code may be included, so in a source every suffix of the code is accepted.
    For a code that is not Chinese, only year and number are compared.
    """
    return [fact for match in _ISSUE.finditer(text) if (fact := _fact(match)) is not None]


def _fact(match: re.Match[str]) -> Fact | None:
    code, year, number = match["code"] or "", match["year"], str(int(match["number"]))
    if not match["end"] and not match["mark"]:
        return None
    bare = f"〔{year}〕{number}号"
    start, also = match.start(), {bare, year, number}
    if re.match(f"[{HAN}]", code):
        leads = [lead.end() for lead in _BEFORE.finditer(code)]
        cut = leads[-1] if leads and len(code) - leads[-1] >= _LEAST_CODE else 0
        also |= {f"{code[at:]}{bare}" for at in range(len(code) - _LEAST_CODE + 1)}
        start += cut
        return _issue_number(start, match.end(), f"{code[cut:]}{bare}", also)
    return _issue_number(match.start("open"), match.end(), bare, also)


def _issue_number(start: int, end: int, value: str, also: set[str]) -> Fact:
    return Fact(FactKind.issue_number, start, end, frozenset({value}), frozenset(also))
