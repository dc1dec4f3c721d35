"""Minutes as plain text, with the place of everything that the transcript does not support."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.drafting.result import DraftText
from tasks.minutes.model import Checker, Item
from tasks.text.quotes import Match


@dataclass(frozen=True, slots=True)
class Found:
    """What the minutes say; of a topic its title and its summary."""

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


def written(found: Found, checker: Checker, *, chinese: bool) -> DraftText:
    words = _CHINESE if chinese else _ENGLISH
    page = DraftText()
    page.add(words["title"])
    if found.attendees:
        page.add(words["present"] + words["comma"].join(found.attendees))
    if found.topics:
        page.add(words["topics"])
    for number, (title, summary) in enumerate(found.topics, start=1):
        page.add(f"{number}. ", gap="\n")
        page.add(title, checker.source.unsupported(title), gap="")
        page.add(summary, checker.source.unsupported(summary), gap=words["colon"])
    for heading, items in (("decisions", found.decisions), ("tasks", found.tasks)):
        if items:
            page.add(words[heading])
        for number, item in enumerate(items, start=1):
            page.add(f"{number}. ", gap="\n")
            _add(page, item, checker, words)
    return page


def _add(page: DraftText, item: Item, checker: Checker, words: Mapping[str, str]) -> None:
    at = page.add(item.text, checker.source.unsupported(item.text), gap="")
    if item.quote.match is Match.none:
        page.note("quote", at, len(page.text), [item.quote.text])
    if item.who is not None:
        at = page.add(item.who, gap=words["who"])
        if not checker.names(item.who):
            page.note("name", at, len(page.text))
    if item.until is not None:
        at = page.add(item.until, gap=words["until"])
        if not checker.dates(item.until):
            page.note("date", at, len(page.text))
