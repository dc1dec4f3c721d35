"""Mistakes in a text: what rules are sure of, and if asked for, what a model would correct."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from documents.document import Document
from documents.errors import EmptyDocument
from tasks.doubts import Doubt
from tasks.engine import Engine
from tasks.proofread.findings import Check, Finding, Rule
from tasks.proofread.model import Proposals, ask_model
from tasks.proofread.punctuation import punctuation
from tasks.proofread.sense import agency_names, impossible_dates, numbering
from tasks.proofread.words import confusions, doubled_words, particles
from tasks.task import Task
from tasks.text.edits import Edit, apply_edits

# Where two findings overlap, the first of these wins.
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
        description="Ask the model, too. What it proposes is checked for form, not for sense: a "
        "person decides.",
    )
    instructions: str | None = Field(
        None,
        min_length=1,
        max_length=2_000,
        description="What else the model should know, such as names that are right as they are.",
    )


class By(StrEnum):
    rule = "rule"
    model = "model"


class ProofreadEdit(Edit):
    """One correction."""

    rule: Rule = Field(description="The rule that it follows from; `model` is none.")
    by: By = Field(description="Whether a rule found it, or the model proposed it.")
    reason: str = Field(description="Why.")
    page: int | None = Field(description="The page, from 1; null where the format has no pages.")


class Remark(BaseModel):
    """Something that is wrong, where only a person can know what is right."""

    start: int = Field(description="Offset of the first character in the document's text, from 0.")
    text: str = Field(description="What stands there.")
    rule: Rule = Field(description="The rule that speaks against it.")
    reason: str = Field(description="Why.")
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
                        "reason": "布署 is written 部署.",
                        "page": None,
                    }
                ],
                "remarks": [
                    {
                        "start": 11,
                        "text": "2月30日",
                        "rule": "impossible-date",
                        "reason": "There is no such day.",
                        "page": None,
                    }
                ],
                "text": "请各单位部署工作，并于2月30日前报告。",
                "refused_proposals": 0,
            }
        }
    )

    edits: list[ProofreadEdit] = Field(
        description="In the order of the text, none over another; made all at once, they give "
        "`text`."
    )
    remarks: list[Remark] = Field(description="What a person must look at.")
    text: str = Field(description="The document's text with all edits made.")
    refused_proposals: int = Field(
        description="How many of the model's proposals were left out: their words do not stand "
        "exactly once in the sentence named, they change too much or a number, or they touch "
        "what a rule corrects."
    )


async def proofread(
    document: Document, options: ProofreadOptions, engine: Engine
) -> ProofreadResult:
    """Raises `EmptyDocument`; with the model also `OptionsTooLong`, `OutputError` and what the
    engine raises.
    """
    if not document.text.strip():
        raise EmptyDocument("The document holds no text. Send one that does.")
    if not options.use_model:
        engine.progress(0, 1)
    # Long texts take seconds that other jobs on this event loop should not wait.
    by_rules = await asyncio.to_thread(find_mistakes, document)
    proposed = Proposals([], 0)
    if options.use_model:
        proposed = await ask_model(document, options.instructions, engine)
    else:
        engine.progress(1, 1)
    return _result(document, by_rules, proposed)


def find_mistakes(document: Document) -> list[Finding]:
    return _without_overlap(finding for check in CHECKS for finding in check(document))


def _without_overlap(findings: Iterable[Finding]) -> list[Finding]:
    taken: list[Finding] = []
    covered: set[int] = set()
    for finding in findings:
        places = range(finding.start, finding.end)
        if covered.isdisjoint(places):
            covered.update(places)
            taken.append(finding)
    return sorted(taken, key=lambda finding: finding.start)


def _result(
    document: Document, by_rules: Sequence[Finding], proposed: Proposals
) -> ProofreadResult:
    findings = _without_overlap([*by_rules, *proposed.findings])
    overlapping = len(by_rules) + len(proposed.findings) - len(findings)
    edits = [
        ProofreadEdit(
            start=one.start,
            old=one.old,
            new=one.new,
            rule=one.rule,
            by=By.model if one.rule is Rule.model else By.rule,
            reason=one.reason,
            page=_page(document, one),
        )
        for one in findings
        if one.new is not None
    ]
    remarks = [
        Remark(
            start=one.start,
            text=one.old,
            rule=one.rule,
            reason=one.reason,
            page=_page(document, one),
        )
        for one in findings
        if one.new is None
    ]
    return ProofreadResult(
        edits=edits,
        remarks=remarks,
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
    "numbering, impossible dates, agencies' names. By rules; if asked for, also by the model.",
    options=ProofreadOptions,
    result=ProofreadResult,
    run=proofread,
    doubts=doubts,
)
