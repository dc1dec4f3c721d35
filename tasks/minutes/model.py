"""The prompt for a part of a transcript, the model's answer, and the checks of the answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from documents.document import Document
from tasks.errors import OutputError
from tasks.model.answer_schema import Schema, list_of, object_of, text_of
from tasks.model.output import fence
from tasks.model.split import Part
from tasks.text.facts.check import Source, facts_of
from tasks.text.quotes import Match, Quote, QuoteFinder

PROMPT = """<document>
{text}
</document>

The document is what was said in a meeting. Write what its minutes need, in {language}:
- attendees: the names of those who took part, as they are written there
- topics: what was talked about, each with a summary in one or two sentences
- decisions: what was decided, each with the words of the document that show it
- tasks: who has to do what until when, each with the words of the document that show it; leave
  "who" or "until" empty where the document does not say it
Copy each quote literally. Give empty lists where there is nothing. Take names, numbers, dates and
organisations from the document alone.{instructions}"""
MOST_TOPICS, MOST_ITEMS, MOST_ATTENDEES = 12, 20, 40
LONGEST_TITLE, LONGEST_TEXT, LONGEST_QUOTE, LONGEST_NAME = 60, 240, 200, 40


class _Topic(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str
    summary: str


class _Decision(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str
    quote: str


class _Task(BaseModel):
    model_config = ConfigDict(extra="forbid")
    what: str
    who: str
    until: str
    quote: str


class MinutesAnswer(BaseModel):
    """The model's answer for one part."""

    model_config = ConfigDict(extra="forbid")
    attendees: list[str]
    topics: list[_Topic]
    decisions: list[_Decision]
    tasks: list[_Task]


@dataclass(frozen=True, slots=True)
class Item:
    """A decision, or a task with its `what` as `text`, and its quote."""

    text: str
    quote: Quote
    who: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks answers against the transcript, or a part of it."""

    finder: QuoteFinder
    source: Source

    @classmethod
    def of(cls, document: Document) -> Checker:
        return cls(QuoteFinder(document), Source.of(document.text))

    def quote(self, words: str, part: Part) -> Quote:
        """The quote, looked up first in the part that the model read."""
        return self.finder.find(words, part.start, part.end)

    def has_names(self, names: str) -> bool:
        """Whether each name in a list of names is in the transcript."""
        return all(self.finder.holds(name) for name in separate(names))

    def has_date(self, words: str) -> bool:
        """Whether the words, or all dates and numbers in them, are in the transcript."""
        if self.finder.holds(words):
            return True
        facts = [fact for fact in facts_of(words) if fact.sure]
        return bool(facts) and not any(self.source.unsupported(words))

    def faults(self, answer: MinutesAnswer) -> Iterator[str]:
        """What is wrong with an answer, in words for the model."""
        for name in answer.attendees:
            if name.strip() and not self.finder.holds(name):
                yield f"The attendee {name!r} is not in the document."
        quotes = [item.quote for item in answer.decisions]
        for quote in [*quotes, *(task.quote for task in answer.tasks)]:
            if self.finder.find(quote).match is Match.none:
                yield f"This quote is not in the document: {quote!r}"
        for task in answer.tasks:
            if task.who.strip() and not self.has_names(task.who):
                yield f"{task.who!r}, who has to do something, is not in the document."
            if task.until.strip() and not self.has_date(task.until):
                yield f"The time {task.until!r} is not in the document."
        for text in texts_of(answer):
            for fact in self.source.unsupported(text):
                yield f"{text[fact.start : fact.end]!r} ({fact.kind}) is not in the document."


def faults_in(section: Document, answer: MinutesAnswer) -> list[str]:
    """What is wrong with an answer from `section`, in words for the model."""
    return list(Checker.of(section).faults(answer))


def separate(names: str) -> list[str]:
    """The names in a list such as 张三、李四."""
    for mark in "，,;；/":
        names = names.replace(mark, "、")
    return [name.strip() for name in names.split("、") if name.strip()]


def texts_of(answer: MinutesAnswer) -> list[str]:
    """The texts that the model wrote in its own words."""
    topics = [words for topic in answer.topics for words in (topic.title, topic.summary)]
    return [
        *topics,
        *(item.text for item in answer.decisions),
        *(task.what for task in answer.tasks),
    ]


def items_of(answer: MinutesAnswer, part: Part, checker: Checker) -> tuple[list[Item], list[Item]]:
    """The decisions and the tasks, with their quotes located in the source."""
    decisions = [
        Item(_line(decision.text), checker.quote(decision.quote, part))
        for decision in answer.decisions
        if decision.text.strip()
    ]
    tasks = [
        Item(
            _line(task.what),
            checker.quote(task.quote, part),
            _line(task.who) or None,
            _line(task.until) or None,
        )
        for task in answer.tasks
        if task.what.strip()
    ]
    return decisions, tasks


def _line(text: str) -> str:
    return " ".join(text.split())


def read(data: Any) -> MinutesAnswer:
    """Raises `OutputError` for an answer that is not minutes."""
    try:
        return MinutesAnswer.model_validate(data)
    except ValidationError:
        raise OutputError("The model's answer is JSON, but not minutes.") from None


def prompt(text: str, language: str, instructions: str | None) -> str:
    more = f"\nAlso: {instructions}" if instructions else ""
    return PROMPT.format(text=fence(text), language=language, instructions=more)


def schema() -> Schema:
    topic = object_of(title=text_of(LONGEST_TITLE, least=1), summary=text_of(LONGEST_TEXT, least=1))
    text, quote = text_of(LONGEST_TEXT, least=1), text_of(LONGEST_QUOTE, least=1)
    name = text_of(LONGEST_NAME)
    return object_of(
        attendees=list_of(text_of(LONGEST_NAME, least=1), MOST_ATTENDEES),
        topics=list_of(topic, MOST_TOPICS),
        decisions=list_of(object_of(text=text, quote=quote), MOST_ITEMS),
        tasks=list_of(object_of(what=text, who=name, until=name, quote=quote), MOST_ITEMS),
    )
