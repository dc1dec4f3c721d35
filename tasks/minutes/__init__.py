"""The minutes of a meeting from its transcript: a draft, each decision with the words behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from documents.document import Document
from tasks.drafting.repair import ask_until_good, space_for
from tasks.drafting.result import DraftResult, example_of
from tasks.engine import Engine
from tasks.minutes.model import Checker, Item, Said, items_of, prompt, read, schema, separate
from tasks.minutes.text import Found, written
from tasks.minutes.transcript import speakers
from tasks.model.split import Part, split, work_on_all
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
        description="What else the model should know, such as what to leave out.",
    )


class SaidBy(StrEnum):
    rule = "rule"
    model = "model"


class Attendee(BaseModel):
    """Somebody who took part."""

    name: str = Field(description="As it is written in the transcript.")
    found_by: SaidBy = Field(
        description="`rule`: the name begins a line of what was said. `model`: the model named it, "
        "and it stands in the transcript; whether that person was there no program knows."
    )
    quote: Quote = Field(description="Where the name stands first.")


class Topic(BaseModel):
    """What was talked about, in the model's words."""

    title: str = Field(description="A few words.")
    summary: str = Field(description="One or two sentences.")


class Decision(BaseModel):
    """What was decided, in the model's words."""

    text: str = Field(description="The decision.")
    quote: Quote = Field(description="The words of the transcript that show it.")


class Assignment(BaseModel):
    """Who has to do what, in the model's words."""

    what: str = Field(description="What is to be done.")
    who: str | None = Field(description="By whom; null where the transcript does not say.")
    until: str | None = Field(description="Until when; null where the transcript does not say.")
    quote: Quote = Field(description="The words of the transcript that show it.")


_SAID = "刘明：预算定为20万元。"
_EXAMPLE_QUOTE = {"text": _SAID, "start": 0, "end": 13, "page": None, "match": "exact"}


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

    attendees: list[Attendee] = Field(description="Who took part: speakers first.")
    topics: list[Topic] = Field(description="In the order of the transcript.")
    decisions: list[Decision] = Field(description="In the order of the transcript.")
    tasks: list[Assignment] = Field(description="In the order of the transcript.")
    refused_attendees: list[str] = Field(
        description="Names that the model gave and that stand nowhere in the transcript."
    )


async def minutes(document: Document, options: MinutesOptions, engine: Engine) -> MinutesResult:
    """Raises `EmptyDocument`, `OptionsTooLong`, `OutputError` and what the engine raises."""
    language = "Chinese" if is_cjk(document.text) else "the document's own language"
    asked = prompt("", language, options.instructions)
    space = await space_for(engine, asked, ANSWER_TOKENS)
    parts = await split(document, space.text, engine)
    checker = await asyncio.to_thread(Checker.of, document)

    async def one(part: Part) -> Said:
        return await ask_until_good(
            engine,
            prompt(document.text[part.start : part.end], language, options.instructions),
            schema=schema(),
            space=space,
            read=read,
            faults=lambda said: checker.faults(said, part),
        )

    said = await work_on_all(parts, one, engine)
    return await asyncio.to_thread(_result, document, list(zip(parts, said, strict=True)), checker)


def _result(
    document: Document, said: Sequence[tuple[Part, Said]], checker: Checker
) -> MinutesResult:
    attendees, refused = _attendees(document, said, checker)
    topics = {
        normal_form(topic.title): Topic(title=topic.title, summary=topic.summary)
        for _, one in reversed(said)
        for topic in reversed(one.topics)
        if topic.title.strip()
    }
    both = [items_of(one, part, checker) for part, one in said]
    found = Found(
        attendees=[one.name for one in attendees],
        topics=[(one.title, one.summary) for one in reversed(topics.values())],
        decisions=_without_repeats(item for decisions, _ in both for item in decisions),
        tasks=_without_repeats(item for _, tasks in both for item in tasks),
    )
    page = written(found, checker, chinese=is_cjk(document.text))
    return MinutesResult(
        text=page.text,
        checked=not (page.unsupported or refused),
        unsupported=page.unsupported,
        attendees=attendees,
        topics=list(topics.values())[::-1],
        decisions=[Decision(text=one.text, quote=one.quote) for one in found.decisions],
        tasks=[
            Assignment(what=one.text, who=one.who, until=one.until, quote=one.quote)
            for one in found.tasks
        ],
        refused_attendees=refused,
    )


def _attendees(
    document: Document, said: Sequence[tuple[Part, Said]], checker: Checker
) -> tuple[list[Attendee], list[str]]:
    found: dict[str, Attendee] = {}
    for speaker in speakers(document):
        quote = checker.finder.at(speaker.start, speaker.end)
        found[normal_form(speaker.name)] = Attendee(
            name=speaker.name, found_by=SaidBy.rule, quote=quote
        )
    refused: list[str] = []
    for name in (name for _, one in said for given in one.attendees for name in separate(given)):
        quote = checker.finder.find(name)
        if quote.match is Match.none:
            refused.append(name)
        elif normal_form(name) not in found:
            found[normal_form(name)] = Attendee(name=quote.text, found_by=SaidBy.model, quote=quote)
    return list(found.values()), list(dict.fromkeys(refused))


def _without_repeats(items: Iterable[Item]) -> list[Item]:
    """Parts may say the same again; the first stands."""
    return list({normal_form(item.text): item for item in reversed(list(items))}.values())[::-1]


TASK = Task(
    name="minutes",
    version="1",
    description="Draft the minutes of a meeting from its transcript: attendees, topics, decisions "
    "and tasks, each decision with the transcript's own words. A draft: a person has to check it.",
    options=MinutesOptions,
    result=MinutesResult,
    run=minutes,
)
