"""Masks personal data in a document: in its text, and in the file itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from documents.document import Document
from documents.isolation.compute import compute
from documents.masking.formats import MASKED_FORMATS
from documents.masking.masked_file import EXTENSIONS
from documents.source import ResultFile, Source
from tasks.engine import Engine
from tasks.limits import MOST_LISTED
from tasks.redact.by_model import ask_model
from tasks.redact.finder import RULES, Targets
from tasks.redact.findings import Finding, RedactedText, redact_text
from tasks.redact.kinds import Kind
from tasks.redact.masker import Style, mask_text, masker_json
from tasks.redact.masks import Mask
from tasks.task import Task

# A word that a caller wants found.
Term = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]


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
        max_length=len(Kind),
        description="The kinds to mask. Default: all. `term` is always included.",
    )
    terms: list[Term] = Field(
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
                "not_listed": 0,
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
    findings: list[Finding] = Field(
        description=f"What was masked in the text, in order, at most {MOST_LISTED:,}."
    )
    not_listed: int = Field(
        0, description="How many more were masked in the text than `findings` lists."
    )
    counts: dict[Kind, int] = Field(
        description="How many of each kind were masked in the text, listed or not."
    )
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
    targets = Targets(kinds, options.terms, answer.words if answer else {})
    redacted = await compute(redact_text, document, targets, style)
    result = RedactResult(
        text=redacted.text,
        findings=redacted.findings,
        not_listed=redacted.not_listed,
        counts=redacted.counts,
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
    if redacted.ocr_pages:
        shown = ", ".join(map(str, redacted.ocr_pages))
        not_masked = NotCovered(
            what="file", where=f"No file was created: page {shown} has items to mask in pictures."
        )
        return result.model_copy(update={"not_covered": [not_masked]})
    return await _with_file(document.source, targets, style, redacted, result)


async def _with_file(
    source: Source, targets: Targets, style: Style, redacted: RedactedText, result: RedactResult
) -> RedactResult:
    """Masks the file. Words found in the text are masked everywhere in the file."""
    everywhere = Targets(targets.kinds, targets.terms, redacted.words)
    output = await source.work(
        "redact", {"masker": masker_json(everywhere, style), "media_type": source.media_type}
    )
    assert output.file is not None  # noqa: S101 - `redact` always returns a file
    name = PurePath(await compute(mask_text, source.filename or "document", everywhere, style))
    account: Mapping[str, Any] = output.values
    media_type = account["media_type"]
    suffix = name.suffix if media_type == source.media_type else EXTENSIONS[media_type]
    file = await source.keep(
        output.file, filename=f"{name.stem}-masked{suffix}", media_type=media_type
    )
    return result.model_copy(
        update={
            "file": file,
            "in_file": [InFile.model_validate(one) for one in account["masked"]],
            "removed": [Removed.model_validate(one) for one in account["removed"]],
            "not_covered": [NotCovered.model_validate(one) for one in account["not_covered"]],
        }
    )


TASK = Task(
    name="redact",
    version="1",
    description="Find personal data and mask it: in the text, and in the file for DOCX and PDF.",
    options=RedactOptions,
    result=RedactResult,
    run=redact,
)
