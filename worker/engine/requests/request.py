"""The body of a request to an engine, serialised once: the same bytes are hashed and sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from jobs.model.provenance import Sampling

MAX_NUMBER = 2**64
# In numbers that `to_json` writes otherwise than the standard library: small ones, and what JSON
# does not have. Texts with these only take longer. Not a regular expression: a search of a long
# prompt with it took longer than writing the prompt.
_UNLIKE_STANDARD = (b"e-", b"0.0000", b"NaN", b"Infinity")
# Everything else in a request is its prompt: see docs/provenance.md.
PARAMETERS = frozenset(
    {
        *("model", "priority", "temperature", "seed", "top_p", "cache_salt"),
        "thinking_token_budget",
    }
)


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A chat completion request with a model. `prompt` is the JSON that determines the prompt,
    `parameters` has the request's members of `PARAMETERS`.
    """

    prompt: bytes
    parameters: Mapping[str, Any]
    max_tokens: int | None

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> ChatRequest:
        """Raises `ValueError` for a number that JSON does not have (NaN, infinity)."""
        prompt = {name: value for name, value in request.items() if name not in PARAMETERS}
        parameters = {name: value for name, value in request.items() if name in PARAMETERS}
        max_tokens = prompt.get("max_completion_tokens", prompt.get("max_tokens"))
        return cls(to_body(prompt), parameters, _number(max_tokens, int))

    @property
    def model(self) -> str:
        return str(self.parameters["model"])

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the prompt."""
        return hashlib.sha256(self.prompt).digest()

    @property
    def sampling(self) -> Sampling:
        """The parameters as sent. A value in a department's request that is no number is None."""
        return Sampling(
            temperature=_number(self.parameters.get("temperature"), float),
            seed=_number(self.parameters.get("seed"), int),
            top_p=_number(self.parameters.get("top_p"), float),
            max_tokens=self.max_tokens,
        )

    def body(self, priority: int) -> bytes:
        """The body to send. A `priority` of 0 is the engine's default. A priority in the caller's
        request is ignored, so that no department can overtake others.
        """
        members = {name: value for name, value in self.parameters.items() if name != "priority"}
        if priority:
            members["priority"] = priority
        return self.prompt[:-1] + b"," + to_body(members)[1:]


def to_body(value: Mapping[str, Any]) -> bytes:
    """Compact JSON in UTF-8, with the members in their original order, as the standard library
    writes it: departments recompute its hash.

    Raises `ValueError` for a number that JSON does not have, and for an unpaired surrogate.
    """
    body = to_json(value)
    if not any(part in body for part in _UNLIKE_STANDARD):
        return body
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode()


def _number(value: Any, kind: type[int | float]) -> Any:
    """None for a value that is not such a number, or larger than any engine accepts."""
    fits = isinstance(value, int | kind) and not isinstance(value, bool)
    return kind(value) if fits and abs(value) <= MAX_NUMBER else None
