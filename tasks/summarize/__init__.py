"""Writes a summary of bounded length, each sentence with quotes of the source."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from pydantic import BaseModel, ConfigDict, Field

from documents.document import Document
from documents.isolation.compute import compute
from tasks.doubts import Doubt
from tasks.engine import Engine
from tasks.errors import OutputError
from tasks.model.split import Part, split
from tasks.summarize.writer import Sentence, SummaryWriter, numbered, within
from tasks.task import Task
from tasks.text.numbers import arabic_numbers, number_values
from tasks.text.quotes import Quote, QuoteFinder
from tasks.text.sentences import sentence_spans
from tasks.text.words import count_words, is_cjk


class SummarizeOptions(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"max_words": 120, "focus": "deadlines and duties"}},
    )

    max_words: int = Field(
        200,
        ge=20,
        le=2_000,
        description="The maximum number of words. A Chinese character counts as a word.",
    )
    language: str | None = Field(
        None,
        min_length=2,
        max_length=40,
        pattern=r"^[\w \-()]+$",
        description="The summary's language, such as `zh` or `English`. Default: the document's.",
    )
    focus: str | None = Field(
        None, min_length=1, max_length=200, description="What the summary should focus on."
    )


class SummarySentence(BaseModel):
    text: str = Field(description="One sentence of the summary.")
    quotes: list[Quote] = Field(
        description="The sentences of the source that the model cites for it. Empty if the model "
        "cited none: the sentence is then unsupported."
    )
    unsupported_numbers: list[str] = Field(
        description="Numbers in the sentence that are not in the source."
    )
    unquoted_numbers: list[str] = Field(
        description="Numbers in the sentence that are in the source, but not in the quotes."
    )


class SummarizeResult(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "summary": "The office is closed on 3 May.",
                "sentences": [
                    {
                        "text": "The office is closed on 3 May.",
                        "quotes": [
                            {
                                "text": "On 3 May the office stays closed.",
                                "start": 120,
                                "end": 153,
                                "page": 1,
                                "match": "exact",
                            }
                        ],
                        "unsupported_numbers": [],
                        "unquoted_numbers": [],
                    }
                ],
                "words": 7,
                "shortened": False,
                "unsupported_numbers": [],
            }
        }
    )

    summary: str = Field(description="The sentences, joined.")
    sentences: list[SummarySentence] = Field(description="Each sentence with its quotes.")
    words: int = Field(description="Words in `summary`; a Chinese character counts as a word.")
    shortened: bool = Field(
        description="Whether the model wrote more than `max_words`, so that the end was removed."
    )
    unsupported_numbers: list[str] = Field(
        description="Numbers in the summary that are not in the source: check these first."
    )


async def summarize(
    document: Document, options: SummarizeOptions, engine: Engine
) -> SummarizeResult:
    """Raises `EmptyDocument`, `OptionsTooLong`, `OutputError` and what the engine raises."""
    writer = SummaryWriter(
        engine=engine,
        max_words=options.max_words,
        language=options.language,
        focus=options.focus,
        cjk=_writes_cjk(document, options),
    )
    room = await writer.room()
    spans = await compute(sentence_spans, document)
    source = [Sentence(document.text[a:b], ((a, b),)) for a, b in spans]
    starts = [sentence.spans[0][0] for sentence in source]

    def sentences_of(part: Part) -> list[Sentence]:
        return source[bisect_left(starts, part.start) : bisect_left(starts, part.end)]

    parts = await split(document, room.text, engine, lambda part: numbered(sentences_of(part)))
    pieces = [sentences for part in parts if (sentences := sentences_of(part))]
    sentences = await writer.write(pieces, room)
    return await compute(result_of, document, sentences, options.max_words)


def _writes_cjk(document: Document, options: SummarizeOptions) -> bool:
    if options.language is None:
        return is_cjk(document.text)
    named = options.language.lower()
    return is_cjk(named) or named.startswith(("zh", "chinese", "ja", "ko"))


def result_of(document: Document, sentences: Sequence[Sentence], max_words: int) -> SummarizeResult:
    """Cut the summary to `max_words`, and check its numbers. Raises `OutputError`."""
    fitting, shortened = within(sentences, max_words)
    if not fitting:
        raise OutputError("The model wrote no summary.")
    finder, in_source = QuoteFinder(document), number_values(document.text)
    checked = [_checked(sentence, finder, in_source) for sentence in fitting]
    summary = _joined([sentence.text for sentence in checked])
    unsupported = [number for sentence in checked for number in sentence.unsupported_numbers]
    return SummarizeResult(
        summary=summary,
        sentences=checked,
        words=count_words(summary),
        shortened=shortened,
        unsupported_numbers=list(dict.fromkeys(unsupported)),
    )


def _checked(sentence: Sentence, finder: QuoteFinder, in_source: set[Decimal]) -> SummarySentence:
    quotes = [finder.at(start, end) for start, end in sentence.spans]
    in_quotes = number_values("\n".join(quote.text for quote in quotes))
    numbers = arabic_numbers(sentence.text)
    unsupported = [n.written for n in numbers if not n.values & in_source]
    unquoted = [n.written for n in numbers if n.values & in_source and not n.values & in_quotes]
    return SummarySentence(
        text=sentence.text,
        quotes=quotes,
        unsupported_numbers=list(dict.fromkeys(unsupported)),
        unquoted_numbers=list(dict.fromkeys(unquoted)),
    )


def _joined(texts: Sequence[str]) -> str:
    """Join sentences, with a space between them except between Chinese ones."""
    gaps = ["" if is_cjk(a[-8:]) or is_cjk(b[:8]) else " " for a, b in pairwise(texts)]
    return texts[0] + "".join(gap + text for gap, text in zip(gaps, texts[1:], strict=True))


def doubts(
    document: Document, options: SummarizeOptions, result: SummarizeResult
) -> Sequence[Doubt]:
    """Doubts from the checks in the result, and from the script of the summary."""
    signs = {
        Doubt.number_not_in_source: bool(result.unsupported_numbers),
        Doubt.number_not_in_quotes: any(sentence.unquoted_numbers for sentence in result.sentences),
        Doubt.sentence_without_quote: any(not sentence.quotes for sentence in result.sentences),
        Doubt.too_long: result.shortened,
        Doubt.wrong_language: is_cjk(result.summary) != _writes_cjk(document, options),
    }
    return [doubt for doubt, applies in signs.items() if applies]


TASK = Task(
    name="summarize",
    version="1",
    description="Summarise a document in a bounded number of words. Each sentence has quotes of "
    "the source, and its numbers are checked against the source.",
    options=SummarizeOptions,
    result=SummarizeResult,
    run=summarize,
    doubts=doubts,
)
