"""How the model of an engine reasons, and what is sent so that a job's answers are as it needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from tasks.errors import OutputError
from worker.engine.model.models import Family, Reasons
from worker.engine.requests.request import to_body
from worker.engine.requests.responses import parse_completion
from worker.http.connection import Response

# Enough for a first tag, a line break and a word.
PROBE_TOKENS = 8
# A model of an unknown family may reason: this part of a context of that size is kept for it.
CONTEXT_PART = 4
SMALLEST_CONTEXT = 8_192


@dataclass(frozen=True, slots=True)
class Reasoning:
    """`family` None: the model is not known. `parsed`: the engine separates reasoning from the
    answer, so that guided decoding begins after it. `bounded`: it ends reasoning after a number of
    tokens.
    """

    family: Family | None = None
    parsed: bool = False
    bounded: bool = False

    @property
    def lacks_parser(self) -> str | None:
        """The parser that an engine of a model which may reason was not started with, by its name
        for `--reasoning-parser`; None if it lacks none.
        """
        lacks = self._reasons is not Reasons.never and not self.parsed
        return self.family.parser if self.family and lacks else None

    @property
    def _reasons(self) -> Reasons:
        return self.family.reasons if self.family else Reasons.never

    def happens(self, *, wanted: bool) -> bool:
        """Whether the model reasons in a job that wants it, or that does not."""
        if self._reasons is Reasons.always:
            return wanted or not self.bounded
        return wanted and self._reasons is Reasons.switched

    def tokens(self, context: int, most: int, *, wanted: bool) -> int:
        """The tokens to keep for reasoning in an answer, `most` at most, in a context of so many.

        For an unknown model a quarter, so that its answer is whole even if it reasons.
        """
        if self.family is None:
            return context // CONTEXT_PART if context >= SMALLEST_CONTEXT else 0
        happens = self.happens(wanted=wanted)
        return min(most, context // CONTEXT_PART) if happens else 0

    def guides(self, *, wanted: bool) -> bool:
        """Whether an answer can be guided by a schema: without a parser, guided decoding begins
        with the first token and would take the reasoning's place.
        """
        return self.parsed or not self.happens(wanted=wanted)

    def members(self, tokens: int, *, wanted: bool) -> Mapping[str, Any]:
        """What a request has because of the model: the switch and the bound.

        Never `include_reasoning`: vLLM 0.32 then guides the reasoning too, and ends the request
        with an error.
        """
        family, members = self.family, dict[str, Any]()
        if family is None:
            return members
        if family.switch:
            members["chat_template_kwargs"] = {family.switch: wanted}
        if self.bounded and (self._reasons is Reasons.always or wanted):
            members["thinking_token_budget"] = tokens
        return members

    def sampling(self, *, wanted: bool) -> Mapping[str, Any]:
        """The publisher's sampling for reasoning; empty where the model does not reason."""
        family = self.family
        if family is None or not self.happens(wanted=wanted):
            return {}
        top_p = {} if family.top_p is None else {"top_p": family.top_p}
        return {"temperature": family.temperature, **top_p}


async def find_reasoning(
    family: Family | None, model: str, send: Callable[[bytes], Awaitable[Response]]
) -> Reasoning:
    """Ask the engine for a few tokens of reasoning, where the model of `family` may reason.

    `send` posts a chat completion. vLLM refuses a bound (`thinking_token_budget`) without a parser;
    older versions ignore it.
    """
    if family is None or family.reasons is Reasons.never:
        return Reasoning(family)
    request: dict[str, Any] = {
        "model": model,
        "messages": [{"role": "user", "content": "1 + 1 = ?"}],
        "max_tokens": PROBE_TOKENS,
        "temperature": 0,
    }
    if family.switch:
        request["chat_template_kwargs"] = {family.switch: True}
    response = await send(to_body({**request, "thinking_token_budget": PROBE_TOKENS}))
    bounded = response.status == httpx.codes.OK
    if not bounded:
        response = await send(to_body(request))
    if response.status != httpx.codes.OK:
        return Reasoning(family)  # the jobs' own requests find out what is wrong
    try:
        choice, tokens = parse_completion(response.body)
    except OutputError:
        return Reasoning(family)
    parsed = bool(choice.message.reasoning or choice.message.reasoning_content)
    # Each release that bounds reasoning also counts it.
    counted = tokens.reasoning is not None
    return Reasoning(family, parsed=parsed, bounded=bounded and parsed and counted)
