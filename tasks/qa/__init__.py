"""Answers questions from a document. An answer that its quotes do not support is rejected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from documents.document import Document
from documents.isolation.compute import compute
from tasks.drafting.repair import Space, ask_until_good, space_for
from tasks.drafting.result import DraftResult, DraftText, example_of
from tasks.engine import Engine
from tasks.errors import OutputError
from tasks.model.answer_schema import list_of, object_of, text_of
from tasks.model.output import fence
from tasks.model.split import Part, excerpt, split, work_on_all
from tasks.qa.judgement import Claim, Judgement, NotFound, judge
from tasks.qa.passages import likely_parts
from tasks.task import Task
from tasks.text.quotes import Quote
from tasks.text.words import is_cjk

PROMPT = """<document>
{text}
</document>

Answer this question from the document alone, in the question's language, in a few sentences:
{question}
Give the words of the document that the answer rests on as quotes, copied literally. If the document
does not answer the question, "found" is false and there are no quotes."""
ANSWER_TOKENS = 768
LONGEST_ANSWER, LONGEST_QUOTE, MOST_QUOTES = 400, 240, 4
Question = Annotated[str, Field(min_length=2, max_length=300)]


class QaOptions(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"questions": ["市场何时清洁？"]}}
    )

    questions: list[Question] = Field(min_length=1, max_length=20, description="The questions.")
    most_sections: int = Field(
        4,
        ge=1,
        le=50,
        description="The maximum number of sections that are searched for each question if the "
        "document is longer than the model's context: those that share the most words with it.",
    )


class Section(BaseModel):
    """A section of the document."""

    start: int = Field(description="Offset of the first character in the document's text, from 0.")
    end: int = Field(description="Offset after the last character.")


class Answer(BaseModel):
    """The answer to one question, or the reason why there is none."""

    question: str = Field(description="The question.")
    found: bool = Field(
        description="Whether an answer was found in the document and passed the checks."
    )
    answer: str | None = Field(description="The answer, written by the model; null if not found.")
    quotes: list[Quote] = Field(
        description="Quotes of the document that support the answer: at least one, all verified."
    )
    reason: NotFound | None = Field(
        description="Why there is no answer. `not-in-document`: the model found none. The others "
        "mean that the checks rejected the model's answer. `no-quote`: its quotes are not in the "
        "document; `not-in-quotes`: it has a number, date, issue number or organisation that its "
        "quotes do not have; `unrelated`: it shares no word with its quotes."
    )
    looked_at: list[Section] = Field(description="The sections that the model read.")
    whole_document: bool = Field(
        description="Whether these are the whole document. If false, the answer may be elsewhere."
    )


class QaResult(DraftResult):
    model_config = ConfigDict(
        json_schema_extra={
            "example": example_of(
                "1. 市场何时清洁？\n5月3日。",
                answers=[
                    {
                        "question": "市场何时清洁？",
                        "found": True,
                        "answer": "5月3日。",
                        "quotes": [
                            {
                                "text": "市场于5月3日清洁。",
                                "start": 0,
                                "end": 10,
                                "page": None,
                                "match": "exact",
                            }
                        ],
                        "reason": None,
                        "looked_at": [{"start": 0, "end": 10}],
                        "whole_document": True,
                    }
                ],
            )
        }
    )

    answers: list[Answer] = Field(description="The answers, in the order of the questions.")


@dataclass(frozen=True, slots=True)
class _Asker:
    """Asks questions about one document."""

    document: Document
    engine: Engine
    space: Space
    parts: Sequence[Part]
    likely: Mapping[str, Sequence[int]]

    async def answer(self, question: str) -> Answer:
        """The first answer that passes the checks, starting with the likeliest section."""
        rejected = Judgement((), NotFound.not_in_document)
        parts = [self.parts[number] for number in self.likely[question]]
        for number, part in enumerate(parts, start=1):
            claim, judgement = await self._ask(question, part)
            if judgement.reason is None:
                return self._checked_answer(question, claim.answer, judgement, parts[:number])
            if judgement.reason is not NotFound.not_in_document:
                rejected = judgement
        return self._checked_answer(question, None, rejected, parts)

    async def _ask(self, question: str, part: Part) -> tuple[Claim, Judgement]:
        section = excerpt(self.document, part)

        async def faults(claim: Claim) -> list[str]:
            return (await compute(judge, section, question, claim)).faults()

        claim = await ask_until_good(
            self.engine,
            _prompt(section.text, question),
            schema=_SCHEMA,
            space=self.space,
            read=_read,
            faults=faults,
        )
        judgement = await compute(judge, section, question, claim)
        return claim, judgement.moved(part.start)

    def _checked_answer(
        self, question: str, answer: str | None, judgement: Judgement, parts: Sequence[Part]
    ) -> Answer:
        return Answer(
            question=question,
            found=judgement.reason is None,
            answer=" ".join(answer.split()) if answer is not None else None,
            quotes=list(judgement.quotes),
            reason=judgement.reason,
            looked_at=[Section(start=part.start, end=part.end) for part in parts],
            whole_document=len(parts) == len(self.parts),
        )


async def qa(document: Document, options: QaOptions, engine: Engine) -> QaResult:
    """Raises `EmptyDocument`, `OptionsTooLong`, `OutputError` and what the engine raises."""
    longest = max(options.questions, key=lambda question: len(question.encode()))
    space = await space_for(engine, _prompt("", longest), ANSWER_TOKENS)
    parts = await split(document, space.text, engine)
    likely = await compute(
        likely_parts, document.text, parts, options.questions, options.most_sections
    )
    by_question = dict(zip(options.questions, likely, strict=True))
    asker = _Asker(document, engine, space, parts, by_question)
    answers = await work_on_all(options.questions, asker.answer, engine)
    return _result(answers)


def _result(answers: list[Answer]) -> QaResult:
    page = DraftText()
    for number, answer in enumerate(answers, start=1):
        page.add(f"{number}. {answer.question}")
        none = "文中未找到答案。" if is_cjk(answer.question) else "Not found in the document."
        page.add(answer.answer if answer.answer is not None else none, gap="\n")
    return QaResult(text=page.text, checked=True, unsupported=[], answers=answers)


def _prompt(text: str, question: str) -> str:
    return PROMPT.format(text=fence(text), question=fence(question))


class _ModelAnswer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    found: bool
    answer: str = Field(max_length=4 * LONGEST_ANSWER)
    quotes: list[str] = Field(max_length=4 * MOST_QUOTES)


def _read(data: Any) -> Claim:
    try:
        answer = _ModelAnswer.model_validate(data)
    except ValidationError:
        raise OutputError("The model's answer is JSON, but not an answer to a question.") from None
    return Claim(answer.found, answer.answer, tuple(answer.quotes))


_SCHEMA = object_of(
    found={"type": "boolean"},
    answer=text_of(LONGEST_ANSWER),
    quotes=list_of(text_of(LONGEST_QUOTE, least=1), MOST_QUOTES),
)

TASK = Task(
    name="qa",
    version="1",
    description="Answer questions from a document. Each answer has quotes that support it; an "
    "answer without support counts as not found. A person must check the draft.",
    options=QaOptions,
    result=QaResult,
    run=qa,
    reasons=True,
)
