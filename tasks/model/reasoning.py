"""Removes the reasoning text of DeepSeek models, `<think>…</think>`, from answers."""

from __future__ import annotations

import json

from tasks.errors import OutputError

OPEN, CLOSE = "<think>", "</think>"


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
    while CLOSE in answer and (answer.startswith(OPEN) or OPEN not in answer.split(CLOSE, 1)[0]):
        answer = answer.split(CLOSE, 1)[1].strip()
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
        json.loads(text)
    except ValueError:
        return False
    return True
