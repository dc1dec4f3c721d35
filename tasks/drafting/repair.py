"""Asks a model a second time if checks find faults in its first answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
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
    """The token budget of one request for the document's text, the faults of a first answer, and
    the answer.
    """

    text: int
    spare: int
    answer: int


async def space_for(engine: Engine, prompt: str, answer: int) -> Space:
    """The budget with `prompt` (without the document). Raises `OptionsTooLong`."""
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
    faults: Callable[[Answer], Awaitable[Sequence[str]]],
) -> Answer:
    """Ask the model; if the answer has faults, name them and ask once more.

    Returns the answer with fewer faults, which may still have some. `read` raises `OutputError` for
    an unusable answer; only that of the first answer is raised, and what `ask` raises.
    """
    data, _ = await ask(engine, prompt, schema=schema, max_tokens=space.answer)
    first = read(data)
    first_faults = await faults(first)
    request = await _correction_request(first_faults, space.spare, engine)
    if request is None:
        return first
    try:
        data, _ = await ask(engine, prompt + request, schema=schema, max_tokens=space.answer)
        second = read(data)
    except OutputError:
        return first
    return second if len(await faults(second)) < len(first_faults) else first


async def _correction_request(faults: Sequence[str], most: int, engine: Engine) -> str | None:
    """The request, with as many faults as fit in `most` tokens; None if there is none to name."""
    lines = [f"- {fence(' '.join(fault.split())[:_LONGEST_FAULT])}" for fault in faults]
    while lines:
        text = _AGAIN.format(faults="\n".join(lines))
        if await engine.count_tokens(text) <= most:
            return text
        lines = lines[: len(lines) // 2]
    return None
