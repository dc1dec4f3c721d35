"""`python -m tests.unit.tasks.asking` prints what each task asks of an engine, as JSON: the same
documents, the options of its own example, and every answer made from the request.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel

from documents.document import Document
from documents.errors import WorkError
from standin.schema_instances import instance
from standin.scripted_engine import Request, ScriptedEngine
from tasks.engine import Completion, Token
from tasks.references import LibraryRef, references_in
from tasks.registry import TASKS
from tasks.task import Task
from tests.unit.tasks.documents import document

NOTICE = document(
    "关于市场管理的通知",
    *[
        f"第{number}条 2026年3月{number}日起，市场每日9时开放，摊位费为每日{40 + number}元；"
        "联系人王小明，电话010-88886666。依据《市场管理办法》第二条。" + "市场内禁止吸烟。" * 40
        for number in range(1, 9)
    ],
    headings=1,
)
OTHER = document("市场管理办法", "第一条 市场每日开放。", "第二条 摊位费为每日45元。")
# What makes a task ask the model where its example leaves that out.
MODEL = {"use_model": True}


def options_of(task: Task[Any, Any]) -> BaseModel:
    """The options of the task's example, with `use_model` where there is one."""
    example = task.options.model_json_schema().get("example", {})
    more = {name: value for name, value in MODEL.items() if name in task.options.model_fields}
    options: BaseModel = task.options.model_validate({**example, **more})
    for reference in references_in(options):
        if isinstance(reference, LibraryRef):
            reference.give([OTHER])
        else:
            reference.give(OTHER)
    return options


def answer(request: Request) -> Completion:
    """A value that fits, one token a character."""
    text = request.prompt.strip()[-60:]
    if request.schema is not None:
        text = json.dumps(instance(request.schema, text), ensure_ascii=False)
    if not request.top_logprobs:
        return Completion(text, "stop")
    return Completion(text, "stop", tuple(Token(char, -0.1, {char: -0.1}) for char in text))


async def asked(task: Task[Any, Any], given: Document) -> tuple[list[dict[str, Any]], str]:
    """The requests in order, and the outcome."""
    engine = ScriptedEngine(answer, context_tokens=2_000)
    try:
        await task.run(given, options_of(task), engine)
    except WorkError as error:
        return [asdict(one) for one in engine.requests], error.code
    return [asdict(one) for one in engine.requests], ""


async def main() -> None:
    print(json.dumps({name: await asked(task, NOTICE) for name, task in TASKS.items()}))


if __name__ == "__main__":
    asyncio.run(main())
