"""Asking a model once more, where a program found fault with what it said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tasks.engine import Engine
from tasks.errors import OutputError
from tasks.model.output import ask, fence, room_for_text

Answer = TypeVar("Answer")

_SPARE_TOKENS = 320
_LONGEST_FAULT = 160
_AGAIN = """

You answered this before. A program found faults:
{faults}
Answer again, in full, without them. Add nothing that the document does not say."""


@dataclass(frozen=True, slots=True)
class Space:
    """How many tokens one request may spend on the document's text, on naming the faults of a first
    answer, and on the answer.
    """

    text: int
    spare: int
    answer: int


async def space_for(engine: Engine, prompt: str, answer: int) -> Space:
    """What is left beside `prompt` (without the document). Raises `OptionsTooLong`."""
    room = await room_for_text(engine, prompt, answer)
    spare = min(_SPARE_TOKENS, room.text // 3)
    return Space(text=room.text - spare, spare=spare, answer=room.answer)


async def ask_until_good(
    engine: Engine,
    prompt: str,
    *,
    schema: Mapping[str, Any],
    space: Space,
    read: Callable[[Any], Answer],
    faults: Callable[[Answer], Sequence[str]],
) -> Answer:
    """What the model answers; where that has faults, what it answers when it is told of them.

    Of the two the one with fewer faults, whatever faults it has. `read` raises `OutputError` for an
    answer that is none. Raises that of the first answer, and what `ask` raises.
    """
    data, _ = await ask(engine, prompt, schema=schema, max_tokens=space.answer)
    first = read(data)
    found = faults(first)
    again = await _named(found, space.spare, engine) if found else None
    if again is None:
        return first
    try:
        data, _ = await ask(engine, prompt + again, schema=schema, max_tokens=space.answer)
        second = read(data)
    except OutputError:
        return first
    return second if len(faults(second)) < len(found) else first


async def _named(faults: Sequence[str], most: int, engine: Engine) -> str | None:
    """As many of the faults as there is room for; None where there is none for a single one."""
    lines = [f"- {fence(' '.join(fault.split())[:_LONGEST_FAULT])}" for fault in faults]
    while lines:
        text = _AGAIN.format(faults="\n".join(lines))
        if await engine.count_tokens(text) <= most:
            return text
        lines = lines[: len(lines) // 2]
    return None
