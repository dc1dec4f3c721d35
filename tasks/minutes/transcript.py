"""Finds the speakers in a transcript by how its lines begin."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from documents.document import Document

_TIME = r"[\[（(【]?\d{1,2}[:：]\d{2}(?:[:：]\d{2})?(?:[.,]\d{1,3})?[\])）】]?"
_SPEAKER = re.compile(
    rf"^[ \t\u3000]*(?:{_TIME}[ \t\u3000]*)?"
    r"(?P<name>[^\W\d_][\w·.'’\- ]{0,30}?)(?:[（(][^）)\n]{1,30}[）)])?"
    rf"(?:[ \t\u3000]*{_TIME})?[ \t\u3000]*[：:](?!//)(?=.*\S)",
    re.MULTILINE,
)
# Name and time alone on the line above the words, as conference software writes them.
_ABOVE = re.compile(
    rf"^[ \t\u3000]*(?P<name>[^\W\d_][\w·.'’\- ]{{0,20}}?)[ \t\u3000]+{_TIME}[ \t\u3000]*$",
    re.MULTILINE,
)
_LABEL_LIST = (
    "时间 会议时间 日期 地点 会议地点 议题 会议议题 主题 会议主题 会议名称 主持 主持人 记录 "
    "记录人 出席 出席人员 参会 参会人员 参加人员 与会人员 列席 列席人员 缺席 请假 请假人员 "
    "备注 结论 附件 注 议程 会议议程 决定 内容 事项 要求 如下 其中 time date place location "
    "topic agenda subject chair present attendees participants absent apologies minutes note "
    "notes decision action actions recorder"
)
_LABELS = frozenset(_LABEL_LIST.split(" "))


@dataclass(frozen=True, slots=True)
class Speaker:
    """`start` and `end` are the offsets of the first occurrence of the name."""

    name: str
    start: int
    end: int
    times: int


def speakers(document: Document) -> list[Speaker]:
    """The names that begin a line, in the order of speaking. Labels such as 时间： are excluded."""
    matches = sorted(
        (
            match
            for pattern in (_SPEAKER, _ABOVE)
            for match in pattern.finditer(document.text)
            if match["name"].strip().casefold() not in _LABELS
        ),
        key=lambda match: match.start("name"),
    )
    counts = Counter(match["name"].strip() for match in matches)
    first: dict[str, Speaker] = {}
    for match in matches:
        name = match["name"].strip()
        start = match.start("name")
        first.setdefault(name, Speaker(name, start, start + len(name), counts[name]))
    return list(first.values())
