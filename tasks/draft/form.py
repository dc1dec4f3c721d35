"""The fixed parts of an official document: title, closing formula and heading numbers.

The rules for each kind's wording are in `tasks/official_layout/rules/wording.py`. The closing
formulas follow common usage; a kind without one ends with its last paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tasks.official_layout.kinds import Kind, kind_of_title

ENDINGS: Mapping[Kind, str] = {
    Kind.notice: "特此通知。",
    Kind.circular: "特此通报。",
    Kind.announcement: "特此公告。",
    Kind.public_notice: "特此通告。",
    Kind.report: "特此报告。",
    Kind.request: "妥否，请批示。",
    Kind.reply: "此复。",
    Kind.letter: "特此函达。",
    Kind.proposal: "请予审议。",
}
_ENDS = re.compile(
    r"^(?:特此(?:通知|通报|公告|通告|报告|函达|函告|函复|批复|请示)|专此(?:报告|函达)?|此复|以上报告(?:，|,)?请审阅"
    r"|(?:以上请示)?[，,]?(?:妥否|当否|可否)[，,]?请[^。]{0,6}(?:批示|批准|审批|批复|指示|审定)|现?(?:提)?请(?:予)?审议)[。.!！]?$"
)
_NUMBERED = re.compile(
    r"^\s*(?:[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十\d]{1,3}[）)]|\d{1,2}[.．、](?!\d))\s*"
)


def title_of(kind: Kind, subject: str, issuer: str | None) -> str:
    """A title such as 某某局关于某事的通知. `subject` is from a model; it can repeat parts."""
    word = "令" if kind is Kind.order else kind.value
    about = subject.strip('《》“”"。；，,.;:： \n\t')
    if kind_of_title(about) is kind:
        about = about.removesuffix(word)
    about = re.sub(r"^(?:.{0,30}?关于)", "", about).removesuffix("的")
    return f"{issuer or ''}关于{about}的{word}"


def is_ending(paragraph: str) -> bool:
    """Whether a paragraph is only a closing formula."""
    return _ENDS.match(paragraph.strip()) is not None


def without_number(heading: str) -> str:
    """A heading without a number before it and punctuation after it."""
    return _NUMBERED.sub("", heading).strip().rstrip("。：:")
