"""Parses an engine's responses: completions, usage and refusals."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import from_json, to_json

from tasks.engine import Completion, Message, Token
from tasks.errors import EngineBusy, EngineError, EngineRefused, OutputError
from tasks.model.reasoning import strip_reasoning
from worker.http.connection import Response

REASONING_END = "</think>"
# Releases before 0.12 have the second one.
REASONING_MEMBERS = ("reasoning", "reasoning_content")
REFUSAL_CHARS = 300
# A substring of this many characters that is also in the prompt may quote it.
QUOTED_CHARS = 8
# About keys, addresses and proxies: one of several engines behind an address may answer so.
_NEVER_OF_A_REQUEST = frozenset({*range(300, 400), 401, 403, 405, 407})


class _TopLogprob(BaseModel):
    token: str
    logprob: float


class _Logprob(_TopLogprob):
    top_logprobs: list[_TopLogprob] = Field(default_factory=list)


class _Logprobs(BaseModel):
    content: list[_Logprob] | None = None


class _Message(BaseModel):
    content: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _PromptDetails(BaseModel):
    cached_tokens: int | None = None


class _CompletionDetails(BaseModel):
    reasoning_tokens: int | None = None


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int | None = 0
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _CompletionDetails | None = None


class _WithUsage(BaseModel):
    usage: _Usage = Field(default_factory=_Usage)


class _Completion(_WithUsage):
    choices: list[_Choice] = Field(min_length=1)


_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one request. `reasoning` None: the engine does not count them apart."""

    prompt: int
    completion: int
    cached: int
    reasoning: int | None = None


def parse_completion(body: bytes) -> tuple[_Choice, Tokens]:
    """Parse a chat completion. Raises `OutputError` if the body is something else."""
    completion = _parse(_Completion, body)
    return completion.choices[0], _tokens_of(completion.usage)


def parse_usage(body: bytes) -> Tokens:
    """The usage of a completion, without a check of its other members. Raises `OutputError`."""
    return _tokens_of(_parse(_WithUsage, body).usage)


def without_nan(body: bytes) -> bytes:
    """A response with null for NaN and infinities, which JSON does not have (RFC 8259, 6)."""
    if b"NaN" not in body and b"Infinity" not in body:
        return body
    return to_json(from_json(body), inf_nan_mode="null")


def without_reasoning(body: bytes) -> tuple[bytes, str]:
    """A chat completion without the reasoning that the engine separated, and that reasoning."""
    completion = from_json(body)
    reasoning: list[str] = []
    for choice in completion.get("choices") or ():
        message = choice.get("message") or {}
        reasoning += [message.pop(name, None) or "" for name in REASONING_MEMBERS]
    return to_json(completion, inf_nan_mode="null"), "".join(reasoning)


def reasoning_of(choice: _Choice) -> str:
    """The reasoning, separated or before the answer; empty if there is none."""
    message = choice.message
    if separated := message.reasoning or message.reasoning_content:
        return separated
    content = message.content or ""
    before, closed, _ = content.rpartition(REASONING_END)
    return before if closed else ""


def _parse(model: type[_Model], body: bytes) -> _Model:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        # Without the cause: a validation error quotes the response.
        raise OutputError(
            f"The engine's response is not a chat completion ({error.error_count()} errors in it). "
            "Check that CHANCERY_ENGINE_URL is the address of a vLLM server."
        ) from None


def _tokens_of(usage: _Usage) -> Tokens:
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    return Tokens(
        prompt=usage.prompt_tokens,
        completion=usage.completion_tokens or 0,
        cached=(prompt.cached_tokens or 0) if prompt else 0,
        reasoning=completion.reasoning_tokens if completion else None,
    )


def completion_of(choice: _Choice) -> Completion:
    """The answer without reasoning. Raises `OutputError` if it is only reasoning."""
    if choice.message.content is None:
        raise OutputError("The model's answer contains only reasoning.")
    return Completion(
        text=strip_reasoning(choice.message.content),
        finish_reason=choice.finish_reason or "unknown",
        tokens=_after_reasoning(_tokens(choice)),
    )


def _tokens(choice: _Choice) -> list[Token]:
    content = (choice.logprobs.content if choice.logprobs else None) or []
    tokens = [_token(logprob) for logprob in content]
    # vLLM also lists the token that ended the answer.
    if choice.finish_reason == "stop" and tokens:
        answer = choice.message.content or ""
        return tokens if answer.endswith(tokens[-1].text) else tokens[:-1]
    return tokens


def _token(chosen: _Logprob) -> Token:
    top: dict[str, float] = {}
    for candidate in chosen.top_logprobs:
        # Different tokens can have the same text, such as parts of a character.
        best = top.get(candidate.token, candidate.logprob)
        top[candidate.token] = max(candidate.logprob, best)
    return Token(chosen.token, chosen.logprob, top)


def _after_reasoning(tokens: Sequence[Token]) -> tuple[Token, ...]:
    reasoning = "".join(token.text for token in tokens).rfind(REASONING_END)
    if reasoning < 0:
        return tuple(tokens)
    end, position, first = reasoning + len(REASONING_END), 0, 0
    while position < end:
        position += len(tokens[first].text)
        first += 1
    while first < len(tokens) and not tokens[first].text.strip():
        first += 1
    return tuple(tokens[first:])


def error_of_request(response: Response, messages: Sequence[Message]) -> EngineError | OutputError:
    """The error for a response that is not a completion, of an engine that answers others."""
    status = response.status
    if status == httpx.codes.OK:
        return OutputError("The engine's response is not a chat completion.")
    if status == httpx.codes.SERVICE_UNAVAILABLE:
        return EngineBusy("The engine has no room for more requests (503).")
    if status in _NEVER_OF_A_REQUEST:
        return EngineBusy(f"The engine answered {status} to this request, and answers others.")
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return EngineError(
            f"The engine answered {status} to this request, and answers others: see its log."
        )
    return EngineRefused(
        f"The engine rejected the request ({status}): {refusal(response.body, messages)}"
    )


def refusal(body: bytes, messages: Sequence[Message]) -> str:
    """The reason for an engine's refusal, shortened, without anything that may quote the prompt.

    Only unquoted ASCII text that is not in the prompt is kept.
    """
    text = "".join(char for char in _reason(body) if " " <= char <= "~")
    text = re.split(r"[\"']?input(?:_value)?[\"']?\s*[:=]", text, maxsplit=1)[0]
    text = re.sub(r"\\u[0-9a-fA-F]{4}|\"[^\"]*\"|(?<!\w)'[^']*'|`[^`]*`", "...", text)
    text = text[:REFUSAL_CHARS]
    return _without_shared(text, "\n".join(message.content for message in messages)).strip()


def _reason(body: bytes) -> str:
    try:
        refused = _Refusal.model_validate_json(body)
    except ValidationError:
        return ""
    source = refused.error if isinstance(refused.error, Mapping) else {"message": refused.message}
    return str(source.get("message") or "")


class _Refusal(BaseModel):
    """vLLM nests the message in `error`; older releases do not."""

    error: Any = None
    message: str | None = None


def _without_shared(text: str, prompt: str) -> str:
    is_own = [True] * len(text)
    for start in range(len(text) - QUOTED_CHARS + 1):
        if text[start : start + QUOTED_CHARS] in prompt:
            is_own[start : start + QUOTED_CHARS] = [False] * QUOTED_CHARS
    return "".join(char for char, own in zip(text, is_own, strict=True) if own)
