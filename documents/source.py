"""The file that a document was read from, as a task may have it worked on.

A task itself never opens the file: what reads or writes formats runs in a process of its own, with
limits, as plain functions (`documents.isolation.file_work`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from documents.errors import UnsupportedDocument


@dataclass(frozen=True, slots=True)
class FileResult:
    """What work on a file gave: values that JSON can carry, and the bytes of a new file."""

    values: Mapping[str, Any]
    file: bytes | None = None


class ResultFile(BaseModel):
    """A file that a task made, kept as a document of the department."""

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
    """The bytes of one job's document. `filename` is what the sender called it, for show only."""

    @property
    def media_type(self) -> str: ...

    @property
    def filename(self) -> str | None: ...

    async def work(self, name: str, arguments: Mapping[str, Any]) -> FileResult:
        """Run the function that is listed as `name`, in a process with limits.

        `arguments` are values that JSON can carry. Raises what reading raises: a `DocumentError`,
        or `ReaderUnavailable`.
        """
        ...

    async def keep(self, data: bytes, *, filename: str, media_type: str) -> ResultFile:
        """Keep a new file as a document of the department. The same bytes are kept once."""
        ...


def source_of(source: Source | None, media_type: str, kind: str) -> Source:
    """The source, where it is of the format that a task works on; `kind` is how people call it.

    Raises `UnsupportedDocument`.
    """
    if source is None or source.media_type != media_type:
        raise UnsupportedDocument(
            f"This task works on {kind} files only. Send the document as one."
        )
    return source
