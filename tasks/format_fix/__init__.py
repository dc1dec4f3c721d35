"""Corrects the breaches that `format_check` finds and that need no judgement.

Uses rules only, no model.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from documents.document import Document
from documents.readers import docx
from documents.source import ResultFile, Source, source_of
from tasks.engine import Engine
from tasks.official_layout.kinds import Kind
from tasks.official_layout.report import Finding, LayoutOptions, Position
from tasks.task import Task

_OPTIONS_EXAMPLE: dict[str, Any] = {"kind": "auto", "leave_out": [], "words": True}
_PLACE = {
    "paragraph": 14, "start": 0, "end": 11, "section": None, "page": None,
    "words": "2024年03月05日",
}  # fmt: skip
_RESULT_EXAMPLE: dict[str, Any] = {
    "kind": "通知",
    "changes": [
        {
            "rule": "date.zero", "clause": "7.3.5.4", "place": _PLACE, "found": "2024年03月05日",
            "expected": "2024年3月5日", "text_changed": True, "old": "2024年03月05日",
            "new": "2024年3月5日",
        }
    ],
    "changes_in_all": 1,
    "text_changes": 1,
    "left": [],
    "left_in_all": 0,
    "file": {
        "document_id": "doc_5f5f5f5f5f5f5f5f5f5f5f5f", "filename": "notice.fixed.docx",
        "media_type": docx.MEDIA_TYPE, "bytes": 18234,
        "sha256": "5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f",
    },
}  # fmt: skip


class FormatFixOptions(LayoutOptions):
    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"example": _OPTIONS_EXAMPLE}
    )

    words: bool = Field(
        True,
        description="Whether to correct punctuation, spaces, dates and numbers, too. If false, the "
        "text is not changed, only its formatting.",
    )


class Change(BaseModel):
    """One correction."""

    model_config = ConfigDict(frozen=True)

    rule: str = Field(description="The id of the rule.")
    clause: str = Field(description="The rule's clause.")
    place: Position = Field(
        description="Where it was, counted as by `format_check` in the original file."
    )
    found: str = Field(description="What the document had.")
    expected: str = Field(description="What the rule requires.")
    text_changed: bool = Field(description="Whether the text was changed, not only formatting.")
    old: str | None = Field(description="The text removed; null if the text was not changed.")
    new: str | None = Field(description="The text inserted instead.")


class FormatFixResult(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": _RESULT_EXAMPLE})

    kind: Kind | None = Field(description="The kind of document that was assumed; null if unknown.")
    changes: Sequence[Change] = Field(description="The corrections, at most 5,000.")
    changes_in_all: int = Field(description="The number of all corrections.")
    text_changes: int = Field(description="How many entries of `changes` changed the text.")
    left: Sequence[Finding] = Field(
        description="Findings in the new file that a person must handle."
    )
    left_in_all: int = Field(description="The number of all remaining findings.")
    file: ResultFile | None = Field(description="The new file; null if nothing was corrected.")


async def format_fix(
    document: Document, options: FormatFixOptions, engine: Engine
) -> FormatFixResult:
    """Corrects the file. Raises `UnsupportedDocument` unless the document is a DOCX file."""
    source = source_of(document.source, docx.MEDIA_TYPE, "DOCX")
    output = await source.work(
        "format_fix", {**options.arguments(document), "words": options.words}
    )
    report = output.values
    file = await _store(source, output.file)
    engine.progress(1, 1)
    return FormatFixResult(
        kind=report["kind"],
        changes=report["changes"],
        changes_in_all=report["changes_in_all"],
        text_changes=sum(one["text_changed"] for one in report["changes"]),
        left=report["findings"],
        left_in_all=report["findings_in_all"],
        file=file,
    )


async def _store(source: Source, data: bytes | None) -> ResultFile | None:
    if data is None:
        return None
    stem = PurePosixPath(source.filename or "document.docx").stem
    return await source.keep(data, filename=f"{stem}.fixed.docx", media_type=docx.MEDIA_TYPE)


TASK = Task(
    name="format_fix",
    version="1",
    description="Correct what format_check finds in a Word file where no judgement is needed. "
    "Returns the new file, a log of every change, and the remaining findings. Uses rules only, no "
    "model.",
    options=FormatFixOptions,
    result=FormatFixResult,
    run=format_fix,
    accepts=frozenset((docx.MEDIA_TYPE,)),
)
