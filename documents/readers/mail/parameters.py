"""Decodes the parameters of a header (RFC 2045, 5.1; RFC 2231)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from email.message import Message
from typing import Any
from urllib.parse import unquote_to_bytes

from documents.readers.mail.headers import decoded, decoded_bytes

_PIECE = re.compile(r"([^*]+)\*(\d{1,4})?(\*?)")
_MOST = 1_000


def parameters(name: str, value: str) -> Iterator[tuple[str, str]]:
    """Yield the names and decoded values of the parameters of one header.

    The standard library joins pieces (`a*0`, `a*1`) only if the name has no hyphen.
    """
    field = Message()
    field[name] = value
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    # An encoded value is a tuple, which the types of the standard library do not say.
    found: Sequence[tuple[str, Any]] = field.get_params([], name)
    for key, written in found[1 : _MOST + 1]:
        if isinstance(written, tuple):
            charset, _, text = written
            yield key, decoded_bytes(text.encode("latin-1", errors="replace"), charset)
        elif match := _PIECE.fullmatch(key):
            piece = bool(match[3]) or not match[2], written
            pieces.setdefault(match[1], {})[int(match[2] or 0)] = piece
        else:
            yield key, decoded(written)
    for key, numbered in pieces.items():
        yield key, _joined(numbered)


def _joined(pieces: Mapping[int, tuple[bool, str]]) -> str:
    if not any(is_encoded for is_encoded, _ in pieces.values()):
        return decoded("".join(pieces[number][1] for number in sorted(pieces)))
    data, charset = b"", ""
    for number, (is_encoded, written) in sorted(pieces.items()):
        text = written
        if number == 0 and is_encoded and text.count("'") > 1:
            charset, _, text = written.split("'", 2)
        data += unquote_to_bytes(text) if is_encoded else text.encode("utf-8", "surrogateescape")
    return decoded_bytes(data, charset)
