"""A summary of bounded length, with the source's own words behind each of its sentences."""

from __future__ import annotations

import asyncio
import math
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tasks.answers import Room, ask, fence, room_for_text
from tasks.document import Document
from tasks.engine import Engine
from tasks.errors import OutputError
from tasks.numbers import arabic_numbers, number_values
from tasks.quotes import Quote, QuoteFinder
from tasks.sentences import sentence_spans
from tasks.split import Part, split, work_on_all
from tasks.task import Task
from tasks.words import count_words, first_words, is_cjk

PROMPT = """Summarise the document in at most {words} words. {language}{focus}
Write few, complete sentences. Keep names, dates, amounts and deadlines as they are written.
For each sentence first give the numbers of the source sentences that it rests on.

<document>
{text}
</document>

Answer as {{"sentences": [{{"sources": [1, 2], "text": "..."}}]}}"""

MOST_SOURCES = 3
MOST_QUOTES = 5
TOKENS_PER_WORD = 2.5
TOKENS_PER_SENTENCE = 32


class SummarizeOptions(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"max_words": 120, "focus": "deadlines and duties"}},
    )

    max_words: int = Field(
        200,
        ge=20,
        le=2_000,
        description="The summary never has more words; a Chinese character counts as a word.",
    )
    language: str | None = Field(
        None,
        min_length=2,
        max_length=40,
        pattern=r"^[\w \-()]+$",
        description="The summary's language, as `zh` or `English`; the document's own if null.",
    )
    focus: str | None = Field(
        None, min_length=1, max_length=200, description="What the summary should look at most."
    )


class SummarySentence(BaseModel):
    text: str = Field(description="One sentence of the summary.")
    quotes: list[Quote] = Field(
        description="The sentences of the source that it rests on, as the model says. Empty where "
        "it named none: then the sentence is not supported."
    )
    unsupported_numbers: list[str] = Field(
        description="Numbers in the sentence that stand nowhere in the source."
    )
    unquoted_numbers: list[str] = Field(
        description="Numbers in the sentence that stand in the source, but not in its quotes."
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
        description="Whether the model wrote more than `max_words`, and the end was left out."
    )
    unsupported_numbers: list[str] = Field(
        description="Numbers in the summary that stand nowhere in the source: check these first."
    )


class _Said(BaseModel):
    sources: list[int] = Field(default_factory=list)
    text: str


