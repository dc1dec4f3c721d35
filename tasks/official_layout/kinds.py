"""The fifteen kinds of official documents, and what is asked of each.

From article 8 of 《党政机关公文处理工作条例》 (2012), as copies give it.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Kind(StrEnum):
    resolution = "决议"
    decision = "决定"
    order = "命令"
    communique = "公报"
    announcement = "公告"
    public_notice = "通告"
    opinion = "意见"
    notice = "通知"
    circular = "通报"
    report = "报告"
    request = "请示"
    reply = "批复"
    proposal = "议案"
    letter = "函"
    minutes = "纪要"


NEEDS_RECIPIENT = frozenset(
    (Kind.notice, Kind.circular, Kind.report, Kind.request, Kind.reply, Kind.proposal, Kind.letter)
)
"""Written to somebody; an opinion may go to everybody."""

NO_RECIPIENT = frozenset((Kind.communique, Kind.announcement, Kind.public_notice))
"""Written to everybody."""

UPWARD = frozenset((Kind.request, Kind.report, Kind.proposal))
"""Sent to a higher authority: they name who signs."""

_KINDS = "|".join([*Kind, "令"])
_END = re.compile(rf"(?P<kind>{_KINDS})(?:[（(][^（）()]{{1,20}}[）)])*[。！；，：,.;:]?$")


def kind_of_title(title: str) -> Kind | None:
    """The kind that a title ends with, what stands in brackets after it left aside."""
    found = _END.search("".join(title.split()))
    if found is None:
        return None
    return Kind.order if found["kind"] == "令" else Kind(found["kind"])
