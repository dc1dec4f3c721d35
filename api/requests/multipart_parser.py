"""Reads a multipart body (RFC 2046, 5.1) piece by piece: the heads of parts, and their content."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import unquote_to_bytes

MAX_HEAD_BYTES = 16 * 1024
_MAX_BOUNDARY = 200
_MAX_PADDING = 64
# Each character of a quoted value matches one alternative only: the time is linear.
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\["\\]|\\(?!["\\]))*"|[^\s;"]*)')
_ESCAPED = re.compile(r'\\(["\\])')


class MultipartError(Exception):
    """The body is not a multipart body; the message says where."""


@dataclass(frozen=True, slots=True)
class PartHead:
    """`filename` may be a path. `transfer_encoding` is in lower case, empty if there is none."""

    name: str
    filename: str | None
    transfer_encoding: str


class _State(Enum):
    preamble = auto()
    delimiter = auto()
    head = auto()
    start = auto()
    content = auto()
    epilogue = auto()


class MultipartParser:
    """Calls `begin` with the head of each part, `write` with its content, `end` after it.

    `feed` raises `MultipartError`, and what the three raise. A line that only begins like a
    delimiter is content. `charset` is that of names in heads.
    """

    def __init__(
        self,
        boundary: bytes,
        begin: Callable[[PartHead], None],
        write: Callable[[bytes], None],
        end: Callable[[], None],
        charset: str = "utf-8",
    ) -> None:
        self._delimiter = b"\r\n--" + boundary
        self._begin, self._write, self._end = begin, write, end
        self._charset = charset
        self._state = _State.preamble
        self._buffer = bytearray(b"\r\n")  # the first delimiter needs no line break before it
        self._in_part = False

    @property
    def complete(self) -> bool:
        """Whether the last delimiter has been read."""
        return self._state is _State.epilogue

    def feed(self, data: bytes) -> None:
        self._buffer += data
        steps = {
            _State.preamble: self._read_content,
            _State.delimiter: self._read_delimiter,
            _State.head: self._read_head,
            _State.start: self._read_start,
            _State.content: self._read_content,
        }
        while self._state in steps and steps[self._state]():
            pass
        if self._state is _State.epilogue:
            self._buffer.clear()

    def _read_content(self) -> bool:
        """Each step returns whether another one may follow with what is in the buffer."""
        at = self._buffer.find(self._delimiter)
        if at >= 0:
            self._take(at)
            del self._buffer[: len(self._delimiter)]
            self._state = _State.delimiter
            return True
        self._take(max(len(self._buffer) - len(self._delimiter) + 1, 0))
        return False

    def _read_delimiter(self) -> bool:
        if len(self._buffer) < len(b"--"):
            return False
        if self._buffer.startswith(b"--"):
            self._end_part()
            self._state = _State.epilogue
            return False
        line_end = self._buffer.find(b"\r\n")
        padding = bytes(self._buffer[: line_end if line_end >= 0 else _MAX_PADDING + 1])
        is_padding = not padding.strip(b" \t\r") and len(padding) <= _MAX_PADDING
        if not is_padding:
            if self._in_part:
                self._write(self._delimiter)
            self._state = _State.content if self._in_part else _State.preamble
            return True
        if line_end < 0:
            return False
        del self._buffer[:line_end]
        self._end_part()
        self._state = _State.head
        return True

    def _read_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if (end if end >= 0 else len(self._buffer)) > MAX_HEAD_BYTES:
            raise MultipartError(f"The head of a part is too long: over {MAX_HEAD_BYTES} bytes.")
        if end < 0:
            return False
        head = part_head(bytes(self._buffer[:end]), self._charset)
        del self._buffer[: end + len(b"\r\n")]
        self._in_part = True
        self._begin(head)
        self._state = _State.start
        return True

    def _read_start(self) -> bool:
        """A part without content: the line break after its head begins the next delimiter."""
        if len(self._buffer) < len(self._delimiter):
            return False
        if not self._buffer.startswith(self._delimiter):
            del self._buffer[: len(b"\r\n")]
        self._state = _State.content
        return True

    def _take(self, size: int) -> None:
        if size and self._in_part:
            self._write(bytes(self._buffer[:size]))
        del self._buffer[:size]

    def _end_part(self) -> None:
        if self._in_part:
            self._in_part = False
            self._end()


def boundary_of(content_type: str) -> bytes:
    """The boundary in a Content-Type. Raises `MultipartError`."""
    boundary = _parameters(content_type).get("boundary", "")
    if not 0 < len(boundary) <= _MAX_BOUNDARY or not boundary.isascii():
        raise MultipartError("Content-Type has no valid `boundary`.")
    return boundary.encode()


def part_head(head: bytes, charset: str = "utf-8") -> PartHead:
    """A part's header fields, parsed. `filename*` (RFC 8187) precedes `filename`. `charset`: that
    of the names.

    Raises `MultipartError`.
    """
    try:
        text = head.decode(charset)
    except UnicodeDecodeError:
        raise MultipartError(f"A name in the head of a part is not {charset.upper()}.") from None
    fields = _fields(text)
    disposition = fields.get("content-disposition", "")
    parameters = _parameters(disposition)
    kind = disposition.partition(";")[0].strip().lower()
    if kind != "form-data" or "name" not in parameters:
        raise MultipartError("A part has no `Content-Disposition: form-data` with a `name`.")
    filename = _extended(parameters.get("filename*", ""))
    return PartHead(
        name=parameters["name"],
        filename=filename or parameters.get("filename"),
        transfer_encoding=fields.get("content-transfer-encoding", "").strip().lower(),
    )


def _fields(text: str) -> Mapping[str, str]:
    fields: dict[str, str] = {}
    for line in re.sub(r"\r\n[ \t]+", " ", text).split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    return fields


def _parameters(field: str) -> Mapping[str, str]:
    """The parameters of a header field. A backslash that escapes nothing is part of the value:
    some browsers send a Windows path.
    """
    parameters: dict[str, str] = {}
    for name, value in _PARAMETER.findall(field):
        plain = _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value
        parameters.setdefault(name.lower(), plain)
    return parameters


def _extended(value: str) -> str | None:
    """The text of an extended value such as `UTF-8''%E5%85%AC.txt`; None if it is not one."""
    charset, quote, rest = value.partition("'")
    _, second, text = rest.partition("'")
    if not (quote and second):
        return None
    try:
        return unquote_to_bytes(text).decode(charset)
    except (LookupError, UnicodeDecodeError):
        return None
