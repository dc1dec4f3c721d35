"""An official document (公文) from facts that are given: the words a draft, the form by rules."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from documents.document import Document
from tasks.draft.form import ENDINGS, is_ending, title_of, without_number
from tasks.draft.model import Said, joined, prompt, read, schema
from tasks.drafting.repair import Space, ask_until_good, space_for
from tasks.drafting.result import DraftResult, DraftText, example_of
from tasks.engine import Engine
from tasks.model.split import Part, split, work_on_all
from tasks.official_layout.kinds import NO_RECIPIENT, Kind
from tasks.official_layout.rules.wording import breaches, title_breaches
from tasks.task import Task
from tasks.text.facts.check import Source
from tasks.text.numerals import chinese_numeral

ANSWER_TOKENS = 2_560
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class DraftOptions(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"kind": "通知", "recipient": "各科室"}}
    )

    kind: Kind = Field(
        description="The kind of document, as `通知`; minutes of a meeting are `纪要`."
    )
    title: ShortText | None = Field(
        None, description="The whole title; made of `issuer`, the subject and the kind if null."
    )
    recipient: ShortText | None = Field(None, description="To whom it is written (主送机关).")
    issuer: ShortText | None = Field(None, description="Who issues it, for title and signature.")
    ending: ShortText | None = Field(
        None, description="The ending formula; the usual one of the kind if null."
    )
    instructions: str | None = Field(
        None,
        min_length=1,
        max_length=2_000,
        description="What else the model should know. Numbers, dates and organisations in it may "
        "be used.",
    )

    def said(self) -> dict[str, str]:
        """What the model is told beside the kind, each by what it is."""
        said = {
            "title": self.title,
            "written to": self.recipient,
            "issued by": self.issuer,
            "also": self.instructions,
        }
        return {name: value for name, value in said.items() if value}

    def texts(self) -> list[str]:
        """All that the caller wrote: facts may come from it."""
        given = (self.title, self.recipient, self.issuer, self.ending, self.instructions)
        return [text for text in given if text is not None]


class Section(BaseModel):
    """A part of the body, in the model's words."""

    heading: str | None = Field(description="As `一、总体要求`: the number is set by rule.")
    paragraphs: list[str] = Field(description="The paragraphs below it.")


class Wording(BaseModel):
    """A rule about what a kind of document says that the draft does not keep."""

    rule: str = Field(description="The rule's id, as in `format_check`.")
    clause: str = Field(description="Where the rule comes from.")
    expected: str = Field(description="What a document that keeps it is like.")
    found: str = Field(description="What stands there instead.")


class DraftedResult(DraftResult):
    model_config = ConfigDict(
        json_schema_extra={
            "example": example_of(
                "关于清洁市场的通知\n\n各科室：\n\n市场于5月3日清洁。\n\n特此通知。",
                kind="通知",
                title="关于清洁市场的通知",
                recipient="各科室：",
                opening="市场于5月3日清洁。",
                sections=[],
                ending="特此通知。",
                signature=None,
                date=None,
                wording=[],
                open_places=0,
            )
        }
    )

    kind: Kind = Field(description="As asked for.")
    title: str = Field(description="Put together by rule; only the subject is the model's.")
    recipient: str | None = Field(description="From the options, with its colon.")
    opening: str = Field(description="The first paragraph, in the model's words.")
    sections: list[Section] = Field(description="The rest of the body, in the model's words.")
    ending: str | None = Field(description="By rule; null for kinds that have none.")
    signature: str | None = Field(description="The issuer, from the options.")
    date: None = Field(description="Always null: the date of issue is the caller's to set.")
    wording: list[Wording] = Field(
        description="Rules about the kind's words that the draft does not keep."
    )
    open_places: int = Field(
        description="How often 【待补】 stands in the draft: something that the facts do not give."
    )


