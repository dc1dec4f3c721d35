from __future__ import annotations

import pytest

from tasks.errors import OutputError
from tasks.model.reasoning import strip_reasoning


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>Let me see.</think>\n\nYes.", "Yes."),
        ("Let me see.\n</think>\nYes.", "Yes."),
        ("<think>\n\n</think>\n\n{}", "{}"),
        ("<think>a</think><think>b</think>Yes.", "Yes."),
        ("Yes.", "Yes."),
        ('<think>a</think>{"text": "x</think>y"}', '{"text": "x</think>y"}'),
        ('{"text": "x</think>y"}', '{"text": "x</think>y"}'),
        ('{hm}</think>{"a": 1}', '{"a": 1}'),
        ("Yes.<think>and then", "Yes."),
    ],
)
def test_reasoning_is_stripped(text: str, answer: str) -> None:
    assert strip_reasoning(text) == answer


@pytest.mark.parametrize("text", ["<think>Let me", "<think>a</think>", "a</think> ", "<think>"])
def test_an_answer_that_is_only_reasoning_is_refused(text: str) -> None:
    with pytest.raises(OutputError):
        strip_reasoning(text)
