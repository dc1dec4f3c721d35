"""The lines of the audit record, each bound to the one before, and the signed head.

A line is a JSON object. `seq` counts all lines, over all days. `prev` is the SHA-256 of the line
before, without its line feed. `mac` is HMAC-SHA-256 (RFC 2104) over the line up to `,"mac"`: nobody
without the key can write a line. `key_id` names the key of the MAC. The head names the first and
the last line, so that lines missing at either end are found.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

HEAD_BYTES = 1_024
GENESIS = "0" * 64
_MAC = b',"mac":"'
_END = b'"}'


@dataclass(frozen=True, slots=True)
class Head:
    """The last line (`seq`, `hash`), the end of its file in bytes, and the first line that is kept.

    `day`: the date in the name of the last line's file.
    """

    seq: int = 0
    hash: str = GENESIS
    day: str = ""
    offset: int = 0
    first_seq: int = 1
    first_day: str = ""


_HEAD = TypeAdapter(Head)


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was read. `fields` has all its JSON members."""

    fields: Mapping[str, Any]
    hash: str

    @property
    def seq(self) -> int:
        return int(self.fields["seq"])

    @property
    def key_id(self) -> str:
        return str(self.fields["key_id"])


class ChainKey:
    """The secret key of the MACs."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.id = hashlib.sha256(b"chancery audit key" + secret).hexdigest()[:8]

    def line(self, fields: Mapping[str, Any], head: Head) -> tuple[bytes, Head]:
        """The next line after `head`, without line feed, and the head with it."""
        chained = {"seq": head.seq + 1, **fields, "prev": head.hash, "key_id": self.id}
        body = to_json(chained)[:-1]
        line = body + _MAC + self._mac(body) + _END
        end = head.offset + len(line) + 1
        return line, Head(
            head.seq + 1, line_hash(line), head.day, end, head.first_seq, head.first_day
        )

    def signs(self, line: bytes) -> bool:
        """Whether the MAC of `line` was made with this key."""
        body, separator, rest = line.rpartition(_MAC)
        return bool(separator) and hmac.compare_digest(rest, self._mac(body) + _END)

    def seal(self, head: Head) -> bytes:
        """The head as it is stored. It is always `HEAD_BYTES` long: one write replaces it."""
        body = to_json({**_HEAD.dump_python(head), "key_id": self.id})[:-1]
        return (body + _MAC + self._mac(body) + _END).ljust(HEAD_BYTES - 1) + b"\n"

    def open(self, stored: bytes) -> Head | None:
        """The head in `stored`; None if it is damaged or was sealed with another key."""
        text = stored.strip()
        if not self.signs(text):
            return None
        try:
            return _HEAD.validate_json(text)
        except ValidationError:
            return None

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._secret, body, "sha256").hex().encode()


def line_hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def parse_line(line: bytes) -> Line | None:
    """None if it is not a line of the record."""
    try:
        fields = from_json(line)
    except ValueError:
        return None
    if not isinstance(fields, dict) or not isinstance(fields.get("seq"), int):
        return None
    if not all(isinstance(fields.get(name), str) for name in ("at", "action", "prev", "key_id")):
        return None
    return Line(fields, line_hash(line))
