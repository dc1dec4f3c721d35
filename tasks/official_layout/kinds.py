"""The fifteen kinds of official documents and their requirements.

Source: article 8 of 《党政机关公文处理工作条例》 (2012), taken from copies.
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
"""Kinds addressed to recipients. An opinion may be published instead, so it is not listed."""

NO_RECIPIENT = frozenset((Kind.communique, Kind.announcement, Kind.public_notice))
"""Kinds published without a recipient."""

UPWARD = frozenset((Kind.request, Kind.report, Kind.proposal))
"""Kinds sent to a higher authority. They name the signer (签发人)."""

_KINDS = "|".join([*Kind, "令"])
_END = re.compile(rf"(?P<kind>{_KINDS})(?:[（(][^（）()]{{1,20}}[）)])*[。！；，：,.;:]?$")


def kind_of_title(title: str) -> Kind | None:
    """Returns the kind that the title ends with; brackets after it are ignored."""
    match = _END.search("".join(title.split()))
    if match is None:
        return None
    return Kind.order if match["kind"] == "令" else Kind(match["kind"])
