"""Drafts an official document (公文) from given facts; its fixed parts are set by rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from documents.document import Document
from documents.isolation.compute import compute
from tasks.draft.form import ENDINGS, is_ending, title_of, without_number
from tasks.draft.model import DraftAnswer, joined, prompt, read, schema
from tasks.drafting.repair import Space, ask_until_good, space_for
from tasks.drafting.result import DraftResult, DraftText, Listing, example_of
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
        description="The kind of document, such as `通知`. Minutes of a meeting are `纪要`."
    )
    title: ShortText | None = Field(
        None, description="The whole title. Default: made from `issuer`, the subject and the kind."
    )
    recipient: ShortText | None = Field(None, description="The addressee (主送机关).")
    issuer: ShortText | None = Field(None, description="The issuing body, for title and signature.")
    ending: ShortText | None = Field(
        None, description="The closing formula. Default: the usual one for the kind."
    )
    instructions: str | None = Field(
        None,
        min_length=1,
        max_length=2_000,
        description="Further instructions for the model. Numbers, dates and organisations in them "
        "may appear in the draft.",
    )

    def details(self) -> dict[str, str]:
        """The other options that the model is told, by name."""
        details = {
            "title": self.title,
            "written to": self.recipient,
            "issued by": self.issuer,
            "also": self.instructions,
        }
        return {name: value for name, value in details.items() if value}

    def texts(self) -> list[str]:
        """All texts of the caller, from which facts may come."""
        texts = (self.title, self.recipient, self.issuer, self.ending, self.instructions)
        return [text for text in texts if text is not None]


class Section(BaseModel):
    """A section of the body, written by the model."""

    heading: str | None = Field(description="Such as `一、总体要求`. The number is set by rule.")
    paragraphs: list[str] = Field(description="The paragraphs of the section.")


class Wording(BaseModel):
    """A wording rule for the kind of document that the draft breaks."""

    rule: str = Field(description="The rule's id, as in `format_check`.")
    clause: str = Field(description="The clause of the standard or regulation.")
    expected: str = Field(description="What the rule requires.")
    found: str = Field(description="What the draft has instead.")


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

    kind: Kind = Field(description="The kind, from the options.")
    title: str = Field(description="Formed by rule; only the subject is from the model.")
    recipient: str | None = Field(description="From the options, with its colon.")
    opening: str = Field(description="The first paragraph, written by the model.")
    sections: list[Section] = Field(description="The rest of the body, written by the model.")
    ending: str | None = Field(
        description="The closing formula, by rule; null for kinds without one."
    )
    signature: str | None = Field(description="The issuer, from the options.")
    date: None = Field(description="Always null: the caller sets the date of issue.")
    wording: list[Wording] = Field(description="Wording rules for the kind that the draft breaks.")
    open_places: int = Field(
        description="Number of 【待补】 marks in the draft, for information that the facts lack."
    )


@dataclass(frozen=True, slots=True)
class _Writer:
    document: Document
    options: DraftOptions
    engine: Engine
    space: Space

    async def write(self, part: Part) -> DraftAnswer:
        text = self.document.text[part.start : part.end]

        async def faults(answer: DraftAnswer) -> list[str]:
            return await compute(faults_in, text, self.options, answer)

        return await ask_until_good(
            self.engine,
            prompt(text, self.options.kind, self.options.details()),
            schema=schema(),
            space=self.space,
            read=read,
            faults=faults,
        )


def faults_in(source: str, options: DraftOptions, answer: DraftAnswer) -> list[str]:
    """What is wrong with an answer from `source`, in words for the model."""
    known = Source.of(source, *options.texts())
    extra = [
        f"{text[fact.start : fact.end]!r} ({fact.kind}) is not in the document."
        for text in answer.texts()
        for fact in known.unsupported(text)
    ]
    body = [answer.opening, *(text for part in answer.sections for text in part.paragraphs)]
    ending = _ending(options)
    broken = breaches(options.kind, [*body, *([ending] if ending else [])])
    return extra + [f"Expected: {breach.rule.expects}. Found: {breach.found}" for breach in broken]


async def draft(document: Document, options: DraftOptions, engine: Engine) -> DraftedResult:
    """Raises `EmptyDocument`, `OptionsTooLong`, `OutputError` and what the engine raises."""
    space = await space_for(engine, prompt("", options.kind, options.details()), ANSWER_TOKENS)
    parts = await split(document, space.text, engine)
    writer = _Writer(document, options, engine, space)
    answers = await work_on_all(parts, writer.write, engine)
    return await compute(result_of, document.text, options, joined(answers))


def _ending(options: DraftOptions) -> str | None:
    return options.ending or ENDINGS.get(options.kind)


def result_of(text: str, options: DraftOptions, answer: DraftAnswer) -> DraftedResult:
    """Set the fixed parts, and check the draft against the facts in `text` and the options."""
    source, listing = Source.of(text, *options.texts()), Listing()
    title = options.title or title_of(options.kind, answer.subject, options.issuer)
    recipient = _recipient(options)
    opening = " ".join(answer.opening.split())
    sections = _sections(answer)
    ending = _ending(options)
    page = DraftText()
    page.add(title, source.unsupported(title))
    if recipient:
        page.add(recipient)
    page.add(opening, source.unsupported(opening))
    for section in sections:
        if section.heading:
            mark, _, words = section.heading.partition("、")
            page.add(f"{mark}、")
            page.add(words, source.unsupported(words), gap="")
        for paragraph in section.paragraphs:
            page.add(paragraph, source.unsupported(paragraph))
    for last in (ending, options.issuer):
        if last:
            page.add(last)
    body = [opening, *(text for section in sections for text in section.paragraphs)]
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
        wording=listing.cut(wording),
        open_places=page.text.count("【待补】"),
        not_listed=page.not_listed + listing.not_listed,
    )


def _recipient(options: DraftOptions) -> str | None:
    if options.recipient is None or options.kind in NO_RECIPIENT:
        return None
    return options.recipient.rstrip("：:。，, ") + "："


def _sections(answer: DraftAnswer) -> list[Section]:
    """The sections without blank paragraphs and closing formulas, with numbered headings."""
    sections: list[Section] = []
    number = 0
    for section in answer.sections:
        lines = [" ".join(text.split()) for text in section.paragraphs]
        paragraphs = [line for line in lines if line and not is_ending(line)]
        words = without_number(section.heading)
        if not paragraphs:
            continue
        number += bool(words)
        heading = f"{chinese_numeral(number)}、{words}" if words else None
        sections.append(Section(heading=heading, paragraphs=paragraphs))
    return sections


def _wording(kind: Kind, title: str, body: Sequence[str]) -> list[Wording]:
    return [
        Wording(
            rule=breach.rule.id,
            clause=breach.rule.clause,
            expected=breach.rule.expects,
            found=breach.found,
        )
        for breach in (*title_breaches(title), *breaches(kind, body))
    ]


TASK = Task(
    name="draft",
    version="1",
    description="Draft an official document of one of the fifteen kinds from given facts. Title, "
    "ending and numbering follow rules; numbers and names are checked against the facts. A person "
    "must check the draft.",
    options=DraftOptions,
    result=DraftedResult,
    run=draft,
    reasons=True,
)
