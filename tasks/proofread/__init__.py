"""Finds mistakes in a text by rules and, on request, with a model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from heapq import nsmallest

from pydantic import BaseModel, ConfigDict, Field

from documents.document import Document
from documents.errors import EmptyDocument
from documents.isolation.compute import compute
from tasks.doubts import Doubt
from tasks.engine import Engine
from tasks.limits import MOST_LISTED
from tasks.proofread.findings import Check, Finding, Rule
from tasks.proofread.model import Proposals, ask_model
from tasks.proofread.punctuation import punctuation
from tasks.proofread.sense import agency_names, impossible_dates, numbering
from tasks.proofread.words import confusions, doubled_words, particles
from tasks.task import Task
from tasks.text.edits import Edit, apply_edits
from tasks.text.spans import FreeSpans

# Where findings overlap, the check that comes first here wins.
CHECKS: Sequence[Check] = (
    confusions,
    particles,
    agency_names,
    doubled_words,
    punctuation,
    impossible_dates,
    numbering,
)


class ProofreadOptions(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"use_model": False}})

    use_model: bool = Field(
        False,
        description="Whether to ask the model, too. Its proposals are checked for form, not for "
        "meaning: a person must decide.",
    )
    instructions: str | None = Field(
        None,
        min_length=1,
        max_length=2_000,
        description="Further instructions for the model, such as names that are correct.",
    )


class By(StrEnum):
    rule = "rule"
    model = "model"


class ProofreadEdit(Edit):
    """One correction."""

    rule: Rule = Field(description="The rule that found it; `model` for a proposal of the model.")
    by: By = Field(description="Whether a rule found it or the model proposed it.")
    reason: str = Field(description="The reason.")
    page: int | None = Field(description="The page, from 1; null where the format has no pages.")


class Remark(BaseModel):
    """A mistake that only a person can correct."""

    start: int = Field(description="Offset of the first character in the document's text, from 0.")
    text: str = Field(description="The text found.")
    rule: Rule = Field(description="The rule that found it.")
    reason: str = Field(description="The reason.")
    page: int | None = Field(description="The page, from 1; null where the format has no pages.")


class ProofreadResult(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "edits": [
                    {
                        "start": 4,
                        "old": "布署",
                        "new": "部署",
                        "rule": "confusion",
                        "by": "rule",
                        "reason": "布署 should be 部署.",
                        "page": None,
                    }
                ],
                "remarks": [
                    {
                        "start": 11,
                        "text": "2月30日",
                        "rule": "impossible-date",
                        "reason": "This date does not exist.",
                        "page": None,
                    }
                ],
                "not_listed": 0,
                "text": "请各单位部署工作，并于2月30日前报告。",
                "refused_proposals": 0,
            }
        }
    )

    edits: list[ProofreadEdit] = Field(
        description="The corrections in the order of the text, without overlaps. Applied together, "
        f"they give `text`. Edits and remarks together are at most {MOST_LISTED:,}."
    )
    remarks: list[Remark] = Field(description="Mistakes that a person must correct.")
    not_listed: int = Field(
        0,
        description="How many further mistakes the rest of the text contains. They are not "
        "corrected in `text`.",
    )
    text: str = Field(description="The document's text with `edits` applied.")
    refused_proposals: int = Field(
        description="How many proposals of the model were rejected: the words do not occur exactly "
        "once in the sentence, the change is too long or changes a number, or it overlaps a "
        "correction by rule."
    )


async def proofread(
    document: Document, options: ProofreadOptions, engine: Engine
) -> ProofreadResult:
    """Proofreads the document.

    Raises `EmptyDocument`; with the model also `OptionsTooLong`, `OutputError` and engine errors.
    """
    if not document.text.strip():
        raise EmptyDocument("The document contains no text. Send a document with text.")
    if not options.use_model:
        engine.progress(0, 1)
    by_rules = await compute(find_mistakes, document)
    proposed = Proposals([], 0)
    if options.use_model:
        proposed = await ask_model(document, options.instructions, engine)
    else:
        engine.progress(1, 1)
    return await compute(_result, document, by_rules, proposed)


@dataclass(frozen=True, slots=True)
class Mistakes:
    """The first findings in a text, in order and without overlaps; `not_listed` counts the rest."""

    findings: list[Finding]
    not_listed: int


def find_mistakes(document: Document) -> Mistakes:
    return _without_overlap(document, (check(document) for check in CHECKS))


def _without_overlap(document: Document, checks: Iterable[Iterable[Finding]]) -> Mistakes:
    """Keeps what no earlier check found, and of that the first findings in the text.

    Of each check only as many are kept as are listed in all: the memory does not grow with them.
    """
    free = FreeSpans(len(document.text))
    kept: list[Finding] = []
    found = 0
    for check in checks:
        new = (finding for finding in check if free.take(finding.start, finding.end))
        first: list[Finding] = []
        for finding in new:
            found += 1
            first.append(finding)
            if len(first) >= 2 * MOST_LISTED:
                first = nsmallest(MOST_LISTED, first, key=_start)
        kept += first
    return Mistakes(sorted(kept, key=_start)[:MOST_LISTED], max(0, found - MOST_LISTED))


def _start(finding: Finding) -> int:
    return finding.start


def _result(document: Document, by_rules: Mistakes, proposed: Proposals) -> ProofreadResult:
    kept = _without_overlap(document, (by_rules.findings, proposed.findings))
    overlapping = len(by_rules.findings) + len(proposed.findings)
    overlapping -= len(kept.findings) + kept.not_listed
    edits = [
        ProofreadEdit(
            start=finding.start,
            old=finding.old,
            new=finding.new,
            rule=finding.rule,
            by=By.model if finding.rule is Rule.model else By.rule,
            reason=finding.reason,
            page=_page(document, finding),
        )
        for finding in kept.findings
        if finding.new is not None
    ]
    remarks = [
        Remark(
            start=finding.start,
            text=finding.old,
            rule=finding.rule,
            reason=finding.reason,
            page=_page(document, finding),
        )
        for finding in kept.findings
        if finding.new is None
    ]
    return ProofreadResult(
        edits=edits,
        remarks=remarks,
        not_listed=by_rules.not_listed + kept.not_listed,
        text=apply_edits(document.text, edits),
        refused_proposals=proposed.refused + overlapping,
    )


def _page(document: Document, finding: Finding) -> int | None:
    return document.page_at(finding.start) if document.pages else None


def doubts(_: Document, __: ProofreadOptions, result: ProofreadResult) -> Sequence[Doubt]:
    return [Doubt.proposal_refused] if result.refused_proposals else []


TASK = Task(
    name="proofread",
    version="1",
    description="Find mistakes in a Chinese text: confused characters, doubled words, punctuation, "
    "numbering, impossible dates, names of agencies. By rules and, on request, by the model.",
    options=ProofreadOptions,
    result=ProofreadResult,
    run=proofread,
    doubts=doubts,
)
