"""Runs a department task: asks the model, checks its answer, and asks again if a check fails."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import reduce
from typing import Any

from jsonschema import Draft202012Validator

from documents.document import Document
from documents.errors import DocumentTooLong
from tasks.department_tasks.checks import CheckContext, CheckReport, NotEmpty, OneOf, run_checks
from tasks.department_tasks.definition import TaskFile
from tasks.department_tasks.models import OwnOptions, OwnResult, options_model, result_model
from tasks.department_tasks.result_paths import steps_of
from tasks.department_tasks.template import filled
from tasks.doubts import Doubt
from tasks.engine import Engine, Message
from tasks.errors import ChecksFailed, OptionsTooLong, OutputError
from tasks.extract.evidence import Node, fitted, merge, missing_values, plain, values_node
from tasks.extract.evidence_schema import guided_schema
from tasks.model.output import (
    SMALLEST_PART,
    SYSTEM,
    TEMPLATE_TOKENS,
    Room,
    ask,
    fence,
    room_for_text,
)
from tasks.model.split import Part, split, work_on_all
from tasks.task import Origin, Task

# Reserved for telling the model what is wrong with its answer.
REPAIR_TOKENS = 300
_MOST_FAULTS = 5


def task_of(definition: TaskFile, digest: str) -> Task[OwnOptions, OwnResult]:
    """The task that a file describes.

    Its version ends with `+DIGEST`, so that provenance shows a file changed under the same version.
    """
    return Task(
        name=definition.name,
        version=f"{definition.version}+{digest}",
        description=definition.description,
        options=options_model(definition.options_schema),
        result=result_model(definition.name, definition.result_schema),
        run=TaskRunner(definition).run,
        doubts=doubts if definition.checks else None,
        origin=Origin.department,
        departments=frozenset(definition.departments) if definition.departments else None,
    )


def doubts(_: Document, __: OwnOptions, result: OwnResult) -> Sequence[Doubt]:
    """A check that is only reported still makes a fast model's answer doubtful."""
    return [] if all(report.passed for report in result.checks) else [Doubt.check_failed]


@dataclass(frozen=True, slots=True)
class _Answer:
    """The model's answer for one part; `repaired` is 1 if it was asked again."""

    node: Node
    repaired: int


@dataclass(frozen=True, slots=True)
class _Run:
    """What all parts of one run share."""

    engine: Engine
    context: CheckContext
    system: str
    schema: Mapping[str, Any]
    room: Room
    several: bool


class TaskRunner:
    """Runs the task of one file, for any number of jobs."""

    def __init__(self, definition: TaskFile) -> None:
        self._definition = definition
        self._schema = definition.result_schema
        self._validator = Draft202012Validator(self._schema)

    async def run(self, document: Document, options: OwnOptions, engine: Engine) -> OwnResult:
        """Raises `EmptyDocument`, `DocumentTooLong`, `OptionsTooLong`, `OutputError` (of which
        `ChecksFailed` is a kind) and what the engine raises.
        """
        system = self._system(options.root)
        prompt = self._prompt("", options.root)
        room = await room_for_text(engine, system + prompt, self._definition.max_tokens)
        if room.text - REPAIR_TOKENS < SMALLEST_PART:
            raise OptionsTooLong(
                "The task's prompt, the options and the answer leave no room for the document in "
                "the model's context. Shorten the options, or have the task's file shortened."
            )
        parts = await split(document, room.text - REPAIR_TOKENS, engine)
        several = len(parts) > 1
        if several and self._definition.long_documents == "refuse":
            raise DocumentTooLong(
                "The document does not fit the model's context, and the task does not split "
                "documents. Send only the relevant part, or have `long_documents: by_section` set "
                "in the task's file."
            )
        run = _Run(
            engine=engine,
            context=CheckContext(document, options.root),
            system=system,
            schema=self._guided_schema(options.root, relaxed=several),
            room=room,
            several=several,
        )

        async def answer_for(part: Part) -> _Answer:
            return await self._answer(run, document.text[part.start : part.end])

        answers = await work_on_all(parts, answer_for, engine)
        return await asyncio.to_thread(self._result, run, answers)

    def _system(self, options: Mapping[str, Any]) -> str:
        own = self._definition.prompt.system
        return f"{SYSTEM}\n{filled(own, '', options, self._schema)}" if own else SYSTEM

    def _prompt(self, text: str, options: Mapping[str, Any]) -> str:
        return filled(self._definition.prompt.user, text, options, self._schema)

    def _guided_schema(self, options: Mapping[str, Any], *, relaxed: bool) -> Mapping[str, Any]:
        """The schema for guided decoding, narrowed to the values that `one-of` checks allow.

        A value behind a reference is not narrowed, only checked.
        """
        narrowed = deepcopy(self._schema)
        for rule in self._definition.checks:
            if isinstance(rule, OneOf):
                for path in rule.at:
                    _narrow(narrowed, steps_of(path), rule.allowed(options))
        return guided_schema(narrowed, relaxed=relaxed, quoted=False)

    async def _answer(self, run: _Run, source: str) -> _Answer:
        prompt = self._prompt(source, run.context.options)
        data, text = await self._ask(run, prompt, ())
        node = fitted(values_node(data), self._schema, self._schema)
        faults = await asyncio.to_thread(self._faults, run, plain(node))
        if not faults:
            return _Answer(node, 0)
        data, _ = await self._ask(run, *await _repair(run, prompt, text, faults))
        node = fitted(values_node(data), self._schema, self._schema)
        faults = await asyncio.to_thread(self._faults, run, plain(node))
        if faults:
            raise faults[0].error
        return _Answer(node, 1)

    async def _ask(self, run: _Run, prompt: str, earlier: Sequence[Message]) -> tuple[Any, str]:
        data, completion = await ask(
            run.engine,
            prompt,
            schema=run.schema,
            max_tokens=run.room.answer,
            system=run.system,
            earlier=earlier,
        )
        return data, completion.text

    def _faults(self, run: _Run, data: Any) -> list[_Fault]:
        """What is wrong with the answer for one part. Another part may have the missing values."""
        misfit = _misfit(data, self._validator, whole=not run.several)
        if misfit:
            return [misfit]
        rules = self._definition.checks
        if run.several:
            rules = [rule for rule in rules if not isinstance(rule, NotEmpty)]
        return [_fault(report) for report in run_checks(rules, data, run.context).failed]

    def _result(self, run: _Run, answers: Sequence[_Answer]) -> OwnResult:
        node = fitted(reduce(merge, (one.node for one in answers)), self._schema, self._schema)
        data = plain(node)
        misfit = _misfit(data, self._validator, whole=True)
        if misfit:
            raise misfit.error
        checked = run_checks(self._definition.checks, data, run.context)
        if checked.failed:
            raise _fault(checked.failed[0]).error
        return OwnResult(
            data=data,
            checks=list(checked.reports),
            quotes=list(checked.quotes),
            repaired=sum(one.repaired for one in answers),
            parts=len(answers),
        )


