"""Tells whether a text says what a provision states, or only names the provision."""

from __future__ import annotations

import re

_VERB = r"(?:规定|明确|要求|指出|载明|写明|界定|禁止|允许|授权|强调)"
_STATES = re.compile(
    rf"(?:中|还|也|又|则|均|亦|已|就|对此|所|进一步|明确|清楚地?){{0,3}}{_VERB}(?:了|的是)?"
    r"(?:\s*[，,：:]\s*|\s*)(?P<words>[^\s，,。；;、：:）)」”的之等]?)"
    r"|\s*[：:]\s*(?P<after_colon>\S?)"
)
_ABOUT = re.compile(r"\s*关于[^，。；\n]{1,100}的(?:规定|要求)")
# After these words a provision is the basis or object of something: 依照第一条规定给予处分.
_IS_BASIS = re.compile(
    r"根据|依据|依照|按照|遵照|参照|比照|违反|符合|适用|遵守|执行|援引|基于|[依按据](?=《)"
)
_CLAUSE_ENDS = "。；;！？\n"
_LONGEST_CLAUSE = 200


def states_words(text: str, start: int, end: int) -> bool:
    """Whether the citation from `start` to `end`, without a quotation, is said to state something.

    《…法》第一条规定市场每日开放 does, 依照《…法》第一条规定处理 does not.
    """
    if _ABOUT.match(text, end):
        return True
    states = _STATES.match(text, end)
    if states is None or not (states["words"] or states["after_colon"]):
        return False
    clause = text[max(0, start - _LONGEST_CLAUSE) : start]
    clause = clause[max(clause.rfind(mark) for mark in _CLAUSE_ENDS) + 1 :]
    return bool(states["after_colon"]) or _IS_BASIS.search(clause) is None
