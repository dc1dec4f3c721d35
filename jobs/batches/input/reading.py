"""A file taken apart into lines, none of which is held where it is too long."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_BOM = b"\xef\xbb\xbf"
_CRLF = b"\r\n"
_SKIP_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class RawLine:
    """`offset` and `data` are without line ending; of a line that is `too_long`, `data` is only
    the first."""

    offset: int
    data: bytes
    too_long: bool

    @property
    def blank(self) -> bool:
        return not self.too_long and (not self.data or self.data.isspace())


class LineReader:
    """Reads on where it stands: at byte `offset`, after line `number`. A byte order mark at the
    start of the file is passed over. Lines end with LF or CRLF, the last also with the file."""

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
        """The next line, or None where there is no more."""
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
    """Read on to the end of the line; returns how many bytes that were."""
    skipped = 0
    while data := file.readline(_SKIP_BYTES):
        skipped += len(data)
        if data.endswith(b"\n"):
            break
    return skipped
