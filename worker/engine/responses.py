"""Reading what an engine answers: completions, usage and refusals."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

from tasks.engine import Completion, Message, Token
from tasks.errors import OutputError
from tasks.model.reasoning import strip_reasoning

REASONING_END = "</think>"
REFUSAL_CHARS = 300
# A run of this many characters that is in the prompt too may be a quotation of it.
QUOTED_CHARS = 8


class _TopLogprob(BaseModel):
    token: str
    logprob: float


class _Logprob(_TopLogprob):
    top_logprobs: list[_TopLogprob] = Field(default_factory=list)


class _Logprobs(BaseModel):
    content: list[_Logprob] | None = None


class _AnswerMessage(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _AnswerMessage
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _PromptDetails(BaseModel):
    cached_tokens: int | None = None


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int | None = 0
    prompt_tokens_details: _PromptDetails | None = None


class _Used(BaseModel):
    usage: _Usage = Field(default_factory=_Usage)


class _Answer(_Used):
    choices: list[_Choice] = Field(min_length=1)


_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What one request used."""

    prompt: int
    completion: int
    cached: int


def read_answer(body: bytes) -> tuple[_Choice, Tokens]:
    """Read a chat completion. Raises `OutputError` where the body is something else."""
    answer = _read(_Answer, body)
    return answer.choices[0], _tokens_of(answer.usage)


def read_tokens(body: bytes) -> Tokens:
    """What a completion used, whatever else is in it. Raises `OutputError`."""
    return _tokens_of(_read(_Used, body).usage)


def _read(model: type[_Model], body: bytes) -> _Model:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        # Without the cause: a validation error quotes the answer.
        raise OutputError(
            f"The engine's answer is not a chat completion ({error.error_count()} faults in it). "
            "Check that CHANCERY_ENGINE_URL is the address of a vLLM server."
        ) from None


def _tokens_of(usage: _Usage) -> Tokens:
    details = usage.prompt_tokens_details
    return Tokens(
        prompt=usage.prompt_tokens,
        completion=usage.completion_tokens or 0,
        cached=(details.cached_tokens or 0) if details else 0,
    )


def completion_of(choice: _Choice) -> Completion:
    """The answer without reasoning. Raises `OutputError` where nothing else is in it."""
    if choice.message.content is None:
        raise OutputError("The model's answer holds nothing but reasoning.")
    return Completion(
        text=strip_reasoning(choice.message.content),
        finish_reason=choice.finish_reason or "unknown",
        tokens=_after_reasoning(_tokens(choice)),
    )


def _tokens(choice: _Choice) -> list[Token]:
    content = (choice.logprobs.content if choice.logprobs else None) or []
    tokens = [_token(one) for one in content]
    # vLLM lists the token that ended the answer, too.
    if choice.finish_reason == "stop" and tokens:
        answer = choice.message.content or ""
        return tokens if answer.endswith(tokens[-1].text) else tokens[:-1]
    return tokens


def _token(one: _Logprob) -> Token:
    top: dict[str, float] = {}
    for other in one.top_logprobs:
        # Different tokens can have one text: parts of a character, for instance.
        top[other.token] = max(other.logprob, top.get(other.token, other.logprob))
    return Token(one.token, one.logprob, top)


def _after_reasoning(tokens: Sequence[Token]) -> tuple[Token, ...]:
    reasoning = "".join(token.text for token in tokens).rfind(REASONING_END)
    if reasoning < 0:
        return tuple(tokens)
    end, place, first = reasoning + len(REASONING_END), 0, 0
    while place < end:
        place += len(tokens[first].text)
        first += 1
    while first < len(tokens) and not tokens[first].text.strip():
        first += 1
    return tuple(tokens[first:])


def refusal(body: bytes, messages: Sequence[Message]) -> str:
    """The reason in an engine's refusal, bounded, with whatever could quote the prompt left out.

    An engine's own words are plain ASCII, unquoted, and not in the prompt; nothing else is kept.
    """
    text = "".join(char for char in _reason(body) if " " <= char <= "~")
    text = re.split(r"[\"']?input(?:_value)?[\"']?\s*[:=]", text, maxsplit=1)[0]
    text = re.sub(r"\\u[0-9a-fA-F]{4}|\"[^\"]*\"|(?<!\w)'[^']*'|`[^`]*`", "...", text)
    text = text[:REFUSAL_CHARS]
    return _without_shared(text, "\n".join(message.content for message in messages)).strip()


def _reason(body: bytes) -> str:
    try:
        answer = _Refusal.model_validate_json(body)
    except ValidationError:
        return ""
    source = answer.error if isinstance(answer.error, Mapping) else {"message": answer.message}
    return str(source.get("message") or "")


class _Refusal(BaseModel):
    """vLLM nests the message under `error`; older releases do not."""

    error: Any = None
    message: str | None = None


def _without_shared(text: str, prompt: str) -> str:
    kept = [True] * len(text)
    for start in range(len(text) - QUOTED_CHARS + 1):
        if text[start : start + QUOTED_CHARS] in prompt:
            kept[start : start + QUOTED_CHARS] = [False] * QUOTED_CHARS
    return "".join(char for char, keep in zip(text, kept, strict=True) if keep)
