"""A document in another language, paragraph by paragraph, with its figures held against it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from documents.document import Document
from tasks.drafting.repair import Space, ask_until_good, space_for
from tasks.drafting.result import DraftResult, DraftText, example_of
from tasks.engine import Engine
from tasks.errors import OptionsTooLong
from tasks.model.split import Part, split, work_on_all
from tasks.task import Task
from tasks.text.facts.organisations import name_start, organisations
from tasks.text.plain import plain
from tasks.translate.check import Faults, Span, TranslationChecker
from tasks.translate.model import Language, prompt, read, schema, shown

ANSWER_TOKENS = 6_144
# A translation may have this many times the tokens of its source.
GROWTH = 2
Term = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class TranslateOptions(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"language": "en", "glossary": {"财政局": "Finance Bureau"}}},
    )

    language: Language = Field(description="The language to translate into.")
    glossary: dict[Term, Term] = Field(
        default_factory=dict,
        max_length=500,
        description="Terms, and what each must be translated as; checked paragraph by paragraph.",
    )


class Place(BaseModel):
    """A stretch of the source."""

    start: int = Field(description="Offset of the first character in the document's text, from 0.")
    end: int = Field(description="Offset after the last character.")
    text: str = Field(description="What stands there.")


class Lost(Place):
    """Something that the source states and the translation of its paragraph does not."""

    kind: str = Field(description="`number`, `date`, `time` or `issue_number`.")
    paragraph: int = Field(description="The paragraph, from 0.")


class MissedTerm(Place):
    """A term that was not translated as the glossary says."""

    expected: str = Field(description="The glossary's translation.")
    paragraph: int = Field(description="The paragraph, from 0.")


class Paragraph(BaseModel):
    """A paragraph of the source, and its translation."""

    start: int = Field(description="Offset of its first character in the document's text, from 0.")
    end: int = Field(description="Offset after its last character.")
    page: int | None = Field(description="The page, from 1; null where the format has no pages.")
    text_start: int = Field(description="Offset of the translation in `text`, from 0.")
    text_end: int = Field(description="Offset after the last character of the translation.")
    text: str = Field(description="The translation. Empty where the model gave none.")


class TranslateResult(DraftResult):
    model_config = ConfigDict(
        json_schema_extra={
            "example": example_of(
                "The square is cleaned on 3 May.",
                language="en",
                paragraphs=[
                    {
                        "start": 0,
                        "end": 10,
                        "page": None,
                        "text_start": 97,
                        "text_end": 128,
                        "text": "The square is cleaned on 3 May.",
                    }
                ],
                lost=[],
                missed_terms=[],
                unchecked_names=[],
            )
        }
    )

    language: Language = Field(description="What `text` is in.")
    paragraphs: list[Paragraph] = Field(
        description="One for each paragraph of the source, in its order."
    )
    lost: list[Lost] = Field(
        description="Numbers, dates and issue numbers of the source that a translation lacks."
    )
    missed_terms: list[MissedTerm] = Field(description="Where the glossary was not kept to.")
    unchecked_names: list[Place] = Field(
        description="Organisations in the source that the glossary does not have: no program can "
        "compare their names across languages, so a person must."
    )


@dataclass(frozen=True, slots=True)
class _Translator:
    """Translates stretches of one document."""

    document: Document
    options: TranslateOptions
    engine: Engine
    space: Space
    checker: TranslationChecker

    async def translate(self, spans: Sequence[Span]) -> list[str]:
        """The translation of each stretch; empty where the model leaves one out."""
        lines = [self.document.text[start:end] for start, end in spans]
        return await ask_until_good(
            self.engine,
            self._prompt(lines, spans),
            schema=schema(len(spans)),
            space=self.space,
            read=lambda data: read(data, len(spans)),
            faults=lambda said: self._named(spans, said),
        )

    def _prompt(self, lines: Sequence[str], spans: Sequence[Span]) -> str:
        terms = self.checker.terms((spans[0][0], spans[-1][1]))
        return prompt(shown(lines), self.options.language, terms, len(lines))

    def _named(self, spans: Sequence[Span], said: Sequence[str]) -> list[str]:
        named: list[str] = []
        for number, (span, words) in enumerate(zip(spans, said, strict=True), start=1):
            faults = self.checker.faults(span, words)
            here = f"Paragraph {number}: "
            named += [f"{here}it has no translation."] if faults.blank else []
            for fact in faults.unsupported:
                named.append(f"{here}{words[fact.start : fact.end]!r} is not in the document.")
            for fact in faults.lost:
                source = self.document.text[fact.start : fact.end]
                named.append(f"{here}{source!r} is missing.")
            for missed in faults.missed:
                named.append(f"{here}{missed.term!r} must be {missed.expected!r}.")
        return named


async def translate(
    document: Document, options: TranslateOptions, engine: Engine
) -> TranslateResult:
    """Raises `EmptyDocument`, `OptionsTooLong`, `OutputError` and what the engine raises."""
    checker = await asyncio.to_thread(
        TranslationChecker, document, options.language.value, options.glossary
    )
    terms = checker.terms((0, len(document.text)))
    asked = prompt("", options.language, terms, 99)
    space = await space_for(engine, asked, ANSWER_TOKENS)
    most = min(space.text, min(ANSWER_TOKENS, engine.context_tokens // 3) // GROWTH)
    if most < 16:
        raise OptionsTooLong("The model's context is too short for a translation.")

    def spans(part: Part) -> list[Span]:
        return paragraphs_in(document, part)

    parts = await split(
        document, most, engine, lambda part: shown([document.text[a:b] for a, b in spans(part)])
    )
    pieces = [found for part in parts if (found := spans(part))]
    translator = _Translator(document, options, engine, space, checker)
    said = await work_on_all(pieces, translator.translate, engine)
    pairs = [
        pair
        for found, words in zip(pieces, said, strict=True)
        for pair in zip(found, words, strict=True)
    ]
    return await asyncio.to_thread(_result, document, options, pairs, checker)


def paragraphs_in(document: Document, part: Part) -> list[Span]:
    """What of each block is in a part, without white space around it."""
    found = []
    for block in document.blocks:
        start, end = max(block.start, part.start), min(block.end, part.end)
        words = document.text[start:end]
        if words.strip():
            start += len(words) - len(words.lstrip())
            found.append((start, start + len(words.strip())))
    return found


def _result(
    document: Document,
    options: TranslateOptions,
    pairs: Sequence[tuple[Span, str]],
    checker: TranslationChecker,
) -> TranslateResult:
    page = DraftText()
    paragraphs: list[Paragraph] = []
    lost: list[Lost] = []
    missed: list[MissedTerm] = []
    blank = False
    for number, (block, words) in enumerate(_by_block(document, pairs, options.language)):
        faults = checker.faults(block, words)
        at = page.add(words, faults.unsupported)
        start, end = block
        paragraphs.append(
            Paragraph(
                start=start,
                end=end,
                page=document.page_at(start),
                text_start=at,
                text_end=at + len(words),
                text=words,
            )
        )
        blank = blank or faults.blank
        lost += _lost(document, number, faults)
        missed += [
            MissedTerm(
                start=one.start,
                end=one.start + len(one.term),
                text=one.term,
                expected=one.expected,
                paragraph=number,
            )
            for one in faults.missed
        ]
    return TranslateResult(
        text=page.text,
        checked=not (page.unsupported or lost or missed or blank),
        unsupported=page.unsupported,
        language=options.language,
        paragraphs=paragraphs,
        lost=lost,
        missed_terms=missed,
        unchecked_names=_unchecked(document, options),
    )


def _by_block(
    document: Document, pairs: Sequence[tuple[Span, str]], language: Language
) -> list[tuple[Span, str]]:
    """Stretches of the same block as one, with what was translated of it."""
    gap = "" if language in (Language.zh, Language.ja) else " "
    joined: list[tuple[Span, str]] = []
    blocks = iter(document.blocks)
    block = next(blocks, None)
    for (start, end), words in pairs:
        goes_on = (
            bool(joined)
            and block is not None
            and joined[-1][0][0] >= block.start
            and start < block.end
        )
        if goes_on:
            before, said = joined[-1]
            joined[-1] = ((before[0], end), f"{said}{gap}{words}" if words else said)
            continue
        while block is not None and block.end <= start:
            block = next(blocks, None)
        joined.append(((start, end), words))
    return joined


def _lost(document: Document, paragraph: int, faults: Faults) -> list[Lost]:
    return [
        Lost(
            kind=fact.kind.value,
            start=fact.start,
            end=fact.end,
            text=document.text[fact.start : fact.end],
            paragraph=paragraph,
        )
        for fact in faults.lost
    ]


def _unchecked(document: Document, options: TranslateOptions) -> list[Place]:
    searched = plain(document.text)
    first: dict[str, Place] = {}
    for fact in organisations(searched):
        start = name_start(fact)
        name = document.text[start : fact.end]
        if not any(term in name for term in options.glossary):
            first.setdefault(name, Place(start=start, end=fact.end, text=name))
    return list(first.values())


TASK = Task(
    name="translate",
    version="1",
    description="Draft a translation paragraph by paragraph; numbers, dates, issue numbers and the "
    "glossary's terms are held against the source. A draft: a person has to check it.",
    options=TranslateOptions,
    result=TranslateResult,
    run=translate,
)
