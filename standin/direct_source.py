"""A double of `documents.source.Source` that does file work at once, in this process."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from documents.detect import detect
from documents.document import Document
from documents.limits import ReadLimits
from documents.read import read
from documents.source import FileResult, ResultFile
from tasks.file_work import FILE_WORK


@dataclass
class DirectSource:
    """`kept` has the bytes of each file that a task created, by document id."""

    path: Path
    limits: ReadLimits
    filename: str | None = None
    kept: dict[str, bytes] = field(default_factory=dict)

    @property
    def media_type(self) -> str:
        return detect(self.path)

    async def work(
        self, name: str, arguments: Mapping[str, Any], *, ocr: bool = False
    ) -> FileResult:
        limits = self.limits if ocr else replace(self.limits, ocr_pages=0)
        made = FILE_WORK[name](self.path, json.loads(json.dumps(arguments)), limits)
        return FileResult(json.loads(json.dumps(made.values)), made.file)

    async def keep(self, data: bytes, *, filename: str, media_type: str) -> ResultFile:
        sha256 = hashlib.sha256(data).hexdigest()
        kept = ResultFile(
            document_id=f"doc_{sha256[:26]}",
            filename=filename,
            media_type=media_type,
            bytes=len(data),
            sha256=sha256,
        )
        self.kept[kept.document_id] = data
        return kept


def read_with_source(
    path: Path, limits: ReadLimits, filename: str | None = None
) -> tuple[Document, DirectSource]:
    """Read a document and attach a source; returns both."""
    source = DirectSource(path, limits, filename)
    return replace(read(path, limits), source=source), source