@dataclass(frozen=True, slots=True)
class _Fault:
    """`complaint` is for the model and may quote it; `error` is for the job and quotes nothing."""

    complaint: str
    error: OutputError


def _misfit(data: Any, validator: Draft202012Validator, *, whole: bool) -> _Fault | None:
    """How the data does not fit the schema. Values may be missing unless it is `whole`."""
    try:
        missing = missing_values(data, validator) if isinstance(data, dict) else ["/"]
    except OutputError as error:
        first = next(validator.iter_errors(data), None)
        return _Fault(first.message[:200] if first else str(error), error)
    if not missing or not whole:
        return None
    return _Fault(
        f"these values are missing: {', '.join(missing[:_MOST_FAULTS])}",
        OutputError("The model's answer is missing values that the task's schema requires."),
    )


def _fault(report: CheckReport) -> _Fault:
    faults = [f"at {one.path}: {one.detail}" for one in report.failures[:_MOST_FAULTS]]
    complaint = "; ".join(faults)
    error = ChecksFailed(
        f"The answer failed the check `{report.check}` at {', '.join(report.at)} "
        f"({len(report.failures)} times), also after the model was told of the faults. The "
        "document may not contain what the task asks for; or the task needs a larger model.",
        complaint,
    )
    return _Fault(complaint, error)


async def _repair(
    run: _Run, prompt: str, answer: str, faults: Sequence[_Fault]
) -> tuple[str, Sequence[Message]]:
    """The prompt and messages that ask the model for a corrected answer.

    They contain the refused answer if it fits the context.
    """
    complaint = await _complaint(run.engine, faults)
    used = await run.engine.count_tokens(run.system + prompt) + TEMPLATE_TOKENS + run.room.answer
    more = await run.engine.count_tokens(answer + complaint) + TEMPLATE_TOKENS
    if used + more <= run.engine.context_tokens:
        return prompt, (Message("assistant", answer), Message("user", complaint))
    return f"{prompt}\n\n{complaint}", ()


async def _complaint(engine: Engine, faults: Sequence[_Fault]) -> str:
    complaints = [fence(fault.complaint) for fault in faults[:_MOST_FAULTS]]
    while True:
        listed = "\n".join(f"- {one}" for one in complaints)
        text = f"An earlier answer was refused:\n{listed}\nGive the whole answer, mended."
        if len(complaints) <= 1 and len(text) > REPAIR_TOKENS:
            text = f"{text[: REPAIR_TOKENS // 2]}…\nGive the whole answer, mended."
        if len(complaints) <= 1 or await engine.count_tokens(text) <= REPAIR_TOKENS:
            return text
        complaints.pop()


def _narrow(schema: dict[str, Any], steps: Sequence[str], allowed: Sequence[Any]) -> None:
    part: Any = schema
    for step in steps:
        members = part.get("properties", {})
        part = members[step] if step in members else part.get("items") if step == "*" else None
        if not isinstance(part, dict):
            return
    texts = [value for value in allowed if isinstance(value, str)]
    if part.get("type") == "string" and texts and not {"enum", "const"} & part.keys():
        part["enum"] = texts
