"""The files that tasks make: named in results, saved into a folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

_MEMBERS = frozenset({"document_id", "filename", "media_type", "bytes", "sha256"})
_FALLBACK = "document"


@dataclass(frozen=True, slots=True)
class MadeFile:
    """`filename` is a plain name: the api's, without folders."""

    document_id: str
    filename: str


def made_files(result: Any) -> Iterator[MadeFile]:
    """The files that a result names, each once, wherever they are in it."""
    found: dict[str, MadeFile] = {}
    values = [result]
    while values:
        value = values.pop()
        if isinstance(value, dict):
            if value.keys() >= _MEMBERS and isinstance(value["document_id"], str):
                name = plain_name(str(value["filename"]))
                found.setdefault(value["document_id"], MadeFile(value["document_id"], name))
            values += reversed(value.values())
        elif isinstance(value, list):
            values += reversed(value)
    yield from found.values()


def plain_name(name: str) -> str:
    """`name` without folders and leading dots, so that a file stays in its folder and is seen."""
    return Path(name.replace("\\", "/").replace("\0", "")).name.lstrip(".") or _FALLBACK


class Folder:
    """Gives each file its own path in a folder: a name that was given before gets a number."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._used: set[str] = set()

    def new_path(self, name: str) -> Path:
        """`notice.docx`, then `notice.2.docx`."""
        stem, suffix = Path(name).stem, Path(name).suffix
        numbered = (f"{stem}.{number}{suffix}" for number in count(2))
        chosen = (
            name
            if name not in self._used
            else next(each for each in numbered if each not in self._used)
        )
        self._used.add(chosen)
        return self._path / chosen
