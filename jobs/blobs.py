"""The names of blobs, and reading one from where it is stored or from its name.

A short text needs no file: its name is the text itself, in the record of its document.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

# A blob in a file has a name that begins with a department, which has no colon.
_TEXT = "text:"


def inline_blob(text: str) -> str:
    """The name of a text that has no file."""
    return _TEXT + text


def inline_text(blob: str) -> str | None:
    """The text in the name of a blob; None for a blob in a file."""
    return blob.removeprefix(_TEXT) if blob.startswith(_TEXT) else None


class Source(Protocol):
    """The bytes of a blob as they are stored. `window`: how many are read at once at most."""

    @property
    def size(self) -> int: ...

    @property
    def window(self) -> int: ...

    def read(self, offset: int, length: int) -> bytes:
        """Fewer bytes only at the end."""

    def close(self) -> None: ...


class Reader(Protocol):
    """An open blob."""

    @property
    def size(self) -> int: ...

    def __enter__(self) -> Reader: ...

    def __exit__(self, *_: object) -> None: ...

    def pieces(self, start: int = 0, end: int | None = None) -> Iterator[bytes]: ...


class TextReader:
    """A text that has no file."""

    def __init__(self, text: str) -> None:
        self._data = text.encode()
        self.size = len(self._data)

    def __enter__(self) -> TextReader:
        return self

    def __exit__(self, *_: object) -> None: ...

    def pieces(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        if piece := self._data[start:end]:
            yield piece


class PlainReader:
    """A blob that is not encrypted."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.size = source.size

    def __enter__(self) -> PlainReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._source.close()

    def pieces(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        end = self.size if end is None else min(end, self.size)
        while start < end and (
            piece := self._source.read(start, min(end - start, self._source.window))
        ):
            start += len(piece)
            yield piece


class FileSource:
    """The bytes of a file. Raises `FileNotFoundError`."""

    window = 256 * 1024

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self.size = os.fstat(self._file.fileno()).st_size

    def read(self, offset: int, length: int) -> bytes:
        return os.pread(self._file.fileno(), length, offset)

    def close(self) -> None:
        self._file.close()
