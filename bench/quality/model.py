"""Tasks on a real model: the one at `CHANCERY_ENGINE_URL`, else SmolLM2 on vLLM for the CPU.

SmolLM2 is an English model with 135 million parameters. Figures of the `plumbing` measure what
rules make of a model's answers and hold for any model; figures of the `model` hold for this one.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from bench.quality.letters import TOPICS, Letter, letters
from bench.quality.measure import CannotMeasure, Measure
from documents.errors import WorkError
from jobs.process.settings import EngineSettings
from standin.engine_process import running_vllm
from tasks.classify import ClassifyOptions, classify
from tasks.dispatch import dispatch
from tasks.dispatch.options import DispatchOptions
from tasks.engine import Engine
from tasks.extract import ExtractOptions, extract
from tasks.proofread import ProofreadOptions, proofread
from tasks.qa import QaOptions, qa
from tasks.redact import RedactOptions, redact
from tasks.summarize import SummarizeOptions, summarize
from tasks.text.edits import apply_edits
from tasks.translate import TranslateOptions, translate
from worker.engine.client import EngineClient
from worker.engine.session import EngineSession

LETTERS = 8
SLOTS = 4
HEALTHY_SECONDS = 60.0
_LABELS = {
    "tax": "Taxes and bills",
    "streets": "Streets, lamps, pavements and their repair",
    "permits": "Asking for a permit or licence",
}
_SCHEMA = {
    "type": "object",
    "properties": {
        "number": {"type": "string", "maxLength": 20},
        "amount": {"type": "number"},
        "sender": {"type": "string", "maxLength": 30},
    },
    "required": ["number", "amount", "sender"],
}
ANSWERED = "How many euros does the letter name?"
UNANSWERED = "Which animals does the sender keep?"
Result = TypeVar("Result", bound=BaseModel)
Outcomes = Sequence[tuple[Letter, Result | WorkError]]


def measures() -> Iterator[Measure]:
    """Raises `CannotMeasure` when no engine is installed."""
    yield from asyncio.run(_measured())


async def _measured() -> list[Measure]:
    async with _engine() as engine:
        cases = letters(LETTERS)
        found = [one for measure in MEASURES for one in await measure(engine, cases)]
        return [one for one in found if one.sample]


@asynccontextmanager
async def _engine() -> AsyncIterator[Engine]:
    with _url() as url:
        client = EngineClient(EngineSettings(url=url), SLOTS)
        await client.start()
        try:
            await client.wait_healthy(HEALTHY_SECONDS)
            yield EngineSession(
                client, priority=0, seed=1, temperature=0, on_progress=lambda _done, _total: None
            )
        finally:
            await client.close()


@contextmanager
def _url() -> Iterator[str]:
    if url := os.environ.get("CHANCERY_ENGINE_URL"):
        yield url
        return
    with tempfile.TemporaryDirectory() as folder:
        try:
            running = running_vllm("SmolLM2-135M-Instruct", Path(folder), max_model_len=4096)
            with running as url:
                yield url
        except FileNotFoundError as error:
            raise CannotMeasure("no engine is installed: run make engine") from error


async def _each(
    cases: Sequence[Letter], work: Callable[[Letter], Awaitable[Result]]
) -> Outcomes[Result]:
    """The result of `work` on each letter, or the `WorkError` that it raised."""

    async def run(letter: Letter) -> tuple[Letter, Result | WorkError]:
        try:
            return letter, await work(letter)
        except WorkError as error:
            return letter, error

    return await asyncio.gather(*map(run, cases))


def _ended(task: str, done: Outcomes[Result]) -> Measure:
    good = sum(not isinstance(result, WorkError) for _, result in done)
    return Measure(task, "jobs with a result", len(done), good / len(done), basis="model")


def _share(
    task: str, name: str, found: Sequence[bool], basis: str, target: float | None
) -> Measure:
    figure = sum(found) / len(found) if found else 0.0
    return Measure(task, name, len(found), figure, target, basis=basis)


async def _summaries(engine: Engine, cases: Sequence[Letter]) -> list[Measure]:
    options = SummarizeOptions(max_words=40)
    done = await _each(cases, lambda one: summarize(one.document, options, engine))
    results = [(letter, result) for letter, result in done if not isinstance(result, WorkError)]
    quotes = [
        letter.document.text[quote.start : quote.end] == quote.text
        for letter, result in results
        for sentence in result.sentences
        for quote in sentence.quotes
    ]
    short = [result.words <= options.max_words for _, result in results]
    return [
        _ended("summarize", done),
        _share("summarize", "quotes found in the source", quotes, "plumbing", 1.0),
        _share("summarize", "at most max_words words", short, "plumbing", 1.0),
    ]


async def _values(engine: Engine, cases: Sequence[Letter]) -> list[Measure]:
    options = ExtractOptions.model_validate({"schema": _SCHEMA})
    done = await _each(cases, lambda one: extract(one.document, options, engine))
    results = [(letter, result) for letter, result in done if not isinstance(result, WorkError)]
    right = [
        result.data.get(field) == getattr(letter, field)
        for letter, result in results
        for field in ("number", "amount", "sender")
    ]
    # A value whose quote was not found must be listed as unverified.
    reported = [
        (not one.quote.text or one.quote.text not in letter.document.text)
        <= (one.path in result.unverified)
        for letter, result in results
        for one in result.evidence
    ]
    return [
        _ended("extract", done),
        _share(
            "extract",
            "valid against the schema",
            [one.valid for _, one in results],
            "plumbing",
            1.0,
        ),
        _share("extract", "evidence correct, or listed as unverified", reported, "plumbing", 1.0),
        _share("extract", "correct values", right, "model", None),
    ]


async def _labels(engine: Engine, cases: Sequence[Letter]) -> list[Measure]:
    labels = [{"name": name, "description": words} for name, words in _LABELS.items()]
    options = ClassifyOptions.model_validate({"labels": labels})
    done = await _each(cases, lambda one: classify(one.document, options, engine))
    results = [(letter, result) for letter, result in done if not isinstance(result, WorkError)]
    listed = [result.label in TOPICS for _, result in results]
    right = [result.label == letter.topic for letter, result in results]
    return [
        _ended("classify", done),
        _share("classify", "a label from the list", listed, "plumbing", 1.0),
        _share("classify", "the correct one of three", right, "model", None),
    ]


async def _names(engine: Engine, cases: Sequence[Letter]) -> list[Measure]:
    options = RedactOptions.model_validate({"kinds": ["name"]})
    done = await _each(cases, lambda one: redact(one.document, options, engine))
    results = [(letter, result) for letter, result in done if not isinstance(result, WorkError)]
    masked = [letter.sender not in result.text for letter, result in results]
    return [
        _ended("redact", done),
        _share("redact", "senders' names masked", masked, "model", None),
    ]


async def _edits(engine: Engine, cases: Sequence[Letter]) -> list[Measure]:
    options = ProofreadOptions(use_model=True)
    done = await _each(cases, lambda one: proofread(one.document, options, engine))
    results = [(letter, result) for letter, result in done if not isinstance(result, WorkError)]
    replay = [
        apply_edits(letter.document.text, result.edits) == result.text for letter, result in results
    ]
    clean = [not result.edits for _, result in results]
    return [
        _ended("proofread", done),
        _share("proofread", "edits replay exactly", replay, "plumbing", 1.0),
        _share("proofread", "correct letters left unchanged", clean, "model", None),
    ]


async def _answers(engine: Engine, cases: Sequence[Letter]) -> list[Measure]:
    options = QaOptions(questions=[ANSWERED, UNANSWERED])
    done = await _each(cases, lambda one: qa(one.document, options, engine))
    results = [(letter, result) for letter, result in done if not isinstance(result, WorkError)]
    found = [
        (letter, answer) for letter, result in results for answer in result.answers if answer.found
    ]
    quoted = [
        any(quote.text in letter.document.text for quote in answer.quotes)
        for letter, answer in found
    ]
    right = [
        result.answers[0].found and str(letter.amount) in (result.answers[0].answer or "")
        for letter, result in results
    ]
    refused = [not result.answers[1].found for _, result in results]
    return [
        _ended("qa", done),
        _share("qa", "answers with a quote from the source", quoted, "plumbing", 1.0),
        _share("qa", "correct answers", right, "model", None),
        _share("qa", "not found, when the letter has no answer", refused, "model", None),
    ]


async def _translations(engine: Engine, cases: Sequence[Letter]) -> list[Measure]:
    options = TranslateOptions.model_validate({"language": "de"})
    done = await _each(cases, lambda one: translate(one.document, options, engine))
    results = [(letter, result) for letter, result in done if not isinstance(result, WorkError)]
    whole = [len(result.paragraphs) == len(letter.document.blocks) for letter, result in results]
    # A sum that is lost in translation must be reported.
    reported = [
        str(letter.amount) in result.text or not result.checked for letter, result in results
    ]
    good = [result.checked for _, result in results]
    return [
        _ended("translate", done),
        _share("translate", "every paragraph present", whole, "plumbing", 1.0),
        _share("translate", "sum present, or reported as lost", reported, "plumbing", 1.0),
        _share("translate", "passed all checks", good, "model", None),
    ]


async def _places(engine: Engine, cases: Sequence[Letter]) -> list[Measure]:
    tree = [{"id": name, "name": words} for name, words in _LABELS.items()]
    options = DispatchOptions.model_validate({"tree": tree, "method": "model"})
    done = await _each(cases, lambda one: dispatch(one.document, options, engine))
    results = [(letter, result) for letter, result in done if not isinstance(result, WorkError)]
    placed = [result.place is not None and result.place.id in _LABELS for _, result in results]
    right = [result.place is not None and result.place.id == one.topic for one, result in results]
    return [
        _ended("dispatch", done),
        _share("dispatch", "a place in the tree", placed, "plumbing", 1.0),
        _share("dispatch", "the correct one of three", right, "model", None),
    ]


MEASURES = (
    _summaries,
    _values,
    _labels,
    _names,
    _edits,
    _answers,
    _translations,
    _places,
)
