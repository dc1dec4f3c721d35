"""Removes the reasoning text of DeepSeek models, `<think>…</think>`, from answers."""

from __future__ import annotations

from pydantic_core import from_json

from tasks.errors import OutputError

OPEN, CLOSE = "<think>", "</think>"
MOST_TAGS = 50


def strip_reasoning(text: str) -> str:
    """`text` without the reasoning before the answer, even if the opening tag is missing.

    A JSON answer that contains the tags in a string is unchanged. Raises `OutputError` where the
    text is only unfinished reasoning.
    """
    answer = text.strip()
    if OPEN not in answer and (CLOSE not in answer or _is_json(answer)):
        return answer
    if _is_json(answer):
        return answer
    for _ in range(MOST_TAGS):
        reasoning, closed, rest = answer.partition(CLOSE)
        if not closed or (OPEN in reasoning and not reasoning.startswith(OPEN)):
            break
        answer = rest.strip()
        if _is_json(answer):
            return answer
    answer = answer.split(OPEN, 1)[0].strip()
    if not answer:
        raise OutputError(
            "The model's answer is only reasoning. Allow more tokens, or send a shorter text."
        )
    return answer


def _is_json(text: str) -> bool:
    if not text.startswith(("{", "[", '"')):
        return False
    try:
        from_json(text)
    except ValueError:
        return False
    return True
