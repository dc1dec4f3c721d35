"""Writes a summary part by part: the model reads numbered sentences and cites their numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, Field, ValidationError

from tasks.engine import Engine
from tasks.errors import OutputError
from tasks.model.answer_schema import Schema, list_of, number_to, object_of, text_of
from tasks.model.output import Room, ask, fence, room_for_text
from tasks.model.split import all_at_once, work_on_all
from tasks.text.words import count_words, first_words

PROMPT = """<document>
{text}
</document>

Summarise the document in at most {words} words. {language}{focus}
Write few, complete sentences. Keep names, dates, amounts and deadlines as they are written.
With each sentence give the numbers of the source sentences that it rests on, as
{{"sentences": [{{"text": "...", "sources": [1, 2]}}]}}."""

MOST_SOURCES = 3
MOST_QUOTES = 5
TOKENS_PER_WORD = 2.5
TOKENS_PER_SENTENCE = 32


class _CitingSentence(BaseModel):
    sources: list[int] = Field(default_factory=list)
    text: str


class _Answer(BaseModel):
    sentences: list[_CitingSentence]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the document or of a summary, with the spans of the source that it cites."""

    text: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class SummaryWriter:
    """Writes one summary of about `max_words` words. `cjk`: in Chinese, Japanese or Korean."""

    engine: Engine
    max_words: int
    language: str | None
    focus: str | None
    cjk: bool

    async def room(self) -> Room:
        """The token budget of one request. Raises `OptionsTooLong` if nothing fits."""
        answer = int(self.max_words * TOKENS_PER_WORD) + 4 * TOKENS_PER_SENTENCE
        return await room_for_text(self.engine, self._prompt("", self.max_words), answer)

    async def write(self, pieces: Sequence[Sequence[Sentence]], room: Room) -> list[Sentence]:
        """Summarise a source whose `pieces` each fit one request."""
        if len(pieces) == 1:
            words, merging = self.max_words, 0
        else:
            words, merging = max(40, min(self.max_words, 2 * self.max_words // len(pieces))), 1

        async def summary_of(piece: Sequence[Sentence]) -> list[Sentence]:
            return await self._summarize(piece, words, room)

        partial = await work_on_all(pieces, summary_of, self.engine, more_steps=merging)
        sentences = [sentence for part in partial for sentence in part]
        if merging:
            sentences = await self._merge(sentences, room)
            self.engine.progress(len(pieces) + 1, len(pieces) + 1)
        return sentences

    async def _merge(self, sentences: list[Sentence], room: Room) -> list[Sentence]:
        """Summarise partial summaries repeatedly, until they fit or do not get shorter."""
        before, alone = math.inf, False

        async def shorter(group: list[Sentence]) -> list[Sentence]:
            words = max(20, min(self.max_words, _words(group) // (1 if alone else 2)))
            return within(await self._summarize(group, words, room), words)[0]

        while self.max_words < (words := _words(sentences)) < before and not alone:
            groups = await self._groups(sentences, room)
            before, alone = words, len(groups) == 1
            merged = await all_at_once(groups, shorter)
            sentences = [sentence for group in merged for sentence in group]
        return sentences

    async def _groups(self, sentences: list[Sentence], room: Room) -> list[list[Sentence]]:
        """Consecutive groups of sentences that each fit one request."""
        tokens = await self.engine.count_tokens(numbered(sentences))
        if tokens <= room.text or len(sentences) == 1:
            return [sentences]
        middle = len(sentences) // 2
        first = await self._groups(sentences[:middle], room)
        return first + await self._groups(sentences[middle:], room)

    async def _summarize(
        self, source: Sequence[Sentence], words: int, room: Room
    ) -> list[Sentence]:
        """A summary of `source` in about `words` words; the model cites sentences by number."""
        longest = min(words, 150) if self.cjk else min(7 * words, 400)
        data, _ = await ask(
            self.engine,
            self._prompt(numbered(source), words),
            schema=_schema(words, longest, len(source)),
            max_tokens=room.answer,
        )
        try:
            answer = _Answer.model_validate(data)
        except ValidationError:
            raise OutputError("The model's answer is JSON, but not a list of sentences.") from None
        cited = [
            Sentence(_finished(sentence.text, longest), _spans(sentence.sources, source))
            for sentence in answer.sentences
        ]
        return [sentence for sentence in _without_repeats(cited) if sentence.text]

    def _prompt(self, text: str, words: int) -> str:
        language = "Write in the document's own language."
        if self.language:
            language = f"Write in this language: {self.language}."
        focus = f"\nLook most at: {self.focus}" if self.focus else ""
        return PROMPT.format(words=words, language=language, focus=focus, text=fence(text))


def _words(sentences: Sequence[Sentence]) -> int:
    return sum(count_words(sentence.text) for sentence in sentences)


def numbered(sentences: Sequence[Sentence]) -> str:
    return "\n".join(
        f"[{number}] {' '.join(sentence.text.split())}"
        for number, sentence in enumerate(sentences, start=1)
    )


def _schema(words: int, longest: int, sources: int) -> Schema:
    cited = list_of(number_to(sources), min(MOST_SOURCES, sources), least=1)
    sentence = object_of(text=text_of(longest, least=1), sources=cited)
    most = max(1, min(24, words // 15, sources))
    return object_of(sentences=list_of(sentence, most, least=1))


def _finished(text: str, longest: int) -> str:
    """The text on one line; if it was cut at `longest`, it ends at a word, with an ellipsis."""
    line = " ".join(text.split())
    if len(text) < longest or line.endswith(tuple("。！？!?.…”』」")):
        return line
    return re.sub(r"[\s，,、；;：:][^\s，,、；;：:]*$", "", line) + "…"


def _spans(numbers: Sequence[int], source: Sequence[Sentence]) -> tuple[tuple[int, int], ...]:
    """The spans of the cited sentences, in order. Numbers that do not exist are ignored."""
    cited = [source[number - 1].spans for number in numbers if 1 <= number <= len(source)]
    spans = list(dict.fromkeys(span for spans in cited for span in spans))
    return tuple(sorted(spans[:MOST_QUOTES]))


def _without_repeats(sentences: Sequence[Sentence]) -> list[Sentence]:
    return list({sentence.text: sentence for sentence in reversed(sentences)}.values())[::-1]


def within(sentences: Sequence[Sentence], words: int) -> tuple[list[Sentence], bool]:
    """Whole sentences from the beginning with at most `words` words, and whether any were cut.

    A first sentence that is longer by itself is cut within.
    """
    fitting: list[Sentence] = []
    remaining = words
    for sentence in sentences:
        remaining -= count_words(sentence.text)
        if remaining < 0:
            break
        fitting.append(sentence)
    if sentences and not fitting:
        first = sentences[0]
        fitting = [Sentence(first_words(first.text, words) + "…", first.spans)]
    return fitting, list(sentences) != fitting
