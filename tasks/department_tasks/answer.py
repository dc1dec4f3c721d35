"""What is checked in the model's answers to a department task, as functions of plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from pydantic import BaseModel

from documents.document import Document
from tasks.department_tasks.checks import (
    CheckContext,
    CheckReport,
    LocatedQuote,
    NotEmpty,
    OneOf,
    run_checks,
)
from tasks.department_tasks.definition import TaskFile
from tasks.department_tasks.result_paths import steps_of
from tasks.errors import ChecksFailed, OutputError
from tasks.extract.compiled_schema import CompiledSchema, SchemaCache
from tasks.extract.evidence import fitted, merge, missing_values, plain, values_node
from tasks.extract.evidence_schema import guided_schema
from tasks.extract.schema_reader import SchemaReader

MOST_FAULTS = 5
MOST_NARROWED = 1_000

_SCHEMAS = SchemaCache()


class Fault(BaseModel):
    """What is wrong with an answer.

    `complaint` is for the model and may quote it; `detail` is for the job and quotes nothing.
    """

    complaint: str
    detail: str
    of_check: bool = False

    @property
    def error(self) -> OutputError:
        """The error that ends the job."""
        return (
            ChecksFailed(self.detail, self.complaint) if self.of_check else OutputError(self.detail)
        )


class WholeAnswer(BaseModel):
    """The merged answer for a document with its checks; or the `fault` that fails the job."""

    data: dict[str, Any] = {}
    checks: list[CheckReport] = []
    quotes: list[LocatedQuote] = []
    not_listed: int = 0
    fault: Fault | None = None


def schema_for_answer(
    definition: TaskFile, options: dict[str, Any], *, relaxed: bool
) -> dict[str, Any]:
    """The schema for guided decoding, narrowed to the values that `one-of` checks allow.

    A value behind a reference, or with more than `MOST_NARROWED` allowed values, is only checked.
    """
    narrowed = deepcopy(definition.result_schema)
    for rule in definition.checks:
        if isinstance(rule, OneOf):
            for path in rule.at:
                _narrow(narrowed, steps_of(path), rule.allowed(options))
    return guided_schema(SchemaReader(narrowed), relaxed=relaxed, quoted=False)


def part_faults(
    definition: TaskFile, source: str, options: dict[str, Any], answer: Any, *, several: bool
) -> list[Fault]:
    """What is wrong with the answer for `source`, the text of one part.

    With `several` parts, another part may have the missing values.
    """
    compiled = _SCHEMAS.compiled(definition.result_schema)
    data = plain(fitted(values_node(answer), compiled.schema, compiled.reader))
    misfit = _misfit(data, compiled, whole=not several)
    if misfit:
        return [misfit]
    rules = definition.checks
    if several:
        rules = [rule for rule in rules if not isinstance(rule, NotEmpty)]
    context = CheckContext(Document(text=source, blocks=(), media_type="text/plain"), options)
    return [_fault(report) for report in run_checks(rules, data, context).failed]


def whole_answer(
    definition: TaskFile, document: Document, options: dict[str, Any], answers: Sequence[Any]
) -> WholeAnswer:
    """Merge the answers for all parts, and check the whole against the document."""
    compiled = _SCHEMAS.compiled(definition.result_schema)
    nodes = [fitted(values_node(one), compiled.schema, compiled.reader) for one in answers]
    data = plain(fitted(merge(nodes), compiled.schema, compiled.reader))
    misfit = _misfit(data, compiled, whole=True)
    if misfit:
        return WholeAnswer(fault=misfit)
    checked = run_checks(definition.checks, data, CheckContext(document, options))
    return WholeAnswer(
        data=data,
        checks=list(checked.reports),
        quotes=list(checked.quotes),
        not_listed=checked.quotes_not_listed,
        fault=_fault(checked.failed[0]) if checked.failed else None,
    )


def _misfit(data: Any, compiled: CompiledSchema, *, whole: bool) -> Fault | None:
    """How the data does not fit the schema. Values may be missing unless it is `whole`."""
    try:
        missing = missing_values(data, compiled) if isinstance(data, dict) else ["/"]
    except OutputError as error:
        errors = compiled.validator.errors(data)
        return Fault(complaint=errors[0].message[:200] if errors else str(error), detail=str(error))
    if not missing or not whole:
        return None
    return Fault(
        complaint=f"these values are missing: {', '.join(missing[:MOST_FAULTS])}",
        detail="The model's answer is missing values that the task's schema requires.",
    )


def _fault(report: CheckReport) -> Fault:
    faults = [f"at {one.path}: {one.detail}" for one in report.failures[:MOST_FAULTS]]
    return Fault(
        complaint="; ".join(faults),
        detail=f"The answer failed the check `{report.check}` at {', '.join(report.at)} "
        f"({len(report.failures) + report.not_listed} times), also after the model was told of "
        "the faults. The document may not contain what the task asks for; or the task needs a "
        "larger model.",
        of_check=True,
    )


def _narrow(schema: dict[str, Any], steps: Sequence[str], allowed: Sequence[Any]) -> None:
    part: Any = schema
    for step in steps:
        members: Mapping[str, Any] = part.get("properties", {})
        part = members[step] if step in members else part.get("items") if step == "*" else None
        if not isinstance(part, dict):
            return
    texts = [value for value in allowed if isinstance(value, str)]
    fits = 0 < len(texts) <= MOST_NARROWED
    if part.get("type") == "string" and fits and not {"enum", "const"} & part.keys():
        part["enum"] = texts
