"""Lets a model choose among lettered lines, and computes the probability of each."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from string import ascii_uppercase

from documents.document import Document
from tasks.engine import Engine, Token
from tasks.errors import EngineRefused, OutputError
from tasks.model.answer_schema import Schema, object_of
from tasks.model.output import ask, room_for_text
from tasks.model.split import Part, all_at_once, split, work_on_all

ANSWER_TOKENS = 32
# vLLM returns the log-probabilities of at most 20 tokens by default (--max-logprobs).
MOST_CHOICES = 20
_AROUND_LETTER = " \t\r\n\"':{}"


async def choose(
    document: Document,
    choices: int,
    prompt: Callable[[str], str],
    engine: Engine,
    *,
    progress: bool = True,
) -> list[float]:
    """The probabilities of `choices` choices, at most `MOST_CHOICES`; they sum to 1.

    `prompt` returns the prompt for a text; it asks for a letter from A on, as `{"label": "X"}`. A
    long document is split, and its parts are weighted by length. `progress` reports the parts.

    Raises `EmptyDocument`, `OptionsTooLong`, `OutputError` and what the engine raises.
    """
    letters = ascii_uppercase[:choices]
    room = await room_for_text(engine, prompt(""), ANSWER_TOKENS)
    parts = await split(document, room.text, engine)

    async def logprobs_for(part: Part) -> dict[str, float]:
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
            raise EngineRefused(
                "The engine returned no log-probabilities: check its --max-logprobs."
            )
        return letter_logprobs(completion.tokens, "label", letters)

    if progress:
        logprobs = await work_on_all(parts, logprobs_for, engine)
    else:
        logprobs = await all_at_once(parts, logprobs_for)
    averaged = average_logprobs(logprobs, [part.end - part.start for part in parts])
    return [min(1.0, math.exp(averaged[letter])) for letter in letters]


def lettered(lines: Sequence[str]) -> str:
    """The lines, each with its letter, for a prompt."""
    return "\n".join(
        f"{letter}: {line}" for letter, line in zip(ascii_uppercase, lines, strict=False)
    )


def _schema(letters: str) -> Schema:
    return object_of(label={"enum": list(letters)})


def letter_logprobs(tokens: Sequence[Token], key: str, letters: Sequence[str]) -> dict[str, float]:
    """Log-probabilities of `letters` at the value of the last `key`; the probabilities sum to 1.

    A token may have a quotation mark or space with the letter; the variants of a letter are added.
    A letter that is not among the likely tokens gets less than the least likely of them. Raises
    `OutputError` where no letter follows the key.
    """
    token = _choosing_token(tokens, key, letters)
    likely = {**token.top, token.text: token.logprob}
    variants: dict[str, list[float]] = {}
    for text, logprob in likely.items():
        variants.setdefault(text.strip(_AROUND_LETTER), []).append(max(logprob, -100.0))
    floor = min(max(logprob, -100.0) for logprob in likely.values()) - 1.0
    return _normalised(
        {letter: _log_sum(variants[letter]) if letter in variants else floor for letter in letters}
    )


def average_logprobs(
    logprobs: Sequence[Mapping[str, float]], weights: Sequence[float]
) -> dict[str, float]:
    """The weighted mean of each letter's log-probability, normalised again."""
    total = sum(weights)
    return _normalised(
        {
            letter: sum(
                part[letter] * weight / total
                for part, weight in zip(logprobs, weights, strict=True)
            )
            for letter in logprobs[0]
        }
    )


def _choosing_token(tokens: Sequence[Token], key: str, letters: Sequence[str]) -> Token:
    text = "".join(token.text for token in tokens)
    choices = "".join(letters)
    matches = list(re.finditer(rf'"{re.escape(key)}"\s*:\s*"\s*([{choices}])\s*(?:"|$)', text))
    if not matches:
        raise OutputError("The model's answer names none of the labels.")
    offset = matches[-1].start(1)
    for token in tokens:
        offset -= len(token.text)
        if offset < 0:
            return token
    raise OutputError("The model's answer names none of the labels.")


def _log_sum(logprobs: Sequence[float]) -> float:
    most = max(logprobs)
    return most + math.log(sum(math.exp(logprob - most) for logprob in logprobs))


def _normalised(logprobs: Mapping[str, float]) -> dict[str, float]:
    total = _log_sum(list(logprobs.values()))
    return {letter: logprob - total for letter, logprob in logprobs.items()}
