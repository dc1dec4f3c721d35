"""Translates a document paragraph by paragraph, and checks its numbers and terms."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from documents.document import Document
from documents.isolation.compute import compute
from tasks.drafting.repair import Space, ask_until_good, space_for
from tasks.drafting.result import DraftResult, DraftText, Listing, example_of
from tasks.engine import Engine
from tasks.errors import OptionsTooLong
from tasks.model.split import Part, split, work_on_all
from tasks.task import Task
from tasks.text.facts.organisations import name_start, organisations
from tasks.text.plain import plain
from tasks.translate.check import Faults, Span, TranslationChecker
from tasks.translate.glossary import Glossary, terms_in
from tasks.translate.model import Language, numbered, prompt, read, schema

ANSWER_TOKENS = 6_144
# The most tokens of a translation for each token of its source.
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
        description="Terms and their required translations, checked in each paragraph.",
    )


class SourceSpan(BaseModel):
    """A span of the source."""

    start: int = Field(description="Offset of the first character in the document's text, from 0.")
    end: int = Field(description="Offset after the last character.")
    text: str = Field(description="The text there.")


class LostFact(SourceSpan):
    """A statement of the source that the translation of its paragraph lacks."""

    kind: str = Field(description="`number`, `date`, `time` or `issue_number`.")
    paragraph: int = Field(description="The paragraph, from 0.")


class MissedTerm(SourceSpan):
    """A term that was not translated as in the glossary."""

    expected: str = Field(description="The glossary's translation.")
    paragraph: int = Field(description="The paragraph, from 0.")


class Paragraph(BaseModel):
    """A paragraph of the source and its translation."""

    start: int = Field(description="Offset of its first character in the document's text, from 0.")
    end: int = Field(description="Offset after its last character.")
    page: int | None = Field(description="The page, from 1; null if the format has no pages.")
    text_start: int = Field(description="Offset of the translation in `text`, from 0.")
    text_end: int = Field(description="Offset after the last character of the translation.")
    text: str = Field(description="The translation; empty if the model gave none.")


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

    language: Language = Field(description="The language of `text`.")
    paragraphs: list[Paragraph] = Field(description="The paragraphs of the source, in order.")
    lost: list[LostFact] = Field(
        description="Numbers, dates and issue numbers of the source that are missing in the "
        "translation."
    )
    missed_terms: list[MissedTerm] = Field(
        description="Terms that were not translated as in the glossary."
    )
    unchecked_names: list[SourceSpan] = Field(
        description="Organisations in the source that are not in the glossary. Their translated "
        "names cannot be checked automatically; a person must check them."
    )


@dataclass(frozen=True, slots=True)
class _Translator:
    """Translates spans of one document."""

    document: Document
    options: TranslateOptions
    engine: Engine
    space: Space

    async def translate(self, spans: Sequence[Span]) -> list[str]:
        """The translation of each span; empty if the model leaves one out."""
        first, last = spans[0][0], spans[-1][1]
        source = self.document.text[first:last]
        here = [(start - first, end - first) for start, end in spans]
        lines = [source[start:end] for start, end in here]
        terms = await compute(terms_in, source, self.options.glossary)

        async def faults(translations: list[str]) -> list[str]:
            return await compute(faults_in, source, here, translations, self.options)

        return await ask_until_good(
            self.engine,
            prompt(numbered(lines), self.options.language, terms, len(lines)),
            schema=schema(len(spans)),
            space=self.space,
            read=lambda data: read(data, len(spans)),
            faults=faults,
        )


def faults_in(
    source: str, spans: Sequence[Span], translations: Sequence[str], options: TranslateOptions
) -> list[str]:
    """What is wrong with the translations of spans of `source`, in words for the model."""
    checker = TranslationChecker(source, options.language.value, options.glossary)
    described: list[str] = []
    for number, (span, words) in enumerate(zip(spans, translations, strict=True), start=1):
        faults = checker.faults(span, words)
        here = f"Paragraph {number}: "
        described += [f"{here}it has no translation."] if faults.blank else []
        for fact in faults.unsupported:
            described.append(f"{here}{words[fact.start : fact.end]!r} is not in the document.")
        for fact in faults.lost:
            described.append(f"{here}{source[fact.start : fact.end]!r} is missing.")
        for missed in faults.missed:
            described.append(f"{here}{missed.term!r} must be {missed.expected!r}.")
    return described


async def translate(
    document: Document, options: TranslateOptions, engine: Engine
) -> TranslateResult:
    """Raises `EmptyDocument`, `OptionsTooLong`, `OutputError` and what the engine raises."""
    terms = await compute(terms_in, document.text, options.glossary)
    empty_prompt = prompt("", options.language, terms, 99)
    space = await space_for(engine, empty_prompt, ANSWER_TOKENS)
    most = min(space.text, min(ANSWER_TOKENS, engine.context_tokens // 3) // GROWTH)
    if most < 16:
        raise OptionsTooLong("The model's context is too short for a translation.")

    def spans(part: Part) -> list[Span]:
        return paragraphs_in(document, part)

    parts = await split(
        document, most, engine, lambda part: numbered([document.text[a:b] for a, b in spans(part)])
    )
    pieces = [paragraphs for part in parts if (paragraphs := spans(part))]
    translator = _Translator(document, options, engine, space)
    translations = await work_on_all(pieces, translator.translate, engine)
    pairs = [
        pair
        for paragraphs, texts in zip(pieces, translations, strict=True)
        for pair in zip(paragraphs, texts, strict=True)
    ]
    return await compute(result_of, document, options, pairs)


def paragraphs_in(document: Document, part: Part) -> list[Span]:
    """The span of each block within a part, without surrounding white space."""
    spans = []
    blocks = document.blocks
    first = bisect_right(blocks, part.start, key=lambda block: block.end)
    last = bisect_left(blocks, part.end, key=lambda block: block.start)
    for block in blocks[first:last]:
        start, end = max(block.start, part.start), min(block.end, part.end)
        words = document.text[start:end]
        if words.strip():
            start += len(words) - len(words.lstrip())
            spans.append((start, start + len(words.strip())))
    return spans


def result_of(
    document: Document, options: TranslateOptions, pairs: Sequence[tuple[Span, str]]
) -> TranslateResult:
    """Join the translations of spans, and check each paragraph."""
    checker = TranslationChecker(document.text, options.language.value, options.glossary)
    page, listing = DraftText(), Listing()
    paragraphs: list[Paragraph] = []
    lost: list[LostFact] = []
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
        lost += _lost_facts(document, number, faults)
        missed += [
            MissedTerm(
                start=term.start,
                end=term.start + len(term.term),
                text=term.term,
                expected=term.expected,
                paragraph=number,
            )
            for term in faults.missed
        ]
    return TranslateResult(
        text=page.text,
        checked=not (page.unsupported or lost or missed or blank),
        unsupported=page.unsupported,
        language=options.language,
        paragraphs=paragraphs,
        lost=listing.cut(lost),
        missed_terms=listing.cut(missed),
        unchecked_names=listing.cut(_unchecked(document, options)),
        not_listed=page.not_listed + listing.not_listed,
    )


def _by_block(
    document: Document, pairs: Sequence[tuple[Span, str]], language: Language
) -> list[tuple[Span, str]]:
    """Join the spans of each block, and their translations."""
    gap = "" if language in (Language.zh, Language.ja) else " "
    joined: list[tuple[Span, str]] = []
    blocks = iter(document.blocks)
    block = next(blocks, None)
    for (start, end), words in pairs:
        continues = (
            bool(joined)
            and block is not None
            and joined[-1][0][0] >= block.start
            and start < block.end
        )
        if continues:
            before, text = joined[-1]
            joined[-1] = ((before[0], end), f"{text}{gap}{words}" if words else text)
            continue
        while block is not None and block.end <= start:
            block = next(blocks, None)
        joined.append(((start, end), words))
    return joined


def _lost_facts(document: Document, paragraph: int, faults: Faults) -> list[LostFact]:
    return [
        LostFact(
            kind=fact.kind.value,
            start=fact.start,
            end=fact.end,
            text=document.text[fact.start : fact.end],
            paragraph=paragraph,
        )
        for fact in faults.lost
    ]


def _unchecked(document: Document, options: TranslateOptions) -> list[SourceSpan]:
    searched = plain(document.text)
    first: dict[str, SourceSpan] = {}
    for fact in organisations(searched):
        start = name_start(fact)
        name = document.text[start : fact.end]
        first.setdefault(name, SourceSpan(start=start, end=fact.end, text=name))
    glossary = Glossary(options.glossary)
    return [span for name, span in first.items() if not glossary.terms(name)]


TASK = Task(
    name="translate",
    version="1",
    description="Draft a translation paragraph by paragraph. Numbers, dates, issue numbers and "
    "glossary terms are checked against the source. A person must check the draft.",
    options=TranslateOptions,
    result=TranslateResult,
    run=translate,
)
