"""Writes minutes as plain text, and records what the transcript does not support."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.drafting.result import DraftText
from tasks.minutes.model import Checker, Item
from tasks.text.quotes import Match


@dataclass(frozen=True, slots=True)
class MinutesContent:
    """The content of minutes; each topic has a title and a summary."""

    attendees: Sequence[str]
    topics: Sequence[tuple[str, str]]
    decisions: Sequence[Item]
    tasks: Sequence[Item]


_CHINESE = {
    "title": "会议纪要",
    "present": "出席：",
    "comma": "、",
    "colon": "：",
    "topics": "议题",
    "decisions": "决定事项",
    "tasks": "任务",
    "who": "　责任人：",
    "until": "　期限：",
}
_ENGLISH = {
    "title": "Minutes",
    "present": "Present: ",
    "comma": ", ",
    "colon": ": ",
    "topics": "Topics",
    "decisions": "Decisions",
    "tasks": "Tasks",
    "who": " Who: ",
    "until": " Until: ",
}


def minutes_text(content: MinutesContent, checker: Checker, *, chinese: bool) -> DraftText:
    words = _CHINESE if chinese else _ENGLISH
    page = DraftText()
    page.add(words["title"])
    if content.attendees:
        page.add(words["present"] + words["comma"].join(content.attendees))
    if content.topics:
        page.add(words["topics"])
    for number, (title, summary) in enumerate(content.topics, start=1):
        page.add(f"{number}. ", gap="\n")
        page.add(title, checker.source.unsupported(title), gap="")
        page.add(summary, checker.source.unsupported(summary), gap=words["colon"])
    for heading, items in (("decisions", content.decisions), ("tasks", content.tasks)):
        if items:
            page.add(words[heading])
        for number, item in enumerate(items, start=1):
            page.add(f"{number}. ", gap="\n")
            _add(page, item, checker, words)
    return page


def _add(page: DraftText, item: Item, checker: Checker, words: Mapping[str, str]) -> None:
    at = page.add(item.text, checker.source.unsupported(item.text), gap="")
    if item.quote.match is Match.none:
        page.note("quote", at, page.length, [item.quote.text])
    if item.who is not None:
        at = page.add(item.who, gap=words["who"])
        if not checker.has_names(item.who):
            page.note("name", at, page.length)
    if item.until is not None:
        at = page.add(item.until, gap=words["until"])
        if not checker.has_date(item.until):
            page.note("date", at, page.length)
