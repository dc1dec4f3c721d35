"""Estimates the tokens of a line of a batch, before any engine has counted them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from jobs.batches.input.index import MAX_TOKENS
from jobs.batches.input.lines import Line

CHARS_PER_TOKEN = 4.0
CJK_CHARS_PER_TOKEN = 1.5
DOCUMENT_TOKENS = 2_000  # if its size is unknown
MAX_DOCUMENT_TOKENS = 250_000  # large files consist mostly of pictures and layout
ANSWER_TOKENS = 256
MAX_ANSWER_TOKENS = 32_768


def estimate_tokens(line: Line, document_bytes: int | None = None) -> int:
    """The estimated tokens of prompt and answer.

    One token for 4 characters, or for 1.5 Chinese, Japanese or Korean characters. The answer of a
    job counts 256 tokens, that of a chat its `max_tokens` (default: 256). A document counts one
    token for 4 bytes, 2,000 if its size is unknown.
    """
    if line.chat is not None:
        return _chat_tokens(line.chat)
    if line.text is not None:
        return text_tokens(line.text) + ANSWER_TOKENS
    return document_tokens(document_bytes) + ANSWER_TOKENS


def document_tokens(document_bytes: int | None) -> int:
    if document_bytes is None:
        return DOCUMENT_TOKENS
    return min(document_bytes // 4 + 1, MAX_DOCUMENT_TOKENS)


def text_tokens(text: str) -> int:
    """The estimated number of tokens of a text."""
    if text.isascii():
        return int(len(text) / CHARS_PER_TOKEN) + 1
    # In UTF-8 a CJK character has two bytes more than an ASCII character.
    cjk = min(len(text), (len(text.encode("utf-8", "replace")) - len(text)) // 2)
    return int((len(text) - cjk) / CHARS_PER_TOKEN + cjk / CJK_CHARS_PER_TOKEN) + 1


def _chat_tokens(chat: Mapping[str, Any]) -> int:
    prompt = sum(text_tokens(_content(message)) for message in chat["messages"])
    answer = chat.get("max_completion_tokens") or chat.get("max_tokens")
    if not isinstance(answer, int) or answer <= 0:
        answer = ANSWER_TOKENS
    return min(prompt + min(answer, MAX_ANSWER_TOKENS), MAX_TOKENS)


def _content(message: Any) -> str:
    """The text of a message; for a message with parts, their texts."""
    content = message.get("content") if isinstance(message, dict) else message
    if isinstance(content, list):
        return "\n".join(_key(part.get("text")) for part in content if isinstance(part, dict))
    return _key(content)


def _key(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else to_json(value).decode()
