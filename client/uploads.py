"""Bytes to be sent, which each attempt reads anew."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Protocol


class Readable(Protocol):
    """A binary file, or anything that is read like one."""

    def read(self, size: int = -1, /) -> bytes: ...


Source = str | os.PathLike[str] | bytes | Readable


@dataclass(frozen=True, slots=True)
class Upload:
    """A document on its way. A path is opened at each attempt, a file is sent from its start."""

    source: Source
    filename: str

    @classmethod
    def of(cls, source: Source, filename: str | None = None) -> Upload:
        """`filename` is the source's own where it has one, else `document`."""
        return cls(source, filename or _name_of(source))

    @property
    def repeatable(self) -> bool:
        """False for a pipe or a generator, whose bytes are gone once they were read."""
        if isinstance(self.source, str | bytes | os.PathLike):
            return True
        seekable = getattr(self.source, "seekable", None)
        return bool(seekable and seekable())

    @contextmanager
    def opened(self) -> Iterator[Readable]:
        """Raises `OSError` where the path cannot be read."""
        if isinstance(self.source, bytes):
            yield BytesIO(self.source)
        elif isinstance(self.source, str | os.PathLike):
            with Path(self.source).open("rb") as file:
                yield file
        else:
            yield self.source


def _name_of(source: Source) -> str:
    if isinstance(source, str | os.PathLike):
        return Path(source).name
    name = getattr(source, "name", None)
    return Path(name).name if isinstance(name, str) else "document"
