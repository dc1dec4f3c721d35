"""Masks personal data in a document: in its text, and in the file itself."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from documents.document import Block, Document
from documents.masking.formats import MASKED_FORMATS
from documents.masking.replacement import applied
from documents.source import ResultFile, Source
from tasks.engine import Engine
from tasks.redact.by_model import ask_model
from tasks.redact.finder import RULES, Targets
from tasks.redact.kinds import DetectionMethod, Kind
from tasks.redact.masker import Change, Masker, Style
from tasks.redact.masks import Mask
from tasks.task import Task

_MOST_WORDS = 2_000
# Texts from this length on are searched in a thread, to keep the event loop free.
_LONG = 20_000


class RedactOptions(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "kinds": ["identity_number", "mobile", "name"],
                "masks": {"name": "stars"},
                "terms": ["阳光工程"],
                "use_model": False,
            }
        },
    )

    kinds: list[Kind] = Field(
        default_factory=lambda: list(RULES),
        min_length=1,
        description="The kinds to mask. Default: all. `term` is always included.",
    )
    terms: list[str] = Field(
        default_factory=list, max_length=1_000, description="Your own words to mask."
    )
    mask: Mask = Field(
        Mask.official,
        description="`official` masks as official notices do, such as `138****1234`; `stars` "
        "and `blocks` mask everything.",
    )
    masks: dict[Kind, Mask] = Field(
        default_factory=dict, description="Masks for individual kinds, instead of `mask`."
    )
    use_model: bool | None = Field(
        None,
        description="Whether to ask the model for names and addresses. Default: true if `kinds` "
        "includes either. Without it, only labelled names and patterns of addresses are found.",
    )

    @model_validator(mode="after")
    def _check_terms(self) -> RedactOptions:
        if any(not 2 <= len(term.strip()) <= 200 for term in self.terms):
            raise ValueError("each term needs 2 to 200 characters")
        return self


class Finding(BaseModel):
    """One masked item. Its original text is not included, only its position."""

    kind: Kind = Field(description="What it is.")
    start: int = Field(
        description="Offset of the first character in the document's original text, from 0."
    )
    end: int = Field(description="Offset after the last character.")
    page: int | None = Field(None, description="The page, from 1; null if the format has no pages.")
    box: tuple[float, float, float, float] | None = Field(
        None,
        description="The block that contains it: left, top, right, bottom in points from the "
        "page's top left corner; null if the format has no positions.",
    )
    found_by: DetectionMethod = Field(
        description="`rule`, `model`, or `term` for one of your words."
    )
    valid: bool | None = Field(
        None,
        description="Whether the check digit is correct; null for a kind without one. A number "
        "with a wrong one is masked if a label before it names its kind.",
    )
    replacement: str = Field(description="What replaces it in `text`.")


class InFile(BaseModel):
    """The number of masked items in one part of the file, including parts not shown in `text`."""

    part: str = Field(description="`body`, `headers`, `comments`, `properties`, `page 3`, ...")
    kind: Kind = Field(description="What was masked.")
    count: int = Field(description="The number of items.")


class NotCovered(BaseModel):
    """A part of the file that was not checked. A person must check it before publication."""

    what: str = Field(
        description="`picture`, `embedded file`, or `file` if no masked file was created."
    )
    where: str = Field(description="Its position or name in the file, or the reason.")


class Removed(BaseModel):
    """A kind of content that was removed from the file."""

    what: str = Field(description="What was removed.")
    count: int = Field(description="The number of removed items.")


class RedactResult(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "text": "联系电话：138****5678。",
                "findings": [
                    {
                        "kind": "mobile",
                        "start": 5,
                        "end": 16,
                        "page": None,
                        "box": None,
                        "found_by": "rule",
                        "valid": None,
                        "replacement": "138****5678",
                    }
                ],
                "counts": {"mobile": 1},
                "model_asked": False,
                "unplaced": 0,
                "file": None,
                "in_file": [],
                "removed": [],
                "not_covered": [],
            }
        }
    )

    text: str = Field(description="The document's text, masked.")
    findings: list[Finding] = Field(description="What was masked in the text, in order.")
    counts: dict[Kind, int] = Field(description="How many findings of each kind.")
    model_asked: bool = Field(description="Whether a model was asked for names and addresses.")
    unplaced: int = Field(
        description="How many words from the model are not in the text. They were ignored."
    )
    file: ResultFile | None = Field(
        None,
        description="The masked file, for DOCX and PDF; null for other formats, and if "
        "`not_covered` has an entry `file`.",
    )
    in_file: list[InFile] = Field(description="What was masked in the file.")
    removed: list[Removed] = Field(description="What was removed from the file.")
    not_covered: list[NotCovered] = Field(description="Parts of the file that were not checked.")


async def redact(document: Document, options: RedactOptions, engine: Engine) -> RedactResult:
    """Masks the document, and its file for DOCX and PDF.

    Raises `RedactionIncomplete`, a `DocumentError`, and what `ask_model` raises.
    """
    kinds = frozenset(options.kinds)
    answer = None
    if options.use_model is not False:
        answer = await ask_model(kinds, document, engine)
    style = Style(options.mask, options.masks)
    masker = Masker(Targets(kinds, options.terms, answer.words if answer else {}), style)
    changes = await changes_of(masker, document.text)
    result = RedactResult(
        text=applied(document.text, changes),
        findings=findings(document, changes),
        counts=Counter(change.detection.kind for change in changes),
        model_asked=answer is not None,
        unplaced=answer.unplaced if answer else 0,
        in_file=[],
        removed=[],
        not_covered=[],
    )
    if document.source is None:
        return result
    if document.source.media_type not in MASKED_FORMATS:
        not_masked = NotCovered(
            what="file", where="Masked files are only created for DOCX and PDF."
        )
        return result.model_copy(update={"not_covered": [not_masked]})
    if pages := _ocr_pages_with_changes(document, changes):
        shown = ", ".join(map(str, pages))
        not_masked = NotCovered(
            what="file", where=f"No file was created: page {shown} has items to mask in pictures."
        )
        return result.model_copy(update={"not_covered": [not_masked]})
    return await _with_file(document, document.source, masker, changes, result)


def _ocr_pages_with_changes(document: Document, changes: Sequence[Change]) -> list[int]:
    """Returns the pages where OCR found items to mask: pictures in a file cannot be masked."""
    recognised = [block for block in document.blocks if block.confidence is not None]
    pages = (
        block.page or 1
        for block in recognised
        if any(one.start < block.end and block.start < one.end for one in changes)
    )
    return sorted(set(pages))


async def changes_of(masker: Masker, text: str) -> list[Change]:
    """Returns the changes to a text; a long text is searched in a thread."""
    if len(text) > _LONG:
        return await asyncio.to_thread(masker.changes, text)
    return masker.changes(text)


def findings(document: Document, changes: Sequence[Change]) -> list[Finding]:
    """Converts the changes to findings, with their positions in the document."""
    found, blocks, at = [], document.blocks, 0
    for change in changes:
        one = change.detection
        while at < len(blocks) - 1 and blocks[at].end <= one.start:
            at += 1
        block = blocks[at] if blocks else Block(0, 0)
        found.append(
            Finding(
                kind=one.kind,
                start=one.start,
                end=one.end,
                page=block.page,
                box=block.box,
                found_by=one.how,
                valid=one.valid,
                replacement=change.replacement,
            )
        )
    return found


async def _with_file(
    document: Document,
    source: Source,
    masker: Masker,
    changes: Sequence[Change],
    result: RedactResult,
) -> RedactResult:
    """Masks the file. Words found in the text are masked everywhere in the file."""
    file_masker = Masker(_with_words(document.text, masker.targets, changes), masker.style)
    output = await source.work(
        "redact", {"masker": file_masker.as_json(), "media_type": source.media_type}
    )
    assert output.file is not None  # noqa: S101 - `redact` always returns a file
    name = PurePath(masker.mask(source.filename or "document"))
    file = await source.keep(
        output.file, filename=f"{name.stem}-masked{name.suffix}", media_type=source.media_type
    )
    account: Mapping[str, Any] = output.values
    return result.model_copy(
        update={
            "file": file,
            "in_file": [InFile.model_validate(one) for one in account["masked"]],
            "removed": [Removed.model_validate(one) for one in account["removed"]],
            "not_covered": [NotCovered.model_validate(one) for one in account["not_covered"]],
        }
    )


def _with_words(text: str, targets: Targets, changes: Sequence[Change]) -> Targets:
    """Returns `targets` with the text of every change added."""
    words = {kind: list(known) for kind, known in targets.words.items()}
    for change in changes[:_MOST_WORDS]:
        if change.detection.kind is not Kind.term:
            words.setdefault(change.detection.kind, []).append(text[change.start : change.end])
    unique = {kind: list(dict.fromkeys(known)) for kind, known in words.items()}
    return Targets(targets.kinds, targets.terms, unique)


TASK = Task(
    name="redact",
    version="1",
    description="Find personal data and mask it: in the text, and in the file for DOCX and PDF.",
    options=RedactOptions,
    result=RedactResult,
    run=redact,
)
