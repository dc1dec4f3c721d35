"""A document with what identifies people masked: its text, and the file itself."""

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
from tasks.redact.by_model import ASKED, Said, ask_for
from tasks.redact.finder import RULES, Wanted
from tasks.redact.kinds import How, Kind
from tasks.redact.masker import Change, Masker, Style
from tasks.redact.masks import Mask
from tasks.task import Task

_MOST_SAID = 2_000
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
        description="What to look for; everything unless said. `term` needs not be named.",
    )
    terms: list[str] = Field(
        default_factory=list, max_length=1_000, description="Words of your own, masked everywhere."
    )
    mask: Mask = Field(
        Mask.official,
        description="`official` keeps what official notices keep, such as `138****1234`; `stars` "
        "and `blocks` keep nothing.",
    )
    masks: dict[Kind, Mask] = Field(
        default_factory=dict, description="Another mask for single kinds."
    )
    use_model: bool | None = Field(
        None,
        description="Whether to ask the model for names and addresses; yes where `kinds` has one "
        "of them, unless said. Without it only labelled names and patterns of addresses are found.",
    )

    @model_validator(mode="after")
    def _terms_have_two(self) -> RedactOptions:
        if any(not 2 <= len(term.strip()) <= 200 for term in self.terms):
            raise ValueError("each term needs 2 to 200 characters")
        return self


class Finding(BaseModel):
    """Something that was masked. What it was is not said: its place in the document tells."""

    kind: Kind = Field(description="What it is.")
    start: int = Field(description="Offset of its first character in the document's own text.")
    end: int = Field(description="Offset after its last character there.")
    page: int | None = Field(None, description="The page, from 1; null where there are none.")
    box: tuple[float, float, float, float] | None = Field(
        None,
        description="The block that it stands in: left, top, right, bottom in points from the "
        "page's top left corner; null where the format has no positions.",
    )
    found_by: How = Field(description="`rule`, `model`, or `term` for a word of yours.")
    valid: bool | None = Field(
        None,
        description="Whether its check digit is right; null for a kind without one. A wrong one is "
        "masked where the words before it say what it is.",
    )
    replacement: str = Field(description="What `text` has in its place.")


class InFile(BaseModel):
    """How many were masked in one part of the file, places that `text` does not show included."""

    part: str = Field(description="`body`, `headers`, `comments`, `properties`, `page 3`, ...")
    kind: Kind = Field(description="What was masked.")
    count: int = Field(description="How many times.")


class NotCovered(BaseModel):
    """Something that nobody looked into: a person must, before the file is given away."""

    what: str = Field(description="`picture`, `embedded file`, or `file` where none was made.")
    where: str = Field(description="Its place or name in the file.")


class Removed(BaseModel):
    """Something that was taken out of the file as a whole."""

    what: str = Field(description="What it was.")
    count: int = Field(description="How many.")


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
        description="Words that the model gave and that stand nowhere in the text: left aside."
    )
    file: ResultFile | None = Field(
        None, description="The masked file, for DOCX and PDF; null for other formats."
    )
    in_file: list[InFile] = Field(description="What was masked in the file.")
    removed: list[Removed] = Field(description="What was taken out of the file as a whole.")
    not_covered: list[NotCovered] = Field(description="What nobody looked into.")


async def redact(document: Document, options: RedactOptions, engine: Engine) -> RedactResult:
    """Raises what asking the model raises, `RedactionIncomplete`, and what work on a file does."""
    kinds = frozenset(options.kinds)
    said = None
    if options.use_model is not False:
        said = await said_by_model(kinds, document, engine)
    style = Style(options.mask, options.masks)
    masker = Masker(Wanted(kinds, options.terms, said.words if said else {}), style)
    changes = await changes_of(masker, document.text)
    result = RedactResult(
        text=applied(document.text, changes),
        findings=findings(document, changes),
        counts=Counter(change.found.kind for change in changes),
        model_asked=said is not None,
        unplaced=said.unplaced if said else 0,
        in_file=[],
        removed=[],
        not_covered=[],
    )
    if document.source is None:
        return result
    if document.source.media_type not in MASKED_FORMATS:
        left = NotCovered(what="file", where="A masked file is made of DOCX and PDF only.")
        return result.model_copy(update={"not_covered": [left]})
    if pages := _seen_pages(document, changes):
        shown = ", ".join(map(str, pages))
        left = NotCovered(
            what="file", where=f"None was made: what to mask is in pictures on page {shown}."
        )
        return result.model_copy(update={"not_covered": [left]})
    return await _with_file(document, document.source, masker, changes, result)


def _seen_pages(document: Document, changes: Sequence[Change]) -> list[int]:
    """Pages on which OCR read something to mask: a file is masked in its text, not in pictures."""
    seen = [block for block in document.blocks if block.confidence is not None]
    hit = (
        block.page or 1
        for block in seen
        if any(one.found.start < block.end and block.start < one.found.end for one in changes)
    )
    return sorted(set(hit))


async def changes_of(masker: Masker, text: str) -> list[Change]:
    """What is to be changed in a text; a long one is searched beside the event loop."""
    if len(text) > _LONG:
        return await asyncio.to_thread(masker.changes, text)
    return masker.changes(text)


async def said_by_model(kinds: frozenset[Kind], document: Document, engine: Engine) -> Said | None:
    """What the model says; None where it need not be asked."""
    asked = kinds & ASKED.keys()
    return await ask_for(asked, document, engine) if asked else None


def findings(document: Document, changes: Sequence[Change]) -> list[Finding]:
    """What was found, each with its place in the document."""
    found, blocks, at = [], document.blocks, 0
    for change in changes:
        one = change.found
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
    """What was found in the text is looked for in all of the file too, whatever is around it."""
    everywhere = Masker(_known(document.text, masker.wanted, changes), masker.style)
    made = await source.work(
        "redact", {"masker": everywhere.as_json(), "media_type": source.media_type}
    )
    assert made.file is not None  # noqa: S101 - it is what that work makes
    name = PurePath(masker.mask(source.filename or "document"))
    file = await source.keep(
        made.file, filename=f"{name.stem}-masked{name.suffix}", media_type=source.media_type
    )
    account: Mapping[str, Any] = made.values
    return result.model_copy(
        update={
            "file": file,
            "in_file": [InFile.model_validate(one) for one in account["masked"]],
            "removed": [Removed.model_validate(one) for one in account["removed"]],
            "not_covered": [NotCovered.model_validate(one) for one in account["not_covered"]],
        }
    )


def _known(text: str, wanted: Wanted, changes: Sequence[Change]) -> Wanted:
    """`wanted`, and each finding's own words."""
    said = {kind: list(words) for kind, words in wanted.said.items()}
    for change in changes[:_MOST_SAID]:
        one = change.found
        if one.kind is not Kind.term:
            said.setdefault(one.kind, []).append(text[one.start : one.end])
    return Wanted(wanted.kinds, wanted.terms, {k: list(dict.fromkeys(v)) for k, v in said.items()})


TASK = Task(
    name="redact",
    version="1",
    description="Find what identifies people and mask it: the text, and the file for DOCX and PDF.",
    options=RedactOptions,
    result=RedactResult,
    run=redact,
)
