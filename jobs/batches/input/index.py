"""The index of a batch's input file: where each line stands, what it may cost, whose turn is when.

An entry is 16 bytes, four big endian words, read in Lua by `struct.unpack('>I4I4I4I4', ...)`: the
line's offset in the file, its length in bytes, its tokens, and its number * 256 + the number of
its task. Entries stand in the order of release.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from jobs.batches.input.lines import Line

ENTRY_BYTES = 16
TOKENS_AT = 8  # where in an entry its tokens stand
MOST_FILE_BYTES = 2**32 - 1
MOST_LINE_NUMBER = 2**24 - 1
MOST_TOKENS = 2**32 - 1

CHARS_PER_TOKEN = 4.0
CJK_CHARS_PER_TOKEN = 1.5
DOCUMENT_TOKENS = 2_000  # where nothing is known of the document
MOST_DOCUMENT_TOKENS = 250_000  # much of a large file is pictures and layout
ANSWER_TOKENS = 256
MOST_ANSWER_TOKENS = 32_768

# So many characters of the first user message are compared: of English some 4 blocks of vLLM's
# prefix cache on a GPU, where a block has 16 tokens, and some 4 on the CPU, where it has 128.
_SHARED_CHARS = (256, 2_048)

_WORDS = struct.Struct(">IIII")


@dataclass(frozen=True, slots=True)
class Entry:
    """`tokens` is an estimate. `line` is the line's number in the file, from 1; `task` is the place
    of its task's name in the list beside the index, from 0."""

    offset: int
    length: int
    tokens: int
    line: int
    task: int


@dataclass(frozen=True, slots=True)
class Prefix:
    """How the prompt of a line begins, as hashes that are equal where beginnings are.

    `levels` go from little of the prompt to more of it. `document` is of the document of a job:
    prompts of tasks begin with it, so where several lines have it, that counts more than `levels`.
    """

    levels: tuple[int, int, int]
    document: int | None = None


def pack(entries: Iterable[Entry]) -> bytes:
    """Raises `struct.error` for an entry that does not fit."""
    return b"".join(
        _WORDS.pack(one.offset, one.length, one.tokens, one.line << 8 | one.task) for one in entries
    )


def unpack(packed: bytes) -> Iterator[Entry]:
    for offset, length, tokens, last in _WORDS.iter_unpack(packed):
        yield Entry(offset, length, tokens, last >> 8, last & 0xFF)


def estimate_tokens(line: Line, document_bytes: int | None = None) -> int:
    """About how many tokens prompt and answer will have; usage corrects it later.

    A token is taken for 4 characters, or 1.5 Chinese, Japanese or Korean ones. A job's answer is
    taken for 256 tokens, a chat's for its `max_tokens`, 256 without. A document that nothing is
    known of is taken for 2,000 tokens, else for one in 4 bytes.
    """
    if line.chat is not None:
        return _chat_tokens(line.chat)
    if line.text is not None:
        return text_tokens(line.text) + ANSWER_TOKENS
    return document_tokens(document_bytes) + ANSWER_TOKENS


def document_tokens(document_bytes: int | None) -> int:
    if document_bytes is None:
        return DOCUMENT_TOKENS
    return min(document_bytes // 4 + 1, MOST_DOCUMENT_TOKENS)


def text_tokens(text: str) -> int:
    """About how many tokens a text has."""
    if text.isascii():
        return int(len(text) / CHARS_PER_TOKEN) + 1
    # A CJK character has two bytes more than an ASCII one.
    cjk = min(len(text), (len(text.encode("utf-8", "replace")) - len(text)) // 2)
    return int((len(text) - cjk) / CHARS_PER_TOKEN + cjk / CJK_CHARS_PER_TOKEN) + 1


def prefix_of(line: Line) -> Prefix:
    """What says which lines should be released together, so that the prefix cache serves them."""
    if line.chat is not None:
        return Prefix(_chat_levels(line.chat))
    options = line.options.canonical if line.options is not None else b""
    document = line.document_id if line.document_id is not None else line.text
    return Prefix((hash((line.task, options, line.model)), 0, 0), hash(document))


def _chat_tokens(chat: Mapping[str, Any]) -> int:
    prompt = sum(text_tokens(_content(message)) for message in chat["messages"])
    asked = chat.get("max_completion_tokens") or chat.get("max_tokens")
    if not isinstance(asked, int) or asked <= 0:
        asked = ANSWER_TOKENS
    return min(prompt + min(asked, MOST_ANSWER_TOKENS), MOST_TOKENS)


def _chat_levels(chat: Mapping[str, Any]) -> tuple[int, int, int]:
    """What comes before the first user message, and then more and more of that."""
    messages: Sequence[Any] = chat["messages"]
    place = next((n for n, one in enumerate(messages) if _role(one) == "user"), len(messages))
    head = (
        _key(chat.get("model")),
        _key(chat.get("tools")),
        *(part for one in messages[:place] for part in (_role(one), _content(one))),
    )
    first = _content(messages[place]) if place < len(messages) else ""
    short, long = _SHARED_CHARS
    return hash(head), hash((head, first[:short])), hash((head, first[:long]))


def _role(message: Any) -> str:
    return _key(message.get("role")) if isinstance(message, dict) else ""


def _content(message: Any) -> str:
    """The text of a message; of one with parts, that of its text parts."""
    content = message.get("content") if isinstance(message, dict) else message
    if isinstance(content, list):
        return "\n".join(_key(part.get("text")) for part in content if isinstance(part, dict))
    return _key(content)


def _key(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else to_json(value).decode()
