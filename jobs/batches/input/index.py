"""The index of a batch's input file: the position and estimated tokens of each line.

An entry has 16 bytes, four big-endian words, read in Lua by `struct.unpack('>I4I4I4I4', ...)`: the
line's offset in the file, its length in bytes, its tokens, and its number * 256 + the number of its
task. Entries are in the order of the file, in which lines are run.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

ENTRY_BYTES = 16
TOKENS_AT = 8  # the offset of the tokens in an entry
MAX_FILE_BYTES = 2**32 - 1
MAX_LINE_NUMBER = 2**24 - 1
MAX_TOKENS = 2**32 - 1

_WORDS = struct.Struct(">IIII")


@dataclass(frozen=True, slots=True)
class Entry:
    """`tokens` is an estimate. `line` is the line's number in the file, from 1; `task` is the
    position of its task in the index's list of tasks, from 0.
    """

    offset: int
    length: int
    tokens: int
    line: int
    task: int


def pack(entries: Iterable[Entry]) -> bytes:
    """Raises `struct.error` for a number that is too large."""
    return b"".join(
        _WORDS.pack(one.offset, one.length, one.tokens, one.line << 8 | one.task) for one in entries
    )


def unpack(packed: bytes) -> Iterator[Entry]:
    for offset, length, tokens, last in _WORDS.iter_unpack(packed):
        yield Entry(offset, length, tokens, last >> 8, last & 0xFF)
