"""The file that a document was read from, for tasks that work on files.

A task never opens the file itself: functions that read or write formats run in a separate process
with limits (`documents.isolation.FileWork`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from documents.errors import UnsupportedDocument


@dataclass(frozen=True, slots=True)
class FileResult:
    """The result of work on a file: JSON values, and the bytes of a new file if there is one."""

    values: Mapping[str, Any]
    file: bytes | None = None


class ResultFile(BaseModel):
    """A file that a task created, stored as a document of the department."""

    model_config = ConfigDict(frozen=True)

    document_id: str = Field(
        description="The document's id: its bytes are at `/v1/documents/{id}/content`, and it can "
        "be the input of another job."
    )
    filename: str = Field(description="The file's name.")
    media_type: str = Field(description="Its media type.")
    bytes: int = Field(description="Its size.")
    sha256: str = Field(description="The SHA-256 of its bytes, in hexadecimal.")


class Source(Protocol):
    """The file of one job's document. `filename` is the sender's name for it, for display only."""

    @property
    def media_type(self) -> str: ...

    @property
    def filename(self) -> str | None: ...

    async def work(
        self, name: str, arguments: Mapping[str, Any], *, ocr: bool = False
    ) -> FileResult:
        """Run the function registered as `name` in a process with limits.

        `arguments` are JSON values. With `ocr`, it may read pictures by OCR. Raises a
        `DocumentError` or `ReaderUnavailable`.
        """
        ...

    async def keep(self, data: bytes, *, filename: str, media_type: str) -> ResultFile:
        """Store a new file as a document of the department. Equal bytes are stored once."""
        ...


def source_of(source: Source | None, media_type: str, kind: str) -> Source:
    """Check that a source has the media type that a task works on, and return it.

    `kind` is the format's usual name. Raises `UnsupportedDocument`.
    """
    if source is None or source.media_type != media_type:
        raise UnsupportedDocument(
            f"This task works on {kind} files only. Send the document in that format."
        )
    return source
