"""`format_fix`: mends what `format_check` finds and can be mended without a person's judgement.

Rules alone do it: no model is asked.
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
from tasks.official_layout.report import Finding, LayoutOptions, Place
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
        description="Whether punctuation, spaces, dates and numbers that break a rule are put "
        "right, too; if false, not a character of the text changes.",
    )


class Change(BaseModel):
    """One thing that was mended."""

    model_config = ConfigDict(frozen=True)

    rule: str = Field(description="The id of the rule that it broke.")
    clause: str = Field(description="The rule's clause.")
    place: Place = Field(description="Where, as `format_check` counts in the file that came in.")
    found: str = Field(description="What was there.")
    expected: str = Field(description="What the rule wants.")
    text_changed: bool = Field(description="Whether characters of the text were changed.")
    old: str | None = Field(description="The characters taken out; null where none were changed.")
    new: str | None = Field(description="The characters put in their place.")


class FormatFixResult(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": _RESULT_EXAMPLE})

    kind: Kind | None = Field(description="The kind that the document was checked as.")
    changes: Sequence[Change] = Field(description="What was mended, 5,000 entries at most.")
    changes_in_all: int = Field(description="How many things were mended.")
    text_changes: int = Field(description="How many of the changes shown changed the text.")
    left: Sequence[Finding] = Field(description="What a person must see to, in the new file.")
    left_in_all: int = Field(description="How many findings are left.")
    file: ResultFile | None = Field(description="The new file; null where nothing was mended.")


async def format_fix(
    document: Document, options: FormatFixOptions, engine: Engine
) -> FormatFixResult:
    """Raises `UnsupportedDocument` for anything but a DOCX file."""
    source = source_of(document.source, docx.MEDIA_TYPE, "DOCX")
    made = await source.work("format_fix", {**options.arguments(), "words": options.words})
    found = made.values
    kept = await _kept(source, made.file)
    engine.progress(1, 1)
    return FormatFixResult(
        kind=found["kind"],
        changes=found["changes"],
        changes_in_all=found["changes_in_all"],
        text_changes=sum(one["text_changed"] for one in found["changes"]),
        left=found["findings"],
        left_in_all=found["findings_in_all"],
        file=kept,
    )


async def _kept(source: Source, data: bytes | None) -> ResultFile | None:
    if data is None:
        return None
    stem = PurePosixPath(source.filename or "document.docx").stem
    return await source.keep(data, filename=f"{stem}.fixed.docx", media_type=docx.MEDIA_TYPE)


TASK = Task(
    name="format_fix",
    version="1",
    description="Mends what format_check finds in a Word file where no judgement is needed, and "
    "gives the new file, a log of every change, and what is left to a person. Rules alone, no "
    "model.",
    options=FormatFixOptions,
    result=FormatFixResult,
    run=format_fix,
)
