"""Splits a file into lines without loading lines that are too long."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_BOM = b"\xef\xbb\xbf"
_CRLF = b"\r\n"
_SKIP_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class RawLine:
    """`data` is without the line ending; of a `too_long` line it is only the beginning."""

    offset: int
    data: bytes
    too_long: bool

    @property
    def blank(self) -> bool:
        return not self.too_long and (not self.data or self.data.isspace())


class LineReader:
    """Reads lines from byte `offset` on, after line `number`. A byte order mark at the start of the
    file is skipped. Lines end with LF or CRLF, the last line also with the end of the file.
    """

    def __init__(self, path: Path, max_line_bytes: int) -> None:
        self.offset = 0
        self.number = 0
        self._path = path
        self._max_line_bytes = max_line_bytes

    def open(self) -> BinaryIO:
        """The file, for `read`."""
        file = self._path.open("rb")
        if self.offset == 0 and file.read(len(_BOM)) == _BOM:
            self.offset = len(_BOM)
        file.seek(self.offset)
        return file

    def read(self, file: BinaryIO) -> RawLine | None:
        """The next line, or None at the end of the file."""
        data = file.readline(self._max_line_bytes + len(_CRLF))
        if not data:
            return None
        offset = self.offset
        self.offset += len(data)
        if not data.endswith(b"\n"):
            self.offset += _skip_line(file)
        self.number += 1
        data = data.removesuffix(b"\n").removesuffix(b"\r")
        return RawLine(offset, data, len(data) > self._max_line_bytes)


def _skip_line(file: BinaryIO) -> int:
    """Skip to the end of the line; returns the number of bytes skipped."""
    skipped = 0
    while data := file.readline(_SKIP_BYTES):
        skipped += len(data)
        if data.endswith(b"\n"):
            break
    return skipped
