"""The body of a request to an engine: written once, and hashed as it is sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobs.model.provenance import Sampling

LARGEST = 2**64
# All else of a request is its prompt: see docs/provenance.md.
BESIDE_THE_PROMPT = frozenset({"model", "priority", "temperature", "seed", "top_p"})


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A chat completion that names its model. `prompt` is the JSON of what the model is asked,
    `beside` has the members of `BESIDE_THE_PROMPT` that were given.
    """

    prompt: bytes
    beside: Mapping[str, Any]
    max_tokens: int | None

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> ChatRequest:
        """Raises `ValueError` where it holds a number that JSON has not."""
        prompt = {name: value for name, value in request.items() if name not in BESIDE_THE_PROMPT}
        beside = {name: value for name, value in request.items() if name in BESIDE_THE_PROMPT}
        most = prompt.get("max_completion_tokens", prompt.get("max_tokens"))
        return cls(to_body(prompt), beside, _number(most, int))

    @property
    def model(self) -> str:
        return str(self.beside["model"])

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the prompt."""
        return hashlib.sha256(self.prompt).digest()

    @property
    def sampling(self) -> Sampling:
        """What was told to the engine; a caller's own request may hold anything."""
        return Sampling(
            temperature=_number(self.beside.get("temperature"), float),
            seed=_number(self.beside.get("seed"), int),
            top_p=_number(self.beside.get("top_p"), float),
            max_tokens=self.max_tokens,
        )

    def body(self, priority: int) -> bytes:
        """What is sent; a `priority` of 0 is the engine's default. The caller's own is left out:
        nobody goes before others by asking for it.
        """
        beside = {name: value for name, value in self.beside.items() if name != "priority"}
        if priority:
            beside["priority"] = priority
        return self.prompt[:-1] + b"," + to_body(beside)[1:]


def to_body(value: Mapping[str, Any]) -> bytes:
    """Compact JSON in UTF-8, its members in the order in which they were given."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode()


def _number(value: Any, kind: type[int | float]) -> Any:
    """None for what is no such number, or larger than any engine takes."""
    fits = isinstance(value, int | kind) and not isinstance(value, bool)
    return kind(value) if fits and abs(value) <= LARGEST else None
