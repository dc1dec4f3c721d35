"""A model's choice among lettered lines, with its probability for each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from string import ascii_uppercase

from documents.document import Document
from tasks.engine import Engine
from tasks.errors import EngineRefused, OutputError
from tasks.model.answer_schema import Schema, object_of
from tasks.model.letters import average_logprobs, letter_logprobs
from tasks.model.output import ask, room_for_text
from tasks.model.split import Part, all_at_once, split, work_on_all

ANSWER_TOKENS = 32
# Engines give the log-probabilities of so many tokens.
MOST_CHOICES = 20


async def choose(
    document: Document,
    choices: int,
    prompt: Callable[[str], str],
    engine: Engine,
    *,
    progress: bool = True,
) -> list[float]:
    """The probability of each of the `choices`, at most `MOST_CHOICES`; they sum to 1.

    `prompt` makes the prompt of a text, and asks for a letter as `{"label": "X"}`, from A on. A
    long document is asked about in parts, which count by their length. `progress` tells the parts.

    Raises `EmptyDocument`, `OptionsTooLong`, `OutputError` and what the engine raises.
    """
    letters = ascii_uppercase[:choices]
    room = await room_for_text(engine, prompt(""), ANSWER_TOKENS)
    parts = await split(document, room.text, engine)

    async def one(part: Part) -> dict[str, float]:
        data, completion = await ask(
            engine,
            prompt(document.text[part.start : part.end]),
            schema=_schema(letters),
            max_tokens=room.answer,
            top_logprobs=MOST_CHOICES,
        )
        if not isinstance(data, dict) or data.get("label") not in list(letters):
            raise OutputError("The model's answer names none of the labels.")
        if not completion.tokens:
            raise EngineRefused("The engine gave no log-probabilities: check its --max-logprobs.")
        return letter_logprobs(completion.tokens, "label", letters)

    if progress:
        logprobs = await work_on_all(parts, one, engine)
    else:
        logprobs = await all_at_once(parts, one)
    averaged = average_logprobs(logprobs, [part.end - part.start for part in parts])
    return [min(1.0, math.exp(averaged[letter])) for letter in letters]


def lettered(lines: Sequence[str]) -> str:
    """The lines of a prompt, each with its letter."""
    return "\n".join(
        f"{letter}: {line}" for letter, line in zip(ascii_uppercase, lines, strict=False)
    )


def _schema(letters: str) -> Schema:
    return object_of(label={"enum": list(letters)})