@dataclass(frozen=True, slots=True)
class _Writer:
    document: Document
    options: DraftOptions
    engine: Engine
    space: Space
    source: Source

    async def write(self, part: Part) -> Said:
        return await ask_until_good(
            self.engine,
            prompt(
                self.document.text[part.start : part.end], self.options.kind, self.options.said()
            ),
            schema=schema(),
            space=self.space,
            read=read,
            faults=self._faults,
        )

    def _faults(self, said: Said) -> list[str]:
        extra = [
            f"{text[fact.start : fact.end]!r} ({fact.kind}) is not in the document."
            for text in said.texts()
            for fact in self.source.unsupported(text)
        ]
        body = [said.opening, *(text for one in said.sections for text in one.paragraphs)]
        ending = _ending(self.options)
        wrong = breaches(self.options.kind, [*body, *([ending] if ending else [])])
        return extra + [
            f"Expected: {breach.rule.expects}. Found: {breach.found}" for breach in wrong
        ]


async def draft(document: Document, options: DraftOptions, engine: Engine) -> DraftedResult:
    """Raises `EmptyDocument`, `OptionsTooLong`, `OutputError` and what the engine raises."""
    space = await space_for(engine, prompt("", options.kind, options.said()), ANSWER_TOKENS)
    parts = await split(document, space.text, engine)
    source = await asyncio.to_thread(Source.of, document.text, *options.texts())
    writer = _Writer(document, options, engine, space, source)
    said = await work_on_all(parts, writer.write, engine)
    return _result(options, joined(said), source)


def _ending(options: DraftOptions) -> str | None:
    return options.ending or ENDINGS.get(options.kind)


def _result(options: DraftOptions, said: Said, source: Source) -> DraftedResult:
    title = options.title or title_of(options.kind, said.subject, options.issuer)
    recipient = _recipient(options)
    opening = " ".join(said.opening.split())
    sections = _sections(said)
    ending = _ending(options)
    page = DraftText()
    page.add(title, source.unsupported(title))
    if recipient:
        page.add(recipient)
    page.add(opening, source.unsupported(opening))
    for one in sections:
        if one.heading:
            mark, _, words = one.heading.partition("、")
            page.add(f"{mark}、")
            page.add(words, source.unsupported(words), gap="")
        for paragraph in one.paragraphs:
            page.add(paragraph, source.unsupported(paragraph))
    for last in (ending, options.issuer):
        if last:
            page.add(last)
    body = [opening, *(text for one in sections for text in one.paragraphs)]
    wording = _wording(options.kind, title, [*body, *([ending] if ending else [])])
    return DraftedResult(
        text=page.text,
        checked=not (page.unsupported or wording) and bool(opening or sections),
        unsupported=page.unsupported,
        kind=options.kind,
        title=title,
        recipient=recipient,
        opening=opening,
        sections=sections,
        ending=ending,
        signature=options.issuer,
        date=None,
        wording=wording,
        open_places=page.text.count("【待补】"),
    )


def _recipient(options: DraftOptions) -> str | None:
    if options.recipient is None or options.kind in NO_RECIPIENT:
        return None
    return options.recipient.rstrip("：:。，, ") + "："


def _sections(said: Said) -> list[Section]:
    """Without blank paragraphs and endings, which are added by rule; headings numbered by rule."""
    sections: list[Section] = []
    number = 0
    for one in said.sections:
        lines = [" ".join(text.split()) for text in one.paragraphs]
        paragraphs = [line for line in lines if line and not is_ending(line)]
        words = without_number(one.heading)
        if not paragraphs:
            continue
        number += bool(words)
        heading = f"{chinese_numeral(number)}、{words}" if words else None
        sections.append(Section(heading=heading, paragraphs=paragraphs))
    return sections


def _wording(kind: Kind, title: str, body: Sequence[str]) -> list[Wording]:
    found = [*title_breaches(title), *breaches(kind, body)]
    return [
        Wording(
            rule=one.rule.id, clause=one.rule.clause, expected=one.rule.expects, found=one.found
        )
        for one in found
    ]


TASK = Task(
    name="draft",
    version="1",
    description="Draft an official document of one of the fifteen kinds from given facts; title, "
    "ending and numbering by rule, figures and names held against the facts. A draft: a person has "
    "to check it.",
    options=DraftOptions,
    result=DraftedResult,
    run=draft,
)