class _Answer(BaseModel):
    sentences: list[_Said]


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence of the document, of a partial summary or of the summary; `spans` of the source."""

    text: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Summarizer:
    options: SummarizeOptions
    engine: Engine
    room: Room
    cjk: bool

    def prompt(self, text: str, words: int) -> str:
        language = (
            f"Write in this language: {self.options.language}."
            if self.options.language
            else "Write in the document's own language."
        )
        focus = f"\nLook most at: {self.options.focus}" if self.options.focus else ""
        return PROMPT.format(words=words, language=language, focus=focus, text=fence(text))

    async def summarize(self, source: Sequence[_Sentence], words: int) -> list[_Sentence]:
        """At most about `words` words on `source`, whose sentences the model cites by number."""
        longest = self._longest_sentence(words)
        data, _ = await ask(
            self.engine,
            self.prompt(_numbered(source), words),
            schema=_schema(words, longest, len(source)),
            max_tokens=self.room.answer,
        )
        try:
            said = _Answer.model_validate(data).sentences
        except ValidationError:
            raise OutputError("The model's answer is JSON, but no list of sentences.") from None
        cited = [
            _Sentence(_finished(one.text, longest), _spans(one.sources, source)) for one in said
        ]
        return [sentence for sentence in _without_repeats(cited) if sentence.text]

    def _longest_sentence(self, words: int) -> int:
        return min(words, 150) if self.cjk else min(7 * words, 400)


async def summarize(
    document: Document, options: SummarizeOptions, engine: Engine
) -> SummarizeResult:
    """Raises `EmptyDocument`, `OptionsTooLong`, `OutputError` and what the engine raises."""
    cjk = _writes_cjk(document, options)
    empty = _Summarizer(options, engine, Room(0, 0), cjk).prompt("", options.max_words)
    answer = int(options.max_words * TOKENS_PER_WORD) + 4 * TOKENS_PER_SENTENCE
    room = await room_for_text(engine, empty, answer)
    summarizer = _Summarizer(options, engine, room, cjk)

    source = [_Sentence(document.text[a:b], ((a, b),)) for a, b in sentence_spans(document)]
    starts = [sentence.spans[0][0] for sentence in source]

    def sentences_of(part: Part) -> list[_Sentence]:
        return source[bisect_left(starts, part.start) : bisect_left(starts, part.end)]

    parts = await split(document, room.text, engine, lambda part: _numbered(sentences_of(part)))
    pieces = [sentences for part in parts if (sentences := sentences_of(part))]
    if len(pieces) == 1:
        engine.progress(0, 1)
        summary = await summarizer.summarize(pieces[0], options.max_words)
        engine.progress(1, 1)
    else:
        summary = await _map_and_reduce(summarizer, pieces)
    return _result(document, summary, options.max_words)


async def _map_and_reduce(
    summarizer: _Summarizer, pieces: Sequence[Sequence[_Sentence]]
) -> list[_Sentence]:
    most, engine = summarizer.options.max_words, summarizer.engine
    words = max(40, min(most, 2 * most // len(pieces)))

    async def one(piece: Sequence[_Sentence]) -> list[_Sentence]:
        return await summarizer.summarize(piece, words)

    partial = await work_on_all(pieces, one, engine, more_steps=1)
    merged = await _reduce(summarizer, [sentence for part in partial for sentence in part])
    engine.progress(len(pieces) + 1, len(pieces) + 1)
    return merged


async def _reduce(summarizer: _Summarizer, sentences: list[_Sentence]) -> list[_Sentence]:
    """Summarise the partial summaries, again and again until all is short enough."""
    most = summarizer.options.max_words

    async def shorter(group: list[_Sentence]) -> list[_Sentence]:
        target = max(20, min(most, _words(group) // (1 if alone else 2)))
        return _within(await summarizer.summarize(group, target), target)[0]

    before, alone = math.inf, False
    while most < (words := _words(sentences)) < before and not alone:
        groups = await _groups(summarizer, sentences)
        before, alone = words, len(groups) == 1
        reduced = await asyncio.gather(*(shorter(group) for group in groups))
        sentences = [sentence for group in reduced for sentence in group]
    return sentences


def _words(sentences: Sequence[_Sentence]) -> int:
    return sum(count_words(sentence.text) for sentence in sentences)


async def _groups(summarizer: _Summarizer, sentences: Sequence[_Sentence]) -> list[list[_Sentence]]:
    """The sentences, in order, in groups that each fit one request."""
    tokens = await summarizer.engine.count_tokens(_numbered(sentences))
    if tokens <= summarizer.room.text or len(sentences) == 1:
        return [list(sentences)]
    middle = len(sentences) // 2
    first = await _groups(summarizer, sentences[:middle])
    return first + await _groups(summarizer, sentences[middle:])


def _writes_cjk(document: Document, options: SummarizeOptions) -> bool:
    if options.language is None:
        return is_cjk(document.text)
    named = options.language.lower()
    return is_cjk(named) or named.startswith(("zh", "chinese", "ja", "ko"))


def _numbered(sentences: Sequence[_Sentence]) -> str:
    return "\n".join(
        f"[{number}] {' '.join(sentence.text.split())}"
        for number, sentence in enumerate(sentences, start=1)
    )


def _schema(words: int, longest: int, sources: int) -> dict[str, Any]:
    source = {"type": "integer", "minimum": 1, "maximum": sources}
    sentence = {
        "type": "object",
        "properties": {
            "sources": {
                "type": "array",
                "items": source,
                "minItems": 1,
                "maxItems": min(MOST_SOURCES, sources),
            },
            "text": {"type": "string", "minLength": 1, "maxLength": longest},
        },
        "required": ["sources", "text"],
        "additionalProperties": False,
    }
    most = max(1, min(24, words // 15, sources))
    sentences = {"type": "array", "items": sentence, "minItems": 1, "maxItems": most}
    return {
        "type": "object",
        "properties": {"sentences": sentences},
        "required": ["sentences"],
        "additionalProperties": False,
    }


def _finished(text: str, longest: int) -> str:
    """One line; a sentence that was cut at its greatest length ends at a word, with an ellipsis."""
    line = " ".join(text.split())
    if len(text) < longest or line.endswith(tuple("。！？!?.…”』」")):
        return line
    return re.sub(r"[\s，,、；;：:][^\s，,、；;：:]*$", "", line) + "…"


def _spans(numbers: Sequence[int], source: Sequence[_Sentence]) -> tuple[tuple[int, int], ...]:
    """What the cited sentences rest on, in order; numbers that do not exist are left out."""
    cited = [source[number - 1].spans for number in numbers if 1 <= number <= len(source)]
    spans = list(dict.fromkeys(span for spans in cited for span in spans))
    return tuple(sorted(spans[:MOST_QUOTES]))


def _without_repeats(sentences: Sequence[_Sentence]) -> list[_Sentence]:
    return list({sentence.text: sentence for sentence in reversed(sentences)}.values())[::-1]


def _within(sentences: Sequence[_Sentence], words: int) -> tuple[list[_Sentence], bool]:
    """Whole sentences from the beginning, of at most `words` words; and whether some were cut.

    Only where the first alone is longer is it cut in its middle.
    """
    kept: list[_Sentence] = []
    left = words
    for sentence in sentences:
        left -= count_words(sentence.text)
        if left < 0:
            break
        kept.append(sentence)
    if sentences and not kept:
        first = sentences[0]
        kept = [_Sentence(first_words(first.text, words) + "…", first.spans)]
    return kept, list(sentences) != kept


def _result(document: Document, sentences: Sequence[_Sentence], max_words: int) -> SummarizeResult:
    kept, shortened = _within(sentences, max_words)
    if not kept:
        raise OutputError("The model wrote no summary.")
    finder, in_source = QuoteFinder(document), number_values(document.text)
    checked = [_checked(sentence, finder, in_source) for sentence in kept]
    summary = _joined([sentence.text for sentence in checked])
    unsupported = [number for sentence in checked for number in sentence.unsupported_numbers]
    return SummarizeResult(
        summary=summary,
        sentences=checked,
        words=count_words(summary),
        shortened=shortened,
        unsupported_numbers=list(dict.fromkeys(unsupported)),
    )


def _checked(sentence: _Sentence, finder: QuoteFinder, in_source: set[Any]) -> SummarySentence:
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
    """With a space where two sentences need one, as Chinese sentences do not."""
    gaps = ["" if is_cjk(a[-8:]) or is_cjk(b[:8]) else " " for a, b in pairwise(texts)]
    return texts[0] + "".join(gap + text for gap, text in zip(gaps, texts[1:], strict=True))


TASK = Task(
    name="summarize",
    version="1",
    description="Summarise a document in a bounded number of words, with the source's own words "
    "behind each sentence and its numbers checked against the source.",
    options=SummarizeOptions,
    result=SummarizeResult,
    run=summarize,
)
