"""The probability of each letter where a model chose one, from the tokens that it generated."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from tasks.engine import Token
from tasks.errors import OutputError

_AROUND = " \t\r\n\"':{}"


def letter_logprobs(tokens: Sequence[Token], key: str, letters: Sequence[str]) -> dict[str, float]:
    """Log-probabilities of `letters` where the value of the last `key` begins; they sum to 1.

    A letter may stand in its token alone or with a quotation mark or space; all ways of writing one
    count together. One that was not among the likely tokens gets less than the least likely of
    those. Raises `OutputError` where no letter follows the key.
    """
    token = _choosing_token(tokens, key, letters)
    seen = {**token.top, token.text: token.logprob}
    found: dict[str, list[float]] = {}
    for text, logprob in seen.items():
        found.setdefault(text.strip(_AROUND), []).append(max(logprob, -100.0))
    floor = min(max(logprob, -100.0) for logprob in seen.values()) - 1.0
    return _normalised(
        {letter: _log_sum(found[letter]) if letter in found else floor for letter in letters}
    )


def average_logprobs(
    logprobs: Sequence[Mapping[str, float]], weights: Sequence[float]
) -> dict[str, float]:
    """The weighted mean of each letter's log-probability, so that they sum to 1 again."""
    total = sum(weights)
    return _normalised(
        {
            letter: sum(
                one[letter] * weight / total for one, weight in zip(logprobs, weights, strict=True)
            )
            for letter in logprobs[0]
        }
    )


def _choosing_token(tokens: Sequence[Token], key: str, letters: Sequence[str]) -> Token:
    text = "".join(token.text for token in tokens)
    choices = "".join(letters)
    found = list(re.finditer(rf'"{re.escape(key)}"\s*:\s*"\s*([{choices}])\s*(?:"|$)', text))
    if not found:
        raise OutputError("The model's answer names none of the labels.")
    place = found[-1].start(1)
    for token in tokens:
        place -= len(token.text)
        if place < 0:
            return token
    raise OutputError("The model's answer names none of the labels.")


def _log_sum(logprobs: Sequence[float]) -> float:
    most = max(logprobs)
    return most + math.log(sum(math.exp(one - most) for one in logprobs))


def _normalised(logprobs: Mapping[str, float]) -> dict[str, float]:
    total = _log_sum(list(logprobs.values()))
    return {letter: one - total for letter, one in logprobs.items()}
