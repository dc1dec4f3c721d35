"""What a department gets to see of files: the JSON of OpenAI's Files API."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from jobs.batches.file import FilePurpose, StoredFile


class FileView(BaseModel):
    """Times are in whole seconds since 1970."""

    id: str
    object: Literal["file"] = "file"
    bytes: int
    created_at: int
    expires_at: int = Field(
        description="When it is removed; a file of a batch that has not ended is kept longer."
    )
    filename: str
    purpose: FilePurpose
    status: Literal["processed"] = "processed"


class FileDeletedView(BaseModel):
    id: str
    object: Literal["file"] = "file"
    deleted: Literal[True] = True


def file_view(file: StoredFile) -> FileView:
    return FileView(
        id=file.id,
        bytes=file.bytes,
        created_at=int(file.created_at.timestamp()),
        expires_at=int(file.expires_at.timestamp()),
        filename=file.filename,
        purpose=file.purpose,
    )
