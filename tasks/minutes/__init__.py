"""Drafts the minutes of a meeting from its transcript, each decision with a quote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from documents.document import Document
from documents.isolation.compute import compute
from tasks.drafting.repair import ask_until_good, space_for
from tasks.drafting.result import DraftResult, Listing, example_of
from tasks.engine import Engine
from tasks.minutes.model import (
    Checker,
    Item,
    MinutesAnswer,
    faults_in,
    items_of,
    prompt,
    read,
    schema,
    separate,
)
from tasks.minutes.text import MinutesContent, minutes_text
from tasks.minutes.transcript import speakers
from tasks.model.split import Part, excerpt, split, work_on_all
from tasks.task import Task
from tasks.text.quotes import Match, Quote, normal_form
from tasks.text.words import is_cjk

ANSWER_TOKENS = 2_048


class MinutesOptions(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"instructions": "只记与预算有关的事项"}}
    )

    instructions: str | None = Field(
        None,
        min_length=1,
        max_length=1_000,
        description="Further instructions for the model, such as what to leave out.",
    )


class FoundBy(StrEnum):
    rule = "rule"
    model = "model"


class Attendee(BaseModel):
    """A participant."""

    name: str = Field(description="The name, as written in the transcript.")
    found_by: FoundBy = Field(
        description="`rule`: the person speaks in the transcript. `model`: the model named the "
        "person, and the name is in the transcript; whether they attended is not checked."
    )
    quote: Quote = Field(description="The first occurrence of the name.")


class Topic(BaseModel):
    """A topic of the meeting, written by the model."""

    title: str = Field(description="The topic in a few words.")
    summary: str = Field(description="A summary in one or two sentences.")


class Decision(BaseModel):
    """A decision, written by the model."""

    text: str = Field(description="The decision.")
    quote: Quote = Field(description="The words of the transcript that support it.")


class Assignment(BaseModel):
    """A task for somebody, written by the model."""

    what: str = Field(description="What to do.")
    who: str | None = Field(description="Who must do it; null if the transcript does not say.")
    until: str | None = Field(description="The deadline; null if the transcript does not say.")
    quote: Quote = Field(description="The words of the transcript that support it.")


_EXAMPLE_LINE = "刘明：预算定为20万元。"
_EXAMPLE_QUOTE = {"text": _EXAMPLE_LINE, "start": 0, "end": 13, "page": None, "match": "exact"}


class MinutesResult(DraftResult):
    model_config = ConfigDict(
        json_schema_extra={
            "example": example_of(
                "会议纪要\n\n出席：刘明\n\n决定事项\n1. 预算定为20万元。",
                attendees=[
                    {
                        "name": "刘明",
                        "found_by": "rule",
                        "quote": {**_EXAMPLE_QUOTE, "text": "刘明", "end": 2},
                    }
                ],
                topics=[],
                decisions=[{"text": "预算定为20万元。", "quote": _EXAMPLE_QUOTE}],
                tasks=[],
                refused_attendees=[],
            )
        }
    )

    attendees: list[Attendee] = Field(description="The participants, speakers first.")
    topics: list[Topic] = Field(description="Topics, in the order of the transcript.")
    decisions: list[Decision] = Field(description="Decisions, in the order of the transcript.")
    tasks: list[Assignment] = Field(description="Tasks, in the order of the transcript.")
    refused_attendees: list[str] = Field(
        description="Names from the model that are not in the transcript."
    )


async def minutes(document: Document, options: MinutesOptions, engine: Engine) -> MinutesResult:
    """Raises `EmptyDocument`, `OptionsTooLong`, `OutputError` and what the engine raises."""
    language = "Chinese" if is_cjk(document.text) else "the document's own language"
    empty_prompt = prompt("", language, options.instructions)
    space = await space_for(engine, empty_prompt, ANSWER_TOKENS)
    parts = await split(document, space.text, engine)

    async def answer_for(part: Part) -> MinutesAnswer:
        section = excerpt(document, part)

        async def faults(answer: MinutesAnswer) -> list[str]:
            return await compute(faults_in, section, answer)

        return await ask_until_good(
            engine,
            prompt(section.text, language, options.instructions),
            schema=schema(),
            space=space,
            read=read,
            faults=faults,
        )

    answers = await work_on_all(parts, answer_for, engine)
    return await compute(result_of, document, list(zip(parts, answers, strict=True)))


def result_of(document: Document, answers: Sequence[tuple[Part, MinutesAnswer]]) -> MinutesResult:
    """Merge the answers for all parts, and check the minutes against the transcript."""
    checker, listing = Checker.of(document), Listing()
    attendees, refused = _attendees(document, answers, checker)
    topics = {
        normal_form(topic.title): Topic(title=topic.title, summary=topic.summary)
        for _, answer in reversed(answers)
        for topic in reversed(answer.topics)
        if topic.title.strip()
    }
    items = [items_of(answer, part, checker) for part, answer in answers]
    content = MinutesContent(
        attendees=[attendee.name for attendee in attendees],
        topics=[(topic.title, topic.summary) for topic in reversed(topics.values())],
        decisions=_without_repeats(item for decisions, _ in items for item in decisions),
        tasks=_without_repeats(item for _, tasks in items for item in tasks),
    )
    page = minutes_text(content, checker, chinese=is_cjk(document.text))
    return MinutesResult(
        text=page.text,
        checked=not (page.unsupported or refused),
        unsupported=page.unsupported,
        attendees=listing.cut(attendees),
        topics=listing.cut(list(topics.values())[::-1]),
        decisions=[
            Decision(text=item.text, quote=item.quote) for item in listing.cut(content.decisions)
        ],
        tasks=[
            Assignment(what=item.text, who=item.who, until=item.until, quote=item.quote)
            for item in listing.cut(content.tasks)
        ],
        refused_attendees=listing.cut(refused),
        not_listed=page.not_listed + listing.not_listed,
    )


def _attendees(
    document: Document, answers: Sequence[tuple[Part, MinutesAnswer]], checker: Checker
) -> tuple[list[Attendee], list[str]]:
    attendees: dict[str, Attendee] = {}
    for speaker in speakers(document):
        quote = checker.finder.at(speaker.start, speaker.end)
        attendees[normal_form(speaker.name)] = Attendee(
            name=speaker.name, found_by=FoundBy.rule, quote=quote
        )
    refused: list[str] = []
    listed = [names for _, answer in answers for names in answer.attendees]
    for name in (name for names in listed for name in separate(names)):
        quote = checker.finder.find(name)
        if quote.match is Match.none:
            refused.append(name)
        else:
            attendee = Attendee(name=quote.text, found_by=FoundBy.model, quote=quote)
            attendees.setdefault(normal_form(name), attendee)
    return list(attendees.values()), list(dict.fromkeys(refused))


def _without_repeats(items: Iterable[Item]) -> list[Item]:
    """The items without those that a later part repeats."""
    return list({normal_form(item.text): item for item in reversed(list(items))}.values())[::-1]


TASK = Task(
    name="minutes",
    version="1",
    description="Draft the minutes of a meeting from its transcript: attendees, topics, decisions "
    "and tasks, with quotes of the transcript. A person must check the draft.",
    options=MinutesOptions,
    result=MinutesResult,
    run=minutes,
)
