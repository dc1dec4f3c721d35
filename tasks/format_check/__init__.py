"""Checks a Word file against the layout of official documents (GB/T 9704-2012).

Uses rules only, no model. The clauses are taken from copies of the standard.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from documents.document import Document
from documents.readers import docx
from documents.source import source_of
from tasks.engine import Engine
from tasks.official_layout.finding import Severity
from tasks.official_layout.kinds import Kind
from tasks.official_layout.report import Finding, LayoutOptions, LayoutSummary, unchecked_seals
from tasks.official_layout.rules import RULES
from tasks.seals import SealItem, seal_items
from tasks.task import Task

_OPTIONS_EXAMPLE: dict[str, Any] = {
    "kind": "auto",
    "leave_out": ["page.grid"],
    "severity": "warning",
}
_RESULT_EXAMPLE: dict[str, Any] = {
    "kind": "通知",
    "findings": [
        {
            "rule": "date.zero",
            "clause": "7.3.5.4",
            "severity": "error",
            "place": {
                "paragraph": 14, "start": 0, "end": 10, "section": None, "page": None,
                "words": "2024年03月05日",
            },
            "expected": "2024年3月5日",
            "found": "2024年03月05日",
            "fixable": True,
        }
    ],
    "findings_in_all": 1,
    "errors": 1,
    "warnings": 0,
    "fixable": 1,
    "recognised": [{"part": "title", "paragraph": 4, "words": "关于做好防汛工作的通知"}],
    "rules": ["page.size", "page.top", "date.zero"],
    "seals": [],
    "not_checked": [],
}  # fmt: skip


class FormatCheckOptions(LayoutOptions):
    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"example": _OPTIONS_EXAMPLE}
    )

    severity: Severity = Field(
        Severity.warning,
        description="The lowest severity to report: `error` excludes warnings.",
    )


class FormatCheckResult(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": _RESULT_EXAMPLE})

    kind: Kind | None = Field(description="The kind of document that was assumed; null if unknown.")
    findings: Sequence[Finding] = Field(
        description="Breaches of rules in document order, at most 5,000."
    )
    findings_in_all: int = Field(description="The number of all breaches.")
    errors: int = Field(description="How many entries of `findings` are errors.")
    warnings: int = Field(description="How many entries of `findings` are warnings.")
    fixable: int = Field(description="How many entries of `findings` `format_fix` can correct.")
    recognised: Sequence[LayoutSummary] = Field(
        description="The parts that were recognised. Check them first if a finding is unexpected."
    )
    rules: Sequence[str] = Field(description="The ids of all rules that were checked.")
    seals: Sequence[SealItem] = Field((), description="The seals, as in `parse`.")
    not_checked: Sequence[str] = Field(
        (), description="What no rule checks of the seals: a person must look at it."
    )


async def format_check(
    document: Document, options: FormatCheckOptions, engine: Engine
) -> FormatCheckResult:
    """Checks the file. Raises `UnsupportedDocument` unless the document is a DOCX file."""
    source = source_of(document.source, docx.MEDIA_TYPE, "DOCX")
    report = (await source.work("format_check", options.arguments(document))).values
    engine.progress(1, 1)
    least = options.severity
    rules = [
        rule
        for rule in RULES.values()
        if rule.id not in options.leave_out and least in {Severity.warning, rule.severity}
    ]
    ids = {rule.id for rule in rules}
    findings = [Finding.model_validate(one) for one in report["findings"] if one["rule"] in ids]
    excluded = len(report["findings"]) - len(findings)
    return FormatCheckResult(
        kind=report["kind"],
        findings=findings,
        findings_in_all=report["findings_in_all"] - excluded,
        errors=sum(one.severity is Severity.error for one in findings),
        warnings=sum(one.severity is Severity.warning for one in findings),
        fixable=sum(one.fixable for one in findings),
        recognised=report["recognised"],
        rules=[rule.id for rule in rules],
        seals=seal_items(document),
        not_checked=unchecked_seals(document),
    )


TASK = Task(
    name="format_check",
    version="1",
    description="Check a Word file against the layout and wording of official documents "
    "(GB/T 9704-2012): each finding with rule, clause, position, expected and actual form. Uses "
    "rules only, no model.",
    options=FormatCheckOptions,
    result=FormatCheckResult,
    run=format_check,
    accepts=frozenset((docx.MEDIA_TYPE,)),
)
