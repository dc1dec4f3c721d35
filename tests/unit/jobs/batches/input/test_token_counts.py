"""The tokens of a line are estimated from its characters, or from its document's bytes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.batches.input.lines import parse_line
from jobs.batches.input.token_counts import (
    ANSWER_TOKENS,
    DOCUMENT_TOKENS,
    MAX_ANSWER_TOKENS,
    MAX_DOCUMENT_TOKENS,
    estimate_tokens,
    text_tokens,
)
from tests.unit.jobs.batches.input.files import chat, job, line


def tokens(body: Any, document_bytes: int | None = None) -> int:
    return estimate_tokens(parse_line(line("a", body), 1), document_bytes)


def test_tokens_are_estimated_from_the_characters() -> None:
    assert text_tokens("a" * 4_000) == 1_001
    assert text_tokens("水" * 1_500) == 1_001
    assert text_tokens("水" * 1_500 + "a" * 4_000) == 2_001
    assert text_tokens("𠀀" * 1_500) == 1_001
    assert text_tokens("") == 1


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_an_estimate_is_between_one_in_four_characters_and_one_in_one_and_a_half(text: str) -> None:
    assert len(text) // 4 <= text_tokens(text) <= len(text) / 1.5 + 1


def test_a_job_is_its_text_and_an_answer() -> None:
    assert tokens(job("a" * 4_000)) == 1_001 + ANSWER_TOKENS


def test_a_document_is_its_bytes_where_they_are_known() -> None:
    body = {"task": "summarize", "input": {"document_id": "doc_1"}}
    assert tokens(body) == DOCUMENT_TOKENS + ANSWER_TOKENS
    assert tokens(body, 4_000) == 1_001 + ANSWER_TOKENS
    assert tokens(body, 100_000_000) == MAX_DOCUMENT_TOKENS + ANSWER_TOKENS


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({}, ANSWER_TOKENS),
        ({"max_tokens": 10}, 10),
        ({"max_completion_tokens": 20, "max_tokens": 10}, 20),
        ({"max_tokens": 100_000}, MAX_ANSWER_TOKENS),
        ({"max_tokens": None}, ANSWER_TOKENS),
    ],
)
def test_a_chat_is_its_messages_and_what_it_asks_for(body: Any, answer: int) -> None:
    assert tokens(chat("a" * 400, system="b" * 800, **body)) == 101 + 201 + answer


def test_a_message_of_parts_is_the_text_of_its_parts() -> None:
    parts = [{"type": "text", "text": "a" * 200}, {"type": "text", "text": "a" * 199}]
    assert tokens(chat(parts)) == 101 + ANSWER_TOKENS  # type: ignore[arg-type]
