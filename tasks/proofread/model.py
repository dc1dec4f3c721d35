"""Asks a model for corrections, and accepts those that pass the checks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from documents.document import Document
from documents.isolation.compute import compute
from tasks.engine import Engine
from tasks.errors import OutputError
from tasks.model.answer_schema import Schema, list_of, number_to, object_of, text_of
from tasks.model.output import ask, fence, room_for_text
from tasks.model.split import Part, split, work_on_all
from tasks.proofread.findings import Finding, Rule
from tasks.text.numbers import number_values
from tasks.text.sentences import sentence_spans

PROMPT = """<document>
{text}
</document>

Each line of the document begins with its number. Find spelling mistakes and wrong words in it:
wrong characters, missing or superfluous words. Change nothing that is right, no style, no names,
no numbers. For each mistake give the line's number, the wrong words exactly as they stand there,
what they should be, and the reason in a few words. Give an empty list where there is no mistake.
{instructions}"""
ANSWER_TOKENS = 1_024
MOST_EDITS = 20
LONGEST_OLD = 40
LONGEST_NEW = 50
LONGEST_REASON = 120

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Proposals:
    """The accepted findings and the number of rejected proposals."""

    findings: list[Finding]
    refused: int


async def ask_model(document: Document, instructions: str | None, engine: Engine) -> Proposals:
    """Raises `EmptyDocument`, `OptionsTooLong`, `OutputError` and errors of the engine."""
    spans = await compute(sentence_spans, document)
    starts = [start for start, _ in spans]

    def lines(part: Part) -> list[Span]:
        return spans[bisect_left(starts, part.start) : bisect_left(starts, part.end)]

    def shown(part: Part) -> str:
        numbered = (
            f"[{number}] {' '.join(document.text[start:end].split())}"
            for number, (start, end) in enumerate(lines(part), start=1)
        )
        return "\n".join(numbered)

    room = await room_for_text(engine, _prompt("", instructions), ANSWER_TOKENS)
    parts = await split(document, room.text, engine, shown)

    async def ask_part(part: Part) -> Proposals:
        spans_of_part = lines(part)
        if not spans_of_part:
            return Proposals([], 0)
        data, _ = await ask(
            engine,
            _prompt(shown(part), instructions),
            schema=_schema(len(spans_of_part)),
            max_tokens=room.answer,
        )
        return _checked(data, document.text, spans_of_part)

    done = await work_on_all(parts, ask_part, engine)
    findings = [finding for proposed in done for finding in proposed.findings]
    return Proposals(findings, sum(proposed.refused for proposed in done))


def _prompt(text: str, instructions: str | None) -> str:
    return PROMPT.format(text=fence(text), instructions=instructions or "")


def _schema(lines: int) -> Schema:
    edit = object_of(
        line=number_to(lines),
        old=text_of(LONGEST_OLD, least=1),
        new=text_of(LONGEST_NEW),
        reason=text_of(LONGEST_REASON),
    )
    return object_of(edits=list_of(edit, MOST_EDITS))


def _checked(data: Any, text: str, lines: Sequence[Span]) -> Proposals:
    proposals = data.get("edits") if isinstance(data, dict) else None
    if not isinstance(proposals, list):
        raise OutputError("The model's answer has no list `edits`.")
    findings = [_finding(one, text, lines) for one in proposals[:MOST_EDITS]]
    accepted = [finding for finding in findings if finding is not None]
    return Proposals(accepted, len(proposals) - len(accepted))


def _finding(proposal: Any, text: str, lines: Sequence[Span]) -> Finding | None:
    """Returns None for a proposal that is malformed, does not occur exactly once in its line,
    changes nothing, is too long, or changes a number.
    """
    try:
        number, old, new = proposal["line"], proposal["old"], proposal["new"]
        start, end = lines[number - 1]
        reason = str(proposal["reason"])[:LONGEST_REASON]
    except (IndexError, KeyError, TypeError):
        return None
    if not isinstance(old, str) or not isinstance(new, str) or number < 1:
        return None
    fits = 0 < len(old) <= LONGEST_OLD and len(new) <= LONGEST_NEW and old.strip() != new.strip()
    same_numbers = number_values(old) == number_values(new)
    if not fits or "\n" in new or not same_numbers or text.count(old, start, end) != 1:
        return None
    return Finding(text.index(old, start, end), old, new, Rule.model, reason)
