"""Runs a department task: asks the model, checks its answer, and asks again if a check fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from documents.document import Document
from documents.errors import DocumentTooLong
from documents.isolation.compute import compute
from tasks.department_tasks.answer import (
    MOST_FAULTS,
    Fault,
    part_faults,
    schema_for_answer,
    whole_answer,
)
from tasks.department_tasks.definition import TaskFile
from tasks.department_tasks.models import OwnOptions, OwnResult, options_model, result_model
from tasks.department_tasks.template import filled
from tasks.doubts import Doubt
from tasks.engine import Engine, Message
from tasks.errors import OptionsTooLong
from tasks.model.caller_schema import check_caller_schema
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
from tasks.task import Origin, ResultFault, Task

# Reserved for telling the model what is wrong with its answer.
REPAIR_TOKENS = 300


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
        result_faults=partial(result_faults, definition),
        reasons=definition.reasons,
        origin=Origin.department,
        departments=frozenset(definition.departments) if definition.departments else None,
    )


def result_faults(definition: TaskFile, _: OwnOptions, result: OwnResult) -> Iterator[ResultFault]:
    """Where `data` does not fit the task's schema."""
    validator = check_caller_schema(definition.result_schema)
    for error in validator.errors(result.data):
        yield ("data", *error.instance_path), error.message[:300]


def doubts(_: Document, __: OwnOptions, result: OwnResult) -> Sequence[Doubt]:
    """A check that is only reported still makes a fast model's answer doubtful."""
    return [] if all(report.passed for report in result.checks) else [Doubt.check_failed]


@dataclass(frozen=True, slots=True)
class _Answer:
    """The model's answer for one part; `repaired` is 1 if it was asked again."""

    data: Any
    repaired: int


@dataclass(frozen=True, slots=True)
class _Run:
    """What all parts of one run share."""

    engine: Engine
    document: Document
    options: dict[str, Any]
    system: str
    schema: Mapping[str, Any]
    room: Room
    several: bool


class TaskRunner:
    """Runs the task of one file, for any number of jobs."""

    def __init__(self, definition: TaskFile) -> None:
        self._definition = definition
        self._schema = definition.result_schema

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
            document=document,
            options=options.root,
            system=system,
            schema=await compute(
                schema_for_answer, self._definition, options.root, relaxed=several
            ),
            room=room,
            several=several,
        )

        async def answer_for(part: Part) -> _Answer:
            return await self._answer(run, part)

        answers = await work_on_all(parts, answer_for, engine)
        data = [one.data for one in answers]
        whole = await compute(whole_answer, self._definition, document, options.root, data)
        if whole.fault:
            raise whole.fault.error
        return OwnResult(
            data=whole.data,
            checks=whole.checks,
            quotes=whole.quotes,
            not_listed=whole.not_listed,
            repaired=sum(one.repaired for one in answers),
            parts=len(answers),
        )

    def _system(self, options: Mapping[str, Any]) -> str:
        own = self._definition.prompt.system
        return f"{SYSTEM}\n{filled(own, '', options, self._schema)}" if own else SYSTEM

    def _prompt(self, text: str, options: Mapping[str, Any]) -> str:
        return filled(self._definition.prompt.user, text, options, self._schema)

    async def _answer(self, run: _Run, part: Part) -> _Answer:
        source = run.document.text[part.start : part.end]
        prompt = self._prompt(source, run.options)
        data, text = await self._ask(run, prompt, ())
        faults = await self._faults(run, source, data)
        if not faults:
            return _Answer(data, 0)
        data, _ = await self._ask(run, *await _repair(run, prompt, text, faults))
        faults = await self._faults(run, source, data)
        if faults:
            raise faults[0].error
        return _Answer(data, 1)

    async def _faults(self, run: _Run, source: str, data: Any) -> Sequence[Fault]:
        return await compute(
            part_faults, self._definition, source, run.options, data, several=run.several
        )

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


async def _repair(
    run: _Run, prompt: str, answer: str, faults: Sequence[Fault]
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


async def _complaint(engine: Engine, faults: Sequence[Fault]) -> str:
    complaints = [fence(fault.complaint) for fault in faults[:MOST_FAULTS]]
    while True:
        listed = "\n".join(f"- {one}" for one in complaints)
        text = f"An earlier answer was refused:\n{listed}\nGive the whole answer, mended."
        if len(complaints) <= 1 and len(text) > REPAIR_TOKENS:
            text = f"{text[: REPAIR_TOKENS // 2]}…\nGive the whole answer, mended."
        if len(complaints) <= 1 or await engine.count_tokens(text) <= REPAIR_TOKENS:
            return text
        complaints.pop()
